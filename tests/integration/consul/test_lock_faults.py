# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Holders that die, leaders that are lost, networks that are cut: whose is the lock?"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError

from lab.consul_cluster import Cluster
from tests.integration.consul.locking import (
    TTL,
    Make,
    Playing,
    Runner,
    access,
    await_that,
    keepers,
    task,
    until,
)
from tests.integration.front import (
    Answered,
    Cut,
    Fault,
    Front,
    Severed,
    first,
    front,
)

# Consul ends a session after once to twice its TTL; half of it more is ours to wait.
LONGEST = 2.5 * TTL + 3


@pytest.fixture
def way(cluster: Cluster) -> Iterator[Front]:
    """A way to the cluster that a test can make go wrong."""
    with front(cluster) as told:
        yield told


def started(
    cluster: Cluster, folder: Path, other: Runner, **options: object
) -> Playing:
    """A play that holds the lock of `other` and goes on until it is killed."""
    held = task(name=other.name, reason="Deploy", **options)
    waits = until(folder / "play" / "end")
    play = Playing(folder / "play", cluster.url, cluster, [held, waits])
    await_that("the play holds", lambda: other.seen().alive and keepers(other.name))
    return play


def test_a_killed_run_frees_its_lock_at_once(
    cluster: Cluster, tmp_path: Path, runner: Make
) -> None:
    other = runner("other")
    play = started(cluster, tmp_path, other)
    waiting = other.holding(wait=60)
    await_that("it waits", lambda: other.told)
    play.kill()
    killed = time.monotonic()
    assert waiting.result().place.fence == 2
    assert waiting.ended - killed < 3
    [event] = other.seen().record.trace
    assert (event.what, event.why) == ("freed", "its run ended without releasing it")
    await_that("the keeper has ended", lambda: not keepers(other.name))


def test_a_killed_run_with_hosts_away_keeps_its_place(
    cluster: Cluster, tmp_path: Path, runner: Make
) -> None:
    other = runner("other")
    started(cluster, tmp_path, other, away=["web-a1"]).kill()
    await_that("it is known to be gone", lambda: not other.seen().alive)
    with pytest.raises(RunError, match=r"kept for web-a1.*in vain.*web-a1"):
        other.hold(wait=60)
    taken = other.hold(takeover="web-a1 was replaced").taken
    assert taken.fence == 1
    [event] = other.seen().record.trace
    assert (event.what, event.why) == ("taken over", "web-a1 was replaced")


def test_a_controller_that_is_gone_and_one_that_is_cut_off_lose_their_locks(
    cluster: Cluster, tmp_path: Path, runner: Make, way: Front
) -> None:
    # Both at once: each takes as long as Consul needs to end a session.
    heir = runner("heir")
    play = started(cluster, tmp_path, heir)
    cut = Runner(f"{heir.name}/cut", [access(cluster, url=way.url)], runner("cut").me)
    second = Runner(cut.name, heir.agents, runner("second").me)
    outcome = cut.hold()
    with cut.kept(outcome):
        way.fault = lambda _method, _path: Severed()
        [keeper] = keepers(heir.name)
        os.kill(keeper, signal.SIGKILL)
        play.kill()
        lost = time.monotonic()
        inherits, takes = heir.holding(wait=60), second.holding(wait=60)
        for waiting in (inherits, takes):
            assert waiting.result(60).place.fence == 2
            assert TTL < waiting.ended - lost < LONGEST
        way.fault = lambda _method, _path: None
        with pytest.raises(RunError, match=r"freed by second@here.*Held now by second"):
            cut.lock().check("", outcome.place.fence, check_mode=False)
        assert cut.lock().release("", None).lost
    assert [place.run for place in second.seen().record.places] == ["second"]


def test_asking_while_nobody_leads_waits_for_a_leader(
    cluster: Cluster, runner: Make
) -> None:
    leader, follower = cluster.leader(), cluster.followers()[0]
    asked = runner("asks", access(cluster, follower))
    leader.kill()
    assert asked.hold().place.fence == 1


def test_the_loss_of_the_leader_costs_the_holder_nothing(
    cluster: Cluster, runner: Make
) -> None:
    # The session stands on the leader's node, which the cluster soon forgets.
    leader, *others = cluster.leader(), *cluster.followers()
    ways = [access(cluster, server) for server in (leader, *others)]
    holder, waiter = runner("holder", *ways), runner("waiter", *ways[1:])
    outcome = holder.hold()
    with holder.kept(outcome):
        waiting = waiter.holding(wait=60)
        await_that("it waits", lambda: waiter.told)
        leader.kill()
        [place] = await_that(
            "the holder stands on another node",
            lambda: [p for p in waiter.seen().record.places if moved(p, outcome)],
            40,
        )
        assert holder.lock().check("", 1, check_mode=False).place == place
        assert waiting.waits
        holder.lock().release("", 1)
        assert waiting.result().place.fence == 2


