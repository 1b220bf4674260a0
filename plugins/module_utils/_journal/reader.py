# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Reads journals and load results from files, however a run ended."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.module_utils._journal import events

SUFFIX = ".jsonl"
DRAWING = "report"  # the playbook that draws: its own journal is still being written


@dataclass
class Journal:
    """The events of one run, in order. `unread` counts lines that are not events."""

    name: str
    events: list[dict[str, Any]] = field(default_factory=list)
    unread: int = 0


def parse(name: str, text: str) -> Journal:
    """Read a journal. A torn line (a run killed in mid-write) is counted and left out.

    Raises RunError when the text does not begin with the event of a run, or when
    its format is newer than this reader.
    """
    journal = Journal(name)
    for line in text.splitlines():
        if not line.strip():
            continue
        event = _event(line)
        if event is None:
            journal.unread += 1
        else:
            journal.events.append(event)
    if not journal.events or journal.events[0]["event"] != events.RUN:
        raise RunError(
            f"{name} is no journal: its first line is not the event of a run."
        )
    version = journal.events[0].get("format", 0)
    if version != events.FORMAT:
        raise RunError(
            f"{name} has the journal format {version}; this version of the collection "
            f"reads format {events.FORMAT}."
        )
    return journal


def read(path: Path) -> Journal:
    """Read a journal's file; RunError when it cannot be read or is no journal."""
    return parse(path.name, _text(path))


def read_load(path: Path) -> dict[str, Any]:
    """Read a load result (a JSON object with `seconds`); RunError when it is none."""
    try:
        value = json.loads(_text(path))
    except ValueError as error:
        raise RunError(f"{path} is not JSON: {error}.") from None
    if not isinstance(value, dict) or not isinstance(value.get("seconds"), list):
        raise RunError(
            f"{path} is no load result: expected an object with a list `seconds`."
        )
    return value


def find(paths: Iterable[Path]) -> list[Path]:
    """The journals meant by these paths, oldest first.

    A file stands for itself; a folder for the newest journal of each playbook in it.
    Raises RunError for a path that is not there and for a folder without journals.
    """
    found: set[Path] = set()
    for path in paths:
        if path.is_dir():
            newest = newest_of_each(path)
            if not newest:
                raise RunError(
                    f"{path} holds no journal (*{SUFFIX}). Is the callback "
                    "vigie.run.journal enabled, and is this its folder?"
                )
            found.update(newest)
        elif path.is_file():
            found.add(path)
        else:
            raise RunError(f"{path}: there is no such journal, and no such folder.")
    return sorted(found, key=lambda path: path.name)


def newest_of_each(folder: Path) -> list[Path]:
    """The newest journal of each playbook in a folder, by the name of the file."""
    newest: dict[str, Path] = {}
    for path in sorted(folder.glob(f"*-*-*{SUFFIX}")):
        playbook = path.stem.split("-", 1)[1].rpartition("-")[0]
        if playbook != DRAWING:
            newest[playbook] = path
    return sorted(newest.values(), key=lambda path: path.name)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise RunError(f"{path} cannot be read: {error.strerror}.") from None


def _event(line: str) -> dict[str, Any] | None:
    try:
        event = json.loads(line)
    except ValueError:
        return None
    if not isinstance(event, dict) or not isinstance(event.get("event"), str):
        return None
    if not isinstance(event.get("at"), (int, float)):
        return None
    return event
