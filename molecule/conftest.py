# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Gives every scenario's tests the lab's hosts, with nothing on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from xdist.scheduler import LoadScopeScheduling

SSH_CONFIG = Path(__file__).parents[1] / "build" / "lab" / "molecule" / "ssh_config"
PAIRS = ["ssh://deb12-a", "ssh://deb12-b", "ssh://deb13-a", "ssh://deb13-b"]
# Scenarios whose tests on one host leave the other alone.
HOSTS_APART = ("molecule/haproxy/",)


def pytest_configure(config: pytest.Config) -> None:
    """Reach hosts the way the lab says, unless the caller names another way."""
    if not config.getoption("ssh_config", None):
        config.option.ssh_config = str(SSH_CONFIG)


@pytest.hookimpl(tryfirst=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a file that names no ``testinfra_hosts`` on both pairs of hosts."""
    if not hasattr(metafunc.module, "testinfra_hosts"):
        metafunc.module.testinfra_hosts = PAIRS


class OneAfterAnother(LoadScopeScheduling):
    """One worker for all tests, or one for each host where hosts are apart."""

    def _split_scope(self, nodeid: str) -> str:
        host = nodeid.partition("[ssh://")[2].partition("]")[0]
        return host[:7] if nodeid.startswith(HOSTS_APART) else "all"


@pytest.hookimpl
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> OneAfterAnother:
    """Say which tests may run at the same time."""
    return OneAfterAnother(config, log)
