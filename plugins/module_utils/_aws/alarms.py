# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Alarms: put as a whole, so what is not declared is put back as it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from .._converge.fields import flag, many, text
from .._converge.provider import Desired, Live
from .._converge.shape import from_api, to_api
from .indexed import CloudWatchType
from .tags import TAGS, pairs

# As many names as one call takes.
AT_ONCE = 100

COMMON = {
    "alarm_name": text(
        "Its name in the region.",
        required=True,
        immutable=True,
        check=lambda name: (
            None if 1 <= len(name) <= 255 else "takes 1 to 255 characters"
        ),
    ),
    "alarm_description": text("What it is about, and what to do when it goes off."),
    "actions_enabled": flag("Whether its actions are taken."),
    "alarm_actions": many(
        text("An ARN."), "Told when it goes off, such as a topic.", order="set"
    ),
    "ok_actions": many(
        text("An ARN."), "Told when it is well again.", order="set", api="OKActions"
    ),
    "insufficient_data_actions": many(
        text("An ARN."), "Told when there is nothing to judge by.", order="set"
    ),
    "tags": TAGS,
}


class AlarmType(CloudWatchType):
    """An alarm of one kind.

    kind: as DescribeAlarms filters by it, and, with an s, the key of its answer.
    put: the call, and the operation, that create and change it.
    """

    kind: ClassVar[str]
    put: ClassVar[tuple[str, str]]
    indexed = "cloudwatch:alarm"
    before_name = ":alarm:"
    unique = ("alarm_name",)
    attributes: ClassVar[Mapping[str, str]] = {"id": "Its ARN.", "arn": "Its ARN."}

    def described(self, names: Sequence[str]) -> Iterable[Mapping[str, Any]]:
        """DescribeAlarms, a hundred names a call."""
        for start in range(0, len(names), AT_ONCE):
            answer = self.aws.client("cloudwatch").describe_alarms(
                AlarmNames=list(names[start : start + AT_ONCE]),
                AlarmTypes=[self.kind],
                MaxRecords=AT_ONCE,
            )
            yield from answer.get(f"{self.kind}s") or ()

    def arn(self, raw: Mapping[str, Any]) -> str:
        """Its ARN."""
        return raw["AlarmArn"]

    def properties(self, raw: Mapping[str, Any]) -> Mapping[str, Any]:
        """As the answer has them."""
        return from_api(self.fields, raw)

    def make(self, desired: Desired) -> Live:
        """Put it with its tags; those are taken only while it does not exist."""
        self._put(self.wanted({}, desired), Tags=pairs(self.aws.marks(desired)))
        return self.named(desired.properties["alarm_name"])

    def change(self, live: Live, desired: Desired, changed: frozenset[str]) -> None:
        """Put all of it: what the call leaves out would be reset."""
        self._put(self.wanted(live.raw, desired))

    def wanted(self, raw: Mapping[str, Any], desired: Desired) -> dict[str, Any]:
        """What lives, with what is declared over it; what is null is left out."""
        own = {k: v for k, v in desired.properties.items() if k != "tags"}
        declared = to_api(self.fields, own)
        nulls = to_api(self.fields, {k: "" for k, v in own.items() if v is None})
        model = self.aws.client("cloudwatch").meta.service_model
        takes = model.operation_model(self.put[1]).input_shape.members
        kept = {k: v for k, v in raw.items() if k in takes and k not in nulls}
        return {**kept, **declared}

    def remove(self, live: Live) -> None:
        """DeleteAlarms."""
        name = live.properties["alarm_name"]
        self.aws.client("cloudwatch").delete_alarms(AlarmNames=[name])

    def _put(self, arguments: Mapping[str, Any], **more: Any) -> None:
        getattr(self.aws.client("cloudwatch"), self.put[0])(**arguments, **more)
