# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""aws_target and aws_target_weights as a play uses them, on moto.

moto drains in no time, so that waiting is shown in the unit tests of the target group.
It keeps one port for each target, and finds every registered address healthy.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.vigie.run.plugins.module_utils._balancer import move_targets
from ansible_collections.vigie.run.plugins.modules import aws_target, aws_target_weights

from tests.integration.aws.stacks import Stack

ONE, TWO, THREE = "10.9.0.1", "10.9.0.2", "10.9.0.3"


class Site:
    """A load balancer with a listener, a rule, and two target groups of addresses."""

    def __init__(self, stack: Stack, capture: Any) -> None:
        self.stack, self._capture = stack, capture
        self.elb = stack.client("elbv2")
        ec2 = stack.client("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
        subnets = [
            ec2.create_subnet(
                VpcId=vpc, CidrBlock=f"10.9.{n}.0/24", AvailabilityZone=zone
            )["Subnet"]["SubnetId"]
            for n, zone in enumerate(("ca-central-1a", "ca-central-1b"))
        ]
        balancer = self.elb.create_load_balancer(Name=stack.name, Subnets=subnets)
        self.names = [f"{stack.name}-{colour}" for colour in ("blue", "green")]
        self.blue, self.green = (
            self.elb.create_target_group(
                Name=name, Protocol="HTTP", Port=80, VpcId=vpc, TargetType="ip"
            )["TargetGroups"][0]["TargetGroupArn"]
            for name in self.names
        )
        groups = [
            {"TargetGroupArn": self.blue, "Weight": 100},
            {"TargetGroupArn": self.green, "Weight": 0},
        ]
        sticky = {"Enabled": True, "DurationSeconds": 60}
        config = {"TargetGroups": groups, "TargetGroupStickinessConfig": sticky}
        self.actions = [{"Type": "forward", "ForwardConfig": config}]
        self.listener = self.elb.create_listener(
            LoadBalancerArn=balancer["LoadBalancers"][0]["LoadBalancerArn"],
            Port=80,
            Protocol="HTTP",
            DefaultActions=self.actions,
        )["Listeners"][0]["ListenerArn"]
        self.rule = self.elb.create_rule(
            ListenerArn=self.listener,
            Priority=1,
            Conditions=[{"Field": "path-pattern", "Values": ["/api"]}],
            Actions=self.actions,
        )["Rules"][0]["RuleArn"]
        for arn in (self.blue, self.green):
            self.register(arn, ONE, TWO, THREE)

    def register(self, arn: str, *ids: str) -> None:
        """Past the collection."""
        targets = [{"Id": id_, "Port": 8080} for id_ in ids]
        self.elb.register_targets(TargetGroupArn=arn, Targets=targets)

    def registered(self, arn: str) -> dict[str, int]:
        """Who is registered, by id: the port."""
        answer = self.elb.describe_target_health(TargetGroupArn=arn)
        return {
            each["Target"]["Id"]: each["Target"]["Port"]
            for each in answer["TargetHealthDescriptions"]
        }

    def tags(self, arn: str) -> list[str]:
        """The target group's tags."""
        answer = self.elb.describe_tags(ResourceArns=[arn])
        return [tag["Key"] for tag in answer["TagDescriptions"][0]["Tags"]]

    def play(self, module: Any, **options: Any) -> dict[str, Any]:
        """Run a module's main with options: its result."""
        to = self.stack.connection
        options = {
            "region": to.region,
            "access_key": to.access_key,
            "secret_key": to.secret_key,
            "endpoint_url": to.endpoint_url,
            **options,
        }
        with patch_module_args(options), pytest.raises(SystemExit):
            module.main()
        return json.loads(self._capture.readouterr().out)

    def target(self, *targets: str, **options: Any) -> dict[str, Any]:
        """aws_target in both groups."""
        options = {"target_groups": self.names, "targets": list(targets), **options}
        return self.play(aws_target, **options)

    def weights(self, **options: Any) -> dict[str, Any]:
        """aws_target_weights on the listener, unless a rule is named."""
        if "rule_arn" not in options:
            options = {"listener_arn": self.listener, **options}
        return self.play(aws_target_weights, **options)

    def live(self) -> list[int]:
        """The listener's weights."""
        answer = self.elb.describe_listeners(ListenerArns=[self.listener])
        action = answer["Listeners"][0]["DefaultActions"][0]
        return [each["Weight"] for each in action["ForwardConfig"]["TargetGroups"]]


@pytest.fixture
def site(
    moto: Stack, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> Site:
    # Nothing drains here: what is left of the waits is their interval.
    monkeypatch.setattr(move_targets, "POLL_SECONDS", 0.01)
    return Site(moto, capsys)


def test_out_of_all_groups_and_back_on_the_same_port(site: Site) -> None:
    out = site.target(ONE, state="drained", max_unavailable="34%")

    assert out["changed"], out
    assert [(t["target_group"], t["name"]) for t in out["targets"]] == [
        (name, f"{ONE}:8080") for name in site.names
    ]
    assert [(g["up"], g["total"]) for g in out["target_groups"]] == [(2, 3)] * 2
    assert ONE not in site.registered(site.blue)
    assert ONE not in site.registered(site.green)
    again = site.target(f"{ONE}:8080", state="drained", max_unavailable="34%")
    assert not again["changed"]

    back = site.target(ONE, state="ready")

    assert back["changed"], back
    assert site.registered(site.blue)[ONE] == 8080
    assert site.registered(site.green)[ONE] == 8080
    assert site.tags(site.blue) == []
    assert not site.target(ONE, state="ready")["changed"]


def test_the_limit_counts_who_was_drained_before(site: Site) -> None:
    site.target(ONE, state="drained", max_unavailable="1")

    out = site.target(TWO, state="drained", max_unavailable="1")

    assert out["failed"]
    assert "2 of 3 members away" in out["msg"]
    assert [each["name"] for each in out["away"]] == [f"{ONE}:8080"]
    assert TWO in site.registered(site.blue)


def test_the_limit_of_one_group_stops_all_of_them(site: Site) -> None:
    groups = {"target_groups": [site.names[1]]}
    site.target(ONE, state="drained", **groups)

    out = site.target(TWO, state="drained", max_unavailable="1")

    assert out["failed"]
    assert site.names[1] in out["msg"]
    assert TWO in site.registered(site.blue), "nothing was changed anywhere"


def test_what_does_not_come_back_is_forgotten(site: Site) -> None:
    site.target(ONE, state="drained")
    foretold = site.target(ONE, state="forgotten", _ansible_check_mode=True)
    assert foretold["changed"]
    assert site.tags(site.blue) == [f"vigie:drained:{ONE}@8080"]

    assert site.target(ONE, state="forgotten")["changed"]

    assert site.tags(site.blue) == []
    assert not site.target(ONE, state="forgotten")["changed"]
    out = site.target(TWO, state="drained", max_unavailable="50%")
    assert out["changed"], out
    assert out["target_groups"][0]["total"] == 2


def test_check_mode_foretells_and_touches_nothing(site: Site) -> None:
    out = site.target(
        ONE, state="drained", max_unavailable="1", _ansible_check_mode=True
    )

    assert out["changed"]
    name = f"{site.names[0]} {ONE}:8080"
    assert (out["diff"]["before"][name], out["diff"]["after"][name]) == (
        "ready",
        "drain",
    )
    assert len(site.registered(site.blue)) == 3
    assert site.tags(site.blue) == []
    parameters = site.stack.client("ssm").describe_parameters()["Parameters"]
    assert not [each for each in parameters if site.names[0] in each["Name"]]


def test_a_target_that_nobody_knows(site: Site) -> None:
    out = site.target("10.9.0.99", state="drained")
    assert not out["changed"]
    assert out["unknown"] == ["10.9.0.99"]
    assert "10.9.0.99" in json.dumps(out["warnings"])

    back = site.target("10.9.0.99", state="ready")
    assert back["changed"]
    assert site.registered(site.blue)["10.9.0.99"] == 80


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"target_groups": ["nobody"]}, "no target group nobody in this account"),
        ({"max_unavailable": "none"}, "max_unavailable: 'none' is neither"),
        ({"targets": ["10.9.0.1:http"]}, "targets: '10.9.0.1:http' is neither"),
    ],
)
def test_what_aws_target_cannot_do(site: Site, options: dict, said: str) -> None:
    out = site.target(ONE, **{"state": "drained", **options})
    assert out["failed"]
    assert said in out["msg"]


