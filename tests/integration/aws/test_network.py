# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""VPC, subnets, and the ways in and out of them."""

from __future__ import annotations

import pytest
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError

from tests.integration.aws.stacks import Stack, example, live_through


def test_the_life_of_a_network(stack: Stack) -> None:
    def tag_and_switch_by_hand(stack: Stack, outputs: dict) -> None:
        ec2 = stack.client("ec2")
        network = outputs["network"]["id"]
        ec2.delete_tags(Resources=[network], Tags=[{"Key": "team"}])
        ec2.modify_vpc_attribute(VpcId=network, EnableDnsHostnames={"Value": True})

    live_through(
        stack,
        example("vpc"),
        changes=[
            {"network": {"tags": {"team": "portal", "cost": 12}}},
            {"network": {"enable_dns_hostnames": False}},
            {"network": {"enable_dns_support": False}},
        ],
        drift=tag_and_switch_by_hand,
        replacing={"network": {"cidr_block": "10.21.0.0/16"}},
    )


def test_the_life_of_a_subnet(stack: Stack) -> None:
    def switch_by_hand(stack: Stack, outputs: dict) -> None:
        stack.client("ec2").modify_subnet_attribute(
            SubnetId=outputs["public_a"]["id"], MapPublicIpOnLaunch={"Value": True}
        )

    live_through(
        stack,
        example("subnet"),
        changes=[{"public_a": {"map_public_ip_on_launch": False}}],
        drift=switch_by_hand,
        replacing={"public_a": {"availability_zone": "ca-central-1b"}},
    )


def test_the_life_of_an_internet_gateway(stack: Stack) -> None:
    def detached_by_hand(stack: Stack, outputs: dict) -> None:
        stack.client("ec2").detach_internet_gateway(
            InternetGatewayId=outputs["internet"]["id"], VpcId=outputs["other"]["id"]
        )

    resources = example("internet_gateway")
    resources["other"] = {"type": "vpc", "cidr_block": "10.30.0.0/16"}
    live_through(
        stack,
        resources,
        changes=[
            {"internet": {"tags": {"team": "portal"}}},
            {"internet": {"vpc_id": "${other.id}"}},
        ],
        drift=detached_by_hand,
    )


def test_a_gateway_that_a_network_has_already_is_not_taken_over(stack: Stack) -> None:
    resources = example("internet_gateway")
    network = {"network": resources["network"]}
    vpc = stack.apply(network).outputs["network"]["id"]
    ec2 = stack.client("ec2")
    made = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=made, VpcId=vpc)

    with pytest.raises(RunError, match=f"{made}.*tag it vigie:stack"):
        stack.run(resources)
    ec2.detach_internet_gateway(InternetGatewayId=made, VpcId=vpc)
    stack.apply(resources)
    stack.apply(resources, state="absent")


def test_the_life_of_an_elastic_ip(stack: Stack) -> None:
    def tag_removed_by_hand(stack: Stack, outputs: dict) -> None:
        stack.client("ec2").delete_tags(
            Resources=[outputs["way_out"]["id"]], Tags=[{"Key": "team"}]
        )

    live_through(
        stack,
        example("elastic_ip"),
        changes=[{"way_out": {"tags": {"team": "portal"}}}],
        drift=tag_removed_by_hand,
    )


# ministack does not tell the address of a NAT gateway; moto does not free it when the
# gateway is deleted, so that a successor has one of its own here.
def test_the_life_of_a_nat_gateway(moto: Stack) -> None:
    def tag_removed_by_hand(stack: Stack, outputs: dict) -> None:
        stack.client("ec2").delete_tags(
            Resources=[outputs["nat_a"]["id"]], Tags=[{"Key": "team"}]
        )

    resources = example("nat_gateway")
    resources["second"] = {"type": "elastic_ip"}
    live_through(
        moto,
        resources,
        changes=[{"nat_a": {"tags": {"team": "portal"}}}],
        drift=tag_removed_by_hand,
        replacing={"nat_a": {"allocation_id": "${second.id}"}},
    )


def test_a_nat_gateway_that_keeps_its_address_goes_before_its_successor(
    moto: Stack,
) -> None:
    resources = example("nat_gateway")
    moto.apply(resources)
    resources["nat_a"]["private_ip_address"] = "10.20.0.77"
    moto.operations.clear()

    moto.run(resources, allow_replace=("nat_a",))

    sent = [name for name in moto.operations if name.endswith("eNatGateway")]
    assert sent[:2] == ["DeleteNatGateway", "CreateNatGateway"]
    moto.apply(resources, state="absent")


def test_a_nat_gateway_that_is_private_needs_no_address(stack: Stack) -> None:
    resources = example("nat_gateway")
    del resources["nat_a"]["allocation_id"]
    with pytest.raises(RunError, match=r"nat_a.*declare an elastic_ip"):
        stack.run(resources)

    resources["nat_a"]["connectivity_type"] = "private"
    stack.apply(resources)
    assert stack.actions(resources) == {}
    stack.apply(resources, state="absent")


