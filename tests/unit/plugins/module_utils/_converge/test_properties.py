# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for any declaration, any world, and any interruption."""

from __future__ import annotations

import copy

from ansible_collections.vigie.run.plugins.module_utils._converge.engine import (
    Options,
    converge,
)
from ansible_collections.vigie.run.tests.unit.plugins.module_utils._converge.shelf import (  # noqa: E501
    ServiceError,
    Shelf,
    links,
)
from hypothesis import example, given, settings
from hypothesis import strategies as st

TYPES = ("net", "box", "lid", "store", "route")
CHANGING = ("create", "update", "delete")
ALL = {"prune": True, "parallel": 3}
often = settings(max_examples=60)


@st.composite
def declarations(draw, number=2):
    """Several declarations over the same names, each name with one type.

    A name may be missing, its values and its references may differ.
    """
    types = draw(st.lists(st.sampled_from(TYPES), min_size=1, max_size=7))
    return [_declaration(draw, ["net", *types]) for each in range(number)]


def _declaration(draw, types):
    declared = {}
    for place, type_ in enumerate(types):
        name = f"r{place}"
        body = _body(draw, name, type_, declared)
        if body and draw(st.integers(0, 4)):
            body["type"] = type_
            if declared and draw(st.booleans()):
                body["depends_on"] = [draw(st.sampled_from(sorted(declared)))]
            declared[name] = body
    return declared


def _body(draw, name, type_, declared):
    """The properties of one resource; None where what it needs is not declared."""
    variant = st.sampled_from("ab")

    def one(*types):
        names = [n for n, body in declared.items() if body["type"] in types]
        return f"${{{draw(st.sampled_from(names))}.id}}" if names else None

    if type_ == "net":
        return {"cidr": f"{name}{draw(variant)}", "note": draw(variant)}
    if type_ == "box":
        net = one("net")
        more = {"shape": draw(variant), "color": draw(st.sampled_from(["red", "blue"]))}
        return net and {"net": net, **more}
    if type_ == "lid":
        box = one("box")
        return box and {"box": box, "label": name, "note": draw(variant)}
    if type_ == "store":
        net = one("net") if draw(st.booleans()) else None
        return {
            "label": name,
            "kind": draw(variant),
            "note": draw(variant),
            "net": net,
        }
    members = sorted({one("box", "net") for each in range(2)} - {None})
    pinned = one("store", "box") if draw(st.booleans()) else None
    note = f"{one('store', 'lid')} {draw(variant)}"
    return {"members": members, "note": note, "pinned": pinned}


def inhabited():
    """A service where somebody else's things live already."""
    shelf = Shelf()
    net = shelf.service.put("net", cidr="theirs")
    box = shelf.service.put("box", net=net)
    shelf.service.put("lid", box=box, label="theirs")
    shelf.service.put("store", label="theirs", net=net)
    return shelf


def run(shelf, resources, **more):
    options = Options(**{**ALL, "allow_replace": tuple(resources), **more})
    return converge(resources, shelf, options)


def ran(shelf, resources, **more):
    outcome = run(shelf, resources, **more)
    assert not outcome.failed, outcome.message
    return outcome


def world(shelf):
    """Everything there is, with names instead of ids."""
    things = shelf.service.things
    named = {i: t.mark or t.properties.get("label") or i for i, t in things.items()}

    def spelled(value):
        if isinstance(value, list):
            return sorted(map(spelled, value))
        for ident, name in sorted(named.items(), reverse=True):
            value = value.replace(ident, f"<{name}>")
        return value

    return sorted(
        (
            thing.type,
            named[thing.id],
            sorted(
                (key, spelled(value))
                for key, value in thing.properties.items()
                if value
            ),
        )
        for thing in things.values()
    )


@often
@given(declarations())
def test_an_applied_plan_leaves_an_empty_plan(pair):
    shelf = inhabited()
    for declared in pair:
        planned = run(shelf, declared, dry_run=True).plan
        assert ran(shelf, declared).plan == planned
        again = run(shelf, declared, dry_run=True)
        assert not again.changed, again.diff
    ran(shelf, pair[-1], state="absent")
    assert len(shelf.service.things) == 4


@often
@given(declarations())
def test_what_is_not_the_stack_s_is_never_touched(pair):
    shelf = inhabited()
    theirs = copy.deepcopy(shelf.service.things)
    for options in ({}, {"state": "absent"}):
        for declared in pair:
            ran(shelf, declared, **options)
            there = shelf.service.things
            assert {ident: there.get(ident) for ident in theirs} == theirs


