# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""RDS where emulators have no answer: against Amazon's own models.

No emulator keeps a change until the maintenance window, grows storage by itself, or
takes a final snapshot's name into account.
"""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.vigie.run.plugins.module_utils._aws.base import Aws
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