def test_traffic_is_shifted_step_by_step(site: Site) -> None:
    blue, green = site.names
    first = site.weights(weights={blue: 90, green: "10"}, min_healthy=3)
    assert first["changed"], first
    assert first["target_groups"][1]["share"] == 10.0
    assert first["target_groups"][1]["healthy"] == 3
    assert first["diff"]["before"] == {blue: 100, green: 0}
    assert site.live() == [90, 10]
    assert not site.weights(weights={blue: 90, green: 10})["changed"]

    last = site.weights(weights={site.blue: 0})
    assert last["changed"]
    assert site.live() == [0, 10]
    action = site.elb.describe_listeners(ListenerArns=[site.listener])["Listeners"][0]
    config = action["DefaultActions"][0]["ForwardConfig"]
    assert config["TargetGroupStickinessConfig"]["DurationSeconds"] == 60


def test_a_rule_has_weights_of_its_own(site: Site) -> None:
    out = site.weights(rule_arn=site.rule, weights={site.names[1]: 300})
    assert out["changed"], out
    assert [group["after"] for group in out["target_groups"]] == [100, 300]
    assert site.live() == [100, 0]


def test_no_traffic_to_a_group_without_healthy_targets(site: Site) -> None:
    blue, green = site.names
    gone = [{"Id": id_} for id_ in (ONE, TWO, THREE)]
    site.elb.deregister_targets(TargetGroupArn=site.green, Targets=gone)

    for options in ({}, {"_ansible_check_mode": True}):
        out = site.weights(weights={blue: 50, green: 50}, **options)
        assert out["failed"]
        assert f"{green} has 0" in out["msg"]
        assert out["unhealthy"] == [{"name": green, "healthy": 0}]
    assert site.live() == [100, 0]

    told = site.weights(weights={blue: 50, green: 50}, min_healthy=0)
    assert told["changed"]
    # Its share would grow though its weight does not.
    assert site.weights(weights={blue: 10})["failed"]
    assert site.weights(weights={blue: 90})["changed"]


