# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may have a place in a lock, decided from its record alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.vigie.run.plugins.module_utils._consul.lock_attempt import (
    GRACE,
    Vanished,
)
from ansible_collections.vigie.run.plugins.module_utils._consul.lock_record import (
    TRACE_LENGTH,
    Me,
    Record,
    Wanted,
    abandoned,
    attached,
    broken,
    check_name,
    decide,
    left,
    own,
    parse,
    render,
    to_break,
)
from ansible_collections.vigie.run.plugins.module_utils._consul.lock_store import Seen
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from hypothesis import given
from hypothesis import strategies as st

ANA, BEN = Me("a", "ana@ops1"), Me("b", "ben@ops2")
AT = "2026-11-22T16:40:12Z"


def held(
    record: Record, me: Me, gone: tuple[int, ...] = (), **wanted: object
) -> Record:
    """The record once somebody has a place in it."""
    decision = decide(record, Wanted(**{"reason": "work", **wanted}), me, gone, AT)
    assert decision.kind in ("enter", "ours"), decision
    return decision.record


def kind(record: Record, me: Me, gone: tuple[int, ...] = (), **wanted: object) -> str:
    return decide(record, Wanted(**{"reason": "work", **wanted}), me, gone, AT).kind


def test_a_mutex_has_one_place_and_the_same_run_has_it_already():
    record = held(Record(), ANA)
    assert kind(record, BEN) == "wait"
    assert held(record, ANA) == record
    assert held(left(record, record.places[0], ()), BEN).fence == 2


def test_the_smallest_number_of_slots_counts():
    record = held(held(Record(), ANA, slots=3), BEN, slots=3)
    assert kind(record, Me("c", "c"), slots=3) == "enter"
    assert kind(record, Me("c", "c"), slots=2) == "wait"
    assert kind(held(Record(), ANA, slots=1), BEN, slots=3) == "wait"


def test_hosts_of_one_run_are_holders_of_their_own():
    record = held(Record(), ANA, slots=2, holder="web-a1")
    record = held(record, ANA, slots=2, holder="web-a2")
    assert kind(record, ANA, slots=2, holder="web-a3") == "wait"
    assert own(record, ANA, "web-a2", None).fence == 2


def test_a_place_of_a_holder_that_is_gone_goes_on_with_a_trace():
    record = held(held(Record(), ANA), BEN, gone=(1,))
    assert [place.run for place in record.places] == ["b"]
    assert [(event.what, event.by) for event in record.trace] == [("freed", "ben@ops2")]


@pytest.mark.parametrize("kept", [{"keep": True}, {"away": ("web-a1",)}])
def test_a_place_that_is_kept_is_never_given_away_in_silence(kept):
    record = held(Record(), ANA, **kept)
    assert kind(record, BEN, gone=(1,)) == "refused"
    assert kind(record, BEN, gone=(1,), covers=("web-a2",)) == "refused"
    taken = held(record, BEN, gone=(1,), takeover="its rack is gone")
    assert [event.why for event in taken.trace] == ["its rack is gone"]
    assert taken.places[0].away == kept.get("away", ())
    alive = decide(record, Wanted("work", takeover="now"), BEN, (), AT)
    assert alive.kind == "wait", "only what is gone is taken over"


def test_those_who_look_after_all_hosts_take_the_place_over():
    record = held(Record(), ANA, away=("web-a1", "web-b1"))
    assert kind(record, BEN, gone=(1,), covers=("web-a1",)) == "refused"
    decision = decide(
        record, Wanted("work", covers=("web-b1", "web-a1", "x")), BEN, (1,), AT
    )
    assert decision.taken.fence == 1
    assert decision.place.fence == 2


def test_what_is_not_said_again_stays():
    record = held(Record(), ANA, away=("web-a1",), keep=True)
    assert held(record, ANA) == record
    [place] = held(record, ANA, away=(), keep=False).places
    assert not place.kept


def test_a_fence_carries_on_and_says_when_there_is_nothing_to_carry_on_with():
    record = held(Record(), ANA, keep=True)
    [place] = held(record, BEN, fence=1, reason="").places
    assert (place.run, place.fence, place.reason, place.keep) == ("b", 1, "work", True)
    assert kind(Record(fence=7), BEN, fence=7) == "lost"


