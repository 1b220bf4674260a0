# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Patch one Debian host: look at it, and bring its packages to planned versions."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.module_utils._host import (
    dpkg,
    locks,
    policy,
    reboot,
    stale,
)
from ansible_collections.vigie.run.plugins.module_utils._host.apt import (
    Apt,
    Plan,
    Selection,
)
from ansible_collections.vigie.run.plugins.module_utils._host.dpkg import Package, Run


@dataclass(frozen=True)
class Wish:
    """What the caller asked for; times in seconds."""

    selection: Selection = field(default_factory=Selection)
    refresh: bool = True
    cache_valid_time: float = 0.0
    lock_timeout: float = 60.0
    allow_removals: bool = False
    reload_services: tuple[str, ...] = ()
    restart_stale: bool = True
    restart_exclude: tuple[str, ...] = ()
    reboot_follows: bool = False
    download_only: bool = False
    settle_timeout: float = 0.0
    check: bool = False


def _silent(_message: str) -> None:
    """Warn nobody."""


@dataclass
class Host:
    """The host as the functions below reach it; replaced by a fake in tests."""

    run: Run
    folder: Callable[[], str]
    warn: Callable[[str], None] = _silent
    systemd: bool = True
    journal: str = dpkg.UPDATES
    lock_files: tuple[str, ...] = locks.LOCKS
    policy_path: str = policy.PATH
    proc: str = "/proc"

    def apt(self, wish: Wish) -> Apt:
        return Apt(
            self.run,
            self.folder,
            wish.lock_timeout,
            wish.allow_removals,
            self.lock_files,
        )


@dataclass(frozen=True)
class Start:
    """How *patch* found the host."""

    packages: dict[str, Package]
    failed: list[str]
    repaired: list[str]


def survey(host: Host, wish: Wish) -> dict[str, Any]:
    """Return what waits on *host*; changes nothing but, if asked, apt's lists."""
    if host.systemd and wish.settle_timeout > 0:
        stale.settle(host.run, wish.settle_timeout)
    apt = host.apt(wish)
    if wish.refresh:
        apt.refresh(wish.cache_valid_time)
    packages = dpkg.read_status(host.run)
    faults = dpkg.unfinished(packages.values())
    interrupted = bool(faults) or dpkg.journal_left(host.journal)
    plan = apt.plan(wish.selection, packages, broken=interrupted)
    found, todo = _stale(host, wish)
    reasons = reboot.reboot_reasons(packages) + _reasons(found, todo.reboot)
    return {
        "pending": [asdict(one) for one in plan.upgrades],
        "upgrades": [{"name": u.name, "version": u.after} for u in plan.upgrades],
        "removals": list(plan.removals),
        "held": sorted(one.name for one in packages.values() if one.held),
        "interrupted": interrupted,
        "unfinished": [{"name": n, "fault": f} for n, f in sorted(faults.items())],
        "stale": _stale_report(found, todo),
        "failed_units": _failed(host),
        **_boot(reasons),
        "uptime": reboot.uptime(host.proc),
    }


def patch(host: Host, wish: Wish) -> dict[str, Any]:
    """Patch *host*. Raises RunError; its details then say what was done before."""
    policy.remove_left_over(host.policy_path)
    locks.wait_free(time.monotonic() + wish.lock_timeout, host.lock_files)
    apt, before = host.apt(wish), dpkg.read_status(host.run)
    failed = _failed(host)
    packages, repaired = _repair(host, apt, before, wish.check)
    start = Start(before, failed, repaired)
    if wish.refresh:
        apt.refresh(wish.cache_valid_time)
    plan = apt.plan(wish.selection, packages, broken=bool(repaired) and wish.check)
    if plan.removals and not wish.allow_removals:
        raise RunError(
            f"The upgrade would remove {', '.join(plan.removals)}. Set allow_removals,"
            " or exclude what asks for it.",
            removals=list(plan.removals),
        )
    guarded = _guarded(host, wish)
    if wish.check or wish.download_only:
        return _foretell(host, apt, wish, plan, start)
    try:
        if plan.argv:
            with policy.refused(guarded, host.policy_path):
                apt.apply(plan)
        packages = dpkg.read_status(host.run)
        _prove(plan, packages)
    except RunError as failure:
        packages = dpkg.read_status(host.run)
        report = _report(host, wish, start, packages)
        raise RunError(str(failure), **{**failure.details, **report}) from failure
    return _renew(host, wish, guarded, _report(host, wish, start, packages))


