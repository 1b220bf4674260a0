# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page: well formed, alone in the world, escaped, and with every figure on it."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from ansible_collections.vigie.run.plugins.module_utils._journal import (
    build,
    document,
    reader,
    svg,
    words,
)

VOID = {"meta"}


class Page(HTMLParser):
    """Checks that elements nest, and keeps what was found."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.tags, self.attributes, self.text = [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open, f"</{tag}> without a beginning"
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.text.append(data)

    @property
    def words(self):
        return " ".join(" ".join(self.text).replace("\u202f", "").split())


@pytest.fixture(name="draw")
def draw_fixture(stories):
    def draw(*names, title="First flight", loads=()):
        journals = [reader.parse(name, stories[name]()) for name in names]
        return document.page(build.build(title, journals, loads))

    return draw


@pytest.fixture(name="everything")
def everything_fixture(draw, stories):
    names = ("deploy", "broken", "patch", "killed")
    return draw(*names, loads=[stories["load"](bad=(70, 75))])


def test_the_page_is_well_formed(everything):
    page = Page(everything)
    assert page.open == []
    assert everything.startswith("<!DOCTYPE html>")
    assert page.tags.count("svg") == page.tags.count("section") - 1 == 4
    identifiers = [v for _tag, name, v in page.attributes if name == "id"]
    assert len(identifiers) == len(set(identifiers))


def test_the_page_needs_nothing_else(everything):
    page = Page(everything)
    assert not {"script", "link", "img", "iframe", "object"} & set(page.tags)
    names = {name for _tag, name, _value in page.attributes}
    assert not {"src", "srcset", "style"} & names
    assert not any(name.startswith("on") for name in names)
    links = [value for _tag, name, value in page.attributes if name == "href"]
    assert links == ["#run1", "#run2", "#run3", "#run4"]
    assert "url(" not in everything
    assert "@import" not in everything
    assert "default-src 'none'" in everything


def test_drawings_have_words_and_tables_have_headers(everything):
    page = Page(everything)
    assert page.tags.count("desc") == page.tags.count("svg")
    labelled = [v for tag, name, v in page.attributes if name == "aria-labelledby"]
    identifiers = {value for _tag, name, value in page.attributes if name == "id"}
    assert set(" ".join(labelled).split()) <= identifiers
    assert page.tags.count("thead") == page.tags.count("table")
    heads = [value for tag, name, value in page.attributes if name == "scope"]
    assert len(heads) == page.tags.count("th")


def test_what_happened_can_be_read(everything):
    text = Page(everything).words
    for words_ in (
        "First flight",
        "22000 requests",
        "14 failed requests",
        "1.0.0 → 2.0.0",
        "2.0.0 → 3.0.0 → 2.0.0",
        "it last saw 503 starting 3.0.0",
        "web-a1 failed and was rescued at 10:07:51",
        "libc6 2.36-9+deb12u9 2.36-9+deb12u10",
        "6 packages",
        "✗ health (http) 503 starting 3.0.0",
        "Hosts away, seen by the load balancer · 2 at most",
        "canary",
        "wrong status",
    ):
        assert words_ in text, words_


def test_a_killed_run_is_drawn_and_said_so(draw):
    text = Page(draw("killed")).words
    assert "killed: no end in its journal" in text
    assert "It was last heard of 2026-11-22 10:10:" in text
    assert "1 line of the journal could not be read" in text
    assert "web-a2" in text


def test_everything_is_escaped(stories):
    evil = '"><script>alert(1)</script>&<b>\x00'
    story = stories["Story"](evil, stories["T0"], user=evil, extra_vars=[evil])
    story.wave([evil], 1, 1, play=evil)
    detail = {"gates": [{"name": evil, "type": evil, "passed": False, "saw": evil}]}
    story.act(evil, "vigie.run.gate", evil, 1, detail, "failed", msg=evil)
    patched = {"upgraded": [{"name": evil, "before": evil, "after": evil}]}
    story.act(evil, "vigie.run.os_patch", evil, 1, patched)
    switched = {"active": evil, "former": "1"}
    story.act(evil, "vigie.run.release", evil, 1, switched)
    story.plan([[evil]])
    load = stories["load"](bad=(5,))
    load["samples"][0].update(kind=evil, seen=evil)
    journals = [reader.parse("x", story.end())]
    text = document.page(build.build(evil, journals, [load]))
    page = Page(text)
    assert page.open == []
    assert "script" not in page.tags
    assert "b" in page.tags  # our own
    assert "<b>&" not in text
    assert "\x00" not in text
    assert "alert(1)</script>&<b>" in page.words


def test_failures_are_marked_in_the_drawing(stories):
    run = build.run_of(reader.parse("b", stories["broken"]()))
    drawn = svg.timeline(run, "x")
    assert drawn.count('class="cross"') == 2
    assert 'class="host bad"' in drawn
    assert "Prove it healthy · 10:07:42" in drawn


def test_no_mark_leaves_the_drawing(stories):
    run = build.run_of(reader.parse("d", stories["deploy"]()))
    run.load = build.load_of(stories["load"]())
    drawn = svg.timeline(run, "x")
    places = [float(x) for x in re.findall(r'\bx[12]?="([-\d.]+)"', drawn)]
    assert min(places) >= 0
    assert max(places) <= svg.WIDTH


def test_an_empty_run_is_drawn(stories):
    story = stories["Story"]("nothing.yml", stories["T0"])
    page = Page(document.page(build.build("x", [reader.parse("x", story.end())])))
    assert "No host was touched." in page.words


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.44, "0.4 s"),
        (47, "47 s"),
        (200, "3 min 20 s"),
        (120, "2 min"),
        (7500, "2 h 5 min"),
    ],
)
def test_stretches_of_time(seconds, said):
    assert words.span(seconds) == said


def test_axes_end_at_round_numbers_that_hold_the_value():
    for value in [*range(1, 400), 999, 1001, 12345]:
        top = words.nice_top(value)
        assert value <= top <= max(2 * value, value + 1)
    assert words.nice_top(108) == 120


def test_ticks_are_few_and_round():
    for seconds in (1, 8, 35, 63, 500, 4000, 90000, 10**6):
        step = words.tick_step(seconds)
        assert seconds / step <= 12
