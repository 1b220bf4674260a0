# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Load balancers and target groups."""

from __future__ import annotations

from typing import Any

from tests.integration.aws.stacks import Stack, example, live_through, refused

Outputs = dict[str, dict[str, Any]]


def test_the_life_of_a_load_balancer(stack: Stack) -> None:
    def attribute_by_hand(stack: Stack, outputs: Outputs) -> None:
        stack.client("elbv2").modify_load_balancer_attributes(
            LoadBalancerArn=outputs["balancer"]["arn"],
            Attributes=[{"Key": "idle_timeout.timeout_seconds", "Value": "10"}],
        )

    resources = example("load_balancer")
    resources["public_c"] = {
        **resources["public_b"],
        "cidr_block": "10.20.2.0/24",
        "availability_zone": "ca-central-1d",
    }
    resources["from_partners"] = {
        **resources["from_everywhere"],
        "group_name": "portal-partners",
    }
    both = ["${from_everywhere.id}", "${from_partners.id}"]
    three = ["${public_a.id}", "${public_b.id}", "${public_c.id}"]
    attributes = {"idle_timeout.timeout_seconds": "120", "routing.http2.enabled": "no"}
    live_through(
        stack,
        resources,
        changes=[
            {"balancer": {"security_groups": both}},
            {"balancer": {"subnets": three}},
            {"balancer": {"ip_address_type": "dualstack"}},
            {"balancer": {"attributes": attributes}},
            {"balancer": {"tags": {"team": "portal"}}},
        ],
        drift=attribute_by_hand,
        replacing={"balancer": {"scheme": "internal"}},
    )


def test_a_network_load_balancer(moto: Stack) -> None:
    # ministack 1.5.33 drops the subnet mappings of a creation.
    resources = example("load_balancer")
    del resources["balancer"]["subnets"]
    resources["balancer"] |= {
        "load_balancer_type": "network",
        "subnet_mappings": [{"subnet_id": "${public_a.id}"}],
        "attributes": {"load_balancing.cross_zone.enabled": True},
    }
    both = [{"subnet_id": "${public_b.id}"}, {"subnet_id": "${public_a.id}"}]
    changes = [{"balancer": {"subnet_mappings": both}}]
    live_through(moto, resources, changes=changes)


def test_what_a_load_balancer_cannot_be_is_said_before_any_call(moto: Stack) -> None:
    resources = example("load_balancer")
    resources["balancer"]["name"] = "internal-portal"
    said = refused(moto, resources)
    assert "AWS keeps names that start with internal- to itself" in said

    resources["balancer"] |= {
        "name": "portal",
        "load_balancer_type": "network",
        "subnet_mappings": [],
    }
    said = refused(moto, resources)
    assert "either subnets or subnet_mappings" in said
    assert "idle_timeout.timeout_seconds]: a network load balancer has none" in said
    assert moto.operations == []


def test_deletion_protection_is_lifted_by_declaration(moto: Stack) -> None:
    # moto deletes protected load balancers, so only its being set is shown here.
    resources = example("load_balancer")
    resources["balancer"]["attributes"]["deletion_protection.enabled"] = True
    outputs = moto.apply(resources).outputs
    arn = outputs["balancer"]["arn"]
    client = moto.client("elbv2")
    answer = client.describe_load_balancer_attributes(LoadBalancerArn=arn)
    there = {each["Key"]: each["Value"] for each in answer["Attributes"]}
    assert there["deletion_protection.enabled"] == "true"
    assert "deletion_protection.enabled" not in moto.actions(resources)
    moto.apply(resources, state="absent")


def test_somebody_elses_load_balancer_of_the_same_name(stack: Stack) -> None:
    resources = example("load_balancer")
    resources["balancer"]["name"] = f"{stack.name}-theirs"
    theirs = Stack(stack.connection, unknown=stack.unknown)
    arn = theirs.apply(resources).outputs["balancer"]["arn"]

    assert arn in refused(stack, resources)
    theirs.apply(resources, state="absent")