def diff(upgraded: list[dict[str, str]]) -> dict[str, str]:
    """Return Ansible's diff: the changed packages' versions before and after."""

    def text(side: str) -> str:
        return "".join(f"{u['name']} {u[side]}\n" for u in upgraded if u[side])

    return {
        "before_header": "packages",
        "after_header": "packages",
        "before": text("before"),
        "after": text("after"),
    }


def _repair(
    host: Host, apt: Apt, before: dict[str, Package], check: bool
) -> tuple[dict[str, Package], list[str]]:
    """Finish an interrupted installation; return the packages and what was broken."""
    broken = sorted(dpkg.unfinished(before.values()))
    if not broken and not dpkg.journal_left(host.journal):
        return before, []
    broken = broken or ["dpkg"]
    if check:
        return before, broken
    apt.fix_broken()
    after = dpkg.read_status(host.run)
    faults = dpkg.unfinished(after.values())
    if faults:
        what = ", ".join(f"{name} ({fault})" for name, fault in sorted(faults.items()))
        raise RunError(
            f"dpkg was interrupted, and these stay unfinished after a repair: {what}."
            " Repair by hand: dpkg --configure -a.",
            failed_packages=sorted(faults),
        )
    return after, broken


def _guarded(host: Host, wish: Wish) -> list[str]:
    """Return the units to keep from restarts; refuse those that cannot reload."""
    if not (wish.reload_services and host.systemd):
        return []
    names = stale.with_suffix(wish.reload_services)
    units = stale.read_units(host.run, names, host.proc)
    for unit in units.values():
        if not unit.loaded:
            host.warn(f"reload_services: this host has no unit {unit.name}.")
        elif not unit.can_reload:
            raise RunError(
                f"{unit.name} in reload_services cannot be reloaded: its unit has no"
                " ExecReload. Leave it out, and it is restarted after an upgrade."
            )
    return [unit.name for unit in units.values() if unit.loaded]


def _prove(plan: Plan, packages: dict[str, Package]) -> None:
    """Compare dpkg's versions with the plan: apt-get's success proves nothing."""
    wrong = [
        f"{one.name} is at {packages[one.name].version}, planned {one.after}"
        if one.name in packages
        else f"{one.name} is not installed, planned {one.after}"
        for one in plan.upgrades
        if one.name not in packages or packages[one.name].version != one.after
    ]
    if wrong:
        raise RunError(f"apt-get reported success, but {'; '.join(wrong)}.")


def _foretell(
    host: Host,
    apt: Apt,
    wish: Wish,
    plan: Plan,
    start: Start,
) -> dict[str, Any]:
    """Return what check mode says; with download_only, fetch the archives."""
    planned = [
        {"name": one.name, "before": one.before, "after": one.after}
        for one in plan.upgrades
    ]
    planned += [
        {"name": name, "before": start.packages[name].version, "after": ""}
        for name in plan.removals
        if name in start.packages
    ]
    report = _report(host, wish, start, dpkg.read_status(host.run))
    if wish.download_only:
        if plan.argv and not wish.check:
            apt.apply(plan, download_only=True)
        report["downloaded"] = planned
        return report
    _found, todo = _stale(host, wish)
    busy = wish.reboot_follows and report["reboot_required"]
    report["restarted"] = todo.restart if wish.restart_stale and not busy else []
    report["reloaded"] = [] if busy else todo.reload
    report["upgraded"] = planned
    report["upgrades"] = [
        {"name": one.name, "version": one.after} for one in plan.upgrades
    ]
    report["changed"] = bool(
        planned or start.repaired or report["restarted"] or report["reloaded"]
    )
    return report


def _report(
    host: Host, wish: Wish, start: Start, after: dict[str, Package]
) -> dict[str, Any]:
    """Return the result as dpkg and the kernel have it now."""
    upgraded = [asdict(one) for one in dpkg.changes(start.packages, after)]
    found, todo = _stale(host, wish)
    reasons = reboot.reboot_reasons(after) + _reasons(found, todo.reboot)
    return {
        "changed": bool(upgraded or start.repaired),
        "upgraded": upgraded,
        "upgrades": [
            {"name": u["name"], "version": u["after"]} for u in upgraded if u["after"]
        ],
        "repaired": bool(start.repaired),
        "repaired_packages": start.repaired,
        "held": sorted(one.name for one in after.values() if one.held),
        "restarted": [],
        "reloaded": [],
        "stale": _stale_report(found, todo),
        "failed_units": _failed(host),
        "failed_units_before": start.failed,
        **_boot(reasons),
    }


