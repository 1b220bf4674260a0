# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Builds the report's values from journals and load results. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.vigie.run.plugins.module_utils._journal import events
from ansible_collections.vigie.run.plugins.module_utils._journal.model import (
    GateSeen,
    Host,
    Load,
    Loss,
    Package,
    Report,
    Run,
    Span,
    Wave,
)
from ansible_collections.vigie.run.plugins.module_utils._journal.reader import Journal

_KIND_OF_ACTION = {
    "vigie.run.release": "release",
    "vigie.run.os_patch": "patch",
    "vigie.run.gate": "gate",
    "ansible.builtin.reboot": "reboot",
    "ansible.builtin.wait_for_connection": "reboot",
}
_WORST = ("ok", "rescued", "failed", "unreachable")
_QUIET = frozenset({"localhost", "127.0.0.1"})


def build(
    title: str, journals: Iterable[Journal], loads: Iterable[Mapping[str, Any]] = ()
) -> Report:
    """A report on these runs, oldest first, each with the load that it ran under."""
    known = [load_of(one) for one in loads]
    runs = sorted((run_of(one) for one in journals), key=lambda run: run.started)
    together = merged(known)
    for run in runs:
        run.load = together.between(run.started, run.ended) if known else None
    return Report(title, runs, known)


def run_of(journal: Journal) -> Run:
    """One run from its journal; without a last event it was killed."""
    first, last = journal.events[0], journal.events[-1]
    ends = [event for event in journal.events if event["event"] == events.END]
    run = Run(
        id=str(first.get("run", "")),
        playbook=str(first.get("playbook", journal.name)),
        facts=first,
        started=float(first["at"]),
        ended=float((ends[-1] if ends else last)["at"]),
        outcome=str(ends[-1].get("outcome", "ok")) if ends else "killed",
        unread=journal.unread,
    )
    for event in journal.events:
        if event["event"] == events.PLAY:
            _add_play(run, event)
        elif event["event"] == events.TASK:
            _add_task(run, event)
    _close_waves(run)
    for host in run.hosts.values():
        host.spans.sort(key=lambda span: span.start)
        host.away = _away(host, run.ended)
    return run


def load_of(result: Mapping[str, Any]) -> Load:
    """A load result (see docs/report.md); what is missing counts as nothing."""
    load = Load(
        requests=int(result.get("requests", 0)),
        failures=int(result.get("failures", 0)),
        by_kind={str(k): int(v) for k, v in result.get("by_kind", {}).items()},
        latency_ms={str(k): float(v) for k, v in result.get("latency_ms", {}).items()},
        samples=[one for one in result.get("samples", []) if "t" in one],
        away=[(float(one["t"]), int(one["away"])) for one in result.get("away", [])],
    )
    for one in result["seconds"]:
        second = int(one["t"])
        load.seconds[second] = (int(one["requests"]), int(one.get("failures", 0)))
        load.slowest_ms[second] = float(one.get("max_ms", 0.0))
    return load


def merged(loads: Iterable[Load]) -> Load:
    """Several loads as one: requests and failures of a second add up."""
    whole = Load()
    for load in loads:
        for second, (requests, failures) in load.seconds.items():
            have = whole.seconds.get(second, (0, 0))
            whole.seconds[second] = (have[0] + requests, have[1] + failures)
            slow = max(whole.slowest_ms.get(second, 0.0), load.slowest_ms[second])
            whole.slowest_ms[second] = slow
        whole.away.extend(load.away)
        whole.samples.extend(load.samples)
    whole.away.sort()
    return whole


def _add_play(run: Run, event: Mapping[str, Any]) -> None:
    at = float(event["at"])
    hosts = tuple(str(name) for name in event.get("hosts", ()))
    number = int(event.get("wave", 0))
    total = int(event.get("waves", 0))
    run.waves.append(Wave(number, total, str(event.get("play", "")), hosts, at, at))
    for name in hosts:
        host = _host(run, name)
        if number and number not in host.waves:
            host.waves.append(number)


def _close_waves(run: Run) -> None:
    """A wave lasts until the next play or batch begins."""
    starts = [wave.start for wave in run.waves[1:]] + [run.ended]
    run.waves = [
        Wave(
            wave.number,
            wave.total,
            wave.play,
            wave.hosts,
            wave.start,
            end,
            bool(wave.number and frozenset(wave.hosts) in run.canaries),
        )
        for wave, end in zip(run.waves, starts)
    ]


def _add_task(run: Run, event: Mapping[str, Any]) -> None:
    host = _host(run, str(event.get("host", "?")))
    status = str(event.get("status", "ok"))
    host.tasks += 1
    host.changed += status == "changed"
    # What failed on the controller (a budget, a plan) is no fault of the host.
    if event.get("delegated_to") != "localhost" and status in _WORST:
        host.status = max(host.status, status, key=_WORST.index)
    if status in ("failed", "unreachable", "rescued"):
        run.losses.append(
            Loss(
                host.name,
                float(event["at"]),
                str(event.get("task", "")),
                status,
                _message(event),
                str(event.get("delegated_to", "")),
            )
        )
    _add_span(run, host, event, status)
    for detail in _details(event):
        _add_detail(run, host, str(event.get("action", "")), detail)


