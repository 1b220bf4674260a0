# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""An auto scaling group made ready for an announced event, and back to normal.

The size that was normal is remembered on the group itself, in the tag `vigie:surge`,
so that any later run, or a person, can put it back. With an end, a scheduled action
puts it back without anybody.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from .._errors import RunError
from .base import Aws
from .capacity import TAG, Event, Limits, Size, obstacles, remembered, size_for
from .errors import code
from .tags import read_tags

START, END = "vigie-surge-start", "vigie-surge-end"
# Service Quotas: running on-demand standard (A, C, D, H, I, M, R, T, Z) instances.
VCPU_QUOTA = "L-1216C47A"


@dataclass
class Group:
    """An auto scaling group as it is.

    normal: the size that a surge in force has replaced; None where there is none.
    """

    aws: Aws
    raw: Mapping[str, Any]

    @classmethod
    def find(cls, aws: Aws, name: str) -> Group:
        """Raises RunError where there is none of this name."""
        found = aws.pages(
            "autoscaling",
            "describe_auto_scaling_groups",
            "AutoScalingGroups",
            AutoScalingGroupNames=[name],
        )
        if not found:
            raise RunError(f"group: {name!r} is no auto scaling group of this region")
        return cls(aws, found[0])

    @property
    def name(self) -> str:
        """Its name."""
        return self.raw["AutoScalingGroupName"]

    @property
    def size(self) -> Size:
        """Its sizes now."""
        return Size(
            self.raw["MinSize"], self.raw["DesiredCapacity"], self.raw["MaxSize"]
        )

    @property
    def zones(self) -> list[str]:
        """Its zones."""
        return list(self.raw["AvailabilityZones"])

    def memory(self) -> str | None:
        """The tag that remembers the normal size."""
        return read_tags(self.raw.get("Tags")).get(TAG)

    def normal(self, now: datetime) -> Size:
        """The size outside of events: remembered, unless that event has ended."""
        return remembered(self.memory(), now) or self.size

    def scheduled(self) -> dict[str, dict[str, Any]]:
        """Our scheduled actions, by name."""
        found = self.aws.pages(
            "autoscaling",
            "describe_scheduled_actions",
            "ScheduledUpdateGroupActions",
            AutoScalingGroupName=self.name,
        )
        ours = (START, END)
        return {
            a["ScheduledActionName"]: a
            for a in found
            if a["ScheduledActionName"] in ours
        }


def plan(
    group: Group,
    event: Event,
    start: datetime | None,
    end: datetime | None,
    now: datetime,
) -> dict[str, Any]:
    """Everything that is to be true of the group: size, tag and scheduled actions.

    Keys: normal, wanted (Size), size (the Size to have now), tag (text), actions
    (name to parameters).
    """
    normal = group.normal(now)
    wanted = size_for(event, len(group.zones), normal)
    later = start is not None and start > now
    tag = {
        "min": normal.minimum,
        "desired": normal.desired,
        "max": normal.maximum,
        "end": _text(end) if end else "",
    }
    actions: dict[str, dict[str, Any]] = {}
    if later:
        actions[START] = {"StartTime": start, **_sizes(wanted)}
    if end is not None:
        back = _sizes(normal)
        if _scales_by_itself(group):
            # Its own policies bring the number down as traffic goes.
            del back["DesiredCapacity"]
        actions[END] = {"StartTime": end, **back}
    return {
        "normal": normal,
        "wanted": wanted,
        "size": group.size if later else _never_less(wanted, group.size),
        "tag": json.dumps(tag, sort_keys=True),
        "actions": actions,
    }


def differences(group: Group, planned: Mapping[str, Any]) -> list[str]:
    """Which parts of a plan are not true yet: size, tag, actions."""
    live = {
        name: {key: action[key] for key in _SIZE_KEYS if key in action}
        for name, action in group.scheduled().items()
    }
    same = {
        "size": planned["size"] == group.size,
        "tag": planned["tag"] == group.memory(),
        "actions": planned["actions"] == live,
    }
    return [name for name, true in same.items() if not true]


def apply(group: Group, planned: Mapping[str, Any], parts: list[str]) -> None:
    """Make the plan true; the memory first, so that the normal size is never lost."""
    client = group.aws.client("autoscaling")
    if "tag" in parts:
        _remember(group, planned["tag"])
    if "actions" in parts:
        for name in set(group.scheduled()) - set(planned["actions"]):
            client.delete_scheduled_action(
                AutoScalingGroupName=group.name, ScheduledActionName=name
            )
        for name, action in planned["actions"].items():
            client.put_scheduled_update_group_action(
                AutoScalingGroupName=group.name, ScheduledActionName=name, **action
            )
    if "size" in parts:
        client.update_auto_scaling_group(
            AutoScalingGroupName=group.name, **_sizes(planned["size"])
        )


def back_to_normal(group: Group, dry_run: bool, now: datetime) -> bool:
    """Put the remembered size back and forget the event; whether anything changed."""
    actions = group.scheduled()
    if group.memory() is None and not actions:
        return False
    if dry_run:
        return True
    client = group.aws.client("autoscaling")
    for name in actions:
        client.delete_scheduled_action(
            AutoScalingGroupName=group.name, ScheduledActionName=name
        )
    client.update_auto_scaling_group(
        AutoScalingGroupName=group.name, **_sizes(group.normal(now))
    )
    client.delete_tags(Tags=[_tag(group, "")])
    return True