def test_the_life_of_a_target_group(stack: Stack) -> None:
    def health_check_by_hand(stack: Stack, outputs: Outputs) -> None:
        stack.client("elbv2").modify_target_group(
            TargetGroupArn=outputs["web"]["arn"], HealthCheckPath="/"
        )

    checks = {
        "health_check_path": "/ready",
        "health_check_port": 9000,
        "health_check_interval_seconds": "20",
        "health_check_timeout_seconds": 6,
        "healthy_threshold_count": 3,
        "unhealthy_threshold_count": 4,
        "matcher": {"http_code": "200-204"},
    }
    sticky = {
        "stickiness.enabled": True,
        "stickiness.type": "lb_cookie",
        "stickiness.lb_cookie.duration_seconds": 3600,
        "deregistration_delay.timeout_seconds": 30,
    }
    live_through(
        stack,
        example("target_group"),
        changes=[
            {"web": checks},
            {"web": {"attributes": sticky}},
            {"web": {"tags": {"team": "portal"}}},
            {"archive": {"targets": [{"id": "10.20.7.11", "port": 8080}]}},
        ],
        drift=health_check_by_hand,
        replacing={"web": {"port": 8081}},
    )


def test_a_replaced_target_group_takes_over_before_its_predecessor_goes(
    moto: Stack,
) -> None:
    resources = example("listener")
    first = moto.apply(resources).outputs["blue"]
    resources["blue"]["port"] = 9090
    moto.operations.clear()

    second = moto.apply(resources, allow_replace=("blue",)).outputs["blue"]

    done = [each for each in moto.operations if not each.startswith("Describe")]
    order = [
        done.index(each)
        for each in ("CreateTargetGroup", "ModifyListener", "DeleteTargetGroup")
    ]
    assert order == sorted(order)
    assert first["name"] != second["name"]
    assert moto.actions(resources) == {}
    moto.apply(resources, state="absent")


def test_targets_that_are_not_declared_are_left_alone(stack: Stack) -> None:
    resources = example("target_group")
    del resources["archive"]["targets"]
    outputs = stack.apply(resources).outputs
    client, arn = stack.client("elbv2"), outputs["archive"]["arn"]
    client.register_targets(TargetGroupArn=arn, Targets=[{"Id": "10.20.7.99"}])

    assert stack.actions(resources) == {}
    resources["archive"]["health_check_path"] = "/other"
    stack.apply(resources)

    there = client.describe_target_health(TargetGroupArn=arn)
    assert len(there["TargetHealthDescriptions"]) == 1
    stack.apply(resources, state="absent")


def test_new_targets_are_there_before_old_ones_go(stack: Stack) -> None:
    resources = example("target_group")
    stack.apply(resources)
    new = [{"id": "10.20.7.11", "port": 8080}, {"id": "10.20.7.12"}]
    resources["archive"]["targets"] = new
    stack.operations.clear()

    outputs = stack.apply(resources).outputs

    done = [each for each in stack.operations if each.endswith("Targets")]
    assert done == ["RegisterTargets", "DeregisterTargets"]
    answer = stack.client("elbv2").describe_target_health(
        TargetGroupArn=outputs["archive"]["arn"]
    )
    there = [each["Target"]["Id"] for each in answer["TargetHealthDescriptions"]]
    assert sorted(there) == ["10.20.7.11", "10.20.7.12"]
    stack.apply(resources, state="absent")


def test_a_target_that_a_deployment_drained_is_not_put_back(stack: Stack) -> None:
    resources = example("target_group")
    outputs = stack.apply(resources).outputs
    client, arn = stack.client("elbv2"), outputs["archive"]["arn"]
    # As vigie.run.aws_target does it.
    mark = {"Key": "vigie:drained:10.20.7.10@80", "Value": "2026-11-22T10:00:00Z"}
    client.add_tags(ResourceArns=[arn], Tags=[mark])
    out = [{"Id": "10.20.7.10", "Port": 80}]
    client.deregister_targets(TargetGroupArn=arn, Targets=out)

    assert stack.actions(resources) == {}
    more = [*resources["archive"]["targets"], {"id": "10.20.7.12"}]
    resources["archive"]["targets"] = more
    stack.apply(resources)

    answer = client.describe_target_health(TargetGroupArn=arn)
    there = [each["Target"]["Id"] for each in answer["TargetHealthDescriptions"]]
    assert sorted(there) == ["10.20.7.11", "10.20.7.12"]
    client.remove_tags(ResourceArns=[arn], TagKeys=[mark["Key"]])
    assert stack.actions(resources) == {"archive": "update"}
    stack.apply(resources, state="absent")
