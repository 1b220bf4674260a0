# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a playbook of the collection on the lab, keep its output, show what matters."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent

# What a person wants to see pass by: plays, waves, failures. The rest is in the log.
TELLING = re.compile(r'^(PLAY \[|fatal:|    "msg": "|        "(wave|Wave)|\[WARNING\])')


@dataclass(frozen=True)
class PlayResult:
    """How one `ansible-playbook` ended; `output` is all that it printed."""

    code: int
    seconds: float
    output: str


def environment(journal: Path) -> dict[str, str]:
    """The environment of a playbook run: this checkout's own tools and settings."""
    return {
        **os.environ,
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_FORCE_COLOR": "0",
        "ANSIBLE_NOCOLOR": "1",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONUNBUFFERED": "1",
        "VIGIE_JOURNAL_DIR": str(journal),
    }


def command(playbook: str, variables: Mapping[str, Any], *options: str) -> list[str]:
    """The command line of a playbook of this checkout, run from its root."""
    extra = [f"--extra-vars={json.dumps(variables)}"] if variables else []
    return ["ansible-playbook", f"playbooks/{playbook}.yml", *extra, *options]


def run_play(
    playbook: str,
    variables: Mapping[str, Any],
    log: Path,
    journal: Path,
    say: Callable[[str], None] | None = None,
    options: Sequence[str] = (),
) -> PlayResult:
    """Run to the end; every line goes to `log`, the telling ones to `say`, if any."""
    started = time.monotonic()
    lines: list[str] = []
    log.parent.mkdir(parents=True, exist_ok=True)
    with (
        log.open("w") as file,
        subprocess.Popen(
            command(playbook, variables, *options),
            cwd=ROOT,
            env=environment(journal),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process,
    ):
        for line in process.stdout or ():
            file.write(line)
            lines.append(line)
            if say and TELLING.match(line):
                say(f"  {line.rstrip()[:200]}")
    return PlayResult(process.returncode, time.monotonic() - started, "".join(lines))
