# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""A scaling policy: by what an auto scaling group grows and shrinks by itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..._converge.fields import flag, group, many, number, text
from ..._converge.overlay import overlay
from ..._converge.provider import Desired, Live, Reading
from ..._converge.shape import from_api
from ..base import AwsType
from ..fitting import fitting
from ..instances import is_gone

TRACKING, STEP = "TargetTrackingScaling", "StepScaling"
METRIC = {
    "metric_name": text("Its name."),
    "namespace": text("Its namespace."),
    "dimensions": many(
        group(
            {
                "name": text("Its name.", required=True),
                "value": text("Its value.", required=True),
            },
            "A dimension.",
        ),
        "Its dimensions.",
        order="key",
        key="name",
    ),
    "statistic": text(
        "What of it.", choices=("Average", "Minimum", "Maximum", "SampleCount", "Sum")
    ),
    "unit": text("Its unit."),
    "period": number("Seconds: 10, 30 or 60."),
}
CONFIGURATION = {
    "target_value": number("What the metric is kept at.", required=True),
    "predefined_metric_specification": group(
        {
            "predefined_metric_type": text(
                "Which.",
                required=True,
                choices=(
                    "ASGAverageCPUUtilization",
                    "ASGAverageNetworkIn",
                    "ASGAverageNetworkOut",
                    "ALBRequestCountPerTarget",
                ),
            ),
            "resource_label": text(
                "Of ALBRequestCountPerTarget: the last parts of the ARNs of the load"
                " balancer and of the target group, as in app/web/1/targetgroup/web/2."
            ),
        },
        "One of Amazon's metrics.",
    ),
    "customized_metric_specification": group(METRIC, "Any CloudWatch metric."),
    "disable_scale_in": flag("Only ever grow."),
}
STEPS = {
    "metric_interval_lower_bound": number("From so far over the alarm's threshold."),
    "metric_interval_upper_bound": number("Up to so far over it."),
    "scaling_adjustment": number("By how much.", required=True),
}


class ScalingPolicy(AwsType):
    """API: PutScalingPolicy, DescribePolicies. It has no tags: its group owns it."""

    name = "scaling_policy"
    service = "autoscaling"
    markable = False
    parents = ("auto_scaling_group",)
    uses = ("auto_scaling_group", "load_balancer", "target_group")
    unique = ("auto_scaling_group_name", "policy_name")
    fields = {
        "auto_scaling_group_name": text(
            "The group that it scales.", required=True, immutable=True
        ),
        "policy_name": text("Its name in the group.", required=True, immutable=True),
        "policy_type": text(
            "How it decides.", required=True, immutable=True, choices=(TRACKING, STEP)
        ),
        "target_tracking_configuration": group(
            CONFIGURATION, "Of TargetTrackingScaling: what is kept at which value."
        ),
        "adjustment_type": text(
            "Of StepScaling: what a step's number means.",
            choices=("ChangeInCapacity", "ExactCapacity", "PercentChangeInCapacity"),
        ),
        "step_adjustments": many(
            group(STEPS, "A step."),
            "Of StepScaling: how much, by how far the alarm is exceeded.",
            order="set",
        ),
        "min_adjustment_magnitude": number(
            "Of PercentChangeInCapacity: at least so many instances."
        ),
        "metric_aggregation_type": text(
            "Of StepScaling: how data points are put together.",
            choices=("Average", "Minimum", "Maximum"),
        ),
        "estimated_instance_warmup": number(
            "Seconds until a new instance counts; best set on the group."
        ),
        "enabled": flag("Whether it acts."),
    }
    attributes = {
        "id": "Its ARN.",
        "arn": "Its ARN, for the actions of an alarm.",
    }

    def check(self, properties: Mapping[str, Any]) -> Sequence[str]:
        """What each of the two kinds needs."""
        kind = properties.get("policy_type")
        tracking = properties.get("target_tracking_configuration")
        if kind == TRACKING and tracking is None:
            return ["target_tracking_configuration is missing"]
        if kind == STEP:
            needed = ("adjustment_type", "step_adjustments")
            return [f"{n} is missing" for n in needed if properties.get(n) is None]
        if isinstance(tracking, Mapping):
            metrics = [name for name in tracking if name.endswith("specification")]
            if len(metrics) != 1:
                return ["target_tracking_configuration: give one metric specification"]
        return ()

    def find(self, reading: Reading) -> Iterable[Live]:
        """All policies of the account in pages; those of the groups that we know."""
        groups = {
            group.id: group.owned for group in reading.parents["auto_scaling_group"]
        }
        declared = {
            d.properties.get("auto_scaling_group_name") for d in reading.desired
        }
        wanted = set(groups) | {name for name in declared if isinstance(name, str)}
        if not wanted:
            return
        for raw in self.aws.pages(
            "autoscaling", "describe_policies", "ScalingPolicies"
        ):
            if raw["AutoScalingGroupName"] in wanted and not _foreign(raw):
                owned = groups.get(raw["AutoScalingGroupName"], False)
                yield self._seen(raw, owned)

    def _seen(self, raw: Mapping[str, Any], owned: bool) -> Live:
        arn = raw["PolicyARN"]
        properties = from_api(self.fields, raw)
        return Live(arn, properties, {"id": arn, "arn": arn}, owned=owned, raw=raw)

    def fetch(self, live: Live) -> Live:
        """As it is now."""
        return self._fetch(live.properties, live.owned)

    def _fetch(self, named: Mapping[str, Any], owned: bool) -> Live:
        found = self.aws.client("autoscaling").describe_policies(
            AutoScalingGroupName=named["auto_scaling_group_name"],
            PolicyNames=[named["policy_name"]],
        )
        return self._seen(found["ScalingPolicies"][0], owned)

    def make(self, desired: Desired) -> Live:
        """One call makes and changes it."""
        self._put({}, desired)
        return self._fetch(desired.properties, owned=True)

    def change(self, live: Live, desired: Desired, changed: frozenset[str]) -> None:
        """Sent as a whole, with what it has undeclared."""
        self._put(live.raw, desired)

    def _put(self, raw: Mapping[str, Any], desired: Desired) -> None:
        client = self.aws.client("autoscaling")
        shape = client.meta.service_model.operation_model("PutScalingPolicy")
        there = {key: value for key, value in raw.items() if value not in ("", [], {})}
        whole = overlay(self.fields, there, desired.properties)
        client.put_scaling_policy(**fitting(shape.input_shape, whole))

    def remove(self, live: Live) -> None:
        """Its alarms go with it; gone with its group is fine."""
        try:
            self.aws.client("autoscaling").delete_policy(
                AutoScalingGroupName=live.properties["auto_scaling_group_name"],
                PolicyName=live.properties["policy_name"],
            )
        except Exception as error:
            if not is_gone(error):
                raise


def _foreign(raw: Mapping[str, Any]) -> bool:
    """ECS makes and deletes the policies of its capacity providers by itself."""
    return raw["PolicyName"].startswith("ECSManaged")


TYPE = ScalingPolicy
