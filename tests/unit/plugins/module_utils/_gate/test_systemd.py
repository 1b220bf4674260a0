# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the systemd gate makes of systemctl's words."""

from __future__ import annotations

import pytest
from ansible_collections.vigie.run.plugins.module_utils._gate.systemd import SystemdGate


def shown(load="loaded", active="active", sub="running", result="success"):
    lines = [f"Result={result}", f"LoadState={load}", f"ActiveState={active}"]
    return lambda _argv: (0, "\n".join([*lines, f"SubState={sub}"]), "")


@pytest.mark.parametrize(
    ("run", "ok", "saw"),
    [
        (shown(), True, "unit portal.service is active (running)"),
        (
            shown(active="activating", sub="auto-restart", result="exit-code"),
            False,
            "unit portal.service is activating (auto-restart)",
        ),
        (
            shown(active="failed", sub="failed", result="exit-code"),
            False,
            "unit portal.service is failed (failed): exit-code",
        ),
        (
            shown(load="not-found", active="inactive", sub="dead"),
            False,
            "unit portal.service is not found",
        ),
        (
            lambda _argv: (1, "", "Failed to connect to bus"),
            False,
            "systemctl failed: Failed to connect to bus",
        ),
    ],
)
def test_states(run, ok, saw):
    seen = SystemdGate("unit", "portal", run).look(5)
    assert (seen.ok, seen.saw) == (ok, saw)


def test_a_unit_may_be_wanted_stopped():
    run = shown(active="inactive", sub="dead")
    assert SystemdGate("unit", "apt.timer", run, state="inactive").look(5).ok


def test_no_systemd_at_all():
    def run(_argv):
        raise FileNotFoundError(2, "No such file or directory")

    seen = SystemdGate("unit", "portal", run).look(5)
    assert seen.saw == "systemctl cannot be run: No such file or directory"
