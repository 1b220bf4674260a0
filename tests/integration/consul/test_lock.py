# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who gets a place, who waits, who is told what: consul_lock on a real cluster."""

from __future__ import annotations

import subprocess
import sys
import uuid
from pathlib import Path

import pytest
from ansible_collections.vigie.run.plugins.module_utils._consul.client import (
    DeniedError,
)
from ansible_collections.vigie.run.plugins.module_utils._consul.lock_keeper import held
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError

from lab.consul_cluster import Cluster
from tests.integration.consul.locking import (
    TTL,
    Make,
    Playing,
    access,
    await_that,
    keepers,
    task,
)


def test_a_run_holds_checks_and_releases(cluster: Cluster, tmp_path: Path) -> None:
    name = "test/life"
    options = {"name": name, "reason": "Deploy 4.2.1"}
    steps = [
        task(**options, register="first"),
        task(**options, register="again"),
        task(name=name, state="checked", fence="{{ first.fence }}", register="checked"),
        task("consul_lock_info", name=name, register="info"),
        task(name=name, state="released", register="released"),
        task(name=name, state="released", register="twice"),
        {
            "ansible.builtin.assert": {
                "that": [
                    "first is changed and first.held",
                    "again is not changed and again.fence == first.fence",
                    "checked is not changed",
                    "info.locks[0].places[0].alive",
                    "info.locks[0].places[0].reason == 'Deploy 4.2.1'",
                    "info.locks[0].places[0].owner"
                    " is search('@.* .change.yml, AWX job 4711.')",
                    "released is changed and not released.held",
                    "twice is not changed and not twice.lost",
                ]
            }
        },
        task(name=name, state="checked", fence="{{ first.fence }}"),
    ]
    play = Playing(tmp_path / "play", cluster.url, cluster, steps)
    code, said = play.wait()
    assert code == 2
    assert "failed=1" in said
    assert f"{name}: this run does not hold it with fence 1" in said
    assert cluster.token not in said
    await_that("the keeper ends with the run", lambda: not keepers(name))


def test_check_mode_takes_nothing_and_says_who_is_in_the_way(
    cluster: Cluster, tmp_path: Path, runner: Make
) -> None:
    other = runner("other")
    other.hold()
    steps = [
        {**task(name=other.name, reason="look", register="it"), "check_mode": True},
        {
            **task(name=other.name, state="checked", fence="{{ it.fence }}"),
            "check_mode": True,
        },
        {**task(name=f"{other.name}/b", reason="look"), "check_mode": True},
        {"ansible.builtin.assert": {"that": ["not it.held", "it is not changed"]}},
    ]
    play = Playing(tmp_path / "play", cluster.url, cluster, steps)
    code, said = play.wait()
    assert code == 0, said
    assert f"{other.name} is held by other@here since" in said
    assert [place.owner for place in other.seen().record.places] == ["other@here"]
    assert other.seen().record.fence == 1


def test_whoever_comes_second_is_told_who_and_why(runner: Make) -> None:
    runner("first").hold()
    with pytest.raises(RunError, match=r"held by first@here since 20.*'first works'"):
        runner("second").hold()


def test_it_waits_and_goes_on_as_soon_as_the_place_is_free(runner: Make) -> None:
    first, second = runner("first"), runner("second")
    fence = first.hold().place.fence
    waiting = second.holding(wait=30)
    await_that("waiting was said", lambda: second.told)
    assert waiting.waits
    first.lock().release("", None)
    got = waiting.result(5)
    assert got.place.fence == fence + 1
    assert "first works" in second.told[0]


def test_the_wait_has_an_end(runner: Make) -> None:
    runner("first").hold()
    waiting = runner("second").holding(wait=1.5)
    with pytest.raises(RunError, match=r"Waited [12] s"):
        waiting.result(6)


def test_the_one_too_many_waits_for_a_semaphore(runner: Make) -> None:
    three = [runner(f"run{number}") for number in range(3)]
    fences = [one.hold(slots=3).place.fence for one in three]
    assert fences == sorted(set(fences))
    fourth = runner("fourth").holding(wait=30, slots=3)
    await_that("it waits", lambda: fourth.waits)
    three[1].lock().release("", None)
    assert fourth.result(5).place.fence > max(fences)
    assert len(three[0].seen().record.places) == 3


