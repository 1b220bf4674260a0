# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""The instances of an auto scaling group: waiting for them, and letting them go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._errors import RunError
from .base import Aws
from .calls import said
from .errors import is_absent

# A launch that fails once may succeed in another zone; after so many it will not.
FAILED_LAUNCHES = 3
PROTECTED_AT_ONCE = 50


def described(aws: Aws, name: str) -> dict[str, Any] | None:
    """The group as AWS has it; None where there is none."""
    found = aws.client("autoscaling").describe_auto_scaling_groups(
        AutoScalingGroupNames=[name]
    )["AutoScalingGroups"]
    return found[0] if found else None


def await_capacity(aws: Aws, name: str, minimum: int) -> None:
    """Wait until so much is in service, and healthy in all target groups.

    Raises RunError with AWS's reason once launches keep failing, or at the limit.
    """
    watch = _Capacity(aws, name, minimum)
    what = f"{minimum} of auto scaling group {name} to be in service and healthy"
    try:
        aws.wait(what, watch.reached)
    except RunError as error:
        if watch.gave_up or not watch.last:
            raise
        raise RunError(f"{error} So far: {watch.last}") from error


class _Capacity:
    """A look at a group, again and again.

    last: what stood in the way when it was looked at last.
    """

    def __init__(self, aws: Aws, name: str, minimum: int) -> None:
        self.aws = aws
        self.name = name
        self.minimum = minimum
        self.last = ""
        self.gave_up = False
        self._before: set[str] | None = None

    def reached(self) -> bool:
        """Whether the minimum is there."""
        if self.minimum < 1:
            return True
        group = described(self.aws, self.name)
        if group is None:
            return False
        ready = {
            one["InstanceId"]: int(one.get("WeightedCapacity") or 1)
            for one in group.get("Instances", ())
            if one["LifecycleState"] == "InService" and one["HealthStatus"] == "Healthy"
        }
        if sum(ready.values()) < self.minimum:
            self.last = f"{sum(ready.values())} in service"
            self._stop_at_failures()
            return False
        healthy = self._healthy(group.get("TargetGroupARNs") or (), ready)
        self.last = f"{healthy} healthy in every target group"
        return healthy >= self.minimum

    def _healthy(self, arns: Sequence[str], ready: Mapping[str, int]) -> int:
        there = set(ready)
        for arn in arns:
            answer = self.aws.client("elbv2").describe_target_health(TargetGroupArn=arn)
            there &= {
                one["Target"]["Id"]
                for one in answer["TargetHealthDescriptions"]
                if _serves(one["TargetHealth"])
            }
        return sum(ready[id_] for id_ in there)

    def _stop_at_failures(self) -> None:
        """Failures from before this wait may have been repaired by this run."""
        found = self.aws.client("autoscaling").describe_scaling_activities(
            AutoScalingGroupName=self.name, MaxRecords=20
        )["Activities"]
        failed = [one for one in found if one["StatusCode"] == "Failed"]
        if self._before is None:
            self._before = {one["ActivityId"] for one in failed}
        new = [one for one in failed if one["ActivityId"] not in self._before]
        if failed:
            self.last = failed[0].get("StatusMessage") or self.last
        if len(new) >= FAILED_LAUNCHES:
            self.gave_up = True
            raise RunError(
                f"Auto scaling group {self.name} cannot launch instances:"
                f" {self.last.rstrip('.')}. Correct its launch template or its"
                " subnets, then run again."
            )


def _serves(health: Mapping[str, str]) -> bool:
    """Healthy; or in a target group that no balancer uses yet, where nothing is
    checked."""
    unused = health["State"] == "unused" and health.get("Reason") == "Target.NotInUse"
    return unused or health["State"] == "healthy"


def drain(aws: Aws, name: str) -> None:
    """Let all instances go as a scale-in does: out of their target groups first."""
    client = aws.client("autoscaling")
    group = described(aws, name)
    if group is None:
        return
    if any(
        one["ProcessName"] == "Terminate" for one in group.get("SuspendedProcesses", ())
    ):
        client.resume_processes(
            AutoScalingGroupName=name, ScalingProcesses=["Terminate"]
        )
    protected = [
        one["InstanceId"]
        for one in group.get("Instances", ())
        if one.get("ProtectedFromScaleIn")
    ]
    for start in range(0, len(protected), PROTECTED_AT_ONCE):
        client.set_instance_protection(
            AutoScalingGroupName=name,
            InstanceIds=protected[start : start + PROTECTED_AT_ONCE],
            ProtectedFromScaleIn=False,
        )
    # The maximum too, so that no policy or schedule brings instances back.
    client.update_auto_scaling_group(
        AutoScalingGroupName=name, MinSize=0, MaxSize=0, DesiredCapacity=0
    )
    aws.wait(
        f"the instances of auto scaling group {name} to end",
        lambda: _drained(described(aws, name)),
    )


def _drained(group: Mapping[str, Any] | None) -> bool:
    """Only what scaling in leaves alone is left: instances in standby."""
    instances = group.get("Instances", ()) if group else ()
    return all(one["LifecycleState"] == "Standby" for one in instances)


def is_gone(error: Exception) -> bool:
    """Auto scaling has one code for all that it refuses."""
    message = said(error)
    return is_absent(error) or "not found" in message or "does not exist" in message