def _renew(
    host: Host, wish: Wish, guarded: list[str], report: dict[str, Any]
) -> dict[str, Any]:
    """Bring services onto the new code; a reboot that follows makes it needless."""
    if not host.systemd or (wish.reboot_follows and report["reboot_required"]):
        return report
    found, todo = _stale(host, wish)
    if report["upgraded"]:
        todo.reload += _changed_units(host, guarded, report["upgraded"], todo.reload)
    if not wish.restart_stale:
        todo.restart, todo.reexec = [], False
    if not todo.work:
        return report
    if todo.reexec:
        stale.reexec(host.run)
    reloaded, failed = stale.act(host.run, "reload", todo.reload)
    restarted, others = stale.act(host.run, "try-restart", todo.restart)
    renewed = [*reloaded, stale.INIT] if todo.reexec else reloaded
    old = stale.wait_renewed(
        lambda: stale.stale_mains(host.run, renewed, host.proc), renewed
    )
    found, now = _stale(host, wish)
    now.reboot.update(dict.fromkeys(now.restart, "a restart did not help"))
    now.reboot.update(dict.fromkeys(old, "a reload did not help"))
    reasons = [r for r in report["reboot_reasons"] if " uses replaced files" not in r]
    report.update(_boot(reasons + _reasons(found, now.reboot)))
    report.update(
        restarted=restarted,
        reloaded=reloaded,
        stale=_stale_report(found, now),
        failed_units=_failed(host),
        changed=bool(report["changed"] or restarted or set(renewed) - set(old)),
    )
    if failed or others:
        said = [f"{unit}: {why}" for unit, why in {**failed, **others}.items()]
        raise RunError(
            "Packages are upgraded, but these services did not come back on the new"
            f" code: {'; '.join(said)}. See journalctl -u on the host.",
            **report,
        )
    return report


def _changed_units(
    host: Host, guarded: list[str], upgraded: list[dict[str, str]], have: list[str]
) -> list[str]:
    """Return guarded units whose own package changed, though no code is stale."""
    names = {one["name"].partition(":")[0] for one in upgraded}
    units = stale.read_units(host.run, [u for u in guarded if u not in have], host.proc)
    return [
        unit.name
        for unit in units.values()
        if unit.active and stale.package_of(host.run, unit.fragment) in names
    ]


def _stale(host: Host, wish: Wish) -> tuple[list[stale.Process], stale.Todo]:
    if not host.systemd:
        return [], stale.Todo()
    reload_units = stale.with_suffix(wish.reload_services)
    return stale.look(host.run, reload_units, wish.restart_exclude, host.proc)


def _stale_report(found: list[stale.Process], todo: stale.Todo) -> list[dict[str, Any]]:
    """Return the units with replaced code: their files, why they stay as they are."""
    why = {**todo.left, **todo.reboot}
    # A session's processes, this run's own among them, end with the session.
    units = sorted({u.unit for u in found if not stale.is_session(u.unit)})
    return [
        {
            "unit": unit,
            "files": stale.files_of(found, unit),
            "why": why.get(unit, ""),
        }
        for unit in units
    ]


def _failed(host: Host) -> list[str]:
    return stale.failed_units(host.run) if host.systemd else []


def _reasons(found: list[stale.Process], units: dict[str, str]) -> list[str]:
    return [
        f"{unit} uses replaced files ({_short(stale.files_of(found, unit))}), {why}"
        for unit, why in sorted(units.items())
    ]


def _short(files: list[str]) -> str:
    names = [file.rpartition("/")[2] for file in files]
    return ", ".join(names[:3]) + (", …" if len(names) > 3 else "")


def _boot(reasons: list[str]) -> dict[str, Any]:
    return {
        "reboot_required": bool(reasons),
        "reboot_reasons": reasons,
        "upgraded_since_boot": reboot.changed_since_boot(),
        "boot_id": reboot.boot_id(),
    }
