# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""The named groups of subnets that RDS and ElastiCache each have: alike but in name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from .._converge.fields import Field, many, text
from .._converge.provider import Desired, Live, Reading
from .._converge.shape import from_api, to_api
from .errors import code, is_in_use
from .kept import KeepingType
from .tagged import one_by_one, with_tags
from .tags import TAGS, pairs, read_tags, retag


def name_check(pattern: str, takes: str) -> Any:
    """A check of a name: what it must match, and that in words."""

    def check(name: str) -> str | None:
        if re.fullmatch(pattern, name) and name != "default":
            return None
        return f"is {name!r}; AWS takes {takes}, and not the name default"

    return check


def group_fields(prefix: str, pattern: str, takes: str) -> dict[str, Field]:
    """The properties of a group, under the names of its service."""
    small = prefix.lower()
    return {
        f"{small}_subnet_group_name": text(
            "Its name.",
            required=True,
            immutable=True,
            check=name_check(pattern, takes),
            api=f"{prefix}SubnetGroupName",
        ),
        f"{small}_subnet_group_description": text(
            "What it is for.", required=True, api=f"{prefix}SubnetGroupDescription"
        ),
        "subnet_ids": many(
            text("A subnet."),
            "Its subnets, in at least two zones for a database.",
            order="set",
            required=True,
        ),
        "tags": TAGS,
    }


class SubnetGroupType(KeepingType):
    """prefix: the service's name for its own things, `DB` or `Cache`."""

    prefix: ClassVar[str]
    arn: ClassVar[str]
    uses = ("subnet",)

    @property
    def _key(self) -> str:
        return f"{self.prefix}SubnetGroupName"

    def _call(self, verb: str, **parameters: Any) -> Any:
        ending = "s" if verb == "describe" else ""
        operation = f"{verb}_{self.prefix.lower()}_subnet_group{ending}"
        return getattr(self.aws.client(self.service), operation)(**parameters)

    def find(self, reading: Reading) -> Iterable[Live]:
        """One paged list of all; their tags cost a call each."""
        names = {self.identity(d.properties) for d in reading.desired}
        groups = self.aws.pages(
            self.service,
            f"describe_{self.prefix.lower()}_subnet_groups",
            f"{self.prefix}SubnetGroups",
        )
        found = with_tags(
            groups,
            one_by_one(self._tags),
            lambda raw: raw[self._key] in names,
            self.aws.stack,
            reading,
        )
        return [self._seen(raw, tags) for raw, tags in found]

    def _tags(self, raw: Mapping[str, Any]) -> dict[str, str]:
        if not raw.get(self.arn):
            return {}
        client = self.aws.client(self.service)
        answer = client.list_tags_for_resource(ResourceName=raw[self.arn])
        return read_tags(answer["TagList"])

    def _seen(self, raw: Mapping[str, Any], tags: Mapping[str, str]) -> Live:
        shown = from_api(self.fields, raw)
        shown["subnet_ids"] = [each["SubnetIdentifier"] for each in raw["Subnets"]]
        more = {"arn": raw.get(self.arn), "vpc_id": raw.get("VpcId")}
        return self.live(raw[self._key], shown, tags, raw, **more)

    def fetch(self, live: Live) -> Live:
        """Described again, with its tags."""
        answer = self._call("describe", **{self._key: live.id})
        raw = answer[f"{self.prefix}SubnetGroups"][0]
        return self._seen(raw, self._tags(raw))

    def make(self, desired: Desired) -> Live:
        """One call, with its tags."""
        properties = {k: v for k, v in desired.properties.items() if k != "tags"}
        marks = self.marks(desired)
        answer = self._call(
            "create", **to_api(self.fields, properties), Tags=pairs(marks)
        )
        return self._seen(answer[f"{self.prefix}SubnetGroup"], marks)

    def change(self, live: Live, desired: Desired, changed: frozenset[str]) -> None:
        """The whole group in one call, so it is never without subnets."""
        properties = {k: v for k, v in desired.properties.items() if k != "tags"}
        self._call("modify", **to_api(self.fields, properties))

    def remove(self, live: Live) -> None:
        """Delete it once nothing is in it any more."""
        self.once_unused(
            live,
            lambda: self._call("delete", **{self._key: live.id}),
            lambda error: is_in_use(error) or "State" in code(error),
        )

    def retag(
        self, live: Live, wanted: Mapping[str, str], unwanted: Sequence[str]
    ) -> None:
        """By ARN, in both services."""
        arn = live.attributes["arn"]
        retag(self.aws.client(self.service), wanted, unwanted, ResourceName=arn)
