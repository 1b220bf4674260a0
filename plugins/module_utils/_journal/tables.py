# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""The report's tables: runs, waves, hosts, failed requests."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ansible_collections.vigie.run.plugins.module_utils._journal import words
from ansible_collections.vigie.run.plugins.module_utils._journal.build import (
    shown_hosts,
)
from ansible_collections.vigie.run.plugins.module_utils._journal.markup import (
    Child,
    Markup,
    join,
    tag,
)
from ansible_collections.vigie.run.plugins.module_utils._journal.model import (
    GateSeen,
    Host,
    Load,
    Package,
    Report,
    Run,
)

_KINDS = {
    "refused": "refused",
    "reset": "reset",
    "timeout": "timed out",
    "status": "wrong status",
    "body": "wrong body",
}


def table(heads: Sequence[str], rows: Iterable[Markup], caption: str = "") -> Markup:
    """A table with a header a column; it scrolls sideways where there is no room.

    A head that begins with `#` is a column of figures.
    """
    cells = [
        tag(
            "th", head.lstrip("#"), scope="col", class_="n" if head[:1] == "#" else None
        )
        for head in heads
    ]
    inner = tag(
        "table",
        tag("caption", caption) if caption else None,
        tag("thead", tag("tr", *cells)),
        tag("tbody", *rows),
    )
    return tag("div", inner, class_="scroll")


def runs_table(report: Report) -> Markup:
    """One line a run, each with a link to its section."""
    heads = ["Run", "Outcome", "Started", "#Took", "#Waves", "#Lost", "#Away"]
    if report.loads:
        heads += ["#Requests", "#Failed"]
    rows = []
    for at, run in enumerate(report.runs, 1):
        cells: list[Child] = [
            tag("th", tag("a", run.playbook, href=f"#run{at}"), scope="row"),
            tag("td", tag("span", run.outcome, class_=f"pill {run.outcome}")),
            tag("td", words.clock(run.started)),
            tag("td", words.span(run.seconds), class_="n"),
            _figure(run.wave_count),
            _figure(len(run.lost), bad=True),
            _figure(run.away_at_most),
        ]
        if report.loads:
            load = run.load or Load()
            cells += [_figure(load.requests), _figure(load.failures, bad=True)]
        rows.append(tag("tr", *cells))
    return tag("div", table(heads, rows), class_="runs")


def waves_table(run: Run) -> Markup | None:
    """The waves in words, and why the plan is as it is; folded."""
    waves = [wave for wave in run.waves if wave.number]
    if not waves and not run.plan:
        return None
    rows = [
        tag(
            "tr",
            tag("th", f"{wave.number}{' canary' if wave.canary else ''}", scope="row"),
            tag("td", wave.play),
            tag("td", ", ".join(wave.hosts)),
            tag("td", words.span(wave.end - wave.start), class_="n"),
        )
        for wave in waves
    ]
    lines = [tag("li", line) for line in run.plan]
    return tag(
        "details",
        tag("summary", "Waves and plan"),
        table(["Wave", "Play", "Hosts", "#Took"], rows) if rows else None,
        tag("ol", *lines, class_="plan") if lines else None,
    )


def host_table(run: Run) -> Markup:
    """What was done on each host. Columns that say nothing in this run are left out."""
    hosts = shown_hosts(run)
    if not hosts:
        return tag("p", "No host was touched.", class_="soft")
    columns = [
        ("Wave", lambda h: ", ".join(map(str, h.waves)), any(h.waves for h in hosts)),
        ("Release", _releases, any(h.releases for h in hosts)),
        ("Packages", _packages, any(h.packages for h in hosts)),
        ("Reboots", _reboots, any(h.reboots or h.reboot_reasons for h in hosts)),
        (
            "Restarted",
            lambda h: ", ".join(h.restarted),
            any(h.restarted for h in hosts),
        ),
        ("Gates", _gates, any(h.gates for h in hosts)),
        ("#Away", lambda h: words.span(h.seconds_away), any(h.away for h in hosts)),
        ("#Tasks", lambda h: words.number(h.tasks), True),
        ("#Changed", lambda h: words.number(h.changed), True),
    ]
    used = [(head, cell) for head, cell, shown in columns if shown]
    rows = [
        tag(
            "tr",
            tag("th", host.name, scope="row"),
            tag("td", tag("span", host.status, class_=f"pill {host.status}")),
            *(
                tag("td", cell(host), class_="n" if head[0] == "#" else None)
                for head, cell in used
            ),
        )
        for host in hosts
    ]
    return table(["Host", "Result", *(head for head, _cell in used)], rows)


def failures_table(loads: Sequence[Load]) -> Markup | None:
    """Failed requests of all loads by kind, and the first ones in words."""
    if not any(load.failures for load in loads):
        return None
    kinds = [
        f"{sum(load.by_kind.get(kind, 0) for load in loads)} {name}"
        for kind, name in _KINDS.items()
        if any(load.by_kind.get(kind) for load in loads)
    ]
    samples = sorted(
        (one for load in loads for one in load.samples), key=lambda one: one["t"]
    )
    rows = [
        tag(
            "tr",
            tag("th", words.clock(one["t"]), scope="row"),
            tag("td", _KINDS.get(str(one.get("kind")), str(one.get("kind", "")))),
            tag("td", str(one.get("seen", ""))),
        )
        for one in samples
    ]
    return tag(
        "section",
        tag("div", tag("h2", "Failed requests"), class_="head"),
        tag("p", ", ".join(kinds) or "of unknown kind"),
        table(["When (UTC)", "Kind", "Seen"], rows) if rows else None,
        id="failed-requests",
    )


def _figure(value: int, bad: bool = False) -> Markup:
    kind = "n zero" if value == 0 else "n bad" if bad else "n"
    return tag("td", words.number(value), class_=kind)


def _releases(host: Host) -> Markup:
    return join("\u00a0→ ".join(host.releases))


def _packages(host: Host) -> Markup | None:
    if not host.packages:
        return None
    rows = [_package(one) for one in host.packages]
    listing = table(["Package", "Before", "After"], rows)
    summary = tag("summary", words.count(len(host.packages), "package"))
    return tag("details", summary, listing)


def _package(one: Package) -> Markup:
    return tag(
        "tr",
        tag("th", one.name, scope="row"),
        tag("td", tag("code", one.before or "new")),
        tag("td", tag("code", one.after or "removed")),
    )


def _reboots(host: Host) -> Markup:
    text = words.number(host.reboots) if host.reboots else "wanted"
    why = ", ".join(host.reboot_reasons)
    if not host.reboots and not why:
        return join("")
    return join(text, tag("div", why, class_="soft") if why else None)


def _gates(host: Host) -> Markup | None:
    if not host.gates:
        return None
    failed = sum(not gate.passed for gate in host.gates)
    text = words.count(len(host.gates), "gate") + (
        f", {failed} failed" if failed else ""
    )
    rows = [_gate(gate) for gate in host.gates]
    listing = table(["Gate", "Saw", "#Waited", "#Tries"], rows)
    return tag("details", tag("summary", text), listing, open="" if failed else None)


def _gate(gate: GateSeen) -> Markup:
    mark = "✓" if gate.passed else "✗"
    kind = f" ({gate.kind})" if gate.kind else ""
    return tag(
        "tr",
        tag("th", f"{mark} {gate.name}{kind}", scope="row"),
        tag("td", gate.saw),
        tag("td", words.span(gate.seconds), class_="n"),
        tag("td", words.number(gate.attempts), class_="n"),
    )
