# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Named things whose list calls tell no tags: found through AWS's index of tags.

The Resource Groups Tagging API answers for the whole stack in one paged call. It
lags behind by a few seconds, so what is declared but not in the index is looked for
by its name, and its tags are asked for: a call for each new thing, none for others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from .._converge.provider import UNKNOWN, Live, Reading
from .base import AwsType
from .tags import STACK, pairs, read_tags

# The most that GetResources gives at once, where it gives half of it by default.
INDEX_PAGE = 100


class IndexedType(AwsType):
    """A type with one field in `unique`, its name, that ends its ARN.

    indexed: the service and kind as ARNs spell them. before_name: what stands before
    the name in an ARN.
    """

    indexed: ClassVar[str]
    before_name: ClassVar[str] = ":"

    # -- what a type fills in ---------------------------------------------------

    def described(self, names: Sequence[str]) -> Iterable[Mapping[str, Any]]:
        """Those things of these names that exist, as the service describes them."""
        raise NotImplementedError

    def arn(self, raw: Mapping[str, Any]) -> str:
        """The ARN of a described thing."""
        raise NotImplementedError

    def properties(self, raw: Mapping[str, Any]) -> Mapping[str, Any]:
        """A described thing in the shape of the fields."""
        raise NotImplementedError

    def tags_of(self, arn: str) -> Mapping[str, str]:
        """The tags of one thing, by the service itself."""
        raise NotImplementedError

    # -- what comes of it -------------------------------------------------------

    def find(self, reading: Reading) -> Iterable[Live]:
        """The stack's things, and those of others that have a declared name."""
        index = self._index()
        declared = (d.properties.get(self.unique[0]) for d in reading.desired)
        names = {name for name in declared if name is not None and name is not UNKNOWN}
        names.update(arn.rpartition(self.before_name)[2] for arn in index)
        for raw in self.described(sorted(names)):
            arn = self.arn(raw)
            known = index[arn] if arn in index else self.tags_of(arn)
            yield self.seen(raw, known)

    def seen(self, raw: Mapping[str, Any], tags: Any) -> Live:
        """A described thing as a Live, named by its ARN."""
        arn = self.arn(raw)
        return self.live(arn, self.properties(raw), tags, raw, arn=arn)

    def named(self, name: str) -> Live:
        """One thing as it is now, once it shows."""

        def look() -> Live | None:
            for raw in self.described([name]):
                return self.seen(raw, self.tags_of(self.arn(raw)))
            return None

        return self.aws.wait(f"{self.name} {name} to show", look)

    def fetch(self, live: Live) -> Live:
        """By its name, which never changes."""
        return self.named(live.properties[self.unique[0]])

    def _index(self) -> dict[str, dict[str, str]]:
        found = self.aws.pages(
            "resourcegroupstaggingapi",
            "get_resources",
            "ResourceTagMappingList",
            ResourceTypeFilters=[self.indexed],
            ResourcesPerPage=INDEX_PAGE,
            TagFilters=[{"Key": STACK, "Values": [self.aws.stack]}],
        )
        return {each["ResourceARN"]: read_tags(each.get("Tags")) for each in found}


class CloudWatchType(IndexedType):
    """What alarms and dashboards have in common: the calls for tags."""

    service = "cloudwatch"

    def tags_of(self, arn: str) -> Mapping[str, str]:
        """ListTagsForResource."""
        client = self.aws.client("cloudwatch")
        return read_tags(client.list_tags_for_resource(ResourceARN=arn)["Tags"])

    def retag(
        self, live: Live, wanted: Mapping[str, str], unwanted: Sequence[str]
    ) -> None:
        """TagResource, UntagResource."""
        client = self.aws.client("cloudwatch")
        if wanted:
            client.tag_resource(ResourceARN=live.id, Tags=pairs(wanted))
        if unwanted:
            client.untag_resource(ResourceARN=live.id, TagKeys=list(unwanted))
