# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""An ElastiCache replication group: Redis OSS or Valkey with replicas and shards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..._converge.provider import Desired, Live, Reading
from ..._converge.shape import to_api
from ..._errors import RunError
from ..cache import FIELDS, as_declared, shaped
from ..errors import code, is_absent
from ..kept import KeepingType
from ..tagged import one_by_one, with_tags
from ..tags import pairs, read_tags, retag

# Properties that have operations of their own, or that are only ours.
APART = (
    "auth_token",
    "auth_token_update_strategy",
    "final_snapshot_identifier",
    "num_node_groups",
    "replicas_per_node_group",
    "tags",
)


class CacheReplicationGroup(KeepingType):
    """API: Create/Describe/Modify/DeleteReplicationGroup, DescribeCacheClusters,
    Increase/DecreaseReplicaCount, ModifyReplicationGroupShardConfiguration."""

    name = "cache_replication_group"
    service = "elasticache"
    unique = ("replication_group_id",)
    uses = ("cache_subnet_group", "security_group", "log_group", "sns_topic")
    kept = ("final_snapshot_identifier",)
    fields = FIELDS
    attributes = {
        "id": "Its name.",
        "arn": "Its ARN.",
        "endpoint": "Where clients go, `endpoint.address` and `endpoint.port`: the"
        " primary, or with cluster mode what tells them the shards.",
        "reader_endpoint": "Likewise, what spreads over the replicas (one shard).",
    }

    def check(self, properties: Mapping[str, Any]) -> Sequence[str]:
        """What AWS would refuse in sum."""
        said = []
        if properties.get("multi_az_enabled") is True:
            if properties.get("automatic_failover_enabled") is False:
                said.append("multi_az_enabled: takes automatic_failover_enabled: true")
            if properties.get("replicas_per_node_group") == 0:
                said.append("multi_az_enabled: takes at least one replica a shard")
        encrypted = properties.get("transit_encryption_enabled") not in (None, False)
        if properties.get("auth_token") is not None and not encrypted:
            said.append("auth_token: takes transit_encryption_enabled: true")
        return said

    # -- reading ----------------------------------------------------------------

    def find(self, reading: Reading) -> Iterable[Live]:
        """Two paged lists; the tags cost a call for each group that is asked about."""
        names = {self.identity(d.properties) for d in reading.desired}
        declared = {d.resource: d.properties for d in reading.desired}
        groups = self.aws.pages(
            "elasticache", "describe_replication_groups", "ReplicationGroups"
        )
        found = with_tags(
            [raw for raw in groups if raw.get("Status") != "deleting"],
            one_by_one(self._tags),
            lambda raw: raw["ReplicationGroupId"] in names,
            self.aws.stack,
            reading,
        )
        members = self._members() if found else {}
        for raw, tags in found:
            live = self._seen(raw, tags, members.get(raw["ReplicationGroupId"], {}))
            yield as_declared(live, declared.get(live.resource or "", {}))

    def _members(self, **parameters: Any) -> dict[str, Mapping[str, Any]]:
        """One node of each group: what a group does not say, all its nodes say."""
        nodes = self.aws.pages(
            "elasticache", "describe_cache_clusters", "CacheClusters", **parameters
        )
        return {node.get("ReplicationGroupId", ""): node for node in reversed(nodes)}

    def _tags(self, raw: Mapping[str, Any]) -> dict[str, str]:
        client = self.aws.client("elasticache")
        answer = client.list_tags_for_resource(ResourceName=raw["ARN"])
        return read_tags(answer["TagList"])

    def _seen(
        self, raw: Mapping[str, Any], tags: Any, member: Mapping[str, Any]
    ) -> Live:
        nodes = raw.get("NodeGroups") or [{}]
        writer = raw.get("ConfigurationEndpoint") or nodes[0].get("PrimaryEndpoint", {})
        return self.live(
            raw["ReplicationGroupId"],
            shaped(raw, member),
            tags,
            {"group": raw, "member": member},
            arn=raw.get("ARN"),
            endpoint=_place(writer),
            reader_endpoint=_place(nodes[0].get("ReaderEndpoint", {})),
        )

    def fetch(self, live: Live) -> Live:
        """The group, one of its nodes, its tags."""
        raw = self._described(live.id)
        nodes = raw.get("MemberClusters") or ()
        members = self._members(CacheClusterId=nodes[0]) if nodes else {}
        return self._seen(raw, self._tags(raw), members.get(live.id, {}))

    def _described(self, name: str) -> Mapping[str, Any]:
        answer = self.aws.client("elasticache").describe_replication_groups(
            ReplicationGroupId=name
        )
        return answer["ReplicationGroups"][0]

    # -- writing ----------------------------------------------------------------

    def make(self, desired: Desired) -> Live:
        """Create it with its tags and wait until it serves."""
        ours = ("tags", "apply_immediately", "auth_token_update_strategy", *self.kept)
        given = {k: v for k, v in desired.properties.items() if k not in ours}
        name = given["replication_group_id"]

        def create() -> bool:
            try:
                self.aws.client("elasticache").create_replication_group(
                    **to_api(self.fields, given), Tags=pairs(self.marks(desired))
                )
            except Exception as error:
                if "AlreadyExists" in code(error) and self._leaving(name):
                    return False
                raise
            return True

        self.aws.wait(f"the {self.name} that was called {name} to be gone", create)
        return self.fetch(self._ready(name))

    def _found_again(self, desired: Desired) -> Live | None:
        """What a creation without an answer made, once it serves."""
        found = super()._found_again(desired)
        return found and self.fetch(self._ready(found.id))

    def _leaving(self, name: str) -> bool:
        try:
            return self._described(name).get("Status") == "deleting"
        except Exception as error:
            if is_absent(error):
                return True
            raise

    def _ready(self, name: str) -> Live:
        """Wait until it serves and nothing is being changed."""

        def look() -> Live | None:
            try:
                raw = self._described(name)
            except Exception as error:
                if is_absent(error):
                    return None
                raise
            if raw.get("Status") == "create-failed":
                raise RunError(
                    f"{self.name} {name} could not be created: see its events in"
                    " ElastiCache, delete it and run again."
                )
            busy = raw.get("Status") != "available"
            return None if busy else self.live(name, {}, raw=raw)

        return self.aws.wait(f"{self.name} {name} to be available", look)

    def change(self, live: Live, desired: Desired, changed: frozenset[str]) -> None:
        """Room first: replicas and shards that come, what is modified, then those
        that go. A failover switched on needs its replicas, and off frees them."""
        wanted = desired.properties
        self._ready(live.id)
        more = "replicas_per_node_group" in changed and _grows(live, wanted)
        if more:
            self._replicas(live.id, "increase", wanted)
        if "num_node_groups" in changed:
            self._shards(live, int(wanted["num_node_groups"]))
        self._modify(live, wanted, changed)
        if "replicas_per_node_group" in changed and not more:
            self._replicas(live.id, "decrease", wanted)

    def _replicas(self, name: str, verb: str, wanted: Mapping[str, Any]) -> None:
        getattr(self.aws.client("elasticache"), f"{verb}_replica_count")(
            ReplicationGroupId=name,
            NewReplicaCount=int(wanted["replicas_per_node_group"] or 0),
            ApplyImmediately=True,
        )
        self._ready(name)

    def _shards(self, live: Live, count: int) -> None:
        names = sorted(each["NodeGroupId"] for each in live.raw["group"]["NodeGroups"])
        leaving = {"NodeGroupsToRemove": names[count:]} if count < len(names) else {}
        self.aws.client("elasticache").modify_replication_group_shard_configuration(
            ReplicationGroupId=live.id,
            NodeGroupCount=count,
            ApplyImmediately=True,
            **leaving,
        )
        self._ready(live.id)

    def _modify(
        self, live: Live, wanted: Mapping[str, Any], changed: frozenset[str]
    ) -> None:
        client = self.aws.client("elasticache")
        lists = ("user_group_ids", "log_delivery_configurations")
        plain = {k: wanted[k] for k in changed if k not in (*APART, *lists)}
        parameters = to_api(self.fields, plain)
        if "user_group_ids" in changed:
            want = set(wanted["user_group_ids"] or ())
            have = set(live.properties.get("user_group_ids") or ())
            parameters["UserGroupIdsToAdd"] = sorted(want - have)
            parameters["UserGroupIdsToRemove"] = sorted(have - want)
        if "log_delivery_configurations" in changed:
            parameters["LogDeliveryConfigurations"] = self._logs(live, wanted)
        if parameters:
            at_once = wanted.get("apply_immediately") is True
            parameters.update(ReplicationGroupId=live.id, ApplyImmediately=at_once)
            client.modify_replication_group(**parameters)
            self._ready(live.id)
        strategy = wanted.get("auth_token_update_strategy")
        if strategy:
            token = {} if strategy == "DELETE" else {"AuthToken": wanted["auth_token"]}
            # AWS takes a token alone, and at once.
            client.modify_replication_group(
                ReplicationGroupId=live.id,
                AuthTokenUpdateStrategy=strategy,
                ApplyImmediately=True,
                **token,
            )
            self._ready(live.id)

    def _logs(self, live: Live, wanted: Mapping[str, Any]) -> list[dict[str, Any]]:
        name = "log_delivery_configurations"
        logs = to_api(self.fields, {name: wanted[name] or []})
        there = {each["log_type"] for each in live.properties.get(name, ())}
        gone = there - {each["log_type"] for each in wanted[name] or ()}
        off = [{"LogType": kind, "Enabled": False} for kind in sorted(gone)]
        return [*logs["LogDeliveryConfigurations"], *off]

    def remove(self, live: Live) -> None:
        """Delete it, with a last snapshot where one was asked for, and wait."""
        client, more = self.aws.client("elasticache"), {}
        if live.properties.get("final_snapshot_identifier"):
            last = live.properties["final_snapshot_identifier"]
            more["FinalSnapshotIdentifier"] = last

        def gone() -> bool:
            try:
                if self._described(live.id).get("Status") != "deleting":
                    client.delete_replication_group(ReplicationGroupId=live.id, **more)
            except Exception as error:
                if is_absent(error):
                    return True
                # It is being changed; the next look tries again.
                if "State" not in code(error):
                    raise
            return False

        self.aws.wait(f"{self.name} {live.id} to be deleted", gone)

    def retag(
        self, live: Live, wanted: Mapping[str, str], unwanted: Sequence[str]
    ) -> None:
        """By ARN."""
        arn = live.attributes["arn"]
        retag(self.aws.client("elasticache"), wanted, unwanted, ResourceName=arn)


def _grows(live: Live, wanted: Mapping[str, Any]) -> bool:
    have = live.properties.get("replicas_per_node_group", 0)
    return (wanted["replicas_per_node_group"] or 0) > have


def _place(endpoint: Mapping[str, Any]) -> dict[str, Any]:
    return {"address": endpoint.get("Address"), "port": endpoint.get("Port")}


TYPE = CacheReplicationGroup
