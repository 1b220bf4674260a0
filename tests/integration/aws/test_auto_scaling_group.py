# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Auto scaling groups, their policies and their schedules.

Groups live on moto: ministack launches no instances and drops target groups,
templates and filters. What moto drops is in test_group_capacity.py.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.integration.aws.stacks import Stack, example, live_through, refused


def group(stack: Stack) -> dict[str, Any]:
    """The example, with names of the stack's own."""
    resources = example("auto_scaling_group")
    resources["web_host"]["launch_template_name"] = stack.name
    resources["web_hosts"]["auto_scaling_group_name"] = stack.name
    if "name" in resources["web_targets"]:
        resources["web_targets"]["name"] = stack.name
    # moto does not give this one back.
    del resources["web_hosts"]["default_instance_warmup"]
    return resources


def test_the_life_of_a_group(moto: Stack) -> None:
    resources = group(moto)
    data = resources["web_host"]["launch_template_data"]

    def by_hand(stack: Stack, outputs: dict) -> None:
        client = stack.client("autoscaling")
        client.update_auto_scaling_group(AutoScalingGroupName=stack.name, MaxSize=99)
        client.suspend_processes(
            AutoScalingGroupName=stack.name, ScalingProcesses=["Launch"]
        )

    live_through(
        moto,
        resources,
        changes=[
            {
                "web_host": {
                    "launch_template_data": {**data, "instance_type": "m5.xlarge"}
                }
            },
            {
                "web_hosts": {
                    "min_size": 3,
                    "max_size": 50,
                    "vpc_zone_identifier": ["${web_b.id}"],
                    "target_group_arns": [],
                    "health_check_type": "EC2",
                    "health_check_grace_period": 60,
                    "new_instances_protected_from_scale_in": True,
                    "suspended_processes": ["AZRebalance"],
                    "propagate_tags_at_launch": False,
                    "tags": {"team": "portal", "cost": "12"},
                }
            },
        ],
        drift=by_hand,
        replacing={"web_hosts": {"auto_scaling_group_name": f"{moto.name}-2"}},
    )


def test_a_group_of_several_types(moto: Stack) -> None:
    resources = group(moto)
    hosts = resources["web_hosts"]
    mixed = {
        "launch_template": {
            "launch_template_specification": hosts.pop("launch_template"),
            "overrides": [{"instance_type": "m5.large"}, {"instance_type": "m4.large"}],
        },
        "instances_distribution": {"on_demand_percentage_above_base_capacity": 50},
    }
    hosts["mixed_instances_policy"] = mixed
    spot = {"on_demand_base_capacity": 2, "spot_allocation_strategy": "lowest-price"}
    changed = {**mixed, "instances_distribution": spot}
    live_through(
        moto, resources, changes=[{"web_hosts": {"mixed_instances_policy": changed}}]
    )


def test_the_minimum_serves_and_the_number_wanted_is_left_alone(moto: Stack) -> None:
    resources = group(moto)
    moto.apply(resources)
    client = moto.client("autoscaling")

    def there() -> dict:
        return client.describe_auto_scaling_groups(AutoScalingGroupNames=[moto.name])[
            "AutoScalingGroups"
        ][0]

    assert [one["LifecycleState"] for one in there()["Instances"]] == ["InService"] * 2
    marks = {tag["Key"]: tag["PropagateAtLaunch"] for tag in there()["Tags"]}
    assert marks["team"] is True
    assert marks["vigie:stack"] is marks["vigie:resource"] is False

    client.set_desired_capacity(AutoScalingGroupName=moto.name, DesiredCapacity=5)
    assert moto.actions(resources) == {}, "a scaling policy's work is no drift"
    resources["web_hosts"]["min_size"] = 4
    moto.apply(resources)
    assert there()["DesiredCapacity"] == 5

    moto.apply(resources, state="absent")
    assert not client.describe_auto_scaling_groups(AutoScalingGroupNames=[moto.name])[
        "AutoScalingGroups"
    ]


def test_a_group_of_somebody_else_is_not_taken_over(moto: Stack) -> None:
    resources = group(moto)
    moto.apply({k: v for k, v in resources.items() if k != "web_hosts"})
    moto.client("autoscaling").create_auto_scaling_group(
        AutoScalingGroupName=moto.name,
        MinSize=0,
        MaxSize=0,
        AvailabilityZones=["ca-central-1a"],
        LaunchTemplate={"LaunchTemplateName": moto.name},
    )
    assert "vigie:resource=web_hosts" in refused(moto, resources)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"auto_scaling_group_name": "a:b"}, "no colon"),
        ({"launch_template": None}, "either launch_template or mixed_instances_policy"),
        ({"launch_template": {"version": "1"}}, "launch_template_id or"),
        ({"min_size": 50}, "max_size: is below"),
        ({"desired_capacity": None}, "desired_capacity: null says nothing"),
        ({"health_check_type": "TCP"}, "EC2, EBS, ELB"),
    ],
)
def test_what_aws_would_refuse(moto: Stack, change: dict, said: str) -> None:
    resources = group(moto)
    resources["web_hosts"].update(change)
    assert said in refused(moto, resources)
    assert moto.operations == []


