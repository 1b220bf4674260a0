# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Auto scaling groups: waiting for capacity, draining, and what moto drops.

With botocore's stubber, which checks every call and answer against Amazon's own
models: moto starts instances at once and never fails to.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from ansible_collections.vigie.run.plugins.module_utils._aws.base import Aws
from ansible_collections.vigie.run.plugins.module_utils._aws.provider import AwsProvider
from ansible_collections.vigie.run.plugins.module_utils._converge.provider import (
    Desired,
    Live,
)
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from botocore.stub import ANY, Stubber

from tests.integration.aws.groups import (
    DECLARED,
    NAME,
    WANTED,
    change,
    described,
    expect_group,
)

TARGETS = "arn:aws:elasticloadbalancing:ca-central-1:1:targetgroup/web/1"


@pytest.fixture
def stub(stubs: Mapping[str, Stubber]) -> Stubber:
    """The calls to auto scaling that are expected, in their order."""
    return stubs["autoscaling"]


def test_the_settings_that_moto_drops(aws: Aws, stub: Stubber) -> None:
    stub.add_response(
        "update_auto_scaling_group",
        {},
        {
            **NAME,
            "DefaultInstanceWarmup": -1,
            "TerminationPolicies": ["Default"],
            "InstanceMaintenancePolicy": {
                "MinHealthyPercentage": 100,
                "MaxHealthyPercentage": 110,
            },
            "MaxInstanceLifetime": 86400,
            "CapacityRebalance": True,
            "DefaultCooldown": 60,
            "PlacementGroup": "",
        },
    )
    metrics = {**NAME, "Metrics": ["GroupMinSize"]}
    stub.add_response(
        "enable_metrics_collection", {}, {**metrics, "Granularity": "1Minute"}
    )
    stub.add_response(
        "disable_metrics_collection", {}, {**NAME, "Metrics": ["GroupMaxSize"]}
    )
    expect_group(stub)
    expect_group(stub)
    declared = {
        "default_instance_warmup": None,
        "termination_policies": None,
        "instance_maintenance_policy": {
            "min_healthy_percentage": 100,
            "max_healthy_percentage": 110,
        },
        "max_instance_lifetime": 86400,
        "capacity_rebalance": True,
        "default_cooldown": 60,
        "placement_group": None,
        "enabled_metrics": ["GroupMinSize", "GroupDesiredCapacity"],
    }
    there = [{"Metric": "GroupMaxSize"}, {"Metric": "GroupDesiredCapacity"}]
    change(aws, *declared, raw=described(EnabledMetrics=there), **declared)


def test_a_group_that_moves_is_never_without_targets(aws: Aws, stub: Stubber) -> None:
    """First the new target group, then its instances are healthy, then the old one."""
    new, old = f"{TARGETS}new", f"{TARGETS}old"
    arns = {"TargetGroupARNs": [old, new]}
    stub.add_response(
        "attach_load_balancer_target_groups", {}, {**NAME, "TargetGroupARNs": [new]}
    )
    for _look in range(2):
        expect_group(stub, **arns)
    stub.add_response(
        "detach_load_balancer_target_groups", {}, {**NAME, "TargetGroupARNs": [old]}
    )
    expect_group(stub)
    with Stubber(aws.client("elbv2")) as health:
        for arn, state in (
            (old, {"State": "healthy"}),
            (new, {"State": "initial"}),
            (old, {"State": "unused", "Reason": "Target.NotInUse"}),
            (new, {"State": "healthy"}),
        ):
            one = {"Target": {"Id": "i-0"}, "TargetHealth": state}
            health.add_response(
                "describe_target_health",
                {"TargetHealthDescriptions": [one]},
                {"TargetGroupArn": arn},
            )
        change(
            aws,
            f"target_group_arns[{new}]",
            raw=described(TargetGroupARNs=[old]),
            target_group_arns=[new],
        )
        health.assert_no_pending_responses()


def activity(number: int, status: str = "Failed") -> dict[str, Any]:
    return {
        "ActivityId": str(number),
        **NAME,
        "Cause": "a difference between desired and actual capacity",
        "StartTime": "2026-01-01T00:00:00Z",
        "StatusCode": status,
        "StatusMessage": "The image id '[ami-1]' does not exist.",
    }


def test_launches_that_keep_failing_end_the_wait(aws: Aws, stub: Stubber) -> None:
    """Those from before are forgiven: this run may have repaired their cause."""
    stub.add_response("update_auto_scaling_group", {}, {**NAME, "MinSize": 2})
    for failed in range(4):
        expect_group(stub)
        activities = [activity(number) for number in reversed(range(failed + 2))]
        stub.add_response(
            "describe_scaling_activities",
            {"Activities": activities},
            {**NAME, "MaxRecords": 20},
        )
    with pytest.raises(RunError, match=r"ami-1.* does not exist") as failed:
        change(aws, "min_size", min_size=2)
    assert "run again" in str(failed.value)


def test_weights_count(aws: Aws, stub: Stubber) -> None:
    stub.add_response("update_auto_scaling_group", {}, {**NAME, "MinSize": 8})
    heavy = described(2)
    for one in heavy["Instances"]:
        one["WeightedCapacity"] = "4"
    expect_group(stub, Instances=heavy["Instances"])
    expect_group(stub)
    change(aws, "min_size", min_size=8)


def test_a_new_instance_profile_is_waited_for(aws: Aws, stub: Stubber) -> None:
    stub.add_client_error(
        "create_auto_scaling_group",
        "ValidationError",
        "You must use a valid fully-formed launch template. Invalid IAM Instance"
        " Profile name",
    )
    created = {
        **NAME,
        "MinSize": 1,
        "MaxSize": 4,
        "VPCZoneIdentifier": "subnet-1",
        **WANTED,
        "Tags": ANY,
    }
    stub.add_response("create_auto_scaling_group", {}, created)
    for _look in range(3):
        expect_group(stub)
    type_ = AwsProvider(aws).types["auto_scaling_group"]
    assert type_.create(Desired("web", type_.name, DECLARED)).id == "web"


def test_a_deletion_drains(aws: Aws, stub: Stubber) -> None:
    """Also what is protected, and where terminating was suspended."""
    instances = described(2)["Instances"]
    instances[0]["ProtectedFromScaleIn"] = True
    expect_group(
        stub,
        Instances=instances,
        SuspendedProcesses=[{"ProcessName": "Terminate", "SuspensionReason": "-"}],
    )
    stub.add_response(
        "resume_processes", {}, {**NAME, "ScalingProcesses": ["Terminate"]}
    )
    stub.add_response(
        "set_instance_protection",
        {},
        {**NAME, "InstanceIds": ["i-0"], "ProtectedFromScaleIn": False},
    )
    empty = {"MinSize": 0, "MaxSize": 0, "DesiredCapacity": 0}
    stub.add_response("update_auto_scaling_group", {}, {**NAME, **empty})
    leaving = [{**one, "LifecycleState": "Terminating:Wait"} for one in instances]
    expect_group(stub, Instances=leaving)
    expect_group(stub, Instances=[])
    stub.add_client_error("delete_auto_scaling_group", "ScalingActivityInProgress")
    stub.add_response("delete_auto_scaling_group", {}, {**NAME, "ForceDelete": True})
    expect_group(stub, Instances=[], Status="Delete in progress")
    stub.add_response(
        "describe_auto_scaling_groups",
        {"AutoScalingGroups": []},
        {"AutoScalingGroupNames": ["web"]},
    )
    AwsProvider(aws).types["auto_scaling_group"].delete(Live("web", {}))
