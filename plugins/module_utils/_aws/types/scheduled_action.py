# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""A scheduled action: a group's sizes from a time on, once or again and again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from ..._converge.fields import number, text
from ..._converge.overlay import overlay
from ..._converge.provider import Desired, Live, Reading
from ..._converge.shape import from_api
from ..base import AwsType
from ..fitting import fitting
from ..instances import is_gone

SIZES = ("min_size", "max_size", "desired_capacity")
TIMES = {"start_time": "StartTime", "end_time": "EndTime"}


def instant(value: Any) -> datetime | None:
    """A time as ISO 8601 has it, or as botocore gives it; without a zone it is UTC."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.replace("Z", "+00:00"))
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    return value.replace(tzinfo=value.tzinfo or timezone.utc)


def _utc(value: Any) -> Any:
    when = instant(value)
    return value if when is None else f"{when.astimezone(timezone.utc):%FT%TZ}"


def _wrong_time(value: str) -> str | None:
    if instant(value):
        return None
    return f"is {value!r}; write it as 2027-03-01T06:00:00Z"


def _wrong_cron(value: str) -> str | None:
    if len(value.split()) == 5:
        return None
    return "takes five fields as cron does: minute, hour, day, month, weekday"


class ScheduledAction(AwsType):
    """API: PutScheduledUpdateGroupAction, DescribeScheduledActions.

    It has no tags: its group owns it. AWS forgets an action that happens once as
    soon as it has happened; that is no reason to make it again.
    """

    name = "scheduled_action"
    service = "autoscaling"
    markable = False
    parents = ("auto_scaling_group",)
    uses = ("auto_scaling_group",)
    unique = ("auto_scaling_group_name", "scheduled_action_name")
    fields = {
        "auto_scaling_group_name": text(
            "The group that it scales.", required=True, immutable=True
        ),
        "scheduled_action_name": text(
            "Its name in the group.", required=True, immutable=True
        ),
        "recurrence": text("When, as cron has it: `0 6 * * 1-5`.", check=_wrong_cron),
        "time_zone": text("Whose clock recurrence means, such as America/Toronto."),
        "start_time": text(
            "When it happens, or first happens: 2027-03-01T06:00:00Z.",
            check=_wrong_time,
            normal=_utc,
        ),
        "end_time": text("When it last happens.", check=_wrong_time, normal=_utc),
        "min_size": number("The least from then on."),
        "max_size": number("The most from then on."),
        "desired_capacity": number("How many then."),
    }
    attributes = {"id": "The names of group and action.", "arn": "Its ARN."}

    def check(self, properties: Mapping[str, Any]) -> Sequence[str]:
        """A time and a size."""
        said = []
        if all(properties.get(name) is None for name in ("recurrence", "start_time")):
            said.append("declare start_time or recurrence")
        if all(properties.get(name) is None for name in SIZES):
            said.append(f"declare one of {', '.join(SIZES)}")
        return said

    def find(self, reading: Reading) -> Iterable[Live]:
        """All actions of the account in pages; those of the groups that we know."""
        groups = {
            group.id: group.owned for group in reading.parents["auto_scaling_group"]
        }
        declared = {self.identity(one.properties): one for one in reading.desired}
        names = {d.properties.get("auto_scaling_group_name") for d in reading.desired}
        wanted = set(groups) | {name for name in names if isinstance(name, str)}
        found = wanted and self.aws.pages(
            "autoscaling", "describe_scheduled_actions", "ScheduledUpdateGroupActions"
        )
        for raw in found or ():
            group = raw["AutoScalingGroupName"]
            if group in wanted:
                live = self._seen(raw, groups.get(group, False))
                one = declared.pop(self.identity(live.properties), None)
                yield _as_declared(live, one) if one else live
        for one in declared.values():
            if one.properties.get("auto_scaling_group_name") in groups and _over(one):
                yield _happened(one)

    def _seen(self, raw: Mapping[str, Any], owned: bool) -> Live:
        id_ = f"{raw['AutoScalingGroupName']}/{raw['ScheduledActionName']}"
        times = {key: _utc(raw[key]) for key in TIMES.values() if raw.get(key)}
        properties = from_api(self.fields, {**raw, **times})
        attributes = {"id": id_, "arn": raw.get("ScheduledActionARN")}
        return Live(id_, properties, attributes, owned=owned, raw=raw)

    def fetch(self, live: Live) -> Live:
        """As it is now."""
        return self._fetch(live.properties, live.owned)

    def _fetch(self, named: Mapping[str, Any], owned: bool) -> Live:
        found = self.aws.client("autoscaling").describe_scheduled_actions(
            AutoScalingGroupName=named["auto_scaling_group_name"],
            ScheduledActionNames=[named["scheduled_action_name"]],
        )
        return self._seen(found["ScheduledUpdateGroupActions"][0], owned)

    def make(self, desired: Desired) -> Live:
        """One call makes and changes it."""
        self._put({}, desired)
        return self._fetch(desired.properties, owned=True)

    def change(self, live: Live, desired: Desired, changed: frozenset[str]) -> None:
        """Sent as a whole, with what it has undeclared."""
        self._put(live.raw or {}, desired)

    def _put(self, raw: Mapping[str, Any], desired: Desired) -> None:
        client = self.aws.client("autoscaling")
        model = client.meta.service_model
        shape = model.operation_model("PutScheduledUpdateGroupAction").input_shape
        whole = fitting(shape, overlay(self.fields, raw, desired.properties))
        # `Time` is the former name of StartTime, and AWS refuses times that are past.
        whole.pop("Time", None)
        for key in TIMES.values():
            when = instant(whole.pop(key, None))
            if when and when > _now():
                whole[key] = when
        given = {key: value for key, value in whole.items() if value != ""}
        client.put_scheduled_update_group_action(**given)

    def remove(self, live: Live) -> None:
        """Gone with its group, or because it has happened, is fine."""
        try:
            self.aws.client("autoscaling").delete_scheduled_action(
                AutoScalingGroupName=live.properties["auto_scaling_group_name"],
                ScheduledActionName=live.properties["scheduled_action_name"],
            )
        except Exception as error:
            if not is_gone(error):
                raise


def _now() -> datetime:
    return datetime.now(timezone.utc)


def _past(value: Any) -> bool:
    when = instant(value)
    return when is not None and when <= _now()


def _over(desired: Desired) -> bool:
    """Whether AWS has forgotten it: it happened once, or for the last time."""
    once = not desired.properties.get("recurrence")
    return _past(desired.properties.get("start_time" if once else "end_time"))


def _happened(desired: Desired) -> Live:
    return Live("(has happened)", desired.properties, {"id": None}, owned=True)


def _as_declared(live: Live, desired: Desired) -> Live:
    """AWS moves the start of a recurring action on to its next time."""
    start = desired.properties.get("start_time")
    if not live.properties.get("recurrence") or not _past(start):
        return live
    properties = {**live.properties, "start_time": start}
    return Live(live.id, properties, live.attributes, owned=live.owned, raw=live.raw)


TYPE = ScheduledAction
