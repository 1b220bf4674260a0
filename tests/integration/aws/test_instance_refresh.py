# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Auto scaling groups: what AWS does over time, and what moto drops.

With botocore's stubber, which checks every call and answer against Amazon's own
models: moto has no instance refresh, starts instances at once and never fails to.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.vigie.run.plugins.module_utils._aws.base import Aws
from ansible_collections.vigie.run.plugins.module_utils._aws.provider import AwsProvider
from ansible_collections.vigie.run.plugins.module_utils._converge.provider import (
    Change,
    Desired,
    Live,
)
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from botocore.stub import ANY, Stubber

from tests.integration.aws.stacks import Stack

ARN = "arn:aws:autoscaling:ca-central-1:1:autoScalingGroup:1:autoScalingGroupName/web"
TARGETS = "arn:aws:elasticloadbalancing:ca-central-1:1:targetgroup/web/1"
NAME = {"AutoScalingGroupName": "web"}


@pytest.fixture
def aws(moto: Stack) -> Aws:
    """A session of its own; nothing is sent."""
    stack = moto.aws()
    stack.interval = 0.0
    stack.wait_timeout = 5.0
    return stack


@pytest.fixture
def stub(aws: Aws) -> Iterator[Stubber]:
    """The calls to auto scaling that are expected, in their order."""
    with Stubber(aws.client("autoscaling")) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def described(instances: int = 1, **more: Any) -> dict[str, Any]:
    """A group as AWS describes it."""
    one = {
        "AvailabilityZone": "ca-central-1a",
        "LifecycleState": "InService",
        "HealthStatus": "Healthy",
        "ProtectedFromScaleIn": False,
    }
    return {
        **NAME,
        "AutoScalingGroupARN": ARN,
        "MinSize": 1,
        "MaxSize": 4,
        "DesiredCapacity": instances,
        "DefaultCooldown": 300,
        "AvailabilityZones": ["ca-central-1a"],
        "HealthCheckType": "EC2",
        "CreatedTime": "2026-01-01T00:00:00Z",
        "SuspendedProcesses": [],
        "VPCZoneIdentifier": "subnet-1",
        "LaunchTemplate": {"LaunchTemplateId": "lt-1", "Version": "1"},
        "Instances": [{**one, "InstanceId": f"i-{n}"} for n in range(instances)],
        **more,
    }


def expect_group(stub: Stubber, **group: Any) -> None:
    stub.add_response(
        "describe_auto_scaling_groups",
        {"AutoScalingGroups": [described(**group)]},
        {"AutoScalingGroupNames": ["web"]},
    )


def expect_refreshes(stub: Stubber, *refreshes: dict, **asked: Any) -> None:
    found = [{"InstanceRefreshId": "r-1", **NAME, **each} for each in refreshes]
    stub.add_response(
        "describe_instance_refreshes", {"InstanceRefreshes": found}, {**NAME, **asked}
    )


def expect_start(stub: Stubber, wanted: dict, preferences: dict | None = None) -> None:
    stub.add_response(
        "start_instance_refresh",
        {"InstanceRefreshId": "r-1"},
        {
            **NAME,
            "Strategy": "Rolling",
            "DesiredConfiguration": wanted,
            "Preferences": preferences or {},
        },
    )


WANTED = {"LaunchTemplate": {"LaunchTemplateId": "lt-1", "Version": "2"}}
# As AWS gives it back: with the template's name, too.
GIVEN = {"LaunchTemplate": {**WANTED["LaunchTemplate"], "LaunchTemplateName": "web"}}
OTHER = {"LaunchTemplate": {"LaunchTemplateId": "lt-1", "Version": "9"}}
DECLARED = {
    "auto_scaling_group_name": "web",
    "min_size": 1,
    "max_size": 4,
    "vpc_zone_identifier": ["subnet-1"],
    "launch_template": {"launch_template_id": "lt-1", "version": "2"},
    "instance_refresh": {},
}


def change(aws: Aws, *paths: str, raw: dict | None = None, **declared: Any) -> None:
    """Update the group as the engine does, up to its last look."""
    type_ = AwsProvider(aws).types["auto_scaling_group"]
    live = type_._seen(raw or described())
    want = Desired("web", "auto_scaling_group", {**DECLARED, **declared})
    type_.update(live, want, [Change(path, None, None) for path in paths])


def test_a_new_template_replaces_the_instances(aws: Aws, stub: Stubber) -> None:
    expect_group(stub)
    expect_refreshes(stub, {"Status": "Successful", "DesiredConfiguration": OTHER})
    preferences = {"MinHealthyPercentage": 100, "SkipMatching": True}
    expect_start(stub, WANTED, preferences)
    one = {"InstanceRefreshIds": ["r-1"]}
    expect_refreshes(stub, {"Status": "Pending"}, **one)
    expect_refreshes(stub, {"Status": "InProgress", "PercentageComplete": 50}, **one)
    expect_refreshes(stub, {"Status": "Successful"}, **one)
    expect_group(stub)
    expect_group(stub, **WANTED)
    refresh = {"min_healthy_percentage": 100, "skip_matching": True}
    change(aws, "launch_template.version", instance_refresh=refresh)


