# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""An ECS cluster: where services run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..._converge.fields import flag, group, many, text
from ..._converge.overlay import overlay
from ..._converge.provider import Desired, Live, Reading
from ..._converge.shape import from_api, to_api
from ..calls import settled
from ..ecs import PROVIDER, EcsType, wrong_name
from ..errors import code
from ..tags import TAGS

# As many as DescribeClusters takes.
AT_ONCE = 100
PROVIDERS = ("capacity_providers", "default_capacity_provider_strategy")
LOGS = {
    "cloud_watch_log_group_name": text("The log group."),
    "cloud_watch_encryption_enabled": flag("Encrypted."),
    "s3_bucket_name": text("The bucket."),
    "s3_encryption_enabled": flag("Encrypted."),
    "s3_key_prefix": text("The folder in the bucket."),
}
EXECUTE = {
    "kms_key_id": text("The key that encrypts the session."),
    "logging": text("Where it is logged.", choices=("NONE", "DEFAULT", "OVERRIDE")),
    "log_configuration": group(LOGS, "Of OVERRIDE: where."),
}


class EcsCluster(EcsType):
    """API: CreateCluster, UpdateCluster, PutClusterCapacityProviders."""

    name = "ecs_cluster"
    unique = ("cluster_name",)
    uses = ("log_group", "s3_bucket")
    fields = {
        "cluster_name": text(
            "Its name.", required=True, immutable=True, check=wrong_name
        ),
        "settings": many(
            group(
                {
                    "name": text("Its name.", required=True),
                    "value": text("Its value.", required=True),
                },
                "A setting.",
            ),
            "Such as containerInsights: enhanced.",
            order="key",
            key="name",
        ),
        "configuration": group(
            {"execute_command_configuration": group(EXECUTE, "Of ECS Exec.")},
            "How commands in its containers are run.",
        ),
        "service_connect_defaults": group(
            {"namespace": text("The Cloud Map namespace.", required=True)},
            "Where its services find each other.",
        ),
        "capacity_providers": many(
            text("FARGATE, FARGATE_SPOT or a name."), "What tasks run on.", order="set"
        ),
        "default_capacity_provider_strategy": many(
            PROVIDER,
            "How tasks are spread that say nothing of it.",
            order="key",
            key="capacity_provider",
        ),
        "tags": TAGS,
    }
    attributes = {"id": "Its ARN.", "arn": "Its ARN."}

    def find(self, reading: Reading) -> Iterable[Live]:
        """All clusters of the region, a hundred a call; ours and the declared ones."""
        declared = {one.properties.get("cluster_name") for one in reading.desired}
        arns = self.aws.pages("ecs", "list_clusters", "clusterArns")
        for live in self._described(arns):
            if live.owned or live.properties["cluster_name"] in declared:
                yield live

    def fetch(self, live: Live) -> Live:
        """As it is now."""
        return self._described([live.id])[0]

    def _described(self, arns: list[str]) -> list[Live]:
        found: list[Any] = []
        for start in range(0, len(arns), AT_ONCE):
            found += self.aws.client("ecs").describe_clusters(
                clusters=arns[start : start + AT_ONCE],
                include=["TAGS", "SETTINGS", "CONFIGURATIONS"],
            )["clusters"]
        # A deleted cluster is inactive for a while; PROVISIONING and
        # DEPROVISIONING are of its capacity providers.
        gone = ("INACTIVE", "DEPROVISIONING")
        return [self._seen(raw) for raw in found if raw.get("status") not in gone]

    def _seen(self, raw: Mapping[str, Any]) -> Live:
        arn = raw["clusterArn"]
        properties = from_api(self.fields, raw, lower=True)
        return self.live(arn, properties, raw.get("tags"), raw, arn=arn)

    def make(self, desired: Desired) -> Live:
        """Create it and wait for its capacity providers."""
        given = {n: v for n, v in desired.properties.items() if n != "tags"}
        made = self.aws.client("ecs").create_cluster(
            **to_api(self.fields, given, lower=True), tags=self.tags_of(desired)
        )
        return self._ready(made["cluster"]["clusterArn"])

    def _ready(self, arn: str) -> Live:
        def look() -> Live | None:
            found = self._described([arn])
            busy = not found or _changing(found[0].raw)
            return None if busy else found[0]

        return self.aws.wait(f"ECS cluster {arn} to be active", look)

    def change(self, live: Live, desired: Desired, changed: frozenset[str]) -> None:
        """Its capacity providers are a call of their own, and one set."""
        client, want = self.aws.client("ecs"), desired.properties
        direct = {n: want[n] for n in changed if n not in PROVIDERS}
        if direct:
            there = {"configuration": live.raw.get("configuration") or {}}
            there = {k: v for k, v in there.items() if k in direct}
            client.update_cluster(
                cluster=live.id, **overlay(self.fields, there, direct, lower=True)
            )
        if changed & set(PROVIDERS):
            both = {n: want.get(n, live.properties.get(n)) or [] for n in PROVIDERS}
            settled(
                self.aws,
                lambda: client.put_cluster_capacity_providers(
                    cluster=live.id, **to_api(self.fields, both, lower=True)
                ),
                lambda error: code(error) == "UpdateInProgressException",
            )
        self._ready(live.id)

    def remove(self, live: Live) -> None:
        """As soon as its services and tasks have ended."""
        client = self.aws.client("ecs")
        settled(
            self.aws,
            lambda: client.delete_cluster(cluster=live.id),
            lambda error: code(error).startswith(("ClusterContains", "UpdateIn")),
            limit=300.0,
        )
        self.aws.wait(
            f"ECS cluster {live.id} to be gone", lambda: not self._described([live.id])
        )


def _changing(raw: Mapping[str, Any]) -> bool:
    attaching = raw.get("attachmentsStatus") == "UPDATE_IN_PROGRESS"
    return attaching or raw.get("status") == "PROVISIONING"


TYPE = EcsCluster
