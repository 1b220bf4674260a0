# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""An auto scaling group: instances by the number, replaced when they fail or age."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from ..._converge.overlay import overlay
from ..._converge.provider import Desired, Live, Reading
from ..._converge.shape import from_api, to_api
from ..._errors import RunError
from ..base import AwsType
from ..calls import said, settled
from ..capacity import TAG, Size, remembered
from ..errors import code, is_in_use
from ..fitting import fitting
from ..group_fields import CLEARED, FIELDS, problems
from ..instance_refresh import refresh
from ..instances import await_capacity, described, drain, is_gone
from ..tags import RESOURCE, STACK, read_tags

LAUNCH = ("launch_template", "mixed_instances_policy")
# Neither a parameter of the creation nor of the update.
APART = (
    "enabled_metrics",
    "suspended_processes",
    "instance_refresh",
    "propagate_tags_at_launch",
    "tags",
)


SIZES = ("min_size", "max_size", "desired_capacity")


class AutoScalingGroup(AwsType):
    """API: CreateAutoScalingGroup, UpdateAutoScalingGroup, StartInstanceRefresh."""

    name = "auto_scaling_group"
    service = "autoscaling"
    uses = ("launch_template", "subnet", "target_group", "iam_instance_profile")
    unique = ("auto_scaling_group_name",)
    fields = FIELDS
    attributes = {"id": "The group's name.", "arn": "Its ARN."}

    @property
    def _client(self) -> Any:
        return self.aws.client("autoscaling")

    def check(self, properties: Mapping[str, Any]) -> Sequence[str]:
        """One template, and sizes that fit."""
        return problems(properties)

    def find(self, reading: Reading) -> Iterable[Live]:
        """One paged call, filtered by the stack's tag."""
        mine = [{"Name": f"tag:{STACK}", "Values": [self.aws.stack]}]
        return self._described(Filters=mine)

    def strangers(self, missing: Sequence[Desired], reading: Reading) -> Iterable[Live]:
        """Groups of others with a declared name."""
        names = [one.properties["auto_scaling_group_name"] for one in missing]
        return self._described(AutoScalingGroupNames=names)

    def fetch(self, live: Live) -> Live:
        """As it is now."""
        return self._described(AutoScalingGroupNames=[live.id])[0]

    def _described(self, **parameters: Any) -> list[Live]:
        found = self.aws.pages(
            "autoscaling",
            "describe_auto_scaling_groups",
            "AutoScalingGroups",
            **parameters,
        )
        # A group has a status only while it is being deleted.
        return [self._seen(raw) for raw in found if not raw.get("Status")]

    def _seen(self, raw: Mapping[str, Any]) -> Live:
        zones = (raw.get("VPCZoneIdentifier") or "").split(",")
        properties = {
            **from_api(
                self.fields, {**raw, "VPCZoneIdentifier": list(filter(None, zones))}
            ),
            "enabled_metrics": [m["Metric"] for m in raw.get("EnabledMetrics", ())],
            "suspended_processes": [
                process["ProcessName"] for process in raw.get("SuspendedProcesses", ())
            ],
            "propagate_tags_at_launch": _propagates(raw.get("Tags", ())),
        }
        normal = _normal(raw)
        if normal is not None:
            properties.update(normal.public())
        name = raw["AutoScalingGroupName"]
        more = {"arn": raw["AutoScalingGroupARN"]}
        return self.live(name, properties, raw.get("Tags"), raw, **more)

    def make(self, desired: Desired) -> Live:
        """Create it and wait until its minimum serves."""
        want = desired.properties
        given = {k: v for k, v in want.items() if k not in APART and v is not None}
        parameters = self._parameters(given)
        if want.get("target_group_arns"):
            parameters["TargetGroupARNs"] = list(want["target_group_arns"])
        for name in LAUNCH:
            if name in given:
                parameters.update(to_api(self.fields, {name: given[name]}))
        name = want["auto_scaling_group_name"]
        propagate = want.get("propagate_tags_at_launch") is not False
        tags = _tags(name, self.aws.marks(desired, named=True), propagate)
        settled(
            self.aws,
            lambda: self._client.create_auto_scaling_group(**parameters, Tags=tags),
            _unknown_profile,
        )
        live = self.aws.wait(
            f"auto scaling group {name} to show",
            lambda: next(iter(self._described(AutoScalingGroupNames=[name])), None),
        )
        self._switch(live, want, {"enabled_metrics", "suspended_processes"})
        await_capacity(self.aws, name, int(want["min_size"]))
        return self.fetch(live)

    def _parameters(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """What a creation and an update take alike; without the template."""
        cleared = {
            name: CLEARED.get(name) if value is None else value
            for name, value in given.items()
            if name not in (*APART, *LAUNCH, "target_group_arns")
        }
        parameters = to_api(self.fields, cleared)
        if "VPCZoneIdentifier" in parameters:
            subnets = parameters["VPCZoneIdentifier"]
            parameters["VPCZoneIdentifier"] = ",".join(subnets)
        return parameters

    def change(self, live: Live, desired: Desired, changed: frozenset[str]) -> None:
        """Sizes and settings; new target groups; the template; old target groups."""
        want = desired.properties
        sizes = sorted(changed & set(SIZES))
        if sizes and _normal(live.raw) is not None:
            raise RunError(
                f"{live.id} is prepared for an event (aws_surge): end that with"
                f" state=absent before changing {', '.join(sizes)}"
            )
        parameters = self._parameters({name: want[name] for name in changed})
        replacing = want.get("instance_refresh") is not None and live.raw.get(
            "Instances"
        )
        launch = self._launch(live.raw, want) if changed & set(LAUNCH) else {}
        if launch and not replacing:
            parameters.update(launch)
        if parameters:
            parameters["AutoScalingGroupName"] = live.id
            self._client.update_auto_scaling_group(**parameters)
        self._switch(live, want, changed)
        there = set(live.properties.get("target_group_arns") or ())
        wanted = set(want.get("target_group_arns") or ())
        if "target_group_arns" in changed and wanted - there:
            self._client.attach_load_balancer_target_groups(
                AutoScalingGroupName=live.id, TargetGroupARNs=sorted(wanted - there)
            )
        await_capacity(self.aws, live.id, int(want["min_size"]))
        if launch and replacing:
            refresh(self.aws, live.id, launch, want["instance_refresh"])
            await_capacity(self.aws, live.id, int(want["min_size"]))
        if "target_group_arns" in changed and there - wanted:
            # Last: the instances serve in the new ones by now.
            self._client.detach_load_balancer_target_groups(
                AutoScalingGroupName=live.id, TargetGroupARNs=sorted(there - wanted)
            )

    def _launch(
        self, raw: Mapping[str, Any], want: Mapping[str, Any]
    ) -> dict[str, Any]:
        """The template, or the mixed policy with what it has undeclared."""
        if want.get("launch_template") is not None:
            return to_api(self.fields, {"launch_template": want["launch_template"]})
        there = _without_specification(raw.get("MixedInstancesPolicy") or {})
        declared = {"mixed_instances_policy": want["mixed_instances_policy"]}
        whole = overlay(self.fields, {"MixedInstancesPolicy": there}, declared)
        shape = self._client.meta.service_model.shape_for("DesiredConfiguration")
        return fitting(shape, whole)

    def _switch(
        self, live: Live, want: Mapping[str, Any], changed: Iterable[str]
    ) -> None:
        """Metrics, suspended processes and propagation, by their differences."""
        name = {"AutoScalingGroupName": live.id}
        on, off = _differences("enabled_metrics", live, want, changed)
        if on:
            self._client.enable_metrics_collection(
                **name, Metrics=on, Granularity="1Minute"
            )
        if off:
            self._client.disable_metrics_collection(**name, Metrics=off)
        on, off = _differences("suspended_processes", live, want, changed)
        if on:
            self._client.suspend_processes(**name, ScalingProcesses=on)
        if off:
            self._client.resume_processes(**name, ScalingProcesses=off)
        if "propagate_tags_at_launch" in changed:
            tags = {tag["Key"]: tag["Value"] for tag in self.fetch(live).raw["Tags"]}
            propagate = want["propagate_tags_at_launch"]
            self._client.create_or_update_tags(Tags=_tags(live.id, tags, propagate))

    def retag(
        self, live: Live, wanted: Mapping[str, str], unwanted: Sequence[str]
    ) -> None:
        """Set tags, propagated as the others are, and remove tags."""
        propagate = live.properties.get("propagate_tags_at_launch") is not False
        if wanted:
            tags = _tags(live.id, wanted, propagate)
            self._client.create_or_update_tags(Tags=tags)
        if unwanted:
            one = {"ResourceId": live.id, "ResourceType": "auto-scaling-group"}
            tags = [{**one, "Key": name} for name in unwanted]
            self._client.delete_tags(Tags=tags)

    def remove(self, live: Live) -> None:
        """Drain it, then delete it and what is left in standby."""
        drain(self.aws, live.id)

        def deleted() -> bool:
            try:
                self._client.delete_auto_scaling_group(
                    AutoScalingGroupName=live.id, ForceDelete=True
                )
            except Exception as error:
                if is_in_use(error) or "ScalingActivity" in code(error):
                    return False
                if not is_gone(error):
                    raise
            return True

        self.aws.wait(f"auto scaling group {live.id} to be idle", deleted)
        self.aws.wait(
            f"auto scaling group {live.id} to be gone",
            lambda: described(self.aws, live.id) is None,
        )


def _normal(raw: Mapping[str, Any]) -> Size | None:
    """The size that a declaration is about, while an event makes the group larger."""
    memory = read_tags(raw.get("Tags")).get(TAG)
    return remembered(memory, datetime.now(timezone.utc))


def _differences(
    name: str, live: Live, want: Mapping[str, Any], changed: Iterable[str]
) -> tuple[list[str], list[str]]:
    """What a list has to gain and to lose."""
    if name not in changed or name not in want:
        return [], []
    wanted, there = set(want[name] or ()), set(live.properties.get(name) or ())
    return sorted(wanted - there), sorted(there - wanted)


def _tags(group: str, tags: Mapping[str, Any], propagate: bool) -> list[dict[str, Any]]:
    """In the group's shape. Our marks are the group's alone: its instances are not
    resources of the stack."""
    return [
        {
            "ResourceId": group,
            "ResourceType": "auto-scaling-group",
            "Key": name,
            "Value": str(value),
            "PropagateAtLaunch": propagate and name not in (STACK, RESOURCE),
        }
        for name, value in tags.items()
    ]


def _propagates(tags: Iterable[Mapping[str, Any]]) -> bool | None:
    """Whether the tags are propagated; None where some are and some are not."""
    seen = {
        bool(tag.get("PropagateAtLaunch"))
        for tag in tags
        if not tag["Key"].startswith(("vigie:", "aws:"))
    }
    return seen.pop() if len(seen) == 1 else None


def _unknown_profile(error: Exception) -> bool:
    """A profile made a moment ago is refused as if it did not exist."""
    return code(error) == "ValidationError" and "instance profile" in said(error)


def _without_specification(mixed: Mapping[str, Any]) -> dict[str, Any]:
    """AWS gives a template's id and its name, and takes one of them."""
    template = dict(mixed.get("LaunchTemplate") or {})
    template.pop("LaunchTemplateSpecification", None)
    overrides = []
    for each in template.get("Overrides") or ():
        one = dict(each)
        specification = dict(one.get("LaunchTemplateSpecification") or {})
        if specification.get("LaunchTemplateId"):
            specification.pop("LaunchTemplateName", None)
        if specification:
            one["LaunchTemplateSpecification"] = specification
        overrides.append(one)
    if overrides:
        template["Overrides"] = overrides
    return {**mixed, "LaunchTemplate": template}


TYPE = AutoScalingGroup
