# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for systemctl whose service is a real process in a real folder."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path


class FakeSystemd:
    """Answers ``run(argv)`` for one service that works in ``folder``."""

    def __init__(self, folder: Path, known: bool = True) -> None:
        self.folder = folder
        self.known = known
        self.state = "inactive"
        self.process: subprocess.Popen[bytes] | None = None
        self.calls: list[str] = []
        self.files: list[Path] = []
        self.breaks = False
        self.refuses = ""
        self.started = 0.0

    def __call__(self, argv: list[str]) -> tuple[int, str, str]:
        if argv[0] == "timeout":
            argv = argv[2:]
        verb = argv[1] if argv[0] == "systemctl" else argv[0]
        if verb == "show":
            return 0, self._show(), ""
        self.calls.append(verb)
        if verb == "restart":
            if self.refuses:
                return 1, "", self.refuses
            self.stop()
            self.start()
        return 0, "the last line\n" if verb == "journalctl" else "", ""

    def start(self) -> None:
        """Run a process in what the folder resolves to now."""
        if self.breaks:
            self.state = "failed"
            return
        self.process = subprocess.Popen(
            [sys.executable, "-S", "-c", "import time; time.sleep(600)"],
            cwd=self.folder,
        )
        self.state = "active"
        self.started = time.clock_gettime(time.CLOCK_MONOTONIC)

    def stop(self) -> None:
        """End the process, if one runs."""
        if self.process:
            self.process.kill()
            self.process.wait()
        self.process = None
        self.state = "inactive"

    def _show(self) -> str:
        pid = self.process.pid if self.process else 0
        unit, *environment = self.files or [Path()]
        lines = [
            f"LoadState={'loaded' if self.known else 'not-found'}",
            f"ActiveState={self.state}",
            f"SubState={'running' if pid else 'dead'}",
            f"Result={'exit-code' if self.state == 'failed' else 'success'}",
            f"ExecMainStatus={1 if self.state == 'failed' else 0}",
            f"MainPID={pid}",
            "NRestarts=0",
            "NeedDaemonReload=no",
            f"ExecMainStartTimestampMonotonic={int(self.started * 1e6)}",
            f"FragmentPath={unit if self.files else ''}",
            "DropInPaths=",
            *(f"EnvironmentFiles={path} (ignore_errors=no)" for path in environment),
        ]
        return "\n".join(lines) + "\n"