def test_the_life_of_a_route_table(stack: Stack) -> None:
    def route_and_subnet_by_hand(stack: Stack, outputs: dict) -> None:
        ec2 = stack.client("ec2")
        table = outputs["public"]["id"]
        ec2.delete_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0")
        for each in ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"]:
            association = each["Associations"][0]["RouteTableAssociationId"]
            ec2.disassociate_route_table(AssociationId=association)

    everywhere = {"destination_cidr_block": "0.0.0.0/0", "gateway_id": "${internet.id}"}
    near = {"destination_cidr_block": "192.0.2.0/24", "gateway_id": "${internet.id}"}
    live_through(
        stack,
        example("route_table"),
        changes=[
            {"public": {"routes": [near, everywhere]}},
            {"public": {"routes": [everywhere]}},
            {"public": {"subnet_ids": ["${public_b.id}"]}},
            {"public": {"tags": {"team": "portal"}}},
        ],
        drift=route_and_subnet_by_hand,
    )


def test_a_route_names_one_target(moto: Stack) -> None:
    resources = example("route_table")
    resources["public"]["routes"][0]["nat_gateway_id"] = "nat-1"

    with pytest.raises(RunError, match="one target, not gateway_id and nat_gateway_id"):
        moto.run(resources)
    assert moto.operations == []


def test_a_route_changes_its_target_without_a_gap(stack: Stack) -> None:
    resources = example("route_table")
    outputs = stack.apply(resources).outputs
    other = stack.client("ec2").create_nat_gateway(
        SubnetId=outputs["public_a"]["id"], ConnectivityType="private"
    )["NatGateway"]["NatGatewayId"]
    route = {"destination_cidr_block": "0.0.0.0/0", "nat_gateway_id": other}
    resources["public"]["routes"] = [route]
    stack.operations.clear()

    stack.apply(resources)

    assert "ReplaceRoute" in stack.operations
    assert "DeleteRoute" not in stack.operations
    assert stack.actions(resources) == {}
    stack.client("ec2").delete_nat_gateway(NatGatewayId=other)
    stack.apply(resources, state="absent")


def test_a_subnet_moves_from_table_to_table_without_a_gap(stack: Stack) -> None:
    resources = example("route_table")
    stack.apply(resources)
    resources["special"] = {
        "type": "route_table",
        "vpc_id": "${network.id}",
        "routes": [],
        "subnet_ids": ["${public_b.id}"],
    }
    del resources["public"]["subnet_ids"]
    stack.operations.clear()

    stack.apply(resources)

    assert "ReplaceRouteTableAssociation" in stack.operations
    assert "DisassociateRouteTable" not in stack.operations
    assert stack.actions(resources) == {}
    stack.apply(resources, state="absent")


def test_routes_of_aws_are_no_routes_of_the_table(moto: Stack) -> None:
    resources = example("vpc_endpoint")
    resources["private"]["routes"] = []

    moto.apply(resources)

    assert moto.actions(resources) == {}
    moto.apply(resources, state="absent")


# ministack keeps neither policies, security groups nor private names. moto gives a
# table that is added later no route, and then cannot delete the endpoint.
def test_the_life_of_a_vpc_endpoint(moto: Stack) -> None:
    def policy_by_hand(stack: Stack, outputs: dict) -> None:
        stack.client("ec2").modify_vpc_endpoint(
            VpcEndpointId=outputs["files"]["id"], PolicyDocument="{}"
        )

    resources = example("vpc_endpoint")
    resources["private_b"] = {
        "type": "subnet",
        "vpc_id": "${network.id}",
        "cidr_block": "10.20.11.0/24",
    }
    resources["other_table"] = {"type": "route_table", "vpc_id": "${network.id}"}
    reading = {"Effect": "Allow", "Principal": "*", "Action": ["s3:GetObject"]}
    policy = {"Version": "2012-10-17", "Statement": [{**reading, "Resource": ["*"]}]}
    live_through(
        moto,
        resources,
        changes=[
            {"files": {"route_table_ids": ["${private.id}", "${other_table.id}"]}},
            {"files": {"route_table_ids": ["${private.id}"]}},
            {"files": {"policy_document": policy}},
            {"secrets": {"subnet_ids": ["${private_a.id}", "${private_b.id}"]}},
            {"secrets": {"tags": {"team": "portal"}}},
        ],
        drift=policy_by_hand,
        replacing={"files": {"service_name": "com.amazonaws.ca-central-1.dynamodb"}},
    )


def test_a_gateway_endpoint_on_ministack(ministack: Stack) -> None:
    resources = example("vpc_endpoint")
    del resources["secrets"], resources["endpoints"]
    live_through(
        ministack,
        resources,
        changes=[{"files": {"tags": {"team": "portal"}}}],
        replacing={"files": {"service_name": "com.amazonaws.ca-central-1.dynamodb"}},
    )


def test_a_gateway_endpoint_takes_no_subnets(moto: Stack) -> None:
    resources = example("vpc_endpoint")
    resources["files"]["subnet_ids"] = ["${private_a.id}"]

    with pytest.raises(RunError, match="subnet_ids: a Gateway endpoint takes none"):
        moto.run(resources)
