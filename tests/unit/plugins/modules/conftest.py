# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules are tested as on a managed host, where warnings go into the result."""

from __future__ import annotations

import pytest
from ansible.module_utils import _internal


@pytest.fixture(autouse=True)
def on_a_managed_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests of plugins, in the same process, make it a controller's."""
    monkeypatch.setattr(_internal, "is_controller", False)