def _message(event: Mapping[str, Any]) -> str:
    if event.get("no_log"):
        return "Not written down: the task has no_log."
    return str(event.get("msg", ""))


def _add_span(run: Run, host: Host, event: Mapping[str, Any], status: str) -> None:
    action = str(event.get("action", ""))
    kind = _KIND_OF_ACTION.get(action, "other")
    touched = [host]
    if action == "vigie.run.haproxy_member":
        kind, members = _member_motion(event)
        named = [run.hosts[name] for name in members if name in run.hosts]
        touched = named or [host]
    elif action == "vigie.run.consul_maintenance":
        details = _details(event)
        back = any(d.get("state") == "disabled" for d in details)
        kind = "back" if back else "out"
    bad = status in ("failed", "unreachable", "rescued")
    start = float(event.get("start", event["at"]))
    end = float(event.get("end", event["at"]))
    span = Span(kind, str(event.get("task", "")), start, end, bad)
    for one in touched:
        one.spans.append(span)


def _member_motion(event: Mapping[str, Any]) -> tuple[str, list[str]]:
    """Which way members of a balancer went, and which: (out or back, names)."""
    names, back = [], False
    for detail in _details(event):
        back = back or detail.get("state") == "ready"
        for member in detail.get("members", ()):
            names.append(str(member.get("name", "")))
            back = back or ("state" not in detail and member.get("after") == "ready")
    return ("back" if back else "out"), names


def _details(event: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    detail = event.get("detail")
    found = detail if isinstance(detail, list) else [detail]
    return [one for one in found if isinstance(one, Mapping)]


def _add_detail(run: Run, host: Host, action: str, detail: Mapping[str, Any]) -> None:
    if action == "vigie.run.release":
        _add_release(host, detail)
    elif action == "vigie.run.os_patch":
        _add_patch(host, detail)
    elif action == "vigie.run.gate":
        host.gates.extend(_gate(one) for one in detail.get("gates", ()))
    elif action == "vigie.run.wave_plan":
        _add_plan(run, detail)
    elif action == "ansible.builtin.reboot" and detail.get("rebooted"):
        host.reboots += 1


def _add_release(host: Host, detail: Mapping[str, Any]) -> None:
    """Which releases were active, in order: from the one that was there before."""
    for version in (detail.get("former"), detail.get("active")):
        if version and (not host.releases or host.releases[-1] != version):
            host.releases.append(str(version))


def _add_patch(host: Host, detail: Mapping[str, Any]) -> None:
    for one in detail.get("upgraded", ()):
        name, before = str(one.get("name", "")), str(one.get("before") or "")
        host.packages.append(Package(name, before, str(one.get("after") or "")))
    for key, known in (
        ("reboot_reasons", host.reboot_reasons),
        ("restarted", host.restarted),
    ):
        for word in detail.get(key) or ():
            if str(word) not in known:
                known.append(str(word))


def _gate(one: Mapping[str, Any]) -> GateSeen:
    return GateSeen(
        name=str(one.get("name", "")),
        kind=str(one.get("type", "")),
        passed=bool(one.get("passed")),
        saw=str(one.get("saw", "")),
        seconds=float(one.get("seconds") or 0.0),
        attempts=int(one.get("attempts") or 0),
    )


def _add_plan(run: Run, detail: Mapping[str, Any]) -> None:
    run.plan.extend(str(line) for line in detail.get("summary") or ())
    run.canaries |= {
        frozenset(str(host.get("name", "")) for host in wave.get("hosts", ()))
        for wave in detail.get("waves") or ()
        if wave.get("canary")
    }


def _away(host: Host, ended: float) -> list[tuple[float, float]]:
    """When a host was out of service: from the first `out` to the end of the last
    `back` after it; to the end of the run where it was not put back."""
    stretches: list[tuple[float, float]] = []
    left: float | None = None
    returned: float | None = None
    for span in host.spans:
        if span.kind == "out" and returned is not None and left is not None:
            stretches.append((left, returned))
            left = returned = None
        if span.kind == "out" and left is None:
            left = span.start
        elif span.kind == "back" and left is not None and not span.bad:
            returned = span.end
    if left is not None:
        stretches.append((left, ended if returned is None else returned))
    return stretches


def _host(run: Run, name: str) -> Host:
    if name not in run.hosts:
        run.hosts[name] = Host(name)
    return run.hosts[name]


def shown_hosts(run: Run) -> list[Host]:
    """Hosts worth a row, in the order of their waves; the controller only if lost."""
    order = {name: at for at, name in enumerate(run.hosts)}
    rows = [
        host
        for host in run.hosts.values()
        if host.spans and (host.name not in _QUIET or host.status != "ok")
    ]
    last = len(run.waves) + 1
    return sorted(rows, key=lambda h: (min(h.waves, default=last), order[h.name]))
