# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Draws a run: hosts over time, and under it the load on the same axis of time."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.vigie.run.plugins.module_utils._journal import words
from ansible_collections.vigie.run.plugins.module_utils._journal.build import (
    shown_hosts,
)
from ansible_collections.vigie.run.plugins.module_utils._journal.markup import (
    Markup,
    join,
    tag,
)
from ansible_collections.vigie.run.plugins.module_utils._journal.model import (
    Host,
    Load,
    Run,
    Span,
    Wave,
)

WIDTH = 1000
LEFT, RIGHT = 104, 14  # room for names of hosts and figures of axes
ROW, BAR = 24, 14  # height of a host's row, and of its spans in it
TOP = 30  # room for the names of the waves
LOAD_HEIGHT, AWAY_HEIGHT, GAP = 84, 40, 32
MERGE = 0.35  # seconds: closer spans of one kind are drawn as one


@dataclass(frozen=True)
class Axis:
    """Epoch seconds to horizontal units."""

    start: float
    end: float

    def x(self, at: float) -> float:
        length = max(self.end - self.start, 0.001)
        share = min(1.0, max(0.0, (at - self.start) / length))
        return LEFT + share * (WIDTH - LEFT - RIGHT)


def timeline(run: Run, name: str) -> Markup:
    """The drawing of a run; `name` makes its identifiers unique on the page."""
    hosts = shown_hosts(run)
    axis = Axis(run.started, max(run.ended, run.started + 1))
    bottom = TOP + ROW * max(len(hosts), 1)
    parts = [_bands(run, axis, bottom), _ticks(axis, TOP, bottom)]
    parts += [_row(host, axis, TOP + ROW * at) for at, host in enumerate(hosts)]
    height = bottom
    steps = run.load.away if run.load and run.load.away else run.away_steps()
    if run.load:
        parts.append(_load(run.load, axis, height + GAP))
        height += GAP + LOAD_HEIGHT
    if steps:
        seen = bool(run.load and run.load.away)
        parts.append(_away(steps, axis, height + GAP, seen))
        height += GAP + AWAY_HEIGHT
    parts.append(_clock(axis, height))
    height += 26
    words_ = _describe(run, hosts)
    return tag(
        "svg",
        tag("title", f"{run.playbook}: hosts over time", id=f"{name}-t"),
        tag("desc", words_, id=f"{name}-d"),
        *parts,
        viewBox=f"0 0 {WIDTH} {height}",
        role="img",
        aria_labelledby=f"{name}-t {name}-d",
        class_="timeline",
    )


def merged_spans(spans: list[Span]) -> list[Span]:
    """Spans of one kind that follow each other closely, as one; plain work between
    them stays plain. Keeps failures apart so that each can be marked."""
    kept: list[Span] = []
    for span in sorted(spans, key=lambda one: one.start):
        last = kept[-1] if kept else None
        joins = (
            last is not None
            and last.kind == span.kind
            and not (last.bad or span.bad)
            and span.start - last.end <= MERGE
        )
        if last is not None and joins:
            label = last.label if last.label == span.label else f"{last.label} …"
            end = max(last.end, span.end)
            kept[-1] = Span(last.kind, label, last.start, end)
        else:
            kept.append(span)
    return kept


def _describe(run: Run, hosts: list[Host]) -> str:
    said = [
        f"{words.count(len(hosts), 'host')}, {words.span(run.seconds)}, "
        f"{words.count(run.wave_count, 'wave')}."
    ]
    if run.lost:
        said.append(f"Lost: {', '.join(run.lost)}.")
    if run.load:
        requests = words.count(run.load.requests, "request")
        said.append(f"{requests}, {words.count(run.load.failures, 'failure')}.")
    said.append("The table below tells the same in words.")
    return " ".join(said)


def _bands(run: Run, axis: Axis, bottom: int) -> Markup:
    """A band for each wave, shaded in turn, with its number above."""
    parts = []
    for at, wave in enumerate(one for one in run.waves if one.number):
        left, right = axis.x(wave.start), axis.x(wave.end)
        label = _wave_label(wave, right - left)
        parts.append(
            tag(
                "g",
                tag("title", _wave_words(wave)),
                tag(
                    "rect",
                    x=left,
                    y=4,
                    width=max(right - left, 1),
                    height=bottom - 4,
                    class_=f"band band{at % 2}",
                ),
                tag("text", label, x=left + 5, y=20, class_="wave") if label else None,
            )
        )
    return join(*parts)


def _wave_label(wave: Wave, width: float) -> str:
    """As much of the wave's name as its band has room for (6.6 units a letter)."""
    for text in ("canary" if wave.canary else f"wave {wave.number}", str(wave.number)):
        if len(text) * 6.6 + 8 <= width:
            return text
    return ""


def _wave_words(wave: Wave) -> str:
    kind = ", canary" if wave.canary else ""
    return (
        f"{wave.play}: wave {wave.number} of {wave.total}{kind}, "
        f"{words.span(wave.end - wave.start)}: {', '.join(wave.hosts)}"
    )


def _ticks(axis: Axis, top: int, bottom: int) -> Markup:
    step = words.tick_step(axis.end - axis.start)
    lines = []
    at = axis.start + step
    while at < axis.end:
        x = axis.x(at)
        lines.append(tag("line", x1=x, x2=x, y1=top, y2=bottom, class_="grid"))
        at += step
    return join(*lines)


def _clock(axis: Axis, top: int) -> Markup:
    """Minutes and seconds since the start, under the lowest panel."""
    step = words.tick_step(axis.end - axis.start)
    parts = []
    offset = 0
    while axis.start + offset <= axis.end:
        minutes, seconds = divmod(offset, 60)
        hours, minutes = divmod(minutes, 60)
        text = (
            f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
        )
        x = axis.x(axis.start + offset)
        label = tag("text", text, x=x, y=top + 18, class_="tick", text_anchor="middle")
        parts.append(label)
        offset += step
    return join(*parts)


