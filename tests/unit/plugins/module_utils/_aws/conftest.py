# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""AWS without an account: only what a test expects is answered, in Amazon's shapes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from ansible_collections.vigie.run.plugins.module_utils._aws.base import Aws
from ansible_collections.vigie.run.plugins.module_utils._aws.session import (
    Connection,
    Session,
)
from botocore.stub import Stubber


@pytest.fixture
def aws() -> Aws:
    """A stack on no account: only what is stubbed is answered."""
    connection = Connection(region="ca-central-1", access_key="x", secret_key="x")
    return Aws(Session(connection), "portal", wait_timeout=5.0, interval=0.01)


@pytest.fixture
def rds(aws: Aws) -> Iterator[Stubber]:
    """RDS, stubbed; what was expected must have been called."""
    with Stubber(aws.client("rds")) as stub:
        yield stub
        stub.assert_no_pending_responses()


@pytest.fixture
def elasticache(aws: Aws) -> Iterator[Stubber]:
    """ElastiCache, stubbed."""
    with Stubber(aws.client("elasticache")) as stub:
        yield stub
        stub.assert_no_pending_responses()
