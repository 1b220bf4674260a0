# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Services that still run replaced code: which to restart, reload or leave."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.module_utils._host import processes
from ansible_collections.vigie.run.plugins.module_utils._host.dpkg import Run
from ansible_collections.vigie.run.plugins.module_utils._host.processes import Process

# A restart of these cuts what they carry: sessions, consoles, the network,
# containers and virtual machines. Only a reboot renews them safely.
NEEDS_REBOOT = (
    "dbus*.service",
    "systemd-logind.service",
    "display-manager.service",
    "gdm*.service",
    "lightdm.service",
    "sddm.service",
    "xdm.service",
    "networking.service",
    "systemd-networkd.service",
    "NetworkManager*.service",
    "wpa_supplicant*.service",
    "openvpn*.service",
    "strongswan*.service",
    "wg-quick@*.service",
    "frr.service",
    "bird*.service",
    "docker.service",
    "containerd.service",
    "libvirtd.service",
    "virt*d.service",
    "lxc*.service",
)
# These end with the person or the connection: nothing to do, and no reboot.
SESSIONS = (
    "*.scope",
    "user@*.service",
    "getty@*.service",
    "serial-getty@*.service",
    "console-getty.service",
    "ssh@*.service",
    "sshd@*.service",
)

INIT = processes.INIT

_PROPERTIES = "Id,LoadState,ActiveState,MainPID,CanReload,KillMode,RefuseManualStop,\
FragmentPath"


@dataclass(frozen=True)
class Unit:
    """What systemd says of one unit."""

    name: str
    loaded: bool
    active: bool
    main_pid: int
    main_started: int
    can_reload: bool
    keeps_children: bool
    can_restart: bool
    fragment: str


@dataclass
class Todo:
    """What to do about stale code; ``left`` maps units to why nothing is done."""

    reload: list[str] = field(default_factory=list)
    restart: list[str] = field(default_factory=list)
    reexec: bool = False
    reboot: dict[str, str] = field(default_factory=dict)
    left: dict[str, str] = field(default_factory=dict)

    @property
    def work(self) -> bool:
        return bool(self.reload or self.restart or self.reexec)


def with_suffix(names: Iterable[str]) -> list[str]:
    """Return unit names with ``.service`` where no type is given."""
    types = (".service", ".socket", ".target", ".timer", ".path", ".mount")
    return [name if name.endswith(types) else f"{name}.service" for name in names]


def read_units(run: Run, names: Sequence[str], proc: str = "/proc") -> dict[str, Unit]:
    """Ask systemd for *names*, once for all."""
    if not names:
        return {}
    rc, out, err = run(["systemctl", "show", "-p", _PROPERTIES, "--", *names])
    if rc != 0:
        raise RunError(f"systemctl cannot show {', '.join(names)}: {err.strip()}")
    blocks = [block for block in out.split("\n\n") if block.strip()]
    found = {}
    for asked, block in zip(names, blocks):
        row = dict(line.partition("=")[::2] for line in block.splitlines())
        main_pid = int(row.get("MainPID") or 0)
        found[asked] = Unit(
            name=asked,
            loaded=row.get("LoadState") == "loaded",
            active=row.get("ActiveState") in ("active", "reloading", "activating"),
            main_pid=main_pid,
            main_started=_started(main_pid, proc),
            can_reload=row.get("CanReload") == "yes",
            keeps_children=row.get("KillMode") in ("process", "none"),
            can_restart=row.get("RefuseManualStop") != "yes",
            fragment=row.get("FragmentPath", ""),
        )
    return found


def sort_out(
    stale: Sequence[Process],
    units: dict[str, Unit],
    reload_units: Sequence[str] = (),
    exclude: Sequence[str] = (),
    own_unit: str = "",
) -> Todo:
    """Decide what to do about *stale*.

    *own_unit* is the unit that this very process runs in: stopping it would
    stop us, unless its children outlive it (as with ssh).
    """
    todo = Todo()
    by_unit: dict[str, list[Process]] = {}
    for process in stale:
        by_unit.setdefault(process.unit, []).append(process)
    for name in sorted(by_unit):
        unit, mine = units.get(name), by_unit[name]
        if name == INIT:
            todo.reexec = True
        elif name in reload_units:
            # Old workers end with their last session: the main process counts.
            if unit and any(one.pid == unit.main_pid for one in mine):
                todo.reload.append(name)
            else:
                todo.left[name] = "old workers, which end with their sessions"
        elif why := _why_left(name, unit, mine, exclude, own_unit):
            todo.left[name] = why
        elif _any(name, NEEDS_REBOOT):
            todo.reboot[name] = "no restart is safe"
        elif unit and not unit.can_restart:
            todo.reboot[name] = "it refuses to be restarted"
        else:
            todo.restart.append(name)
    return todo


