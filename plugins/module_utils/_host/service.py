# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""A systemd service as a release sees it: what runs, from where, since when."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.vigie.run.plugins.module_utils._errors import RunError

Run = Callable[[list[str]], "tuple[int, str, str]"]

_SEEN = (
    "LoadState",
    "ActiveState",
    "SubState",
    "Result",
    "ExecMainStatus",
    "MainPID",
    "NRestarts",
    "NeedDaemonReload",
    "ExecMainStartTimestampMonotonic",
    "FragmentPath",
    "DropInPaths",
    "EnvironmentFiles",
    "TimeoutStopUSec",
)
# How systemctl writes a time span: "1min 30s", "500ms".
_SECONDS = {
    "us": 1e-6,
    "μs": 1e-6,
    "ms": 1e-3,
    "s": 1,
    "min": 60,
    "h": 3600,
    "d": 86400,
    "w": 604800,
    "month": 2629800,
    "y": 31557600,
}
# Two looks this far apart must agree before a service counts as started: a
# process that dies at once is "active" for a moment.
_SETTLE = 0.25
_POLL = 0.1
_VERBS = {"restarted": "restart", "reloaded": "reload"}


@dataclass(frozen=True)
class Unit:
    """One look at a service. ``started`` is in seconds since 1970, 0 if unknown.

    ``stop_timeout`` is how long it may take to stop, in seconds; 0 if there is no
    limit or none is known.
    """

    name: str
    loaded: bool = False
    state: str = "inactive"
    detail: str = ""
    pid: int = 0
    restarts: str = ""
    outdated: bool = False
    started: float = 0.0
    files: tuple[str, ...] = ()
    stop_timeout: float = 0.0

    @property
    def active(self) -> bool:
        """Whether systemd calls it active."""
        return self.state == "active"


def look(run: Run, name: str) -> Unit:
    """Ask systemd for a service. Raises RunError when systemd does not answer."""
    argv = ["systemctl", "show", f"--property={','.join(_SEEN)}", "--", name]
    rc, out, err = run(argv)
    if rc != 0:
        raise RunError(
            f"service: systemd does not answer for {name}: {(err or out).strip()}"
        )
    return parse(name, out, time.time() - time.clock_gettime(time.CLOCK_MONOTONIC))


def parse(name: str, text: str, boot: float) -> Unit:
    """Read the output of ``systemctl show``; ``boot`` is when the clock was 0."""
    seen: dict[str, list[str]] = {}
    for line in text.splitlines():
        key, sep, value = line.partition("=")
        if sep:
            seen.setdefault(key, []).append(value)

    def one(key: str) -> str:
        return seen.get(key, [""])[0]

    stamp = one("ExecMainStartTimestampMonotonic")
    # "/etc/default/portal (ignore_errors=no)", one line for each file
    environment = [v.rpartition(" (")[0] for v in seen.get("EnvironmentFiles", [])]
    files = [one("FragmentPath"), *one("DropInPaths").split(), *environment]
    return Unit(
        name=name,
        loaded=one("LoadState") == "loaded",
        state=one("ActiveState") or "inactive",
        detail=f"{one('SubState')}, result {one('Result')}, "
        f"exit status {one('ExecMainStatus')}",
        pid=int(one("MainPID") or 0),
        restarts=one("NRestarts"),
        outdated=one("NeedDaemonReload") == "yes",
        started=boot + int(stamp) / 1e6 if stamp.isdigit() and stamp != "0" else 0.0,
        files=tuple(f for f in files if f),
        stop_timeout=seconds(one("TimeoutStopUSec")),
    )


def seconds(span: str) -> float:
    """A time span as systemctl writes it; 0 for ``infinity`` and what is none."""
    parts = re.findall(r"([0-9.]+)([a-zμ]+)", span)
    return sum(float(number) * _SECONDS.get(unit, 0) for number, unit in parts)


def working_folder(pid: int) -> str:
    """The folder a process works in, as the kernel knows it; empty if unknown.

    A folder that was removed meanwhile is still named.
    """
    if pid <= 0:
        return ""
    try:
        return str(Path(f"/proc/{pid}/cwd").readlink()).removesuffix(" (deleted)")
    except OSError:
        return ""


def changed_file(unit: Unit) -> str:
    """A unit or environment file that is newer than the process; empty if none."""
    for path in unit.files:
        try:
            if unit.started and Path(path).stat().st_mtime > unit.started:
                return path
        except OSError:
            continue
    return ""


def why_restart(
    unit: Unit, version: str, running: str, interrupted: bool, follow: bool = True
) -> str:
    """Why a service must be restarted so that a version serves; empty if not.

    ``running`` is the release the process works in, if it works in one;
    ``follow`` tells that a restart changes that, which a reload does not.
    """
    if not unit.active:
        return f"the service is {unit.state}"
    if follow and running:
        if running != version:
            return f"the process still runs {running}"
        # It runs the right one: a restart that was interrupted has been made.
        interrupted = False
    if interrupted:
        return "an earlier run was interrupted before its restart"
    path = changed_file(unit)
    return f"{path} changed" if path else ""


def bring(
    run: Run, unit: Unit, how: str, timeout: int, is_right: Callable[[Unit], bool]
) -> Unit:
    """Restart or reload a service and wait until it runs as it should.

    ``how`` is ``restarted`` or ``reloaded`` (a stopped service is started, and one
    whose unit or environment changed is restarted: a reload reads neither).
    ``timeout`` is in seconds; what the unit grants to stop comes on top of it.
    Raises RunError that holds systemd's words.
    """
    verb = _VERBS[how] if unit.active and not changed_file(unit) else "restart"
    began = time.monotonic()
    allowed = timeout + math.ceil(unit.stop_timeout if verb == "restart" else 0)
    if unit.outdated:
        run(["systemctl", "daemon-reload"])
    # systemctl waits for the job as long as the unit allows, which may be for
    # ever; coreutils' timeout ends the wait, not the job.
    rc, out, err = run(["timeout", str(allowed), "systemctl", verb, "--", unit.name])
    if rc != 0:
        said = (err or out).strip() or f"no answer in {allowed} s"
        raise RunError(
            f"service: systemctl {verb} {unit.name} failed: {said}",
            log=last_words(run, unit.name),
        )
    limit = min(began + allowed, time.monotonic() + timeout)
    steady: tuple[int, str] | None = None
    while True:
        seen = look(run, unit.name)
        good = seen.active and is_right(seen)
        if good and steady == (seen.pid, seen.restarts):
            return seen
        steady = (seen.pid, seen.restarts) if good else None
        ended = seen.state in ("failed", "inactive")
        if ended or time.monotonic() >= limit:
            break
        time.sleep(_SETTLE if good else _POLL)
    raise RunError(
        f"service: {unit.name} does not run after systemctl {verb}: systemd says "
        f"{seen.state} ({seen.detail})"
        + ("" if ended else f", waited {round(time.monotonic() - began)} s")
        + f"; see journalctl -u {unit.name}.",
        log=last_words(run, unit.name),
    )


def last_words(run: Run, name: str) -> list[str]:
    """The last lines of a service's journal."""
    argv = ["journalctl", "-u", name, "-n", "10", "--no-pager", "-q", "-o", "cat"]
    rc, out, _err = run(argv)
    return out.splitlines() if rc == 0 else []