def test_breaking_needs_to_know_which_and_leaves_a_trace(runner: Make) -> None:
    first, second, third = runner("first"), runner("second"), runner("third")
    broken = first.hold(slots=2, holder="web-a1")
    second.hold(slots=2, holder="web-a2")
    with pytest.raises(RunError, match="which place to break"):
        third.lock().break_("no", None, None)
    third.lock().break_("its controller burnt down", "web-a1", None)
    [event] = first.seen().record.trace
    assert (event.what, event.by) == ("broken", "third@here")
    assert event.why == "its controller burnt down"
    assert event.place["owner"] == "first@here"
    with pytest.raises(RunError, match=r"broken by third@here at 20.*burnt down"):
        first.lock().check("web-a1", broken.place.fence, check_mode=False)


def test_a_lost_lock_is_left_to_whoever_has_it(runner: Make) -> None:
    first, second = runner("first"), runner("second")
    first.hold()
    second.lock().break_("mine now", None, None)
    second.hold()
    outcome = first.lock().release("", None)
    assert outcome.lost
    assert not outcome.changed
    assert [place.owner for place in first.seen().record.places] == ["second@here"]


def test_a_place_kept_for_hosts_is_given_to_those_who_look_after_them(
    runner: Make,
) -> None:
    first = runner("first")
    first.hold()
    first.lock().release("", None, away=("web-a1",))
    stranger = runner("stranger").holding(wait=60)
    with pytest.raises(RunError, match=r"kept for web-a1.*takeover"):
        stranger.result(5)
    heir = runner("heir").hold(covers=("web-a1", "web-a2"))
    assert heir.taken.owner == "first@here"
    assert heir.place.away == ("web-a1",)
    assert [event.what for event in first.seen().record.trace] == ["taken over"]


def test_a_fence_is_a_ticket_for_a_later_job(runner: Make) -> None:
    first, later = runner("first"), runner("later")
    fence = first.hold(keep=True).place.fence
    with first.kept(first.hold()) as end:
        end()
    assert later.hold(fence=fence, reason="").place.fence == fence
    assert later.lock().check("", fence, check_mode=False).place.run == "later"
    assert later.lock().release("", fence).changed
    with pytest.raises(RunError, match=f"does not hold it with fence {fence}"):
        later.hold(fence=fence)


@pytest.mark.parametrize(
    ("rules", "missing"),
    [
        ('session_prefix "" { policy = "write" }', 'rule key:write on "vigie/lock/'),
        ('key_prefix "vigie/" { policy = "write" }', "rule session:write on the node"),
    ],
)
def test_a_token_without_a_rule_is_told_which(
    cluster: Cluster, runner: Make, rules: str, missing: str
) -> None:
    name = str(uuid.uuid4())
    cluster.ask("acl/policy", "PUT", {"Name": name, "Rules": rules})
    token = cluster.ask("acl/token", "PUT", {"Policies": [{"Name": name}]})
    with pytest.raises(DeniedError, match=missing):
        runner("poor", token=token["SecretID"]).hold()


RACER = """
import os, sys, uuid
from ansible_collections.vigie.run.plugins.module_utils._consul.client import Access
from ansible_collections.vigie.run.plugins.module_utils._consul.lock_keeper import held
url, token, ca, name, inside = sys.argv[1:]
for _number in range(25):
    with held(Access(url, token, ca), name, "race", wait=60) as fence:
        os.close(os.open(inside, os.O_CREAT | os.O_EXCL))
        print(fence, flush=True)
        os.unlink(inside)
"""


def test_two_processes_that_race_are_never_both_inside(
    cluster: Cluster, tmp_path: Path
) -> None:
    argv = [sys.executable, "-c", RACER, cluster.url, cluster.token, str(cluster.ca)]
    pythonpath = {"PYTHONPATH": ":".join(path for path in sys.path if path)}
    racers = [
        subprocess.Popen(
            [*argv, "test/race", str(tmp_path / "inside")],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=pythonpath,
        )
        for _number in range(2)
    ]
    said = [racer.communicate(timeout=60) for racer in racers]
    assert [racer.returncode for racer in racers] == [0, 0], said
    fences = [[int(line) for line in out.split()] for out, _errors in said]
    assert all(each == sorted(each) for each in fences)
    assert sorted(fences[0] + fences[1]) == list(range(1, 51))


def test_work_of_one_process_holds_by_a_thread(cluster: Cluster, runner: Make) -> None:
    other = runner("other")
    refused = pytest.raises(RunError, match="for 'converge'")
    with held(access(cluster), other.name, "converge", ttl=TTL), refused:
        other.hold()
    assert other.hold().place.fence == 2
