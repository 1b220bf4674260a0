# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""A log group: where log streams of one kind are kept, and for how long."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..._converge.fields import flag, number, text
from ..._converge.provider import Desired, Live
from ..._converge.shape import from_api, to_api
from ..indexed import IndexedType
from ..tags import TAGS, read_tags

# As many names as one call takes.
AT_ONCE = 50
DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827)
YEARS = (2192, 2557, 2922, 3288, 3653)


def _check_name(name: str) -> str | None:
    if re.fullmatch(r"[\w.#/-]{1,512}", name, re.ASCII) and not name.startswith("aws/"):
        return None
    return "takes 1 to 512 of a-z, A-Z, 0-9 and _-/.#, and may not start with aws/"


class LogGroup(IndexedType):
    """API: CreateLogGroup, DescribeLogGroups, PutRetentionPolicy."""

    name = "log_group"
    service = "logs"
    indexed = "logs:log-group"
    before_name = ":log-group:"
    unique = ("log_group_name",)
    fields = {
        "log_group_name": text(
            "Its name in the region.", required=True, immutable=True, check=_check_name
        ),
        "retention_in_days": number(
            "Days that entries are kept; null for ever.", choices=DAYS + YEARS
        ),
        "kms_key_id": text("The ARN of the key that encrypts it."),
        "log_group_class": text(
            "What can be done with it, and what it costs.",
            choices=("STANDARD", "INFREQUENT_ACCESS", "DELIVERY"),
            immutable=True,
        ),
        "deletion_protection_enabled": flag("AWS refuses to delete it."),
        "tags": TAGS,
    }
    attributes = {
        "id": "Its ARN.",
        "arn": "Its ARN.",
        "stream_arn": "The ARN of all its streams, which policies name.",
    }

    def described(self, names: Sequence[str]) -> Iterable[Mapping[str, Any]]:
        """DescribeLogGroups, fifty names a call."""
        for start in range(0, len(names), AT_ONCE):
            some = list(names[start : start + AT_ONCE])
            for raw in self.aws.pages(
                "logs", "describe_log_groups", "logGroups", logGroupIdentifiers=some
            ):
                # An emulator may not know the filter.
                if raw["logGroupName"] in some:
                    yield raw

    def arn(self, raw: Mapping[str, Any]) -> str:
        """Without the streams, as tags and most other calls want it."""
        return raw["arn"].removesuffix(":*")

    def properties(self, raw: Mapping[str, Any]) -> Mapping[str, Any]:
        """As the answer has them."""
        return from_api(self.fields, raw, lower=True)

    def seen(self, raw: Mapping[str, Any], tags: Any) -> Live:
        """With the ARN of its streams."""
        arn = self.arn(raw)
        streams = f"{arn}:*"
        return self.live(
            arn, self.properties(raw), tags, raw, arn=arn, stream_arn=streams
        )

    def tags_of(self, arn: str) -> Mapping[str, str]:
        """ListTagsForResource."""
        client = self.aws.client("logs")
        return read_tags(client.list_tags_for_resource(resourceArn=arn)["tags"])

    def make(self, desired: Desired) -> Live:
        """Create it with its tags, then say how long it keeps things."""
        given = desired.properties
        at_once = {
            name: value
            for name, value in given.items()
            if name not in ("tags", "retention_in_days")
        }
        self.aws.client("logs").create_log_group(
            **to_api(self.fields, at_once, lower=True), tags=self.aws.marks(desired)
        )
        if given.get("retention_in_days") is not None:
            self._retain(given["log_group_name"], given["retention_in_days"])
        return self.named(given["log_group_name"])

    def change(self, live: Live, desired: Desired, changed: frozenset[str]) -> None:
        """Each property has calls of its own."""
        client = self.aws.client("logs")
        name = live.properties["log_group_name"]
        if "retention_in_days" in changed:
            self._retain(name, desired.properties["retention_in_days"])
        if "kms_key_id" in changed:
            key = desired.properties["kms_key_id"]
            if key is None:
                client.disassociate_kms_key(logGroupName=name)
            else:
                client.associate_kms_key(logGroupName=name, kmsKeyId=key)
        if "deletion_protection_enabled" in changed:
            client.put_log_group_deletion_protection(
                logGroupIdentifier=name,
                deletionProtectionEnabled=bool(
                    desired.properties["deletion_protection_enabled"]
                ),
            )

    def remove(self, live: Live) -> None:
        """DeleteLogGroup; its entries go with it."""
        name = live.properties["log_group_name"]
        self.aws.client("logs").delete_log_group(logGroupName=name)

    def retag(
        self, live: Live, wanted: Mapping[str, str], unwanted: Sequence[str]
    ) -> None:
        """TagResource, UntagResource."""
        client = self.aws.client("logs")
        if wanted:
            client.tag_resource(resourceArn=live.id, tags=dict(wanted))
        if unwanted:
            client.untag_resource(resourceArn=live.id, tagKeys=list(unwanted))

    def _retain(self, name: str, days: Any) -> None:
        client = self.aws.client("logs")
        if days is None:
            client.delete_retention_policy(logGroupName=name)
        else:
            client.put_retention_policy(logGroupName=name, retentionInDays=int(days))


TYPE = LogGroup