def _row(host: Host, axis: Axis, top: int) -> Markup:
    middle = top + ROW / 2
    bad = host.status in ("failed", "unreachable")
    name = tag(
        "text",
        host.name if len(host.name) <= 15 else host.name[:14] + "…",
        x=LEFT - 8,
        y=middle + 4,
        text_anchor="end",
        class_="host bad" if bad else "host",
    )
    rail = tag("line", x1=LEFT, x2=WIDTH - RIGHT, y1=middle, y2=middle, class_="rail")
    away = [
        tag(
            "rect",
            x=axis.x(start),
            width=max(axis.x(end) - axis.x(start), 1),
            y=middle - ROW / 2 + 2,
            height=ROW - 4,
            class_="gone",
        )
        for start, end in host.away
    ]
    spans = merged_spans(host.spans)
    plain = [one for one in spans if one.kind == "other" and not one.bad]
    acts = [one for one in spans if one.kind != "other" and not one.bad]
    bads = [one for one in spans if one.bad]
    drawn = [_span(one, axis, middle) for one in [*plain, *acts, *bads]]
    return tag("g", tag("title", host.name), name, rail, *away, *drawn)


def _span(span: Span, axis: Axis, middle: float) -> Markup:
    left, right = axis.x(span.start), axis.x(span.end)
    width = max(right - left, 1.6)
    half = BAR / 2 if span.kind != "other" else 2.5
    said = f"{span.label} · {words.clock(span.start)} · "
    said += words.span(span.end - span.start) + (" · failed" if span.bad else "")
    shape = tag(
        "rect",
        x=left,
        y=middle - half,
        width=width,
        height=2 * half,
        rx=2,
        class_=f"k-{span.kind}",
    )
    if not span.bad:
        return tag("g", tag("title", said), shape)
    x = left + width
    cross = f"M{x - 4:.1f} {middle - 4:.1f}l8 8m0 -8l-8 8"
    halo = tag("circle", cx=x, cy=middle, r=8, class_="halo")
    return tag(
        "g", tag("title", said), shape, halo, tag("path", d=cross, class_="cross")
    )


def _load(load: Load, axis: Axis, top: int) -> Markup:
    """Requests in each second as a line, failures as bars on the same scale."""
    bottom = top + LOAD_HEIGHT
    # The second in which the run begins or ends holds only a part of its requests.
    inner = {
        t: n for t, n in load.seconds.items() if axis.start <= t and t + 1 <= axis.end
    } or load.seconds
    high = words.nice_top(max(requests for requests, _bad in inner.values()) * 1.08)

    def y(value: float) -> float:
        return bottom - min(value, high) / high * LOAD_HEIGHT

    points = [(axis.x(t + 0.5), y(n)) for t, (n, _bad) in sorted(inner.items())]
    path = "M" + "L".join(f"{px:.1f} {py:.1f}" for px, py in points)
    area = f"{path}L{points[-1][0]:.1f} {bottom}L{points[0][0]:.1f} {bottom}Z"
    second = max(axis.x(axis.start + 1) - axis.x(axis.start), 2.0)
    bars = [
        tag(
            "g",
            tag("title", f"{words.clock(t)}: {words.count(bad, 'failure')}"),
            tag(
                "rect",
                x=axis.x(t),
                width=second,
                y=min(y(bad), bottom - 6),
                height=bottom - min(y(bad), bottom - 6),
                class_="failures",
            ),
        )
        for t, (_n, bad) in sorted(load.seconds.items())
        if bad
    ]
    title = f"Requests per second · {words.count(load.failures, 'failure')}"
    return join(
        _frame(axis, top, bottom, title, high),
        tag("path", d=area, class_="area"),
        tag("path", d=path, class_="rate"),
        *bars,
    )


def _away(steps: list[tuple[float, int]], axis: Axis, top: int, seen: bool) -> Markup:
    """Hosts away as steps: as the balancer saw it, or as the run told it."""
    bottom = top + AWAY_HEIGHT
    most = max(away for _at, away in steps)
    high = max(most, 1)

    def y(value: int) -> float:
        return bottom - value / high * AWAY_HEIGHT

    level = steps[0][1] if steps[0][0] <= axis.start else 0
    path = f"M{axis.x(axis.start):.1f} {y(level):.1f}"
    for at, away in steps:
        path += f"H{axis.x(at):.1f}V{y(away):.1f}"
    path += f"H{axis.x(axis.end):.1f}"
    closed = f"{path}V{bottom}H{axis.x(axis.start):.1f}Z"
    source = "seen by the load balancer" if seen else "as the run took them out"
    title = f"Hosts away, {source} · {most} at most"
    return join(
        _frame(axis, top, bottom, title, high),
        tag("path", d=closed, class_="area-away"),
        tag("path", d=path, class_="away"),
    )


def _frame(axis: Axis, top: int, bottom: int, title: str, high: int) -> Markup:
    """A panel's title, its ground line, its scale and the grid of time."""
    edge = WIDTH - RIGHT
    return join(
        tag("text", title, x=LEFT, y=top - 9, class_="panel"),
        _ticks(axis, top, bottom),
        tag("line", x1=LEFT, x2=edge, y1=top, y2=top, class_="grid"),
        tag("line", x1=LEFT, x2=edge, y1=bottom, y2=bottom, class_="ground"),
        tag("text", high, x=LEFT - 8, y=top + 4, text_anchor="end", class_="tick"),
        tag("text", 0, x=LEFT - 8, y=bottom + 4, text_anchor="end", class_="tick"),
    )