def _why_left(
    name: str,
    unit: Unit | None,
    mine: Sequence[Process],
    exclude: Sequence[str],
    own_unit: str,
) -> str:
    """Return why a unit is neither restarted nor a reason to reboot, or ''."""
    if is_session(name):
        return "a session, renewed when it ends"
    if _any(name, exclude):
        return "excluded from restarts"
    if unit is None or not unit.active or _left_over(unit, mine):
        return "processes of before its last restart"
    if name == own_unit and not unit.keeps_children:
        return "this run is part of it"
    return ""


def is_session(unit: str) -> bool:
    """Tell whether *unit* is a person's session, or a process outside all units."""
    return unit != INIT and (not unit or _any(unit, SESSIONS))


def files_of(stale: Iterable[Process], unit: str) -> list[str]:
    """Return the replaced files that the processes of *unit* map."""
    return sorted({file for one in stale if one.unit == unit for file in one.files})


def look(
    run: Run,
    reload_units: Sequence[str] = (),
    exclude: Sequence[str] = (),
    proc: str = "/proc",
) -> tuple[list[Process], Todo]:
    """Scan the processes and decide."""
    stale = processes.stale_processes(proc)
    names = sorted({one.unit for one in stale if one.unit.endswith(".service")})
    own = processes.unit_of(proc, "self") if stale else ""
    units = read_units(run, names, proc)
    return stale, sort_out(stale, units, reload_units, exclude, own)


def act(run: Run, verb: str, units: Iterable[str]) -> tuple[list[str], dict[str, str]]:
    """Restart or reload each of *units*; return what worked and what did not, why."""
    done, failed = [], {}
    for unit in units:
        rc, _out, err = run(["systemctl", "--no-ask-password", verb, "--", unit])
        if rc == 0:
            done.append(unit)
        else:
            failed[unit] = err.strip() or f"systemctl {verb} ended with {rc}"
    return done, failed


def reexec(run: Run) -> None:
    """Have PID 1 run its new code, which takes effect a moment later."""
    run(["systemctl", "daemon-reexec"])


def wait_renewed(
    stale_now: Callable[[], set[str]],
    units: Iterable[str],
    limit: float = 10.0,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> list[str]:
    """Return the *units* whose main process still runs old code after *limit* s.

    A reload, or a re-execution, only tells the main process to run its new code;
    it does so a moment later.
    """
    wanted, deadline = set(units), clock() + limit
    while True:
        left = wanted & stale_now()
        if not left or clock() >= deadline:
            return sorted(left)
        sleep(0.2)


def stale_mains(run: Run, units: Sequence[str], proc: str = "/proc") -> set[str]:
    """Return those of *units* whose main process maps replaced code."""
    mains = {name: u.main_pid for name, u in read_units(run, units, proc).items()}
    if INIT in units:
        mains[INIT] = 1
    found = set()
    for name, pid in mains.items():
        try:
            if pid and processes.replaced_files(proc, pid):
                found.add(name)
        except OSError:
            continue
    return found


def package_of(run: Run, path: str) -> str:
    """Return the package that ships *path*, or ''."""
    if not path:
        return ""
    other = path[len("/usr") :] if path.startswith("/usr/lib/") else f"/usr{path}"
    for candidate in (path, other):
        rc, out, _err = run(["dpkg-query", "-S", candidate])
        if rc == 0 and ": " in out:
            return out.partition(": ")[0].split(",")[0].partition(":")[0]
    return ""


def failed_units(run: Run) -> list[str]:
    """Return the units that failed; those of people's sessions left out."""
    argv = ["systemctl", "list-units", "--failed", "--plain", "--no-legend", "--all"]
    _rc, out, _err = run(argv)
    names = [line.split()[0] for line in out.splitlines() if line.split()]
    return sorted(name for name in names if not name.startswith("user@"))


def settle(
    run: Run,
    limit: float,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> str:
    """Wait until systemd has started what it had to; return the state it reached.

    States: systemctl(1), is-system-running. Raises RunError after *limit* seconds.
    """
    began = clock()
    while True:
        _rc, out, _err = run(["systemctl", "is-system-running"])
        state = out.strip()
        if state not in ("initializing", "starting"):
            return state
        if clock() - began >= limit:
            _rc, jobs, _err = run(["systemctl", "list-jobs", "--plain", "--no-legend"])
            raise RunError(
                f"The system is still {state} after {limit:.0f} s; its jobs:"
                f" {'; '.join(jobs.strip().splitlines()[:5]) or 'none'}."
            )
        sleep(0.5)


def own_systemd() -> bool:
    """Tell whether systemd runs this system (sd_booted(3))."""
    return Path("/run/systemd/system").is_dir()


def _left_over(unit: Unit, mine: Sequence[Process]) -> bool:
    """Tell whether all of *mine* are older than the unit's main process."""
    return all(one.started < unit.main_started for one in mine)


def _started(pid: int, proc: str) -> int:
    try:
        return processes.started(pid, proc) if pid else 0
    except OSError:
        return 0


def _any(name: str, patterns: Sequence[str]) -> bool:
    stem = name[: -len(".service")] if name.endswith(".service") else name
    return any(fnmatchcase(name, one) or fnmatchcase(stem, one) for one in patterns)