# -- policies and schedules -------------------------------------------------------


def scaled(stack: Stack, name: str) -> dict[str, Any]:
    """An example with a group without instances, which ministack can keep."""
    resources = example(name)
    resources["web_host"]["launch_template_name"] = stack.name
    resources["web_hosts"].update(auto_scaling_group_name=stack.name, min_size=0)
    return resources


def test_the_life_of_scaling_policies(stack: Stack) -> None:
    resources = scaled(stack, "scaling_policy")
    tracked = resources["processor"]["target_tracking_configuration"]

    def by_hand(stack: Stack, outputs: dict) -> None:
        stack.client("autoscaling").put_scaling_policy(
            AutoScalingGroupName=stack.name,
            PolicyName="processor",
            PolicyType="TargetTrackingScaling",
            TargetTrackingConfiguration={
                "TargetValue": 90,
                "PredefinedMetricSpecification": {
                    "PredefinedMetricType": "ASGAverageCPUUtilization"
                },
            },
        )

    live_through(
        stack,
        resources,
        changes=[
            {
                "processor": {
                    "target_tracking_configuration": {
                        **tracked,
                        "target_value": 40,
                        "disable_scale_in": True,
                    }
                },
                "backlog": {
                    "adjustment_type": "PercentChangeInCapacity",
                    "step_adjustments": [
                        {"metric_interval_lower_bound": 0, "scaling_adjustment": 30}
                    ],
                },
            }
        ],
        drift=by_hand,
    )


def test_a_renamed_policy_goes_when_pruned(stack: Stack) -> None:
    """It has no mark: by another name it is another one, of the same group."""
    resources = scaled(stack, "scaling_policy")
    stack.apply(resources)
    resources["backlog"]["policy_name"] = "queue"
    assert stack.actions(resources) == {"backlog": "create"}
    stack.apply(resources, prune=True)
    found = stack.client("autoscaling").describe_policies(
        AutoScalingGroupName=stack.name
    )["ScalingPolicies"]
    assert sorted(policy["PolicyName"] for policy in found) == ["processor", "queue"]


def test_a_schedule_lives_changes_and_ends(stack: Stack) -> None:
    def by_hand(stack: Stack, outputs: dict) -> None:
        stack.client("autoscaling").delete_scheduled_action(
            AutoScalingGroupName=stack.name, ScheduledActionName="announcement"
        )

    live_through(
        stack,
        scaled(stack, "scheduled_action"),
        changes=[
            {
                "opening_hours": {"recurrence": "0 6 * * *", "min_size": 6},
                "announcement": {"start_time": "2099-04-01T14:00:00Z"},
            }
        ],
        drift=by_hand,
    )


def test_one_moment_may_be_written_in_any_zone(stack: Stack) -> None:
    resources = scaled(stack, "scheduled_action")
    stack.apply(resources)
    resources["announcement"]["start_time"] = "2099-03-01T09:00:00-05:00"
    assert stack.actions(resources) == {}


def test_what_has_happened_is_not_made_again(stack: Stack) -> None:
    """AWS forgets it, and would refuse a time that is past."""
    resources = scaled(stack, "scheduled_action")
    stack.apply(resources)
    past = datetime.now(UTC) - timedelta(minutes=1)
    resources["announcement"]["start_time"] = past.isoformat()
    stack.client("autoscaling").delete_scheduled_action(
        AutoScalingGroupName=stack.name, ScheduledActionName="announcement"
    )
    assert stack.actions(resources) == {}
    stack.apply(resources, state="absent")


@pytest.mark.parametrize(
    ("example_", "resource", "change", "said"),
    [
        (
            "scaling_policy",
            "processor",
            {"target_tracking_configuration": None},
            "target_tracking_configuration is missing",
        ),
        (
            "scaling_policy",
            "backlog",
            {"step_adjustments": None},
            "step_adjustments is",
        ),
        ("scheduled_action", "opening_hours", {"recurrence": "daily"}, "five fields"),
        ("scheduled_action", "announcement", {"start_time": "soon"}, "2027-03-01T06"),
        ("scheduled_action", "announcement", {"start_time": None}, "start_time or"),
        ("scheduled_action", "opening_hours", {"min_size": None}, "declare one of"),
    ],
)
def test_what_scaling_would_refuse(
    moto: Stack, example_: str, resource: str, change: dict, said: str
) -> None:
    resources = scaled(moto, example_)
    resources[resource].update(change)
    assert said in refused(moto, resources)
    assert moto.operations == []
