# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""What an auto scaling group is declared with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._converge.fields import Field, flag, group, many, number, text
from .instance_refresh import REFRESH
from .launch_data import REQUIREMENTS
from .tags import TAGS

CHECKS = ("EC2", "EBS", "ELB", "VPC_LATTICE")


def _wrong_name(name: str) -> str | None:
    if 1 <= len(name) <= 255 and ":" not in name:
        return None
    return "takes 1 to 255 characters and no colon"


def _wrong_check(names: str) -> str | None:
    wrong = [each for each in _checks(names).split(",") if each not in CHECKS]
    return f"{wrong[0]}: one or more of {', '.join(CHECKS)}" if wrong else None


def _checks(names: str) -> str:
    """Several checks in one text; EC2's own is always among them."""
    each = {name.strip().upper() for name in names.split(",")}
    return ",".join(sorted(each - {"EC2"})) or "EC2"


def _negative(size: float) -> str | None:
    return "is 0 or more" if size < 0 else None


def _specification(doc: str, **more: Any) -> Field:
    return group(
        {
            "launch_template_id": text("Its id."),
            "launch_template_name": text("Or its name."),
            "version": text(
                "The version: `${template.latest_version}` makes this group follow."
                " $Latest hides a new version from the plan."
            ),
        },
        doc,
        **more,
    )


OVERRIDE = {
    "instance_type": text("Such as m7g.large."),
    "weighted_capacity": text("How much of the capacity one such instance is."),
    "launch_template_specification": _specification("Another template for it."),
    "instance_requirements": group(REQUIREMENTS, "Any type that has these."),
}
DISTRIBUTION = {
    "on_demand_allocation_strategy": text(
        "How types are chosen.", choices=("prioritized", "lowest-price")
    ),
    "on_demand_base_capacity": number("So much is always on demand."),
    "on_demand_percentage_above_base_capacity": number(
        "Of the rest, the percentage that is on demand; the others are spot."
    ),
    "spot_allocation_strategy": text(
        "How spot types are chosen.",
        choices=(
            "price-capacity-optimized",
            "capacity-optimized",
            "capacity-optimized-prioritized",
            "lowest-price",
        ),
    ),
    "spot_instance_pools": number("How many pools; with lowest-price only."),
    "spot_max_price": text("The most to pay for an hour; best left out."),
}
MIXED = {
    "launch_template": group(
        {
            "launch_template_specification": _specification(
                "The template.", required=True
            ),
            "overrides": many(
                group(OVERRIDE, "A type, or what types must have."),
                "What instances may be, the preferred first.",
            ),
        },
        "The template and what varies.",
        required=True,
    ),
    "instances_distribution": group(DISTRIBUTION, "On demand and spot."),
}
FIELDS: Mapping[str, Field] = {
    "auto_scaling_group_name": text(
        "Its name.", required=True, immutable=True, check=_wrong_name
    ),
    "launch_template": _specification("What its instances are."),
    "mixed_instances_policy": group(
        MIXED, "In place of launch_template: several types, on demand and spot."
    ),
    "min_size": number("It never has less.", required=True, check=_negative),
    "max_size": number("It never has more.", required=True, check=_negative),
    "desired_capacity": number(
        "What it has now. Leave it out where policies or schedules scale the group.",
        check=_negative,
    ),
    "vpc_zone_identifier": many(
        text("A subnet's id."),
        "The subnets, and so the zones, that it is spread over.",
        required=True,
        order="set",
        api="VPCZoneIdentifier",
    ),
    "target_group_arns": many(
        text("A target group's ARN."),
        "Where its instances are registered.",
        order="set",
        api="TargetGroupARNs",
    ),
    "health_check_type": text(
        "Whose verdict replaces an instance, such as ELB or `EBS,ELB`.",
        check=_wrong_check,
        normal=_checks,
    ),
    "health_check_grace_period": number("Seconds before the first verdict counts."),
    "default_instance_warmup": number("Seconds until a new instance's metrics count."),
    "default_cooldown": number("Seconds between simple scaling activities."),
    "termination_policies": many(
        text("Such as OldestLaunchTemplate."), "Who goes first when it shrinks."
    ),
    "new_instances_protected_from_scale_in": flag("Scaling in spares new instances."),
    "capacity_rebalance": flag("Replace spot instances that are at risk, early."),
    "max_instance_lifetime": number("Seconds after which an instance is replaced."),
    "placement_group": text("The placement group."),
    "service_linked_role_arn": text("Its service's role.", api="ServiceLinkedRoleARN"),
    "instance_maintenance_policy": group(
        {
            "min_healthy_percentage": number("How much stays in service."),
            "max_healthy_percentage": number("How far it may grow meanwhile."),
        },
        "How instances are replaced, whatever the reason.",
    ),
    "enabled_metrics": many(
        text("Such as GroupInServiceInstances."),
        "The group's own metrics, each minute.",
        order="set",
    ),
    "suspended_processes": many(
        text("Such as AZRebalance."), "What it does not do by itself.", order="set"
    ),
    "instance_refresh": group(
        REFRESH,
        "Declared (also as {}), a change of the template or of the mixed policy"
        " replaces the instances in this way; left out, only new ones have it.",
        write_only=True,
    ),
    "propagate_tags_at_launch": flag(
        "Give its tags to its instances as well; true where it is left out."
    ),
    "tags": TAGS,
}
# How AWS spells that there is none.
CLEARED: Mapping[str, Any] = {
    "health_check_grace_period": 0,
    "default_instance_warmup": -1,
    "termination_policies": ["Default"],
    "max_instance_lifetime": 0,
    "placement_group": "",
    "instance_maintenance_policy": {
        "min_healthy_percentage": -1,
        "max_healthy_percentage": -1,
    },
}
# What null may be said of: the above, lists, and what only we know.
CLEARABLE = (
    *CLEARED,
    "target_group_arns",
    "enabled_metrics",
    "suspended_processes",
    "instance_refresh",
    "tags",
    "launch_template",
    "mixed_instances_policy",
)


def problems(properties: Mapping[str, Any]) -> list[str]:
    """What is wrong between the fields."""
    said = [
        f"{name}: null says nothing here; leave it out"
        for name, value in properties.items()
        if value is None and name in FIELDS and name not in CLEARABLE
    ]
    single = properties.get("launch_template")
    mixed = properties.get("mixed_instances_policy")
    if (single is None) == (mixed is None):
        said.append("declare either launch_template or mixed_instances_policy")
    inner = mixed.get("launch_template") if isinstance(mixed, Mapping) else None
    named = inner.get("launch_template_specification") if inner else None
    for one in (single, named):
        if isinstance(one, Mapping) and _names(one) != 1:
            said.append(
                "launch_template: give launch_template_id or launch_template_name,"
                " one of them"
            )
    sizes = [properties.get(name) for name in ("min_size", "desired_capacity")]
    largest = properties.get("max_size")
    if _number(largest) and any(_number(one) and one > largest for one in sizes):
        said.append("max_size: is below min_size or desired_capacity; raise it")
    return said


def _names(specification: Mapping[str, Any]) -> int:
    names = ("launch_template_id", "launch_template_name")
    return sum(specification.get(name) is not None for name in names)


def _number(value: Any) -> bool:
    return isinstance(value, (int, float))
