# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""An Aurora cluster (or a Multi-AZ one): storage and endpoints; its instances are
`db_instance` resources with its `db_cluster_identifier`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..._converge.fields import flag, group, number, text
from ..rds import RdsDatabase
from ..rds_fields import SHARED, first_user, identifier, lower


class DbCluster(RdsDatabase):
    """API: CreateDBCluster, DescribeDBClusters, ModifyDBCluster, DeleteDBCluster."""

    name = "db_cluster"
    noun = "DBCluster"
    status = "Status"
    unique = ("db_cluster_identifier",)
    uses = ("db_subnet_group", "security_group")
    fields = {
        "db_cluster_identifier": text(
            "Its name.",
            required=True,
            immutable=True,
            check=identifier,
            api="DBClusterIdentifier",
        ),
        "engine": text(
            "Such as aurora-postgresql or aurora-mysql.", required=True, immutable=True
        ),
        **SHARED,
        "serverless_v2_scaling_configuration": group(
            {
                "min_capacity": number("At least, in capacity units; 0 may pause."),
                "max_capacity": number("At most."),
                "seconds_until_auto_pause": number("Idle seconds before a pause."),
            },
            "How far instances of the class db.serverless grow and shrink.",
            api="ServerlessV2ScalingConfiguration",
        ),
        "database_name": text("The first database in it.", immutable=True),
        "db_subnet_group_name": text(
            "Its subnet group.", immutable=True, normal=lower, api="DBSubnetGroupName"
        ),
        "db_cluster_parameter_group_name": text(
            "Its parameter group.", normal=lower, api="DBClusterParameterGroupName"
        ),
        "db_cluster_instance_class": text(
            "The size of a Multi-AZ cluster's instances; not for Aurora.",
            api="DBClusterInstanceClass",
        ),
        "backtrack_window": number("Seconds that Aurora MySQL can go back."),
        "enable_http_endpoint": flag("Offer the Data API."),
    }
    attributes = {
        "id": "Its name.",
        "arn": "Its ARN.",
        "resource_id": "AWS's own id of it, for IAM policies.",
        "endpoint": "The host name of the writer.",
        "reader_endpoint": "The host name that spreads over the readers.",
        "hosted_zone_id": "The zone of these names.",
        "master_user_secret_arn": "The secret with the password that RDS manages.",
    }

    def check(self, properties: Mapping[str, Any]) -> Sequence[str]:
        """Who may log in first."""
        return first_user(properties)

    def shaped(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """With what a cluster calls otherwise when it shows it."""
        shown = super().shaped(raw)
        other = {
            "db_subnet_group_name": "DBSubnetGroup",
            "db_cluster_parameter_group_name": "DBClusterParameterGroup",
            "enable_http_endpoint": "HttpEndpointEnabled",
        }
        shown.update({k: raw[key] for k, key in other.items() if key in raw})
        return shown

    def more(self, raw: Mapping[str, Any]) -> Mapping[str, Any]:
        """Where it is, and where its password is."""
        secret = raw.get("MasterUserSecret") or {}
        return {
            "arn": raw.get("DBClusterArn"),
            "resource_id": raw.get("DbClusterResourceId"),
            "endpoint": raw.get("Endpoint"),
            "reader_endpoint": raw.get("ReaderEndpoint"),
            "hosted_zone_id": raw.get("HostedZoneId"),
            "master_user_secret_arn": secret.get("SecretArn"),
        }


TYPE = DbCluster
