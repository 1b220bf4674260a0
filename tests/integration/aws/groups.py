# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An auto scaling group by stubs: what AWS is expected to be asked, and answers."""

from __future__ import annotations

from typing import Any

from ansible_collections.vigie.run.plugins.module_utils._aws.base import Aws
from ansible_collections.vigie.run.plugins.module_utils._aws.provider import AwsProvider
from ansible_collections.vigie.run.plugins.module_utils._converge.provider import (
    Change,
    Desired,
)
from botocore.stub import Stubber

ARN = "arn:aws:autoscaling:ca-central-1:1:autoScalingGroup:1:autoScalingGroupName/web"
NAME = {"AutoScalingGroupName": "web"}
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


def change(aws: Aws, *paths: str, raw: dict | None = None, **declared: Any) -> None:
    """Update the group as the engine does, up to its last look."""
    type_ = AwsProvider(aws).types["auto_scaling_group"]
    live = type_._seen(raw or described())
    want = Desired("web", "auto_scaling_group", {**DECLARED, **declared})
    type_.update(live, want, [Change(path, None, None) for path in paths])
