# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Keep package scripts from restarting units that must go on serving.

Debian asks /usr/sbin/policy-rc.d before a package script starts, stops, reloads
or restarts a service (invoke-rc.d(8), deb-systemd-invoke(1p)). Ours refuses for
named units only, and only while the process that wrote it lives: a killed run
leaves a file that allows everything, which the next run removes.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.module_utils._host.processes import started

PATH = "/usr/sbin/policy-rc.d"
_MARK = "# vigie.run os_patch"
_OWNER = re.compile(r"^# owner (\d+) (\d+)$", re.M)
_NAME = re.compile(r"^[A-Za-z0-9@:._\\-]+$")

# 104 is "allowed" for both callers, and what holds without a policy-rc.d.
_SCRIPT = """\
#!/bin/sh
{mark}: void once its process has ended
# owner {pid} {start}
while [ $# -gt 0 ]; do
    case "$1" in --*) shift ;; *) break ;; esac
done
unit=${{1%.service}}
[ -r /proc/{pid}/stat ] || exit 104
read -r line < /proc/{pid}/stat || exit 104
set -- ${{line##*) }}
[ "${{20}}" = {start} ] || exit 104
case "$unit" in
    {units}) exit 101 ;;
esac
exit 104
"""


def script(units: Sequence[str], pid: int, start: int) -> str:
    """Return a policy-rc.d that refuses *units* while process *pid* lives."""
    names = []
    for unit in units:
        if not _NAME.match(unit):
            raise RunError(f"{unit!r} in reload_services is no unit name.")
        stem = unit[: -len(".service")] if unit.endswith(".service") else unit
        names.append(f'"{stem}"')
    return _SCRIPT.format(mark=_MARK, pid=pid, start=start, units="|".join(names))


def remove_left_over(path: str = PATH) -> bool:
    """Remove a policy-rc.d that a killed run of ours left. Nobody else's."""
    owner = _owner(path)
    if owner is None or _alive(*owner):
        return False
    Path(path).unlink()
    return True


@contextmanager
def refused(units: Sequence[str], path: str = PATH) -> Iterator[None]:
    """Refuse actions on *units* inside the block. Raises RunError on a foreign file."""
    if not units:
        yield
        return
    pid = os.getpid()
    text = script(units, pid, started(pid))
    remove_left_over(path)
    _place(text, path)
    try:
        yield
    finally:
        if _owner(path) == (pid, started(pid)):
            Path(path).unlink()


def _place(text: str, path: str) -> None:
    """Write *text* under a private name and link it: a link never overwrites."""
    handle, name = tempfile.mkstemp(prefix=".policy-rc.d.", dir=Path(path).parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).chmod(0o755)
        os.link(name, path)
    except FileExistsError:
        whose = "another run of os_patch" if _owner(path) else "someone else"
        raise RunError(
            f"{path} is there already, put by {whose}, and is left as it is: it alone"
            " decides what package scripts may restart. Remove it, or empty"
            " reload_services.",
            path=path,
        ) from None
    finally:
        Path(name).unlink()


def _owner(path: str) -> tuple[int, int] | None:
    """Return process and start time of the run that wrote *path*; None if not ours."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            text = file.read()
    except OSError:
        return None
    match = _OWNER.search(text) if _MARK in text else None
    return (int(match.group(1)), int(match.group(2))) if match else None


def _alive(pid: int, start: int) -> bool:
    try:
        return started(pid) == start
    except OSError:
        return False
