# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""What the resources of ECS have in common: tags by ARN, names of 255 characters."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from .._converge.fields import Field, group, number, text
from .._converge.provider import Desired, Live
from .base import AwsType
from .tags import pairs

NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")

PROVIDER: Field = group(
    {
        "capacity_provider": text("FARGATE, FARGATE_SPOT or its name.", required=True),
        "weight": number("Its share of the tasks beyond the base."),
        "base": number("So many tasks run on it first."),
    },
    "A capacity provider.",
)


def wrong_name(name: str) -> str | None:
    """What ECS would say of the name of a cluster, a family or a service."""
    if NAME.fullmatch(name):
        return None
    return "takes 1 to 255 letters, digits, - and _"


class EcsType(AwsType):
    """An ECS resource with an `arn` among its attributes."""

    service = "ecs"

    def tags_of(self, desired: Desired) -> list[dict[str, str]]:
        """The tags of a creation."""
        return pairs(self.aws.marks(desired), "key", "value")

    def retag(
        self, live: Live, wanted: Mapping[str, str], unwanted: Sequence[str]
    ) -> None:
        """Set and remove tags."""
        client, arn = self.aws.client("ecs"), live.attributes["arn"]
        if wanted:
            client.tag_resource(resourceArn=arn, tags=pairs(wanted, "key", "value"))
        if unwanted:
            client.untag_resource(resourceArn=arn, tagKeys=list(unwanted))
