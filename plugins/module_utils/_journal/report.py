# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""From paths to a page: reads, draws, compares, and says what is on the page."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.module_utils._journal import (
    build,
    document,
    reader,
)
from ansible_collections.vigie.run.plugins.module_utils._journal.model import (
    Load,
    Report,
    Run,
)


@dataclass(frozen=True)
class Drawn:
    """A page beside what its file holds now (None without a file)."""

    dest: Path
    page: str
    before: str | None
    report: Report

    @property
    def new(self) -> bool:
        return self.before is None

    @property
    def changed(self) -> bool:
        return self.page != self.before

    @property
    def diff(self) -> dict[str, str]:
        name = str(self.dest)
        return {
            "before_header": name,
            "after_header": name,
            "before": self.before or "",
            "after": self.page,
        }

    @property
    def result(self) -> dict[str, Any]:
        """What the module returns, but for `changed` and `diff`."""
        return {
            "dest": str(self.dest),
            "runs": [_summary(run) for run in self.report.runs],
            "requests": self.report.requests,
            "failures": self.report.failures,
        }

    def write(self, folder: str, move: Callable[[str, str], None]) -> None:
        """Put the page in its place in one step, by way of a file in `folder`."""
        handle, name = tempfile.mkstemp(dir=folder, suffix=".html")
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(self.page)
        move(name, str(self.dest))


def draw(journals: Sequence[str], loads: Sequence[str], title: str, dest: str) -> Drawn:
    """Draw the page; RunError when a file is missing or is not what it should be."""
    target = Path(dest).absolute()  # what moves it into place wants to know the folder
    if target.is_dir():
        raise RunError(f"dest {dest} is a folder; name the file in it.")
    if not target.parent.is_dir():
        raise RunError(f"dest {dest}: the folder {target.parent} does not exist.")
    paths = reader.find([Path(one) for one in journals])
    if not paths:
        raise RunError("journals names no journal; give a path or a folder.")
    runs = [reader.read(path) for path in paths]
    results = [reader.read_load(Path(one)) for one in loads]
    report = build.build(title, runs, results)
    if not title:
        playbooks = dict.fromkeys(run.playbook for run in report.runs)
        report.title = ", ".join(playbooks)
    return Drawn(target, document.page(report), _now(target), report)


def _now(target: Path) -> str | None:
    try:
        return target.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise RunError(f"dest {target} cannot be read: {error.strerror}.") from None


def _summary(run: Run) -> dict[str, Any]:
    load = run.load or Load()
    return {
        "run": run.id,
        "playbook": run.playbook,
        "outcome": run.outcome,
        "seconds": round(run.seconds, 3),
        "hosts": len(build.shown_hosts(run)),
        "waves": run.wave_count,
        "lost": run.lost,
        "away_at_most": run.away_at_most,
        "requests": load.requests,
        "failures": load.failures,
    }
