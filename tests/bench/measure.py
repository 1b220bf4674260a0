# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole processes measured side by side, and the table that every benchmark leaves."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

OURS = "vigie.run"


@dataclass(frozen=True)
class Row:
    """One measured run: wall and CPU in seconds, the largest process in MB.

    `calls` counts what the case says: module calls, API calls.
    """

    case: str
    subject: str
    wall_s: float
    cpu_s: float
    peak_mb: float
    calls: int


def measure(
    argv: Sequence[str], cwd: Path, env: Mapping[str, str], log: Path
) -> tuple[float, float, float]:
    """Run a process to its end: wall, CPU of it and its children, peak MB.

    Raises RuntimeError when it fails: a failed run measures nothing.
    """
    started = time.monotonic()
    with log.open("w") as file:
        process = subprocess.Popen(
            argv,
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
        )
        _pid, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f"{argv[0]} ended with {process.returncode}: see {log}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def ratios(rows: Sequence[Row]) -> list[dict[str, object]]:
    """For each case and rival: the rival's median over ours."""

    def median(case: str, subject: str, field: str) -> float:
        return statistics.median(
            getattr(row, field)
            for row in rows
            if row.case == case and row.subject == subject
        )

    pairs = dict.fromkeys((r.case, r.subject) for r in rows if r.subject != OURS)
    return [
        {
            "case": case,
            "against": rival,
            **{
                name: round(median(case, rival, field) / median(case, OURS, field), 2)
                for name, field in (
                    ("wall", "wall_s"),
                    ("cpu", "cpu_s"),
                    ("calls", "calls"),
                )
            },
        }
        for case, rival in pairs
    ]


def write(name: str, rows: Sequence[Row], directory: Path) -> None:
    """The table on the screen, and `build/bench/NAME.json`."""
    print(f"{'case':<12}{'subject':<16}{'wall s':>8}{'cpu s':>8}{'MB':>7}{'calls':>8}")
    for row in rows:
        print(
            f"{row.case:<12}{row.subject:<16}{row.wall_s:>8.1f}{row.cpu_s:>8.1f}"
            f"{row.peak_mb:>7.0f}{row.calls:>8}"
        )
    compared = ratios(rows)
    for ratio in compared:
        print(
            f"{ratio['case']}: {ratio['against']} takes {ratio['wall']} times the wall,"
            f" {ratio['cpu']} times the CPU and {ratio['calls']} times the calls"
        )
    directory.mkdir(parents=True, exist_ok=True)
    result = {"rows": [asdict(row) for row in rows], "ratios": compared}
    (directory / f"{name}.json").write_text(json.dumps(result, indent=2) + "\n")