@often
@given(declarations())
def test_a_dry_run_only_reads(pair):
    shelf = inhabited()
    ran(shelf, pair[0])
    shelf.service.calls.clear()
    locks, before = shelf.service.locks, copy.deepcopy(shelf.service.things)
    run(shelf, pair[1], dry_run=True)
    run(shelf, pair[1], dry_run=True, state="absent")
    assert {call.verb for call in shelf.service.calls} == {"read"}
    assert (shelf.service.locks, shelf.service.things) == (locks, before)


@often
@given(declarations())
def test_no_step_begins_before_what_it_depends_on_has_ended(pair):
    shelf = inhabited()
    for declared in pair:
        shelf.service.calls.clear()
        ran(shelf, declared)
        made = {c.resource: c for c in shelf.service.verbs("create", "update")}
        for name, call in made.items():
            for need in needs(declared[name]) & made.keys():
                assert made[need].ended < call.began
    shelf.service.calls.clear()
    ran(shelf, pair[-1], state="absent")
    gone = {call.resource: call for call in shelf.service.verbs("delete")}
    for name, call in gone.items():
        for need in needs(pair[-1][name]) & gone.keys():
            assert call.ended < gone[need].began


def needs(body):
    """The names that a declared resource refers to or depends on."""
    text = repr({key: value for key, value in body.items() if key != "type"})
    return {name for name in (f"r{i}" for i in range(8)) if name in referred(text)} | {
        *body.get("depends_on", ())
    }


def referred(text):
    return {part.partition(".")[0] for part in text.split("${")[1:]}


def faulty(place, moment):
    """The changing call at a place fails, before or after its effect."""
    seen = {"calls": 0}

    def fault(verb, type_, resource, when):
        if verb in CHANGING and when == "before":
            seen["calls"] += 1
            seen[resource, verb] = seen["calls"]
        if seen.get((resource, verb)) == place and when == moment:
            raise ServiceError("gone wrong")

    return fault


@settings(max_examples=150)
@given(declarations(), st.integers(1, 12), st.sampled_from(["before", "after"]))
def test_interrupted_anywhere_the_next_run_ends_in_the_same_place(pair, place, moment):
    straight, torn = inhabited(), inhabited()
    for shelf in (straight, torn):
        ran(shelf, pair[0])
    ran(straight, pair[1])
    torn.service.fault = faulty(place, moment)
    outcome = run(torn, pair[1], parallel=1)
    torn.service.fault = None
    if not outcome.failed:
        assert world(torn) == world(straight)
    ran(torn, pair[1])
    assert world(torn) == world(straight)
    assert not run(torn, pair[1]).changed


@often
@given(declarations(1), st.integers(1, 8))
def test_a_failure_stops_only_what_depends_on_it(declared, place):
    shelf = inhabited()
    shelf.service.fault = faulty(place, "before")
    outcome = run(shelf, declared[0], parallel=1)
    ends = {result["resource"]: result["outcome"] for result in outcome.results}
    for name, body in declared[0].items():
        stopped = any(ends[need] in ("failed", "not_tried") for need in needs(body))
        if ends[name] != "failed":
            assert ends[name] == ("not_tried" if stopped else "done")


# A leftover box in a net that, against the order of types, goes before a route.
AGAINST_TYPES = (
    {
        "r1": {"type": "net", "cidr": "r1a"},
        "r3": {"type": "route", "members": ["${r1.id}"]},
        "r4": {"type": "net", "cidr": "r4a"},
        "r6": {"type": "box", "net": "${r4.id}"},
    },
    {
        "r3": {"type": "route", "members": []},
        "r4": {"type": "net", "cidr": "r4a", "depends_on": ["r3"]},
    },
)


@often
@example(AGAINST_TYPES, 1, "before")
@given(declarations(), st.integers(1, 12), st.sampled_from(["before", "after"]))
def test_a_teardown_interrupted_anywhere_is_finished_by_the_next(pair, place, moment):
    shelf = inhabited()
    ran(shelf, pair[0])
    shelf.service.fault = faulty(place, moment)
    run(shelf, pair[1], state="absent")
    shelf.service.fault = None
    ran(shelf, pair[1], state="absent")
    assert len(shelf.service.things) == 4


@often
@given(declarations())
def test_nothing_refers_to_what_is_gone(pair):
    shelf = inhabited()
    for declared in pair:
        ran(shelf, declared)
        for thing in shelf.service.things.values():
            assert links(thing) <= shelf.service.things.keys()
