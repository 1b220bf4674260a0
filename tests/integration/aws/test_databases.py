# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""RDS: subnet groups, instances, Aurora clusters."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.aws.stacks import Stack, example, live_through


# moto loses a subnet group that is modified.
def test_the_life_of_a_db_subnet_group(ministack: Stack) -> None:
    def without_a_subnet(stack: Stack, outputs: dict) -> None:
        stack.client("rds").modify_db_subnet_group(
            DBSubnetGroupName=outputs["databases"]["id"],
            SubnetIds=[outputs["private_a"]["id"]],
        )

    live_through(
        ministack,
        example("db_subnet_group"),
        changes=[
            {"databases": {"db_subnet_group_description": "All of them"}},
            {"databases": {"tags": {"team": "run"}}},
        ],
        drift=without_a_subnet,
        replacing={"databases": {"db_subnet_group_name": "portal-others"}},
    )


def _database(**properties: Any) -> dict:
    return {"database": {"apply_immediately": True, **properties}}


# ministack keeps neither the managed password nor the exported logs of an instance.
@pytest.mark.parametrize("known", ["moto", "ministack"])
def test_the_life_of_a_db_instance(known: str, request: pytest.FixtureRequest) -> None:
    stack = request.getfixturevalue(known)

    def smaller_by_hand(stack: Stack, outputs: dict) -> None:
        stack.client("rds").modify_db_instance(
            DBInstanceIdentifier=outputs["database"]["id"],
            DBInstanceClass="db.t4g.small",
            ApplyImmediately=True,
        )

    resources = example("db_instance")
    logs = _database(enable_cloudwatch_logs_exports=["upgrade"])
    if known == "ministack":
        del resources["database"]["manage_master_user_password"]
        del resources["database"]["enable_cloudwatch_logs_exports"]
        resources["database"]["master_user_password"] = "not-for-long"
    live_through(
        stack,
        resources,
        changes=[
            *([logs] if known == "moto" else []),
            _database(db_instance_class="db.m7g.xlarge"),
            _database(allocated_storage=200, backup_retention_period=7),
            _database(max_allocated_storage=900, multi_az=False),
            _database(preferred_backup_window="01:00-02:00"),
            _database(preferred_maintenance_window="Mon:04:30-Mon:05:30"),
            _database(tags={"data": "public"}),
            _database(deletion_protection=False, skip_final_snapshot=True),
        ],
        drift=smaller_by_hand,
    )


def test_the_life_of_an_aurora_cluster(stack: Stack) -> None:
    def cluster(**properties: Any) -> dict:
        return {"cluster": {"apply_immediately": True, **properties}}

    live_through(
        stack,
        example("db_cluster"),
        changes=[
            cluster(
                serverless_v2_scaling_configuration={
                    "min_capacity": 2,
                    "max_capacity": 64,
                }
            ),
            cluster(backup_retention_period=7, deletion_protection=True),
            cluster(deletion_protection=False),
            {"reader": {"db_instance_class": "db.r7g.large"}},
            {"writer": {"tags": {"role": "writer"}}},
        ],
    )
