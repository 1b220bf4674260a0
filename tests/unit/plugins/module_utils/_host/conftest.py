# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests of releases share: an application on a real disk, with a process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.vigie.run.tests.unit.fakes.app_host import AppHost


@pytest.fixture
def host(tmp_path: Path) -> Iterator[AppHost]:
    made = AppHost(tmp_path)
    yield made
    made.systemd.stop()
