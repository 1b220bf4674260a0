# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters that the rotation role lives on."""

from __future__ import annotations

from ansible_collections.vigie.run.plugins.filter.balancer_calls import balancer_calls
from ansible_collections.vigie.run.plugins.filter.failure_text import failure_text
from ansible_collections.vigie.run.plugins.filter.hosts_away import hosts_away
from ansible_collections.vigie.run.plugins.filter.lost_hosts import lost_hosts
from ansible_collections.vigie.run.plugins.filter.members_in_service import (
    members_in_service,
)
from ansible_collections.vigie.run.plugins.filter.over_limits import over_limits


def leaving(member, balancers=("lb1",), backend="portal", limit=2, timeout=60):
    return {
        "member": member,
        "balancers": list(balancers),
        "backend": backend,
        "max_unavailable": limit,
        "drain_timeout": timeout,
    }


def member(name, state="ready", up=True):
    return {"name": name, "state": state, "up": up}


class TestBalancerCalls:
    def test_one_call_for_each_balancer_and_backend(self):
        calls = balancer_calls(
            [leaving("a", ["lb1", "lb2"]), leaving("b", ["lb1", "lb2"])]
        )
        assert [(c["balancer"], c["members"]) for c in calls] == [
            ("lb1", ["a", "b"]),
            ("lb2", ["a", "b"]),
        ]

    def test_backends_are_kept_apart(self):
        calls = balancer_calls([leaving("a"), leaving("b", backend="api")])
        assert [c["backend"] for c in calls] == ["portal", "api"]

    def test_hosts_without_balancer_need_no_call(self):
        assert balancer_calls([leaving("db", balancers=[])]) == []

    def test_the_stricter_limit_and_the_longer_drain_win(self):
        calls = balancer_calls(
            [leaving("a", limit="50%", timeout=5), leaving("b", limit=3, timeout=9)]
        )
        assert calls[0]["max_unavailable"] == 3
        assert calls[0]["drain_timeout"] == 9

    def test_the_smaller_of_two_shares_wins(self):
        calls = balancer_calls([leaving("a", limit="20%"), leaving("b", limit="50%")])
        assert calls[0]["max_unavailable"] == "20%"


WEB = {"services": ["web"], "weight": 1}
DESCRIBED = {name: {"_rotation_host": WEB} for name in "abcd"}


def limited(limit, lost=0):
    return {"limits": {"web": {"limit": limit, "total": 6, "lost": lost}}}


class TestOverLimits:
    def test_a_host_that_is_gone_keeps_its_place(self):
        said = over_limits(["b", "c"], ["a"], DESCRIBED, limited(2))
        assert said == ["web: 3 would be away (1 gone), the limit is 2"]

    def test_a_wave_that_still_fits_may_leave(self):
        assert over_limits(["b"], ["a"], DESCRIBED, limited(2)) == []

    def test_hosts_lost_before_the_plan_count_as_well(self):
        assert over_limits(["b"], ["a"], DESCRIBED, limited(2, lost=1))

    def test_waves_as_they_were_planned_are_the_planners_affair(self):
        assert over_limits(["b", "c"], [], DESCRIBED, limited(1)) == []


class TestFailureText:
    def test_each_failed_item_of_a_loop_is_told_once(self):
        results = [
            {"failed": True, "msg": "limit"},
            {"failed": True, "msg": "limit"},
            {"msg": "well"},
            {"unreachable": True, "msg": "no route"},
        ]
        told = failure_text({"msg": "One or more items failed", "results": results})
        assert told == "limit; no route"

    def test_a_plain_task_has_its_own_message(self):
        assert failure_text({"msg": "gate 'health' did not hold"}).startswith("gate")
        assert failure_text({}) == "no message"


class TestMembersInService:
    def test_one_balancer_that_sees_it_away_is_enough(self):
        first = {"members": [member("a"), member("b")]}
        second = {"members": [member("a"), member("b", state="drain")]}
        assert members_in_service([first, second]) == ["a"]

    def test_an_unhealthy_member_is_not_in_service(self):
        assert members_in_service([{"members": [member("a", up=False)]}]) == []


class TestLostHosts:
    def test_counts_failed_unreachable_rescued_and_left_out(self):
        lost = lost_hosts(
            ["a", "b", "c"],
            ["a", "c"],
            {"a": {"rotation_lost": ""}, "b": {}, "c": {"rotation_lost": "gate: 503"}},
            {"lost": ["d"]},
        )
        assert [host["name"] for host in lost] == ["d", "b", "c"]
        assert lost[2]["why"] == "c (gate: 503)"

    def test_nobody_is_lost_when_all_are_present(self):
        assert lost_hosts(["a"], ["a"], {"a": {}}, {}) == []

    def test_a_host_is_counted_once(self):
        lost = lost_hosts(["a"], [], {"a": {"rotation_lost": "x"}}, {"lost": ["a"]})
        assert len(lost) == 1


PUT_BACK = {"__rotation_back": {"changed": True}}
NOT_YET = {"__rotation_back": {"failed": True}}
STAGES = {
    "back": PUT_BACK,
    "no balancer": {"__rotation_back": {"skipped": True}},
    "not yet": NOT_YET,
    "gone": {"__rotation_back": {"unreachable": True}},
    "found away": NOT_YET,
    "lost": {},
    "mended": NOT_YET,
}


class TestHostsAway:
    def test_from_the_beginning_of_its_wave_until_it_was_put_back(self):
        begun = ["back", "no balancer", "not yet", "gone"]
        assert hosts_away(begun, STAGES, {}, []) == ["not yet", "gone"]

    def test_what_was_found_away_is_away_before_its_wave(self):
        plan = {"away": ["found away", "back"]}
        assert hosts_away(["back"], STAGES, plan, []) == ["found away"]

    def test_a_lock_stays_for_the_lost_and_not_for_those_seen_in_service(self):
        plan = {"lost": ["lost"]}
        assert hosts_away([], STAGES, plan, ["lost", "mended"]) == ["lost"]
