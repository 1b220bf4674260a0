# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Take a snapshot of Consul, prove it, and only then remove old ones.

usage: consul-snapshot CONFIGURATION

The configuration is JSON: ``consul`` (path of the program), ``folder``, ``name`` (what
the files' names begin with), ``keep`` (how many), ``max_age_days`` (0: any age),
``environment`` (how to reach the agent, as Consul's own commands read it). Prints one
line of JSON: ``path``, ``index``, ``bytes``, ``removed``.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

LIMIT = 600  # seconds for one command of Consul
PAUSES = (1, 4)  # seconds before a snapshot is asked for again
DAY = 86400
PART = ".part"
# What may be over a moment later: no leader, or a connection to it that broke.
PASSING = re.compile(r"response code: 5\d\d|connection (refused|reset)|EOF")


class SnapshotError(Exception):
    """What the operator has to know."""


def consul(settings: dict[str, Any], *argv: str) -> str:
    """Run one command of Consul and return what it printed."""
    try:
        done = subprocess.run(
            [settings["consul"], *argv],
            env={**os.environ, **settings["environment"]},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=LIMIT,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SnapshotError(str(error)) from error
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip()
        raise SnapshotError(f"consul {argv[0]} {argv[1]}: {said}")
    return done.stdout


def take(settings: dict[str, Any], folder: Path) -> tuple[Path, int]:
    """Save and inspect a snapshot; only one that passes gets its name."""
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    path = folder / f"{settings['name']}-{stamp}.snap"
    part = path.with_name(path.name + PART)
    save(settings, part)
    index = re.search(r"^Index\s+(\d+)$", prove(settings, part), re.MULTILINE)
    part.chmod(0o600)
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.rename(path)
    return path, int(index.group(1)) if index else 0


def save(settings: dict[str, Any], part: Path) -> None:
    """Save a snapshot; asked again while the leader changes or hangs up.

    A server that does not lead passes the request on, and Consul gives up at the first
    connection to the leader that breaks.
    """
    for pause in (*PAUSES, None):
        try:
            consul(settings, "snapshot", "save", str(part))
        except SnapshotError as error:
            if pause is None or not PASSING.search(str(error)):
                raise
            print(f"consul-snapshot: {error}; again in {pause} s", file=sys.stderr)
            time.sleep(pause)
        else:
            return


def prove(settings: dict[str, Any], part: Path) -> str:
    """What Consul says of a snapshot; SnapshotError where it is damaged."""
    told = consul(settings, "snapshot", "inspect", str(part))
    if part.stat().st_size == 0:
        raise SnapshotError(f"{part} is empty")
    return told


def outdated(paths: list[Path], keep: int, oldest: float) -> list[Path]:
    """Return those of more than ``keep``, or made before ``oldest``; never the newest.

    Names end with the time, so they sort by age.
    """
    newest_first = sorted(paths, key=lambda path: path.name, reverse=True)
    return [
        path
        for place, path in enumerate(newest_first)
        if place > 0 and (place >= keep or path.stat().st_mtime < oldest)
    ]


def run(settings: dict[str, Any]) -> dict[str, Any]:
    """Take one snapshot and rotate; two runs at once follow one another."""
    folder = Path(settings["folder"])
    with (folder / ".lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for left in folder.glob(f"*{PART}"):
            left.unlink()
        path, index = take(settings, folder)
        days = settings["max_age_days"]
        oldest = time.time() - days * DAY if days else 0.0
        mine = list(folder.glob(f"{settings['name']}-*.snap"))
        removed = outdated(mine, settings["keep"], oldest)
        for old in removed:
            old.unlink()
    size = path.stat().st_size
    names = [old.name for old in removed]
    return {"path": str(path), "index": index, "bytes": size, "removed": names}


def main(argv: list[str]) -> int:
    """Run the command line; a failure is one line and exit code 1."""
    os.umask(0o077)
    try:
        print(json.dumps(run(json.loads(Path(argv[1]).read_text(encoding="utf-8")))))
    except (SnapshotError, OSError) as error:
        print(f"consul-snapshot: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
