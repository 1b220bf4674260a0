# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What no emulator does: botocore's stubber checks each call against AWS's model."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("botocore")

from ansible_collections.vigie.run.plugins.module_utils._aws.base import Aws
from ansible_collections.vigie.run.plugins.module_utils._aws.elbv2 import name_check
from ansible_collections.vigie.run.plugins.module_utils._aws.registry import Table
from ansible_collections.vigie.run.plugins.module_utils._aws.session import (
    Connection,
    Session,
)
from ansible_collections.vigie.run.plugins.module_utils._aws.targets import register
from ansible_collections.vigie.run.plugins.module_utils._converge.provider import (
    Desired,
    Live,
    Reading,
)
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from botocore.exceptions import ReadTimeoutError
from botocore.stub import Stubber

ROOT = "arn:aws:elasticloadbalancing:ca-central-1:123456789012"
BALANCER = f"{ROOT}:loadbalancer/app/portal/1a"
LISTENER = f"{ROOT}:listener/app/portal/1a/2b"
RULES = [f"{ROOT}:listener-rule/app/portal/1a/2b/{n}" for n in range(3)]
GROUP = f"{ROOT}:targetgroup/portal/3c"
CERT = "arn:aws:acm:ca-central-1:123456789012:certificate/"


@pytest.fixture
def aws() -> Aws:
    session = Session(Connection(region="ca-central-1", access_key="a", secret_key="b"))
    return Aws(session, "portal", wait_timeout=1, interval=0.01)


@pytest.fixture
def elb(aws: Aws) -> Any:
    with Stubber(aws.client("elbv2")) as stub:
        yield stub
        stub.assert_no_pending_responses()


def certificates(*names: str) -> list[dict[str, str]]:
    return [{"CertificateArn": CERT + name} for name in names]


def test_a_new_certificate_is_there_before_the_default_moves(
    aws: Aws, elb: Stubber
) -> None:
    one = {"ListenerArns": [LISTENER]}
    listed = {"ListenerArn": LISTENER}

    def sees(default: str, *others: str) -> None:
        listener = {"ListenerArn": LISTENER, "Certificates": certificates(default)}
        elb.add_response("describe_listeners", {"Listeners": [listener]}, one)
        found = {"Certificates": certificates(default, *others)}
        elb.add_response("describe_listener_certificates", found, listed)

    sees("old", "shop")
    more = {**listed, "Certificates": certificates("blog")}
    elb.add_response("add_listener_certificates", {}, more)
    moved = {**listed, "Certificates": certificates("new")}
    elb.add_response("modify_listener", {}, moved)
    sees("new", "shop", "blog")
    less = {**listed, "Certificates": certificates("shop")}
    elb.add_response("remove_listener_certificates", {}, less)
    wanted = [{"certificate_arn": CERT + name} for name in ("new", "blog")]

    Table(aws)["listener"].change(
        Live(LISTENER, {}),
        Desired("https", "listener", {"certificates": wanted}),
        frozenset({"certificates"}),
    )


def test_rules_exchange_their_places_in_one_call(aws: Aws, elb: Stubber) -> None:
    rules = [
        {"RuleArn": arn, "Priority": str(place)}
        for arn, place in zip(RULES, (10, 20, 30), strict=True)
    ]
    marks = [{"Key": "vigie:stack", "Value": "portal"}]
    tags = [{"ResourceArn": RULES[1], "Tags": marks}]
    for _look in range(2):
        elb.add_response("describe_rules", {"Rules": rules}, {"ListenerArn": LISTENER})
    elb.add_response(
        "describe_tags", {"TagDescriptions": tags}, {"ResourceArns": [RULES[1]]}
    )
    places = [
        {"RuleArn": RULES[0], "Priority": 20},
        {"RuleArn": RULES[1], "Priority": 10},
    ]
    elb.add_response("set_rule_priorities", {}, {"RulePriorities": places})

    Table(aws)["listener_rule"].change(
        Live(RULES[0], {}),
        Desired("api", "listener_rule", {"priority": 20}),
        frozenset({"priority"}),
    )


