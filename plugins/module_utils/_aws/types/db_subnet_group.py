# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""A DB subnet group: where the databases of RDS may live."""

from __future__ import annotations

from ..subnet_groups import SubnetGroupType, group_fields


class DbSubnetGroup(SubnetGroupType):
    """API: Create/Describe/Modify/DeleteDBSubnetGroup, ListTagsForResource."""

    name = "db_subnet_group"
    service = "rds"
    prefix = "DB"
    arn = "DBSubnetGroupArn"
    unique = ("db_subnet_group_name",)
    fields = group_fields(
        "DB",
        r"[a-z][a-z0-9 ._-]{0,254}",
        "at most 255 small letters, digits, spaces, dots, underscores and hyphens,"
        " a letter first",
    )
    attributes = {"id": "Its name.", "arn": "Its ARN.", "vpc_id": "Its VPC."}


TYPE = DbSubnetGroup
