# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""An ECS task definition: what runs together, in numbered revisions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..._converge.overlay import overlay
from ..._converge.provider import Desired, Live, Reading
from ..._converge.shape import from_api
from ..calls import said, settled
from ..ecs import EcsType
from ..errors import code
from ..fitting import fitting
from ..tagged import one_by_one
from ..tags import pairs, read_tags
from ..task_fields import FIELDS


class EcsTaskDefinition(EcsType):
    """API: RegisterTaskDefinition, DescribeTaskDefinition, DeregisterTaskDefinition.

    A revision never changes: a change registers a new one, from the newest and what
    is declared, and deregisters those before. What runs keeps running.
    """

    name = "ecs_task_definition"
    uses = ("iam_role", "log_group", "ecr_repository", "efs_file_system")
    unique = ("family",)
    volatile = ("arn", "revision")
    fields = FIELDS
    attributes = {
        "id": "The family.",
        "arn": "The ARN of the newest revision.",
        "revision": "Its number.",
    }

    def check(self, properties: Mapping[str, Any]) -> Sequence[str]:
        """What Fargate asks for."""
        if "FARGATE" not in (properties.get("requires_compatibilities") or ()):
            return ()
        missing = [n for n in ("cpu", "memory") if properties.get(n) is None]
        said_ = [f"{name} is missing, which Fargate needs" for name in missing]
        if properties.get("network_mode") != "awsvpc":
            said_.append("network_mode: Fargate needs awsvpc")
        return said_

    def find(self, reading: Reading) -> Iterable[Live]:
        """The newest revision of each family, a call each: no call gives several.

        Those of other families only if a declared one is then still missing (it may
        have been renamed), or if everything of the stack is wanted.
        """
        newest = one_by_one(self._newest)
        names = [one.properties.get("family") for one in reading.desired]
        declared = [name for name in names if isinstance(name, str)]
        found = newest(declared)
        here = {live.resource for live in found if live and live.owned}
        if reading.everything or {one.resource for one in reading.desired} - here:
            families = self.aws.pages(
                "ecs", "list_task_definition_families", "families", status="ACTIVE"
            )
            found = [*found, *newest([n for n in families if n not in declared])]
        for live in found:
            if live and (live.owned or live.id in declared):
                yield live

    def _newest(self, family: str) -> Live | None:
        """The newest revision, under the mark of the family.

        A revision that was registered past us carries no mark. The family is ours
        all the same as long as one of its revisions does.
        """
        live = self._described(family)
        if live is None or live.owned:
            return live
        for arn in self._revisions(family):
            older = None if arn == live.attributes["arn"] else self._described(arn)
            if older and older.owned:
                tags = older.raw["tags"]
                return self._seen(live.raw["taskDefinition"], tags)
        return live

    def _described(self, name: str) -> Live | None:
        try:
            found = self.aws.client("ecs").describe_task_definition(
                taskDefinition=name, include=["TAGS"]
            )
        except Exception as error:
            # Its code is that of any wrong request.
            if code(error) == "ClientException" and "describe" in said(error):
                return None
            raise
        if found["taskDefinition"]["status"] != "ACTIVE":
            return None
        return self._seen(found["taskDefinition"], found.get("tags") or [])

    def _seen(self, task: Mapping[str, Any], tags: list[dict[str, str]]) -> Live:
        more = {"arn": task["taskDefinitionArn"], "revision": task["revision"]}
        raw = {"taskDefinition": task, "tags": tags}
        properties = from_api(self.fields, task, lower=True)
        return self.live(task["family"], properties, tags, raw, **more)

    def _revisions(self, family: str) -> list[str]:
        """The active ones; of this family alone, since what comes of it goes."""
        arns = self.aws.pages(
            "ecs",
            "list_task_definitions",
            "taskDefinitionArns",
            familyPrefix=family,
            status="ACTIVE",
        )
        return [arn for arn in arns if _family(arn) == family]

    def fetch(self, live: Live) -> Live:
        """The newest revision."""
        return self.aws.wait(
            f"task definition {live.id} to show", lambda: self._newest(live.id)
        )

    def make(self, desired: Desired) -> Live:
        """Its first revision, or the next one of a family that was emptied."""
        return self._register({}, desired, self.aws.marks(desired))

    def _register(
        self, there: Mapping[str, Any], desired: Desired, tags: Mapping[str, str]
    ) -> Live:
        client = self.aws.client("ecs")
        operation = client.meta.service_model.operation_model("RegisterTaskDefinition")
        given = {n: v for n, v in desired.properties.items() if n != "tags"}
        whole = overlay(self.fields, there, given, lower=True)
        parameters = fitting(operation.input_shape, whole)
        made = settled(
            self.aws,
            lambda: client.register_task_definition(
                **parameters, tags=pairs(tags, "key", "value")
            ),
            _unknown_role,
        )
        return self._seen(made["taskDefinition"], made.get("tags") or [])

    def change(self, live: Live, desired: Desired, changed: frozenset[str]) -> None:
        """A new revision with the tags of the last, then the others go."""
        tags = {**read_tags(live.raw["tags"]), **self.aws.marks(desired)}
        removed = desired.properties.get("tags") or {}
        tags = {k: v for k, v in tags.items() if removed.get(k, v) is not None}
        made = self._register(live.raw["taskDefinition"], desired, tags)
        self._deregister(live.id, keep=made.attributes["arn"])

    def retag(
        self, live: Live, wanted: Mapping[str, str], unwanted: Sequence[str]
    ) -> None:
        """With the mark, should the newest revision have been registered past us."""
        marks = {k: v for k, v in read_tags(live.raw["tags"]).items() if "vigie:" in k}
        super().retag(live, {**marks, **wanted}, unwanted)

    def _deregister(self, family: str, keep: str = "") -> None:
        for arn in self._revisions(family):
            if arn != keep:
                self.aws.client("ecs").deregister_task_definition(taskDefinition=arn)

    def remove(self, live: Live) -> None:
        """All of its revisions; ECS keeps them as inactive, for what still runs."""
        self._deregister(live.id)
        self.aws.wait(
            f"task definition {live.id} to be gone",
            lambda: not self._revisions(live.id),
        )


def _family(arn: str) -> str:
    return arn.rsplit("/", 1)[-1].rpartition(":")[0]


def _unknown_role(error: Exception) -> bool:
    """A role made a moment ago is refused as if it did not exist."""
    return "role is not valid" in said(error)


TYPE = EcsTaskDefinition