def test_check_mode_of_a_shift_touches_nothing(site: Site) -> None:
    blue, green = site.names
    out = site.weights(weights={blue: 0, green: 1}, _ansible_check_mode=True)
    assert out["changed"]
    assert out["diff"]["after"] == {blue: 0, green: 1}
    assert site.live() == [100, 0]


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        ({"violet": 1}, "violet is not among the target groups"),
        ({"blue": 1000}, "use a whole number from 0 to 999"),
        ({"blue": -1}, "use a whole number from 0 to 999"),
        ({"blue": True}, "use a whole number from 0 to 999"),
        ({"blue": 0, "green": 0}, "no request would be served"),
    ],
)
def test_what_weights_cannot_be(site: Site, weights: dict, said: str) -> None:
    names = dict(zip(("blue", "green"), site.names, strict=True))
    out = site.weights(weights={names.get(k, k): v for k, v in weights.items()})
    assert out["failed"]
    assert said in out["msg"]
    assert site.live() == [100, 0]


def test_a_listener_that_does_not_exist(site: Site) -> None:
    out = site.weights(listener_arn=f"{site.listener}x", weights={site.names[0]: 1})
    assert out["failed"]
    assert "There is no listener" in out["msg"]


def test_somebody_else_at_the_same_moment(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ansible_collections.vigie.run.plugins.module_utils._aws import weights as code

    def meanwhile(client: Any, arn: str) -> int:
        groups = [{"TargetGroupArn": site.blue, "Weight": 7}]
        groups.append({"TargetGroupArn": site.green, "Weight": 7})
        actions = [{"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}]
        site.elb.modify_listener(ListenerArn=site.listener, DefaultActions=actions)
        return 3

    monkeypatch.setattr(code, "_healthy", meanwhile)
    out = site.weights(weights={site.names[1]: 50})
    assert out["failed"]
    assert "somebody else changed its actions" in out["msg"]
    assert site.live() == [7, 7]
