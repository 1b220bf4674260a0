# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""An RDS instance: a database of its own, or a member of an Aurora cluster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..._converge.fields import flag, number, text
from ..._converge.provider import Live
from ..rds import RdsDatabase
from ..rds_fields import SHARED, first_user, identifier, lower

# What a member of a cluster has from its cluster.
OF_THE_CLUSTER = (
    "allocated_storage",
    "backup_retention_period",
    "db_name",
    "deletion_protection",
    "kms_key_id",
    "manage_master_user_password",
    "master_user_password",
    "master_username",
    "multi_az",
    "port",
    "preferred_backup_window",
    "storage_encrypted",
    "vpc_security_group_ids",
)


class DbInstance(RdsDatabase):
    """API: CreateDBInstance, DescribeDBInstances, ModifyDBInstance,
    DeleteDBInstance."""

    name = "db_instance"
    noun = "DBInstance"
    status = "DBInstanceStatus"
    renamed = {"Port": "DBPortNumber"}
    unique = ("db_instance_identifier",)
    uses = ("db_cluster", "db_subnet_group", "security_group")
    fields = {
        "db_instance_identifier": text(
            "Its name.",
            required=True,
            immutable=True,
            check=identifier,
            api="DBInstanceIdentifier",
        ),
        "db_instance_class": text(
            "Its size, such as db.r7g.large; db.serverless in a serverless cluster.",
            required=True,
            api="DBInstanceClass",
        ),
        "engine": text("Such as postgres or mariadb.", required=True, immutable=True),
        "db_cluster_identifier": text(
            "The Aurora cluster that it is a member of.",
            immutable=True,
            api="DBClusterIdentifier",
        ),
        **SHARED,
        "max_allocated_storage": number("How far RDS may grow the storage by itself."),
        "storage_throughput": number("MiB a second, of gp3."),
        "multi_az": flag("Keep a standby in another zone.", api="MultiAZ"),
        "availability_zone": text("Its zone.", immutable=True),
        "publicly_accessible": flag("Give it a public address."),
        "db_name": text("The first database in it.", immutable=True, api="DBName"),
        "db_subnet_group_name": text(
            "Its subnet group.", normal=lower, api="DBSubnetGroupName"
        ),
        "db_parameter_group_name": text(
            "Its parameter group; some parameters take a restart.",
            normal=lower,
            api="DBParameterGroupName",
        ),
        "option_group_name": text("Its option group.", normal=lower),
        "license_model": text("Its licence."),
        "character_set_name": text("Its character set.", immutable=True),
        "promotion_tier": number("Who takes over in a cluster: 0 first, 15 last."),
    }
    attributes = {
        "id": "Its name.",
        "arn": "Its ARN.",
        "resource_id": "AWS's own id of it, for IAM policies.",
        "endpoint": "Where it listens: `endpoint.address` and `endpoint.port`.",
        "master_user_secret_arn": "The secret with the password that RDS manages.",
    }

    def check(self, properties: Mapping[str, Any]) -> Sequence[str]:
        """What AWS would refuse in sum."""
        said = []
        if properties.get("db_cluster_identifier") is not None:
            wrong = [n for n in OF_THE_CLUSTER if properties.get(n) is not None]
            if wrong:
                said.append(
                    f"{', '.join(wrong)}: said by the cluster for all its members;"
                    " move it to the db_cluster"
                )
            return said
        if properties.get("multi_az") and properties.get("availability_zone"):
            said.append(
                "availability_zone: with multi_az AWS chooses the zones; leave it out"
            )
        return said + first_user(properties)

    def shaped(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """With what an instance shows in other places than a cluster."""
        shown = super().shaped(raw)
        port = raw.get("Endpoint", {}).get("Port") or raw.get("DbInstancePort")
        if raw.get("Port") or port:
            shown["port"] = raw.get("Port") or port
        groups = (
            ("db_parameter_group_name", "DBParameterGroups", "DBParameterGroupName"),
            ("option_group_name", "OptionGroupMemberships", "OptionGroupName"),
        )
        for name, key, inside in groups:
            if raw.get(key):
                shown[name] = raw[key][0][inside]
        if raw.get("DBSubnetGroup"):
            shown["db_subnet_group_name"] = raw["DBSubnetGroup"]["DBSubnetGroupName"]
        return shown

    def more(self, raw: Mapping[str, Any]) -> Mapping[str, Any]:
        """Where it is, and where its password is."""
        place = raw.get("Endpoint") or {}
        return {
            "arn": raw.get("DBInstanceArn"),
            "resource_id": raw.get("DbiResourceId"),
            "endpoint": {"address": place.get("Address"), "port": place.get("Port")},
            "master_user_secret_arn": (raw.get("MasterUserSecret") or {}).get(
                "SecretArn"
            ),
        }

    def last_words(self, live: Live) -> dict[str, Any]:
        """A member has no data of its own, hence no snapshot."""
        if live.properties.get("db_cluster_identifier"):
            return {"SkipFinalSnapshot": True}
        return super().last_words(live)


TYPE = DbInstance
