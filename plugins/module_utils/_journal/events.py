# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""The journal's format: one JSON object a line, one file a run.

Every event has `event`, `at` (epoch seconds) and `run` (the run's id). docs/report.md
describes the fields for readers outside this collection; a reader must ignore
events and fields that it does not know.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any, Callable

FORMAT = 1
RUN, PLAY, TASK, END = "run", "play", "task", "end"
STATUSES = ("ok", "changed", "failed", "ignored", "rescued", "unreachable")
LOST = ("failed", "unreachable")

MAX_TEXT = 4000  # characters of a message; enough for a gate's and a module's words
MAX_ENTRIES = 5000  # entries of a list in a detail: packages of a host, waves

# What is kept of a result: nothing but these fields of these modules. A result may
# hold anything (files, output of commands, secrets), so there is no "all the rest".
_OURS: dict[str, tuple[str, ...]] = {
    "wave_plan": ("waves", "order", "serial", "done", "lost", "summary", "fewest"),
    "release": (
        "version",
        "former",
        "previous",
        "active",
        "running",
        "pruned",
        "switched",
        "restarted",
    ),
    "haproxy_member": ("members", "sessions_left", "up", "total", "away"),
    "consul_maintenance": ("maintenance", "state", "reason", "service"),
    "consul_lock": ("held", "fence", "place", "taken", "waited", "lost"),
    "gate": ("gates",),
    "os_patch": (
        "upgraded",
        "reboot_required",
        "reboot_reasons",
        "restarted",
        "reloaded",
        "repaired",
    ),
}
# What is kept of the options of our modules: words that say what was asked for.
_OPTIONS: dict[str, tuple[str, ...]] = {
    "release": ("state", "version"),
    "haproxy_member": ("state", "backend"),
    "consul_lock": ("state", "name"),
    "consul_maintenance": ("state", "service"),
}
COLLECTION = "vigie.run"
DETAIL_FIELDS: dict[str, tuple[str, ...]] = {
    **{f"{COLLECTION}.{name}": fields for name, fields in _OURS.items()},
    "ansible.builtin.reboot": ("rebooted", "elapsed"),
}
OPTION_FIELDS = {f"{COLLECTION}.{name}": words for name, words in _OPTIONS.items()}


def file_name(playbook: str, run: str, at: float) -> str:
    """`<UTC stamp>-<playbook>-<short id>.jsonl`, safe as a file name."""
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(at))
    stem = PurePath(playbook).stem
    return f"{stamp}-{re.sub(r'[^A-Za-z0-9_.]+', '_', stem)[:60]}-{run[:8]}.jsonl"


def line(event: Mapping[str, Any]) -> bytes:
    """One event as a line of the file. Anything unknown becomes its text."""
    text = json.dumps(event, separators=(",", ":"), default=str, ensure_ascii=True)
    return text.encode("ascii") + b"\n"


def clean(value: Any, mask: Callable[[str], str], depth: int = 0) -> Any:
    """A copy that is plain JSON: texts masked and cut, lists bounded, no deep trees."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if depth > 6:
        return None
    if isinstance(value, Mapping):
        return {
            mask(str(key)): clean(item, mask, depth + 1)
            for key, item in list(value.items())[:MAX_ENTRIES]
        }
    if isinstance(value, (list, tuple, set, frozenset)):
        entries = sorted(value) if isinstance(value, (set, frozenset)) else value
        return [clean(item, mask, depth + 1) for item in list(entries)[:MAX_ENTRIES]]
    return shorten(mask(str(value)))


def shorten(text: str, limit: int = MAX_TEXT) -> str:
    """The text, or its beginning and end with the number of characters left out."""
    if len(text) <= limit:
        return text
    half = limit // 2
    left_out = len(text) - 2 * half
    return f"{text[:half]} […{left_out} characters…] {text[-half:]}"


def detail(
    action: str,
    options: Mapping[str, Any],
    result: Mapping[str, Any],
    mask: Callable[[str], str],
) -> Any:
    """What is kept of a result: None, a dict, or a list of dicts for a loop."""
    fields = DETAIL_FIELDS.get(action)
    if fields is None:
        return None
    loop = result.get("results")
    if isinstance(loop, list) and loop:
        kept = [_pick(action, fields, {}, one, mask) for one in loop]
        return [one for one in kept if one] or None
    return _pick(action, fields, options, result, mask) or None


def _pick(
    action: str,
    fields: tuple[str, ...],
    options: Mapping[str, Any],
    result: Any,
    mask: Callable[[str], str],
) -> dict[str, Any]:
    if not isinstance(result, Mapping) or result.get("_ansible_no_log"):
        return {}
    asked = {
        name: options[name]
        for name in OPTION_FIELDS.get(action, ())
        if isinstance(options.get(name), str) and "{{" not in options[name]
    }
    seen = {name: result[name] for name in fields if name in result}
    return clean({**asked, **seen}, mask)


def run_event(run: str, at: float, facts: Mapping[str, Any]) -> dict[str, Any]:
    """The first event of a run; see docs/report.md for the facts."""
    return {"event": RUN, "at": at, "run": run, "format": FORMAT, **facts}


def play_event(
    run: str, at: float, name: str, hosts: list[str], wave: int, waves: int
) -> dict[str, Any]:
    """The start of a play, or of one batch of a play that runs in serial batches.

    `wave` counts from 1; 0 of 0 for a play without batches.
    """
    event: dict[str, Any] = {"event": PLAY, "at": at, "run": run, "play": name}
    event["hosts"] = hosts
    if wave:
        event.update(wave=wave, waves=waves)
    return event


def end_event(
    run: str, at: float, started: float, outcome: str, stats: Mapping[str, Any]
) -> dict[str, Any]:
    """The last event: `ok`, `failed` or `stopped`, and each host's counters."""
    seconds = round(at - started, 3)
    event = {"event": END, "at": at, "run": run, "outcome": outcome}
    return {**event, "seconds": seconds, "stats": dict(stats)}


def count_waves(serial: list[Any], hosts: int) -> int:
    """How many batches `serial` makes of so many hosts (Ansible's own rule)."""
    if not serial or hosts <= 0:
        return 0
    left, waves = hosts, 0
    while left > 0:
        size = _batch(serial[min(waves, len(serial) - 1)], hosts)
        left -= size if size > 0 else left
        waves += 1
    return waves


def _batch(size: Any, hosts: int) -> int:
    text = str(size)
    if text.endswith("%"):
        return int(float(text[:-1]) / 100 * hosts) or 1
    return int(text)
