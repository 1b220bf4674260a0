# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""The report as one page of HTML that needs nothing else: no script, no font, no
picture from anywhere."""

from __future__ import annotations

from ansible_collections.vigie.run.plugins.module_utils._journal import svg, words
from ansible_collections.vigie.run.plugins.module_utils._journal.build import (
    shown_hosts,
)
from ansible_collections.vigie.run.plugins.module_utils._journal.markup import (
    Markup,
    join,
    tag,
)
from ansible_collections.vigie.run.plugins.module_utils._journal.model import (
    KINDS,
    Loss,
    Report,
    Run,
)
from ansible_collections.vigie.run.plugins.module_utils._journal.style import CSS
from ansible_collections.vigie.run.plugins.module_utils._journal.tables import (
    failures_table,
    host_table,
    runs_table,
    waves_table,
)

_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
)
_OUTCOMES = {
    "ok": "succeeded",
    "failed": "failed",
    "stopped": "stopped before its end",
    "killed": "killed: no end in its journal",
}
_LEGEND = {
    "out": "taken out",
    "release": "release",
    "patch": "patch",
    "reboot": "reboot",
    "gate": "gate",
    "back": "put back",
    "other": "other tasks",
}


def page(report: Report) -> str:
    """The whole document: the same for the same report, whenever it is drawn."""
    head = join(
        Markup('<meta charset="utf-8">'),
        Markup(f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'),
        Markup('<meta name="viewport" content="width=device-width, initial-scale=1">'),
        Markup('<meta name="color-scheme" content="light dark">'),
        tag("title", report.title),
        tag("style", Markup(CSS)),
    )
    sections = [_section(run, at) for at, run in enumerate(report.runs, 1)]
    body = tag(
        "body",
        tag("header", tag("h1", report.title), _when(report), _tiles(report)),
        tag(
            "main",
            runs_table(report) if len(report.runs) > 1 else None,
            *sections,
            failures_table(report.loads),
        ),
        tag("footer", "Drawn by vigie.run from the journals of these runs."),
    )
    html = tag("html", tag("head", head), body, lang="en")
    return f"<!DOCTYPE html>\n{html}\n"


def _when(report: Report) -> Markup:
    if not report.runs:
        return tag("p", "No runs.", class_="soft")
    first = report.runs[0].started
    last = max(run.ended for run in report.runs)
    text = f"{words.date(first)}, {words.span(last - first)}"
    return tag("p", text, class_="soft")


def _tiles(report: Report) -> Markup:
    """The figures that matter most, large."""
    seconds = sum(run.seconds for run in report.runs)
    lost = sum(len(run.lost) for run in report.runs)
    hosts = len(report.hosts - {"localhost"})
    waves = sum(run.wave_count for run in report.runs)
    tiles = [
        ("", words.number(len(report.runs)), words.noun(len(report.runs), "run")),
        ("", words.number(hosts), words.noun(hosts, "host")),
        ("", words.number(waves), words.noun(waves, "wave")),
        ("", words.span(seconds), "running"),
        (
            "bad" if lost else "good",
            words.number(lost),
            f"{words.noun(lost, 'host')} lost",
        ),
        ("", words.number(report.away_at_most), "away at most"),
    ]
    if report.loads:
        failed = "bad" if report.failures else "good"
        tiles.append(("", words.number(report.requests), "requests"))
        tiles.append((failed, words.number(report.failures), "failed requests"))
    entries = [
        tag("li", tag("b", figure), tag("span", noun), class_=kind or None)
        for kind, figure, noun in tiles
    ]
    return tag("ul", *entries, class_="tiles")


def outcome_pill(run: Run) -> Markup:
    """The outcome as a word on its colour."""
    return tag(
        "span", _OUTCOMES.get(run.outcome, run.outcome), class_=f"pill {run.outcome}"
    )


def _section(run: Run, number: int) -> Markup:
    name = f"run{number}"
    return tag(
        "section",
        tag("div", tag("h2", run.playbook), outcome_pill(run), class_="head"),
        _facts(run),
        _notes(run),
        _losses(run),
        _figure(run, name),
        _latency(run),
        tag("h3", "Hosts"),
        host_table(run),
        waves_table(run),
        id=name,
    )


def _facts(run: Run) -> Markup:
    facts = run.facts
    said = [
        f"{words.date(run.started)}, {words.span(run.seconds)}",
        f"by {facts.get('user', '?')} on {facts.get('controller', '?')}",
        f"ansible-core {facts.get('ansible', '?')}",
    ]
    if facts.get("check"):
        said.append("check mode: nothing was changed")
    for key, label in (
        ("limit", "limit"),
        ("tags", "tags"),
        ("skip_tags", "skip tags"),
    ):
        if facts.get(key):
            value = facts[key]
            text = ", ".join(map(str, value)) if isinstance(value, list) else value
            said.append(f"{label} {text}")
    if facts.get("extra_vars"):
        said.append(f"extra variables {', '.join(map(str, facts['extra_vars']))}")
    said.append(f"run {run.id[:8]}")
    return tag("p", " · ".join(said), class_="soft")


def _notes(run: Run) -> Markup:
    notes = []
    if run.outcome == "killed":
        notes.append(
            "This run has no end in its journal: it was killed, its controller was "
            "lost, or it is still running. It was last heard of "
            f"{words.date(run.ended)}. "
            "Hosts that were not put back may still be out of service."
        )
    if run.outcome == "stopped":
        notes.append("This run ended without results: interrupted, or by an error.")
    if run.unread:
        lines = words.count(run.unread, "line")
        notes.append(f"{lines} of the journal could not be read and were left out.")
    return join(*(tag("p", note, class_="note", role="note") for note in notes))


def _losses(run: Run) -> Markup | None:
    if not run.losses:
        return None
    return tag("ul", *(_loss(loss) for loss in run.losses), class_="losses")


def _loss(loss: Loss) -> Markup:
    what = {"rescued": "failed and was rescued", "failed": "failed"}
    verb = what.get(loss.status, "was unreachable")
    where = f" (on {loss.delegated_to})" if loss.delegated_to else ""
    return tag(
        "li",
        tag("b", loss.host),
        f" {verb} at {words.clock(loss.at)} in \u201c{loss.task}\u201d{where}: ",
        tag("q", loss.message or "no message"),
        class_=loss.status,
    )


def _figure(run: Run, name: str) -> Markup:
    used = {span.kind for host in shown_hosts(run) for span in host.spans}
    entries = [
        tag("li", tag("i", class_=f"k-{kind}", aria_hidden="true"), _LEGEND[kind])
        for kind in KINDS
        if kind in used
    ]
    caption = tag("ul", *entries, class_="legend")
    drawing = tag("div", svg.timeline(run, name), class_="scroll", tabindex=0)
    return tag("figure", drawing, tag("figcaption", caption))


def _latency(run: Run) -> Markup | None:
    load = run.load
    if load is None:
        return None
    slowest = max(load.slowest_ms.values(), default=0.0)
    text = (
        f"{words.count(load.requests, 'request')} while it ran, "
        f"{words.count(load.failures, 'failure')}, the slowest took "
        f"{words.number(slowest)} ms, {run.away_at_most} away at most."
    )
    return tag("p", text, class_="soft")
