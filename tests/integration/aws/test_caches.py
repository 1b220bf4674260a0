# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ElastiCache: subnet groups and replication groups.

moto cannot delete a cache subnet group, and fails on the members, the replica counts
and the deletion of a replication group.
"""

from __future__ import annotations

from typing import Any

from tests.integration.aws.stacks import Stack, example, live_through


def test_the_life_of_a_cache_subnet_group(ministack: Stack) -> None:
    def without_a_subnet(stack: Stack, outputs: dict) -> None:
        stack.client("elasticache").modify_cache_subnet_group(
            CacheSubnetGroupName=outputs["caches"]["id"],
            SubnetIds=[outputs["private_a"]["id"]],
        )

    live_through(
        ministack,
        example("cache_subnet_group"),
        changes=[
            {"caches": {"cache_subnet_group_description": "All of them"}},
            {"caches": {"tags": {"team": "run"}}},
        ],
        drift=without_a_subnet,
        replacing={"caches": {"cache_subnet_group_name": "portal-others"}},
    )


def _sessions(**properties: Any) -> dict:
    return {"sessions": {"apply_immediately": True, **properties}}


# What a modification does to the members (version, groups, windows) ministack
# forgets, and it has no shards: see the unit tests.
def test_the_life_of_a_replication_group(ministack: Stack) -> None:
    def smaller_by_hand(stack: Stack, outputs: dict) -> None:
        stack.client("elasticache").decrease_replica_count(
            ReplicationGroupId=outputs["sessions"]["id"],
            NewReplicaCount=1,
            ApplyImmediately=True,
        )

    live_through(
        ministack,
        example("cache_replication_group"),
        changes=[
            _sessions(replication_group_description="Sessions and more"),
            _sessions(cache_node_type="cache.r7g.xlarge"),
            _sessions(replicas_per_node_group=3),
            _sessions(replicas_per_node_group=2),
            _sessions(snapshot_retention_limit=7, snapshot_window="01:00-02:00"),
            _sessions(multi_az_enabled=False, automatic_failover_enabled=False),
            _sessions(tags={"data": "sessions"}),
        ],
        drift=smaller_by_hand,
    )


def test_two_groups_are_read_by_as_many_calls_as_one_but_for_tags(
    ministack: Stack,
) -> None:
    group = {
        "type": "cache_replication_group",
        "replication_group_description": "One of two",
        "engine": "valkey",
        "cache_node_type": "cache.t4g.small",
    }
    two = {
        name: {**group, "replication_group_id": f"{ministack.name}-{name}"}
        for name in ("a", "b")
    }
    ministack.apply(two)
    ministack.operations.clear()

    assert ministack.actions(two) == {}

    assert sorted(ministack.operations) == [
        "DescribeCacheClusters",
        "DescribeReplicationGroups",
        *["ListTagsForResource"] * 2,
    ]
