# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""VPC and subnets."""

from __future__ import annotations

from tests.integration.aws.stacks import Stack, live_through

NETWORK = {
    "network": {
        "type": "vpc",
        "cidr_block": "10.20.0.0/16",
        "enable_dns_hostnames": True,
        "tags": {"team": "run"},
    },
    "public_a": {
        "type": "subnet",
        "vpc_id": "${network.id}",
        "cidr_block": "10.20.0.0/24",
        "availability_zone": "ca-central-1a",
        "map_public_ip_on_launch": True,
    },
}


def test_the_life_of_a_network(stack: Stack) -> None:
    def tags_and_switches_by_hand(stack: Stack, outputs: dict) -> None:
        ec2 = stack.client("ec2")
        ec2.delete_tags(Resources=[outputs["network"]["id"]], Tags=[{"Key": "team"}])
        ec2.modify_subnet_attribute(
            SubnetId=outputs["public_a"]["id"], MapPublicIpOnLaunch={"Value": True}
        )

    live_through(
        stack,
        NETWORK,
        changes=[
            {"network": {"tags": {"team": "portal", "cost": 12}}},
            {"network": {"enable_dns_hostnames": False}},
            {"public_a": {"map_public_ip_on_launch": False}},
        ],
        drift=tags_and_switches_by_hand,
        replacing={"public_a": {"availability_zone": "ca-central-1b"}},
    )