def test_a_refresh_for_this_change_is_taken_up_again(aws: Aws, stub: Stubber) -> None:
    """After an interruption: nothing is started a second time."""
    expect_group(stub)
    running = {"Status": "InProgress", "DesiredConfiguration": GIVEN}
    expect_refreshes(stub, running)
    expect_refreshes(stub, {"Status": "Successful"}, InstanceRefreshIds=["r-1"])
    expect_group(stub)
    expect_group(stub, **WANTED)
    change(aws, "launch_template.version")


def test_a_refresh_for_something_else_is_cancelled_first(
    aws: Aws, stub: Stubber
) -> None:
    expect_group(stub)
    expect_refreshes(stub, {"Status": "InProgress", "DesiredConfiguration": OTHER})
    stub.add_response("cancel_instance_refresh", {}, NAME)
    expect_refreshes(stub, {"Status": "Cancelling", "DesiredConfiguration": OTHER})
    expect_refreshes(stub, {"Status": "Cancelled", "DesiredConfiguration": OTHER})
    expect_start(stub, WANTED)
    expect_refreshes(stub, {"Status": "Successful"}, InstanceRefreshIds=["r-1"])
    expect_group(stub)
    expect_group(stub, **WANTED)
    change(aws, "launch_template.version")


def test_somebody_starts_a_refresh_at_the_same_time(aws: Aws, stub: Stubber) -> None:
    expect_group(stub)
    expect_refreshes(stub)
    stub.add_client_error("start_instance_refresh", "InstanceRefreshInProgress")
    expect_refreshes(stub, {"Status": "Pending", "DesiredConfiguration": GIVEN})
    expect_refreshes(stub, {"Status": "Successful"}, InstanceRefreshIds=["r-1"])
    expect_group(stub)
    expect_group(stub, **WANTED)
    change(aws, "launch_template.version")


@pytest.mark.parametrize("status", ["Failed", "RollbackSuccessful", "Cancelled"])
def test_a_refresh_that_fails_tells_why(aws: Aws, stub: Stubber, status: str) -> None:
    expect_group(stub)
    expect_refreshes(stub)
    expect_start(stub, WANTED)
    ended = {
        "Status": status,
        "StatusReason": "Alarm portal-5xx went off.",
        "PercentageComplete": 40,
    }
    expect_refreshes(stub, ended, InstanceRefreshIds=["r-1"])
    with pytest.raises(RunError) as failed:
        change(aws, "launch_template.version")
    said = str(failed.value)
    assert f"ended as {status} at 40 %: Alarm portal-5xx went off." in said
    assert "run again" in said


@pytest.mark.parametrize(
    ("instances", "refresh"), [(1, None), (0, {})], ids=["undeclared", "empty group"]
)
def test_without_a_refresh_the_group_takes_the_template(
    aws: Aws, stub: Stubber, instances: int, refresh: dict | None
) -> None:
    stub.add_response("update_auto_scaling_group", {}, {**NAME, **WANTED})
    if instances:
        expect_group(stub)
    expect_group(stub, **WANTED)
    change(
        aws,
        "launch_template.version",
        raw=described(instances),
        instance_refresh=refresh,
        min_size=instances,
    )


def test_a_mixed_policy_keeps_what_is_not_declared(aws: Aws, stub: Stubber) -> None:
    specification = {"LaunchTemplateId": "lt-1", "LaunchTemplateName": "web"}
    there = {
        "LaunchTemplate": {
            "LaunchTemplateSpecification": {**specification, "Version": "1"},
            "Overrides": [
                {
                    "InstanceType": "m7g.large",
                    "LaunchTemplateSpecification": specification,
                }
            ],
        },
        "InstancesDistribution": {"OnDemandBaseCapacity": 2, "SpotMaxPrice": "1"},
    }
    policy = {
        "LaunchTemplate": {
            "LaunchTemplateSpecification": WANTED["LaunchTemplate"],
            "Overrides": [
                {
                    "InstanceType": "m7g.large",
                    "LaunchTemplateSpecification": {"LaunchTemplateId": "lt-1"},
                }
            ],
        },
        "InstancesDistribution": {"OnDemandBaseCapacity": 4, "SpotMaxPrice": "1"},
    }
    expect_group(stub)
    expect_refreshes(stub)
    expect_start(stub, {"MixedInstancesPolicy": policy})
    expect_refreshes(stub, {"Status": "Successful"}, InstanceRefreshIds=["r-1"])
    expect_group(stub)
    expect_group(stub)
    change(
        aws,
        "mixed_instances_policy.instances_distribution.on_demand_base_capacity",
        raw=described(MixedInstancesPolicy=there),
        launch_template=None,
        mixed_instances_policy={
            "launch_template": {
                "launch_template_specification": DECLARED["launch_template"]
            },
            "instances_distribution": {"on_demand_base_capacity": 4},
        },
    )


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
