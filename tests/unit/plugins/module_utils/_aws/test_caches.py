# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ElastiCache where emulators have no answer: against Amazon's own models.

No emulator keeps a change until the maintenance window, passes one on to the nodes of
a group, or knows shards.
"""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.vigie.run.plugins.module_utils._aws.base import Aws
from ansible_collections.vigie.run.plugins.module_utils._aws.types import (
    cache_replication_group,
)
from ansible_collections.vigie.run.plugins.module_utils._converge.compare import compare
from ansible_collections.vigie.run.plugins.module_utils._converge.provider import (
    Desired,
    Reading,
)

CacheReplicationGroup = cache_replication_group.CacheReplicationGroup
TAGS = [
    {"Key": "vigie:stack", "Value": "portal"},
    {"Key": "vigie:resource", "Value": "sessions"},
]
CACHE_ARN = "arn:aws:elasticache:ca-central-1:123456789012:replicationgroup:sessions"
CACHE = {
    "replication_group_id": "sessions",
    "replication_group_description": "Sessions",
    "engine": "valkey",
    "cache_node_type": "cache.r7g.large",
}


def _group(shards: int = 3, replicas: int = 1) -> dict[str, Any]:
    member = {"CacheClusterId": "sessions-001"}
    return {
        "ReplicationGroups": [
            {
                "ReplicationGroupId": "sessions",
                "Description": "Sessions",
                "Engine": "valkey",
                "Status": "available",
                "CacheNodeType": "cache.r7g.large",
                "ARN": CACHE_ARN,
                "MemberClusters": ["sessions-001"],
                "ConfigurationEndpoint": {"Address": "sessions.example", "Port": 6379},
                "NodeGroups": [
                    {
                        "NodeGroupId": f"000{number + 1}",
                        "NodeGroupMembers": [member] * (replicas + 1),
                    }
                    for number in range(shards)
                ],
            }
        ]
    }


def _members(**more: Any) -> dict[str, Any]:
    node = {
        "CacheClusterId": "sessions-001",
        "ReplicationGroupId": "sessions",
        "EngineVersion": "8.0.1",
        "PreferredMaintenanceWindow": "sun:04:00-sun:05:00",
        "SecurityGroups": [{"SecurityGroupId": "sg-1", "Status": "active"}],
        **more,
    }
    return {"CacheClusters": [node]}


def _read(
    aws: Aws, elasticache: Any, members: dict, **declared: Any
) -> tuple[CacheReplicationGroup, Any, Desired]:
    elasticache.add_response("describe_replication_groups", _group())
    elasticache.add_response("list_tags_for_resource", {"TagList": TAGS})
    elasticache.add_response("describe_cache_clusters", members)
    type_ = CacheReplicationGroup(aws)
    desired = Desired("sessions", type_.name, {**CACHE, **declared})
    (live,) = type_.read(Reading([desired], {}))
    return type_, live, desired


def test_what_only_the_nodes_of_a_group_say_is_compared(
    aws: Aws, elasticache: Any
) -> None:
    type_, live, desired = _read(
        aws,
        elasticache,
        _members(),
        engine_version="8",
        num_node_groups=3,
        replicas_per_node_group=1,
        preferred_maintenance_window="Sun:04:00-Sun:05:00",
        security_group_ids=["sg-2"],
        port=6379,
    )
    changes = compare(type_.fields, desired.properties, live.properties)
    assert [change.path for change in changes] == [
        "security_group_ids[sg-2]",
        "security_group_ids[sg-1]",
    ]
    assert live.attributes["endpoint"] == {"address": "sessions.example", "port": 6379}


@pytest.mark.parametrize(
    ("at_once", "differs"), [(False, []), (True, ["cache_node_type"])]
)
def test_a_size_that_waits_for_the_window_is_no_difference(
    aws: Aws, elasticache: Any, at_once: bool, differs: list[str]
) -> None:
    pending = {"CacheNodeType": "cache.r7g.xlarge"}
    type_, live, desired = _read(
        aws,
        elasticache,
        _members(PendingModifiedValues=pending),
        cache_node_type="cache.r7g.xlarge",
        apply_immediately=at_once,
    )
    changes = compare(type_.fields, desired.properties, live.properties)
    assert [change.path for change in changes] == differs


def test_room_comes_before_what_needs_it_and_goes_after(
    aws: Aws, elasticache: Any
) -> None:
    type_, live, desired = _read(
        aws,
        elasticache,
        _members(),
        num_node_groups=2,
        replicas_per_node_group=2,
        multi_az_enabled=True,
    )
    name = {"ReplicationGroupId": "sessions"}
    ready = ("describe_replication_groups", _group(), name)
    elasticache.add_response(*ready)
    elasticache.add_response(
        "increase_replica_count",
        {},
        {**name, "NewReplicaCount": 2, "ApplyImmediately": True},
    )
    elasticache.add_response(*ready)
    elasticache.add_response(
        "modify_replication_group_shard_configuration",
        {},
        {
            **name,
            "NodeGroupCount": 2,
            "ApplyImmediately": True,
            "NodeGroupsToRemove": ["0003"],
        },
    )
    elasticache.add_response(*ready)
    elasticache.add_response(
        "modify_replication_group",
        {},
        {**name, "MultiAZEnabled": True, "ApplyImmediately": False},
    )
    elasticache.add_response(*ready)

    fields = ("num_node_groups", "replicas_per_node_group", "multi_az_enabled")
    type_.change(live, desired, frozenset(fields))


def test_a_token_is_sent_alone_at_once_and_only_with_a_strategy(
    aws: Aws, elasticache: Any
) -> None:
    type_, live, desired = _read(
        aws,
        elasticache,
        _members(),
        transit_encryption_enabled=True,
        auth_token="a-token-of-no-worth",
        auth_token_update_strategy="ROTATE",
    )
    name = {"ReplicationGroupId": "sessions"}
    ready = ("describe_replication_groups", _group(), name)
    elasticache.add_response(*ready)
    described = {**name, "ReplicationGroupDescription": "Sessions"}
    elasticache.add_response(
        "modify_replication_group", {}, {**described, "ApplyImmediately": False}
    )
    elasticache.add_response(*ready)
    elasticache.add_response(
        "modify_replication_group",
        {},
        {
            **name,
            "AuthToken": "a-token-of-no-worth",
            "AuthTokenUpdateStrategy": "ROTATE",
            "ApplyImmediately": True,
        },
    )
    elasticache.add_response(*ready)

    type_.change(live, desired, frozenset({"replication_group_description"}))