def limits_of(group: Group) -> tuple[Limits, list[str]]:
    """What AWS grants the group, and a warning for each thing that is not told."""
    warnings: list[str] = []

    def ask(what: str, question: Any) -> Any:
        try:
            return question()
        except Exception as error:
            warnings.append(f"{what} not checked: {code(error) or error}")
            return None

    subnets = [s for s in group.raw.get("VPCZoneIdentifier", "").split(",") if s]
    addresses = ask("free addresses", lambda: _addresses(group.aws, subnets)) or {}
    vcpus = ask("vCPU quota", lambda: _vcpus(group))
    targets = None
    if group.raw.get("TargetGroupARNs"):
        targets = ask("targets of the load balancer", lambda: _targets(group.aws))
    free, each = vcpus or (None, None)
    return Limits(addresses, free, each, targets), warnings


def blocked_by(group: Group, planned: Mapping[str, Any], limits: Limits) -> list:
    """The obstacles to a plan."""
    return obstacles(planned["wanted"], group.size, limits)


def await_healthy(group: Group, desired: int) -> None:
    """Wait until so many instances are in service, and healthy in every target group.

    Raises RunError with the counts when the limit has passed.
    """
    aws, arns = group.aws, group.raw.get("TargetGroupARNs", ())

    def ready() -> bool:
        now = Group.find(aws, group.name).raw
        serving = [i for i in now["Instances"] if i["LifecycleState"] == "InService"]
        return len(serving) >= desired and all(
            _healthy(aws, arn) >= desired for arn in arns
        )

    aws.wait(f"{desired} instances of {group.name} in service and healthy", ready)


_SIZE_KEYS = ("StartTime", "MinSize", "DesiredCapacity", "MaxSize")


def _sizes(size: Size) -> dict[str, Any]:
    return {
        "MinSize": size.minimum,
        "DesiredCapacity": size.desired,
        "MaxSize": size.maximum,
    }


def _never_less(wanted: Size, now: Size) -> Size:
    """A surge never takes instances away from a group that has grown beyond it."""
    return Size(
        max(wanted.minimum, now.minimum),
        max(wanted.desired, now.desired),
        max(wanted.maximum, now.maximum),
    )


def _scales_by_itself(group: Group) -> bool:
    policies = group.aws.pages(
        "autoscaling",
        "describe_policies",
        "ScalingPolicies",
        AutoScalingGroupName=group.name,
    )
    return any(policy.get("Enabled", True) for policy in policies)


def _tag(group: Group, value: str) -> dict[str, Any]:
    return {
        "ResourceId": group.name,
        "ResourceType": "auto-scaling-group",
        "Key": TAG,
        "Value": value,
        "PropagateAtLaunch": False,
    }


def _remember(group: Group, value: str) -> None:
    group.aws.client("autoscaling").create_or_update_tags(Tags=[_tag(group, value)])


def _addresses(aws: Aws, subnets: list[str]) -> dict[str, int]:
    free: dict[str, int] = {}
    if subnets:
        for raw in aws.pages("ec2", "describe_subnets", "Subnets", SubnetIds=subnets):
            zone = raw["AvailabilityZone"]
            free[zone] = free.get(zone, 0) + raw["AvailableIpAddressCount"]
    return free


def _vcpus(group: Group) -> tuple[float, int] | None:
    """vCPUs that the quota still grants, and those of one instance of the group."""
    kinds = {i["InstanceType"] for i in group.raw["Instances"] if "InstanceType" in i}
    if not kinds:
        return None
    aws = group.aws
    quota = aws.client("service-quotas").get_service_quota(
        ServiceCode="ec2", QuotaCode=VCPU_QUOTA
    )["Quota"]["Value"]
    running = aws.pages(
        "ec2",
        "describe_instances",
        "Reservations",
        Filters=[{"Name": "instance-state-name", "Values": ["pending", "running"]}],
    )
    used = sum(
        i["CpuOptions"]["CoreCount"] * i["CpuOptions"]["ThreadsPerCore"]
        for reservation in running
        for i in reservation["Instances"]
        if "CpuOptions" in i
    )
    described = aws.client("ec2").describe_instance_types(InstanceTypes=sorted(kinds))
    each = max(t["VCpuInfo"]["DefaultVCpus"] for t in described["InstanceTypes"])
    return quota - used, each


def _targets(aws: Aws) -> int | None:
    limits = aws.client("elbv2").describe_account_limits()["Limits"]
    named = {limit["Name"]: int(limit["Max"]) for limit in limits}
    return named.get("targets-per-application-load-balancer")


def _healthy(aws: Aws, arn: str) -> int:
    answer = aws.client("elbv2").describe_target_health(TargetGroupArn=arn)
    states = [t["TargetHealth"]["State"] for t in answer["TargetHealthDescriptions"]]
    return states.count("healthy")


def _text(moment: datetime) -> str:
    return moment.astimezone(timezone.utc).isoformat()
