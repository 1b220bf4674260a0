# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Turn what apt-get and dpkg print when they fail into one message a person can use."""

from __future__ import annotations

import re
from collections.abc import Callable

from ansible_collections.vigie.run.plugins.module_utils._errors import RunError

_SECRET = re.compile(r"(//)[^/@\s]+@")
_HELD = re.compile(r"held by process (\d+) \(([^)]*)\)")
_LOCK = re.compile(r"(?:Could not get lock|Unable to lock(?: directory)?) (\S+)")
_FETCH = re.compile(r"^[EW]: Failed to fetch (\S+)\s*(.*)$", re.M)
_REPO = re.compile(r"^[EW]: (?:The repository '|Repository ')(.*)$", re.M)
_SIGNATURE = re.compile(r"^[EW]: (?:GPG error|OpenPGP error): (.*)$", re.M)
_VERSION = re.compile(r"Version '([^']+)' for '([^']+)' was not found")
_SPACE = re.compile(r"^.*(?:enough free space|No space left on device).*$", re.M)
_SCRIPT = re.compile(r"^dpkg: error processing (?:package|archive) (\S+)", re.M)
_REMOVE = "Packages need to be removed but remove is disabled"
_UNMET = "unmet dependencies"

LAST = 12


def explain(doing: str, out: str, err: str) -> RunError:
    """Return the error for a failed apt-get or dpkg, most telling cause first."""
    out, err = _SECRET.sub(r"\1***@", out), _SECRET.sub(r"\1***@", err)
    text = f"{out.rstrip()}\n{err.rstrip()}\n"
    for reader in (
        _lock,
        _space,
        _scripts(out, err),
        _version,
        _sources,
        _removal,
        _unmet,
    ):
        found = reader(text)
        if found is not None:
            message, details = found
            return RunError(f"Could not {doing}: {message}", **details)
    return RunError(f"Could not {doing}: {last_lines(err or out)}")


def last_lines(text: str, count: int = LAST) -> str:
    """Return the last lines that say something."""
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    return _SECRET.sub(r"\1***@", "\n".join(lines[-count:]) or "no message was given")


Found = "tuple[str, dict[str, object]] | None"


def _lock(text: str) -> Found:
    match = _LOCK.search(text)
    if match is None:
        return None
    path, held = match.group(1).rstrip(".,"), _HELD.search(text)
    who = f"process {held.group(1)} ({held.group(2)})" if held else "another process"
    return f"{path} is held by {who}.", {"lock": {"path": path}}


def _space(text: str) -> Found:
    match = _SPACE.search(text)
    if match is None:
        return None
    said = match.group(0).strip()
    return (
        f"not enough disk space. apt says: {said} Free some (apt-get clean empties"
        " /var/cache/apt/archives) and run again: what is half done is repaired first.",
        {"no_space": True},
    )


def _scripts(out: str, err: str) -> Callable[[str], Found]:
    """Return a reader for failed package scripts.

    What a script says is on one stream and dpkg's verdict on the other, so the
    two are put together for each package.
    """

    def read(text: str) -> Found:
        names = list(dict.fromkeys(_SCRIPT.findall(text)))
        if not names:
            return None
        said = []
        for name in names:
            said += _section(out, name)[-LAST:] + _verdict(err or out, name)
        lines = "\n".join(dict.fromkeys(said))
        return (
            f"package {', '.join(names)} failed. Its last lines:\n{lines}",
            {"failed_packages": names},
        )

    return read


def _section(text: str, name: str) -> list[str]:
    """Return what was printed while *name* was set up or unpacked last."""
    lines, own = [], False
    for line in text.splitlines():
        if line.startswith(("Setting up ", "Unpacking ")):
            own = line.partition(" (")[0].split()[-1] == name
            lines = [] if own else lines
        elif line.startswith(("Processing triggers", "Errors were", "dpkg: ")):
            own = False
        elif own and line.strip():
            lines.append(line)
    return lines


def _verdict(text: str, name: str) -> list[str]:
    """Return dpkg's line on *name* and the reason that it indents below."""
    lines = text.splitlines()
    for number, line in enumerate(lines):
        match = _SCRIPT.match(line)
        if match and match.group(1) == name:
            return [one.strip() for one in lines[number : number + 2]]
    return []


def _version(text: str) -> Found:
    gone = _VERSION.findall(text)
    if not gone:
        return None
    what = ", ".join(f"{name} {version}" for version, name in gone)
    return (
        f"{what} is no longer available from this host's sources. Plan again from"
        " what is there now (os_patch_info with refresh), canary first.",
        {"vanished": [{"name": name, "version": version} for version, name in gone]},
    )


def _sources(text: str) -> Found:
    said = [f"{url} {why.strip()}".strip() for url, why in _FETCH.findall(text)]
    said += _REPO.findall(text) + _SIGNATURE.findall(text)
    if not said:
        return None
    said = list(dict.fromkeys(said))
    return "these sources failed:\n" + "\n".join(said[:LAST]), {"sources": said}


def _removal(text: str) -> Found:
    if _REMOVE not in text:
        return None
    return (
        "packages would be removed. Set allow_removals, or exclude what asks for it.",
        {},
    )


def _unmet(text: str) -> Found:
    at = text.find(_UNMET)
    if at < 0:
        return None
    return f"unmet dependencies:\n{last_lines(text[at:])}", {"unmet": True}
