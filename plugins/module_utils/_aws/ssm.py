# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""What patch baselines and maintenance windows of Systems Manager have in common.

Both are listed without their tags, which are asked for one by one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from .._converge.provider import Live, Reading
from .base import AwsType
from .tagged import one_by_one, with_tags
from .tags import STACK, read_tags, retag


def refused_name(name: str) -> str | None:
    """What Systems Manager would refuse in a name."""
    if re.fullmatch(r"[\w.-]{3,128}", name, re.ASCII):
        return None
    return f"{name!r}: use 3 to 128 letters, digits, -, _ and ."


class SsmType(AwsType):
    """A thing that is listed by name and tagged by its id.

    tag_type: as in AddTagsToResource. id_key, name_key: of a listing's entries.
    """

    service = "ssm"
    tag_type: ClassVar[str]
    id_key: ClassVar[str]
    name_key: ClassVar[str]

    def listed(self) -> list[dict[str, Any]]:
        """All there are in the region."""
        raise NotImplementedError

    def got(self, summary: Mapping[str, Any], tags: Any, declared: Any) -> Live:
        """The whole of a listing's entry; `declared` are the properties to read."""
        raise NotImplementedError

    def find(self, reading: Reading) -> Iterable[Live]:
        """One listing, the tags of what has a declared name, the whole of ours."""
        declared = {desired.resource: desired.properties for desired in reading.desired}
        names = {properties.get("name") for properties in declared.values()}
        found = with_tags(
            self.listed(),
            one_by_one(lambda summary: self._tags(summary[self.id_key])),
            lambda summary: summary.get(self.name_key) in names,
            self.aws.stack,
            reading,
        )
        for summary, tags in found:
            if tags.get(STACK) == self.aws.stack:
                resource = self.live("", {}, tags).resource
                yield self.got(summary, tags, declared.get(resource, {}))

    def fetch(self, live: Live) -> Live:
        """Read again, as much as was read before."""
        summary = {self.id_key: live.id}
        return self.got(summary, self._tags(live.id), live.properties)

    def retag(
        self, live: Live, wanted: Mapping[str, str], unwanted: Sequence[str]
    ) -> None:
        """Set and remove tags: one call each."""
        where = {"ResourceType": self.tag_type, "ResourceId": live.id}
        retag(self.aws.client("ssm"), wanted, unwanted, **where)

    def _tags(self, id_: str) -> dict[str, str]:
        answer = self.aws.client("ssm").list_tags_for_resource(
            ResourceType=self.tag_type, ResourceId=id_
        )
        return read_tags(answer["TagList"])
