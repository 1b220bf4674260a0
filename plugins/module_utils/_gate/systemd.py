# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Gate on systemd: a unit is in the wanted state."""

from __future__ import annotations

from dataclasses import dataclass, field

from ansible_collections.vigie.run.plugins.module_utils._gate.model import (
    Run,
    Seen,
    short,
)


@dataclass
class SystemdGate:
    """Passes when the unit's active state is `state`.

    What is seen carries the sub-state and, for a failed unit, systemd's reason:
    "activating (auto-restart)" is a service that dies and is started over.
    """

    name: str
    unit: str
    run: Run
    state: str = "active"
    type: str = field(default="systemd", init=False)
    reads_only: bool = field(default=True, init=False)

    def __post_init__(self) -> None:
        # systemctl takes "portal" for portal.service; say what is looked at.
        self.target = self.unit if "." in self.unit else f"{self.unit}.service"

    def look(self, limit: float) -> Seen:  # noqa: ARG002 (systemctl has its own)
        argv = ["systemctl", "show", "--property=LoadState,ActiveState,SubState,Result"]
        try:
            code, out, err = self.run([*argv, "--", self.target])
        except OSError as error:
            return Seen(False, f"systemctl cannot be run: {error.strerror}")
        if code != 0:
            return Seen(False, f"systemctl failed: {short(err or out)}")
        shown = dict(line.split("=", 1) for line in out.splitlines() if "=" in line)
        active = shown.get("ActiveState", "unknown")
        if shown.get("LoadState") == "not-found":
            return Seen(False, f"unit {self.target} is not found")
        saw = f"unit {self.target} is {active} ({shown.get('SubState', '?')})"
        if active == "failed":
            saw += f": {shown.get('Result', '?')}"
        return Seen(active == self.state, saw)

    def close(self) -> None:
        """Nothing is kept."""
