# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Resource types by botocore's stubber: nothing is sent, every call is expected."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ansible_collections.vigie.run.plugins.module_utils._aws.base import Aws
from ansible_collections.vigie.run.plugins.module_utils._aws.session import (
    Connection,
    Session,
)
from botocore.stub import Stubber

from lab.emulators import REGION


def impatient() -> Aws:
    """A stack whose waits look again at once."""
    connection = Connection(region=REGION, access_key="test", secret_key="test")
    return Aws(Session(connection), "t", wait_timeout=5.0, interval=0.0)


@contextmanager
def expecting(aws: Aws, service: str) -> Iterator[Stubber]:
    """The calls to a service that are expected, in their order; all must come."""
    with Stubber(aws.client(service)) as stub:
        yield stub
        stub.assert_no_pending_responses()
