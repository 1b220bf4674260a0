# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests of the engine share."""

from __future__ import annotations

import pytest
from ansible_collections.vigie.run.tests.unit.plugins.module_utils._converge.shelf import (  # noqa: E501
    Shelf,
)


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()