def moved(place: object, outcome: object) -> bool:
    """The same holding on another session."""
    before = outcome.place
    return place.fence == before.fence and place.session != before.session


def test_an_agent_that_hangs_is_passed_over(cluster: Cluster, runner: Make) -> None:
    leader, hangs = cluster.leader(), cluster.followers()[0]
    hangs.freeze()
    ways = access(cluster, hangs, timeout=1), access(cluster, leader)
    assert runner("asks", *ways).hold().place.fence == 1


@pytest.mark.parametrize("lost", ["txn", "session/create"])
def test_a_lost_answer_never_makes_two_places(
    runner: Make, way: Front, cluster: Cluster, lost: str
) -> None:
    holder = runner("holder", access(cluster, url=way.url))
    way.fault = first(1, Cut(), path=lost)
    outcome = holder.hold(slots=3, keep=True)
    assert [place.fence for place in holder.seen().record.places] == [1]
    assert outcome.place.keep
    assert holder.seen().shows(outcome.place)


def test_a_place_that_nobody_knows_of_is_not_kept(
    cluster: Cluster, runner: Make, way: Front
) -> None:
    unlucky = runner("unlucky", access(cluster, url=way.url, timeout=1))
    taken = []

    def cut_off(_method: str, path: str) -> Fault:
        if taken:
            return Severed()
        taken.extend([path] if "txn" in path else [])
        return Cut() if taken else None

    way.fault = cut_off
    with pytest.raises(RunError, match="cannot be reached"):
        unlucky.hold(keep=True)
    [place] = runner("other").seen().record.places
    assert not place.kept, "it ends with its session"


def test_an_address_that_never_answered_is_not_waited_for(runner: Make) -> None:
    wrong = runner("wrong", url="https://127.0.0.1:9")
    began = time.monotonic()
    with pytest.raises(RunError, match="cannot be reached: connection refused"):
        wrong.hold(wait=60)
    assert time.monotonic() - began < 2


def test_the_renewal_outlives_trouble(
    cluster: Cluster, runner: Make, way: Front
) -> None:
    holder = runner("holder", access(cluster, url=way.url))
    with holder.kept(holder.hold()):
        troubles = iter([Answered(500, "No cluster leader"), Severed()])
        renewals = []

        def fault(_method: str, path: str) -> Fault:
            if "session/renew" not in path:
                return None
            renewals.append(next(troubles, None))
            return renewals[-1]

        way.fault = fault
        await_that("it was renewed after all", lambda: None in renewals)
        assert len(renewals) == 3
        assert holder.lock().check("", 1, check_mode=False).place.fence == 1


def test_a_session_ended_by_others_is_made_anew(cluster: Cluster, runner: Make) -> None:
    holder, waiter = runner("holder"), runner("waiter")
    outcome = holder.hold()
    with holder.kept(outcome):
        waiting = waiter.holding(wait=60)
        await_that("it waits", lambda: waiter.told)
        cluster.ask(f"session/destroy/{outcome.place.session}", "PUT")
        await_that(
            "the holder is back",
            lambda: [p for p in waiter.seen().record.places if moved(p, outcome)],
        )
        time.sleep(TTL * 0.5)  # as long as a vanished holder gets to come back
        assert waiting.waits
        holder.lock().release("", None)
        waiting.result(5)


def test_a_session_whose_answer_was_lost_is_found_again(
    cluster: Cluster, runner: Make, way: Front
) -> None:
    holder = runner("holder", access(cluster, url=way.url))
    outcome = holder.hold()
    with holder.kept(outcome) as end:
        way.fault = first(1, Cut(), path="txn")
        cluster.ask(f"session/destroy/{outcome.place.session}", "PUT")
        other = runner("other")
        await_that(
            "the holder is back",
            lambda: [p for p in other.seen().record.places if moved(p, outcome)],
        )
        end()
        await_that("it was ended by its keeper", lambda: not other.seen().record.places)


def test_a_check_shows_a_holder_alive_whose_keeper_is_gone(
    cluster: Cluster, runner: Make
) -> None:
    holder = runner("holder")
    place = holder.hold().place
    cluster.ask(f"session/destroy/{place.session}", "PUT")
    checked = holder.lock().check("", place.fence, check_mode=False)
    assert checked.fresh
    assert not checked.changed
    assert holder.seen().shows(checked.place)
