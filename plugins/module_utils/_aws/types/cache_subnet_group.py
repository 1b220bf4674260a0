# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""A cache subnet group: where the nodes of ElastiCache may live."""

from __future__ import annotations

from ..subnet_groups import SubnetGroupType, group_fields


class CacheSubnetGroup(SubnetGroupType):
    """API: Create/Describe/Modify/DeleteCacheSubnetGroup, ListTagsForResource."""

    name = "cache_subnet_group"
    service = "elasticache"
    prefix = "Cache"
    arn = "ARN"
    unique = ("cache_subnet_group_name",)
    fields = group_fields(
        "Cache",
        r"[a-z0-9][a-z0-9-]{0,254}",
        "at most 255 small letters, digits and hyphens",
    )
    attributes = {"id": "Its name.", "arn": "Its ARN.", "vpc_id": "Its VPC."}


TYPE = CacheSubnetGroup
