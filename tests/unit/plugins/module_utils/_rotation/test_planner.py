# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans: properties over random inputs, and examples a run team would know."""

from __future__ import annotations

import time

import pytest
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.module_utils._rotation.planner import (
    plan_waves,
)
from ansible_collections.vigie.run.tests.unit.plugins.module_utils._rotation.rules import (  # noqa: E501
    ROLES,
    Rules,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

SERVICES = ["consul", "db", "lb", "web"]


def names(plan):
    return [[host.name for host in wave.hosts] for wave in plan.waves]


def reasons(plan):
    return {host.name: host.reason for wave in plan.waves for host in wave.hosts}


def host(name, services="web", zone="", **more):
    return {"name": name, "services": services.split(), "zone": zone, **more}


@st.composite
def inputs(draw, most, plain=False):
    """Hosts and a policy; *plain*: none away or lost, no weights."""
    hosts = []
    for index in range(draw(st.integers(1, most))):
        states = [{}] * 4 if plain else [{}] * 4 + [{"away": True}] * 2
        states += [] if plain else [{"done": True}, {"lost": True}]
        hosts.append(
            {
                "name": f"h{index}",
                "zone": draw(st.sampled_from(["", "a", "a", "b", "c"])),
                "services": draw(
                    st.lists(st.sampled_from(SERVICES), max_size=2, unique=True)
                ),
                "role": draw(st.sampled_from(["", "", "", *ROLES])),
                "weight": 1 if plain else draw(st.sampled_from([1, 1, 1, 2, 3])),
                **draw(st.sampled_from(states)),
            }
        )
    known = sorted({service for each in hosts for service in each["services"]})
    limits = st.sampled_from([1, 2, 3, 4, 4, 5, 6, "34%", "50%", "100%"])
    services = {}
    for index, service in enumerate(known):
        if draw(st.booleans()):
            rule = services[service] = {"max_unavailable": draw(limits)}
            if index and draw(st.integers(0, 3)) == 0:
                rule["after"] = [draw(st.sampled_from(known[:index]))]
    apart = st.lists(
        st.sampled_from([h["name"] for h in hosts]), max_size=3, unique=True
    )
    policy = {
        "services": services,
        "default_max_unavailable": draw(limits),
        "zones": {
            "order": draw(st.sampled_from([[], ["b"], ["c", "a"]])),
            "one_at_a_time": draw(st.booleans()),
        },
        "canary": draw(st.sampled_from([[], [], [1], [1, 2], [3, 1], ["20%"]])),
        "wave_size": draw(st.sampled_from([0, 0, 0, 2, 3, "50%"])),
        "apart": draw(st.lists(apart, max_size=2)),
    }
    return hosts, policy


def steady(examples):
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


@steady(250)
@given(inputs(most=7))
def test_small_plans_are_the_best_there_is(given_input):
    hosts, policy = given_input
    rules = Rules(hosts, policy)
    try:
        plan = plan_waves(hosts, policy)
    except RunError:
        assert contradicts_itself(rules) or rules.best() is None
        return
    rules.check(names(plan))
    assert plan.fewest
    assert (rules.leading(names(plan)), len(plan.waves)) == rules.best()


def contradicts_itself(rules):
    """Whether a host is in a service and in one that this has to come after."""
    return any(
        service in each["services"]
        and set(rule.get("after", [])) & set(each["services"])
        for service, rule in rules.policy["services"].items()
        for each in rules.hosts.values()
    )


@steady(200)
@given(inputs(most=24))
def test_no_plan_breaks_a_rule(given_input):
    hosts, policy = given_input
    try:
        plan = plan_waves(hosts, policy)
    except RunError:
        return
    Rules(hosts, policy).check(names(plan))
    assert plan.as_result()["order"] == [n for wave in names(plan) for n in wave]
    assert all(reasons(plan).values())


@steady(100)
@given(inputs(most=7, plain=True), st.randoms(use_true_random=False))
def test_the_order_of_the_inventory_does_not_change_the_waves(given_input, random):
    hosts, policy = given_input
    shuffled = list(hosts)
    random.shuffle(shuffled)
    try:
        plan = plan_waves(hosts, policy)
    except RunError:
        with pytest.raises(RunError):
            plan_waves(shuffled, policy)
        return
    alike = [key(each) for each in hosts]
    other = plan_waves(shuffled, policy)
    assert plan_waves(hosts, policy) == plan
    assert other.fewest == plan.fewest
    if len(set(alike)) == len(alike) and not policy["apart"]:
        assert [set(wave) for wave in names(other)] == [set(w) for w in names(plan)]
    else:
        assert [len(wave) for wave in names(other)] == [len(w) for w in names(plan)]


def key(each):
    return (each["zone"], frozenset(each["services"]), each["role"], each["weight"])


def site():
    """Six web hosts, three Consul servers and a balancer in three zones."""
    hosts = [host(f"web-{z}{n}", "web", z) for z in "abc" for n in (1, 2)]
    hosts += [
        host(f"consul-{z}1", "consul", z, role="leader" if z == "b" else "follower")
        for z in "abc"
    ]
    return [*hosts, host("lb-a1", "lb", "a")]


POLICY = {
    "services": {
        "web": {"max_unavailable": "34%"},
        "lb": {"after": ["web", "consul"]},
    },
    "zones": {"order": ["a", "b", "c"]},
    "canary": [1],
}


def test_a_site():
    plan = plan_waves(site(), POLICY)
    assert names(plan) == [
        ["web-a1"],
        ["web-a2", "consul-a1"],
        ["web-b1", "web-b2", "consul-c1"],
        ["web-c1", "web-c2", "consul-b1"],
        ["lb-a1"],
    ]
    assert plan.fewest
    assert plan.as_result()["serial"] == [1, 2, 3, 3, 1]
    assert plan.as_result()["limits"]["web"] == {"limit": 2, "total": 6, "lost": 0}
    assert [wave.canary for wave in plan.waves] == [True, False, False, False, False]
    why = reasons(plan)
    assert why["web-a1"] == "canary: 1 host first"
    assert why["web-a2"] == "after the canary of 1 host"
    assert why["web-b1"] == ("web: zone a before b; at most 34% of web away (2)")
    assert why["consul-b1"].startswith("leader of consul: after its followers")
    assert why["lb-a1"].startswith("lb after web")
    assert plan.summary[0] == "10 hosts in 5 waves, the fewest possible"
    assert plan.summary[1] == "wave 1 of 5 (canary): web-a1 [canary: 1 host first]"
    assert len(plan.summary) == 6


def test_a_run_that_was_killed_is_taken_up_again():
    hosts = site()
    by_name = {each["name"]: each for each in hosts}
    by_name["web-a1"]["done"] = True
    by_name["web-c1"]["away"] = True
    by_name["web-b2"]["lost"] = True
    plan = plan_waves(hosts, {**POLICY, "canary": []})
    first = names(plan)[0]
    # One lost and one away fill the limit of two: no other web host may leave.
    assert "web-c1" in first
    assert not {name for name in first if name.startswith("web")} - {"web-c1"}
    assert reasons(plan)["web-c1"].startswith("away already: brought back first")
    assert "1 lost" in reasons(plan)["web-a2"]
    assert plan.done == ("web-a1",)
    assert plan.lost == ("web-b2",)
    assert "web-a1" not in plan.as_result()["order"]
    assert plan.summary[-2:] == (
        "done already: web-a1",
        "lost, and counted in every limit: web-b2",
    )


def test_hosts_away_come_back_before_anything_else_whatever_their_role():
    hosts = [
        host("db-1", "db", role="replica"),
        host("db-2", "db", role="primary", away=True),
        host("db-3", "db", role="primary", away=True),
    ]
    plan = plan_waves(hosts, {})
    assert names(plan) == [["db-2"], ["db-3"], ["db-1"]]


def test_hosts_in_service_stay_while_hosts_away_use_up_the_limit():
    hosts = [host("w"), host("back1", away=True), host("back2", away=True)]
    plan = plan_waves(
        hosts, {"services": {"web": {"max_unavailable": 2}}, "wave_size": 1}
    )
    assert names(plan) == [["back1"], ["back2"], ["w"]]
    hosts.append(host("back3", away=True))
    plan = plan_waves(hosts, {"services": {"web": {"max_unavailable": 2}}})
    assert names(plan) == [["back1", "back2"], ["w", "back3"]]
    assert reasons(plan)["w"] == "at most 2 of web away, hosts still away count"


def test_hosts_away_come_back_in_the_fewest_waves():
    # The fast plan would take four waves for these; three hold them.
    weights = [3, 3, 5, 3, 6, 4, 10]
    hosts = [host(f"h{n}", weight=w, away=True) for n, w in enumerate(weights)]
    # A service that needs five waves anyway must not hide it.
    hosts += [host(f"db{n}", "db") for n in range(5)]
    policy = {"services": {"web": {"max_unavailable": 12}}}
    plan = plan_waves(hosts, policy)
    Rules(hosts, policy).check(names(plan))
    assert Rules(hosts, policy).leading(names(plan)) == 3
    assert (len(plan.waves), plan.fewest) == (5, True)


def test_a_primary_waits_for_the_replica_that_is_away():
    hosts = [
        host("db-1", "db", role="primary"),
        host("db-2", "db", role="replica", away=True),
    ]
    plan = plan_waves(hosts, {"default_max_unavailable": 2})
    assert names(plan) == [["db-2"], ["db-1"]]


def test_canaries_and_wave_size():
    plan = plan_waves(
        [host(f"w{n}") for n in range(20)],
        {
            "services": {"web": {"max_unavailable": 10}},
            "canary": [1, "11%"],
            "wave_size": "30%",
        },
    )
    assert [len(wave) for wave in names(plan)] == [1, 3, 6, 6, 4]
    assert reasons(plan)["w1"] == "canary: at most 3 hosts; after the canary of 1 host"
    assert reasons(plan)["w10"] == "at most 6 hosts a wave"


def test_hosts_apart():
    hosts = [host("a", "x"), host("b", "y"), host("c", "z")]
    plan = plan_waves(hosts, {"apart": [["a", "b"]]})
    assert names(plan) == [["a", "c"], ["b"]]
    assert reasons(plan)["b"].startswith("never away together: a and b")


def test_zone_order_is_a_preference_when_zones_may_mix():
    hosts = [host(f"{z}{n}", zone=z) for z in "abc" for n in (1, 2, 3)]
    policy = {
        "services": {"web": {"max_unavailable": 3}},
        "zones": {"order": ["c", "b"], "one_at_a_time": False},
    }
    assert names(plan_waves(hosts, policy))[0] == ["c1", "c2", "c3"]
    policy["services"]["web"]["max_unavailable"] = 4
    plan = plan_waves(hosts, policy)
    assert names(plan)[0] == ["b1", "c1", "c2", "c3"]
    assert len(plan.waves) == 3


def test_weights_are_packed_into_the_fewest_waves():
    weights = [1, 1, 2, 3, 3, 2, 4, 4]
    hosts = [host(f"h{n}", weight=weight) for n, weight in enumerate(weights)]
    plan = plan_waves(hosts, {"services": {"web": {"max_unavailable": 5}}})
    assert (len(plan.waves), plan.fewest) == (4, True)
    assert "by weight" in reasons(plan)["h0"]


def test_a_host_without_services_waits_for_nothing():
    plan = plan_waves([{"name": "a"}, {"name": "b"}], {})
    assert names(plan) == [["a", "b"]]
    assert set(reasons(plan).values()) == {"nothing holds it back"}


def test_nothing_to_plan():
    plan = plan_waves([], None)
    assert plan.as_result() == {
        "waves": [],
        "order": [],
        "serial": [],
        "limits": {},
        "done": [],
        "lost": [],
        "fewest": True,
        "summary": ["0 hosts in 0 waves"],
    }


def test_fewest_is_not_claimed_where_it_is_not_proved():
    # Packing weights is hard; with this many hosts the search gives up.
    hosts = [host(f"h{n}", weight=7 + n * 13 % 17) for n in range(60)]
    plan = plan_waves(hosts, {"services": {"web": {"max_unavailable": 41}}})
    Rules(hosts, {"services": {"web": {"max_unavailable": 41}}}).check(names(plan))
    least = -(-sum(each["weight"] for each in hosts) // 41)
    assert plan.fewest == (len(plan.waves) == least)
    assert len(plan.waves) <= least + 1


@pytest.mark.parametrize("limit", [1, "10%"])
def test_ten_thousand_hosts_take_about_a_second(limit):
    hosts = [host(f"web-{n}", zone="abc"[n % 3]) for n in range(10_000)]
    hosts += [host(f"db-{n}", "db", "a", role="primary") for n in range(20)]
    policy = {
        "services": {
            "web": {"max_unavailable": limit, "after": ["db"]},
            "db": {"max_unavailable": 4},
        },
        "canary": [1],
    }
    start = time.process_time()
    plan = plan_waves(hosts, policy)
    # The bench measures; this catches a plan that costs hosts squared.
    assert time.process_time() - start < 4
    assert plan.fewest
    assert len(plan.as_result()["order"]) == 10_020
    assert max(plan.as_result()["serial"]) == (4 if limit == 1 else 1000)
