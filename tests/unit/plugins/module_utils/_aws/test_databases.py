# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""RDS and ElastiCache where emulators have no answer: against Amazon's own models.

No emulator keeps a change until the maintenance window, grows storage by itself,
takes a final snapshot's name into account, or knows shards.
"""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.vigie.run.plugins.module_utils._aws.base import Aws
from ansible_collections.vigie.run.plugins.module_utils._aws.session import (
    Connection,
    Session,
)
from ansible_collections.vigie.run.plugins.module_utils._aws.types.cache_replication_group import (  # noqa: E501
    CacheReplicationGroup,
)
from ansible_collections.vigie.run.plugins.module_utils._aws.types.db_instance import (
    DbInstance,
)
from ansible_collections.vigie.run.plugins.module_utils._converge.compare import compare
from ansible_collections.vigie.run.plugins.module_utils._converge.provider import (
    Change,
    Desired,
    Reading,
)
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from botocore.stub import Stubber

TAGS = [
    {"Key": "vigie:stack", "Value": "portal"},
    {"Key": "vigie:resource", "Value": "db"},
]
ARN = "arn:aws:rds:ca-central-1:123456789012:db:portal"
DECLARED = {
    "db_instance_identifier": "portal",
    "db_instance_class": "db.m7g.large",
    "engine": "postgres",
    "manage_master_user_password": True,
    "master_username": "portal",
}


@pytest.fixture
def aws() -> Aws:
    """A stack on no account: only what is stubbed is answered."""
    connection = Connection(region="ca-central-1", access_key="x", secret_key="x")
    return Aws(Session(connection), "portal", wait_timeout=5.0, interval=0.01)


@pytest.fixture
def rds(aws: Aws) -> Any:
    """RDS, stubbed; what was expected must have been called."""
    with Stubber(aws.client("rds")) as stub:
        yield stub
        stub.assert_no_pending_responses()


@pytest.fixture
def elasticache(aws: Aws) -> Any:
    """ElastiCache, stubbed."""
    with Stubber(aws.client("elasticache")) as stub:
        yield stub
        stub.assert_no_pending_responses()


def _instance(**more: Any) -> dict[str, Any]:
    return {
        "DBInstanceIdentifier": "portal",
        "DBInstanceClass": "db.m7g.large",
        "Engine": "postgres",
        "EngineVersion": "16.3",
        "DBInstanceStatus": "available",
        "DBInstanceArn": ARN,
        "DbiResourceId": "db-ABC",
        "AllocatedStorage": 20,
        "MasterUsername": "portal",
        "MasterUserSecret": {"SecretArn": "arn:secret"},
        "TagList": TAGS,
        **more,
    }


def _described(rds: Any, **more: Any) -> None:
    rds.add_response("describe_db_instances", {"DBInstances": [_instance(**more)]})


def _differences(aws: Aws, **declared: Any) -> list[str]:
    wanted = {**DECLARED, **declared}
    type_ = DbInstance(aws)
    (live,) = type_.read(Reading([Desired("db", "db_instance", wanted)], {}))
    return [change.path for change in compare(type_.fields, wanted, live.properties)]


PENDING = {"DBInstanceClass": "db.m7g.xlarge", "MultiAZ": True, "Port": 5433}
LATER = {"db_instance_class": "db.m7g.xlarge", "multi_az": True, "port": 5433}


def test_what_waits_for_the_maintenance_window_is_no_difference(
    aws: Aws, rds: Any
) -> None:
    _described(rds, PendingModifiedValues=PENDING, MultiAZ=False)
    assert _differences(aws, **LATER) == []


def test_it_is_one_where_changes_are_to_be_made_at_once(aws: Aws, rds: Any) -> None:
    _described(rds, PendingModifiedValues=PENDING, MultiAZ=False, DbInstancePort=5432)
    assert _differences(aws, **LATER, apply_immediately=True) == [
        "db_instance_class",
        "multi_az",
        "port",
    ]


@pytest.mark.parametrize(
    ("version", "differs"), [("16", []), ("16.3", []), ("1", ["engine_version"])]
)
def test_a_version_says_as_much_as_it_says(
    aws: Aws, rds: Any, version: str, differs: list[str]
) -> None:
    _described(rds)
    assert _differences(aws, engine_version=version) == differs


@pytest.mark.parametrize(
    ("declared", "differs"),
    [(10, []), (20, []), (30, ["allocated_storage"])],
)
def test_storage_that_rds_grew_by_itself_is_no_difference(
    aws: Aws, rds: Any, declared: int, differs: list[str]
) -> None:
    _described(rds, MaxAllocatedStorage=100)
    found = _differences(aws, allocated_storage=declared, max_allocated_storage=100)
    assert found == differs


def test_logs_are_switched_one_by_one_and_the_change_is_waited_for(
    aws: Aws, rds: Any
) -> None:
    name = {"DBInstanceIdentifier": "portal"}
    logs = {"EnabledCloudwatchLogsExports": ["postgresql"]}
    _described(rds, **logs)
    type_ = DbInstance(aws)
    wanted = {
        **DECLARED,
        "enable_cloudwatch_logs_exports": ["upgrade"],
        "db_instance_class": "db.m7g.xlarge",
        "apply_immediately": True,
    }
    desired = Desired("db", "db_instance", wanted)
    (live,) = type_.read(Reading([desired], {}))
    _described(rds)
    rds.add_response(
        "modify_db_instance",
        {},
        {
            **name,
            "DBInstanceClass": "db.m7g.xlarge",
            "ApplyImmediately": True,
            "CloudwatchLogsExportConfiguration": {
                "EnableLogTypes": ["upgrade"],
                "DisableLogTypes": ["postgresql"],
            },
        },
    )
    # RDS says available before it starts, and after it has ended.
    _described(rds, PendingModifiedValues={"DBInstanceClass": "db.m7g.xlarge"})
    _described(rds, DBInstanceStatus="modifying")
    _described(rds, DBInstanceClass="db.m7g.xlarge")
    _described(rds, DBInstanceClass="db.m7g.xlarge")

    changes = [
        Change("db_instance_class", "db.m7g.large", "db.m7g.xlarge"),
        Change("enable_cloudwatch_logs_exports[upgrade]", None, "upgrade"),
    ]
    after = type_.update(live, desired, changes)

    assert after.properties["db_instance_class"] == "db.m7g.xlarge"


@pytest.mark.parametrize(
    ("chosen", "how"),
    [
        (
            {},
            {
                "SkipFinalSnapshot": False,
                "FinalDBSnapshotIdentifier": "portal-final-db-abc",
            },
        ),
        ({"skip_final_snapshot": "true"}, {"SkipFinalSnapshot": True}),
        (
            {
                "final_db_snapshot_identifier": "last",
                "delete_automated_backups": "false",
            },
            {
                "SkipFinalSnapshot": False,
                "FinalDBSnapshotIdentifier": "last",
                "DeleteAutomatedBackups": False,
            },
        ),
    ],
)
def test_the_end_of_a_database_is_as_it_was_told_before(
    aws: Aws, rds: Any, chosen: dict[str, str], how: dict[str, Any]
) -> None:
    kept = [{"Key": f"vigie:{name}", "Value": value} for name, value in chosen.items()]
    _described(rds, TagList=[*TAGS, *kept])
    type_ = DbInstance(aws)
    (live,) = type_.read(Reading([], {}, everything=True))
    _described(rds)
    rds.add_response(
        "delete_db_instance", {}, {"DBInstanceIdentifier": "portal", **how}
    )
    rds.add_client_error("describe_db_instances", "DBInstanceNotFound")

    type_.delete(live)


def test_a_protected_database_says_how_to_delete_it(aws: Aws, rds: Any) -> None:
    _described(rds, DeletionProtection=True)
    type_ = DbInstance(aws)
    (live,) = type_.read(Reading([], {}, everything=True))
    with pytest.raises(RunError, match="Declare it false and apply that"):
        type_.delete(live)


def test_a_database_that_failed_is_not_waited_for(aws: Aws, rds: Any) -> None:
    rds.add_response("create_db_instance", {})
    _described(rds, DBInstanceStatus="creating")
    _described(rds, DBInstanceStatus="incompatible-network")
    with pytest.raises(RunError, match="is incompatible-network: see its events"):
        DbInstance(aws).create(Desired("db", "db_instance", DECLARED))


def test_the_name_of_a_database_that_is_being_deleted_is_waited_for(
    aws: Aws, rds: Any
) -> None:
    rds.add_client_error("create_db_instance", "DBInstanceAlreadyExists")
    _described(rds, DBInstanceStatus="deleting")
    rds.add_response("create_db_instance", {})
    _described(rds)
    live = DbInstance(aws).create(Desired("db", "db_instance", DECLARED))
    assert live.id == "portal"


# -- ElastiCache ------------------------------------------------------------------

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
    desired = Desired("db", type_.name, {**CACHE, **declared})
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
