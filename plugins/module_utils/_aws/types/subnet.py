# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""A subnet: the part of a VPC that lies in one zone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..._converge.fields import flag, text
from ..._converge.provider import Desired, Live, Reading
from ..ec2 import Ec2Type
from ..tags import TAGS


class Subnet(Ec2Type):
    """API: CreateSubnet, DescribeSubnets, ModifySubnetAttribute."""

    name = "subnet"
    noun = "Subnet"
    tag_type = "subnet"
    parents = ("vpc",)
    unique = ("vpc_id", "cidr_block")
    later = ("map_public_ip_on_launch",)
    fields = {
        "vpc_id": text("The VPC it is part of.", required=True, immutable=True),
        "cidr_block": text("Its IPv4 addresses.", required=True, immutable=True),
        "availability_zone": text("The zone, such as ca-central-1a.", immutable=True),
        "map_public_ip_on_launch": flag("Give its instances a public address."),
        "tags": TAGS,
    }
    attributes = {"id": "The subnet's id.", "arn": "Its ARN."}

    def more(self, raw: Mapping[str, Any]) -> Mapping[str, Any]:
        """Its ARN."""
        return {"arn": raw.get("SubnetArn")}

    def strangers(self, missing: Sequence[Desired], reading: Reading) -> Iterable[Live]:
        """Another subnet with the same addresses in the same VPC."""
        blocks = sorted({d.properties["cidr_block"] for d in missing})
        vpcs = sorted({d.properties["vpc_id"] for d in missing})
        return self.described(
            Filters=[
                {"Name": "cidr-block", "Values": blocks},
                {"Name": "vpc-id", "Values": vpcs},
            ]
        )

    def change(self, live: Live, desired: Desired, changed: frozenset[str]) -> None:
        """The one switch that can change."""
        self.aws.client("ec2").modify_subnet_attribute(
            SubnetId=live.id,
            MapPublicIpOnLaunch={
                "Value": desired.properties["map_public_ip_on_launch"]
            },
        )


TYPE = Subnet