def test_a_protected_load_balancer_says_how_to_delete_it(
    aws: Aws, elb: Stubber
) -> None:
    elb.add_client_error("delete_load_balancer", "OperationNotPermitted")

    with pytest.raises(RunError, match=r"deletion_protection\.enabled: false first"):
        Table(aws)["load_balancer"].delete(Live(BALANCER, {}))


def test_a_load_balancer_that_failed_is_not_waited_for(aws: Aws, elb: Stubber) -> None:
    balancer = {
        "LoadBalancerArn": BALANCER,
        "State": {"Code": "failed", "Reason": "No free addresses"},
    }
    elb.add_response("create_load_balancer", {"LoadBalancers": [balancer]})
    elb.add_response("describe_load_balancers", {"LoadBalancers": [balancer]})
    wanted = {"name": "portal", "subnets": ["subnet-1"]}

    with pytest.raises(RunError, match="failed: No free addresses"):
        Table(aws)["load_balancer"].create(Desired("b", "load_balancer", wanted))


def test_a_target_group_that_goes_while_it_is_listed(aws: Aws, elb: Stubber) -> None:
    arns = [f"{GROUP}{n}" for n in range(2)]
    groups = [
        {"TargetGroupArn": arn, "TargetGroupName": f"g{n}"}
        for n, arn in enumerate(arns)
    ]
    marks = [
        {"Key": "vigie:stack", "Value": "portal"},
        {"Key": "vigie:resource", "Value": "web"},
    ]
    here = {"TagDescriptions": [{"ResourceArn": arns[1], "Tags": marks}]}
    elb.add_response("describe_target_groups", {"TargetGroups": groups})
    for _arn in (arns, arns[:1]):
        elb.add_client_error("describe_tags", "TargetGroupNotFound")
    elb.add_response("describe_tags", here, {"ResourceArns": arns[1:]})

    found = Table(aws)["target_group"].read(Reading([], {}))

    assert [(live.id, live.resource) for live in found] == [(arns[1], "web")]


def test_a_target_that_is_being_drained_is_registered_no_more(
    aws: Aws, elb: Stubber
) -> None:
    seen = [
        {
            "Target": {"Id": "10.0.0.1", "Port": 80},
            "TargetHealth": {"State": "draining"},
        },
        {
            "Target": {"Id": "10.0.0.2", "Port": 80},
            "TargetHealth": {"State": "initial"},
        },
    ]
    elb.add_response("describe_target_health", {"TargetHealthDescriptions": seen})
    marks = [{"Key": "vigie:drained:10.0.0.3@80", "Value": "2026-11-22T10:00:00Z"}]
    tags = {"TagDescriptions": [{"ResourceArn": GROUP, "Tags": marks}]}
    elb.add_response("describe_tags", tags, {"ResourceArns": [GROUP]})
    back = [{"Id": "10.0.0.1"}]
    elb.add_response("register_targets", {}, {"TargetGroupArn": GROUP, "Targets": back})
    # The third was drained by aws_target, which is to put it back as well.
    wanted = {"targets": [{"id": f"10.0.0.{n}"} for n in (1, 2, 3)]}

    Table(aws)["target_group"].change(
        Live(GROUP, {}), Desired("g", "target_group", wanted), frozenset({"targets"})
    )


def test_a_lost_answer_to_a_registration_is_no_reason_to_stop(aws: Aws) -> None:
    sent = []

    def lose_the_first(**_event: Any) -> Any:
        sent.append(1)
        if len(sent) == 1:
            raise ReadTimeoutError(endpoint_url="https://example.org")
        raise KeyboardInterrupt("the second one was sent")

    client = aws.client("elbv2")
    client.meta.events.register("before-send", lose_the_first)
    with pytest.raises(KeyboardInterrupt):
        register(client, GROUP, [{"Id": "10.0.0.1"}])
    assert len(sent) == 2


def test_a_name_of_our_making_is_one_that_aws_takes(aws: Aws) -> None:
    groups = Table(aws)["target_group"]
    for stack, resource in (("internal", "web"), ("a" * 64, "b"), ("x_.", "_y_")):
        aws.stack = stack
        wanted = Desired(resource, "target_group", {})
        name = groups.named(wanted)
        assert name_check(name) is None, name
        assert groups.named(wanted) == name, "the same within a run"