def test_hosts_away_outlive_the_release_and_the_run():
    record = held(Record(), ANA)
    place = record.places[0]
    assert left(record, place, ("web-a1",)).places[0].kept
    assert abandoned(record, place, ANA, AT).places == ()
    record = held(record, ANA, keep=True)
    record, place = attached(record, record.places[0], "session")
    assert abandoned(record, place, ANA, AT).places == (replace(place, session=""),)


def test_which_place_to_break_has_to_be_clear():
    record = held(Record(), ANA, slots=2, holder="web-a1")
    record = held(record, BEN, slots=2, holder="web-a2")
    with pytest.raises(RunError, match=r"ana@ops1.*ben@ops2"):
        to_break(record, None, None)
    assert to_break(record, "web-a2", None).fence == 2
    assert to_break(record, None, 1).holder == "web-a1"
    assert to_break(record, "web-a1", 2) is None


def test_the_trace_is_bounded():
    record = Record()
    for number in range(TRACE_LENGTH + 5):
        record = held(record, ANA)
        record = broken(record, record.places[0], str(number), BEN, AT)
    assert [event.why for event in record.trace][-1] == str(TRACE_LENGTH + 4)
    assert len(record.trace) == TRACE_LENGTH


def test_a_record_is_read_as_it_was_written():
    record = held(held(Record(), ANA), BEN, gone=(1,), away=("web-a1",))
    assert parse(render(record), "key") == record


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"format": 2}', "null"])
def test_what_is_no_record_is_named(text):
    with pytest.raises(RunError, match="Consul's key vigie/lock/x"):
        parse(text, "vigie/lock/x")


@pytest.mark.parametrize("name", ["", "a//b", "/a", "a/", "a/.alive", "..", "a b", "é"])
def test_names_that_no_lock_can_have(name):
    with pytest.raises(RunError, match="name: "):
        check_name(name)


def test_a_holder_that_vanished_has_time_to_come_back():
    now = [0.0]
    vanished = Vanished(lambda: now[0])
    taken = held(Record(), ANA)
    record, place = attached(taken, taken.places[0], "s1")
    gone, back = Seen(record, 1, 1, frozenset()), Seen(record, 1, 2, frozenset({"s1"}))
    assert vanished.look(gone) == frozenset()
    now[0] = GRACE * place.ttl - 1
    assert vanished.look(gone) == frozenset()
    assert vanished.due() == 1
    assert vanished.look(back) == frozenset()
    now[0] += 2
    assert vanished.look(gone) == frozenset(), "it vanished anew"
    now[0] += GRACE * place.ttl
    assert vanished.look(gone) == {1}


RUNS = st.sampled_from([Me(letter, letter) for letter in "abcd"])
STEPS = st.tuples(
    st.sampled_from(["hold", "release", "die", "break"]),
    RUNS,
    st.integers(1, 3),
    st.booleans(),
)


@given(st.lists(STEPS, max_size=30))
def test_whatever_happens_nobody_is_in_beside_too_many(steps):
    record, dead = Record(), set()
    for what, me, slots, keep in steps:
        gone = tuple(place.fence for place in record.places if place.run in dead)
        mine = own(record, me, "", None)
        before = record
        if what == "hold":
            dead.discard(me.run)
            decision = decide(record, Wanted("w", slots=slots, keep=keep), me, gone, AT)
            record = decision.record if decision.place else record
            others = [place for place in record.places if place.run != me.run]
            if decision.kind == "enter":
                assert len(others) < min([slots, *(place.slots for place in others)])
        elif what == "die":
            dead.add(me.run)
        elif mine and what == "release":
            record = left(record, mine, ())
        elif mine:
            record = broken(record, mine, "why", me, AT)
        fences = [place.fence for place in record.places]
        assert fences == sorted(set(fences))
        assert before.fence <= record.fence
        told = {event.place["fence"] for event in record.trace}
        silent = {p.fence for p in before.places if p.kept} - set(fences) - told
        assert silent <= ({mine.fence} if mine and what == "release" else set())
