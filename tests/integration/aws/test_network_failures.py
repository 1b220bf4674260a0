# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What no emulator does: gateways that fail, things that are still in use.

botocore's stubber checks every call and every answer against Amazon's own model.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from ansible_collections.vigie.run.plugins.module_utils._aws.base import Aws
from ansible_collections.vigie.run.plugins.module_utils._aws.registry import Table
from ansible_collections.vigie.run.plugins.module_utils._converge.provider import (
    Desired,
    Live,
)
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from botocore.stub import Stubber

MINE = [
    {"Key": "vigie:stack", "Value": "portal"},
    {"Key": "vigie:resource", "Value": "app"},
]


@pytest.fixture
def ec2(aws: Aws) -> Iterator[Stubber]:
    """The calls that are expected, each with its answer, all of them used."""
    with Stubber(aws.client("ec2")) as stub:
        yield stub
        stub.assert_no_pending_responses()


def nat(state: str, **more: str) -> dict:
    gateway = {"NatGatewayId": "nat-1", "State": state, "Tags": MINE, **more}
    return {"NatGateways": [gateway]}


def test_a_nat_gateway_that_fails_says_why(aws: Aws, ec2: Stubber) -> None:
    why = {"FailureCode": "Gateway.NotAttached", "FailureMessage": "no gateway"}
    ec2.add_response("create_nat_gateway", {"NatGateway": {"NatGatewayId": "nat-1"}})
    ec2.add_client_error("describe_nat_gateways", "NatGatewayNotFound")
    ec2.add_response("describe_nat_gateways", nat("pending"))
    ec2.add_response("describe_nat_gateways", nat("failed", **why))
    wanted = {"subnet_id": "subnet-1", "allocation_id": "eipalloc-1"}

    with pytest.raises(RunError, match=r"no gateway.*run again"):
        Table(aws)["nat_gateway"].create(Desired("app", "nat_gateway", wanted))


def test_a_nat_gateway_is_awaited_until_it_is_gone(aws: Aws, ec2: Stubber) -> None:
    ec2.add_response("delete_nat_gateway", {"NatGatewayId": "nat-1"})
    ec2.add_response("describe_nat_gateways", nat("deleting"))
    ec2.add_response("describe_nat_gateways", nat("deleted"))

    Table(aws)["nat_gateway"].delete(Live("nat-1", {}))


def test_secondary_addresses_come_and_go_one_by_one(aws: Aws, ec2: Stubber) -> None:
    addresses = [
        {"AllocationId": "eipalloc-1", "IsPrimary": True, "AssociationId": "a1"},
        {"AllocationId": "eipalloc-2", "IsPrimary": False, "AssociationId": "a2"},
        {"AllocationId": "eipalloc-3", "IsPrimary": False, "AssociationId": "a3"},
    ]
    nat_type = Table(aws)["nat_gateway"]
    seen = {"NatGatewayId": "nat-1", "NatGatewayAddresses": addresses}
    live = nat_type.seen(seen)
    assert live.properties["allocation_id"] == "eipalloc-1"
    assert live.properties["secondary_allocation_ids"] == ["eipalloc-2", "eipalloc-3"]
    ec2.add_response(
        "associate_nat_gateway_address",
        {},
        {"NatGatewayId": "nat-1", "AllocationIds": ["eipalloc-4"]},
    )
    ec2.add_response(
        "disassociate_nat_gateway_address",
        {},
        {"NatGatewayId": "nat-1", "AssociationIds": ["a2"]},
    )
    wanted = {"secondary_allocation_ids": ["eipalloc-3", "eipalloc-4"]}
    nat_type.change(
        live,
        Desired("app", "nat_gateway", wanted),
        frozenset({"secondary_allocation_ids"}),
    )


def test_an_address_is_kept_while_its_gateway_holds_it(aws: Aws, ec2: Stubber) -> None:
    held = {"AllocationId": "eipalloc-1", "AssociationId": "eipassoc-1"}
    ec2.add_client_error("release_address", "AuthFailure")
    ec2.add_response("describe_addresses", {"Addresses": [held]})
    ec2.add_client_error("release_address", "InvalidIPAddress.InUse")
    ec2.add_response("release_address", {}, {"AllocationId": "eipalloc-1"})

    Table(aws)["elastic_ip"].delete(Live("eipalloc-1", {}))


def test_a_missing_permission_is_not_waited_out(aws: Aws, ec2: Stubber) -> None:
    ec2.add_client_error("release_address", "AuthFailure")
    ec2.add_response(
        "describe_addresses", {"Addresses": [{"AllocationId": "eipalloc-1"}]}
    )

    with pytest.raises(RunError, match="does not accept these credentials"):
        Table(aws)["elastic_ip"].delete(Live("eipalloc-1", {}))


def test_an_internet_gateway_waits_for_public_addresses(aws: Aws, ec2: Stubber) -> None:
    where = {"InternetGatewayId": "igw-1", "VpcId": "vpc-1"}
    ec2.add_client_error("detach_internet_gateway", "DependencyViolation")
    ec2.add_response("detach_internet_gateway", {}, where)
    ec2.add_response("delete_internet_gateway", {}, {"InternetGatewayId": "igw-1"})

    Table(aws)["internet_gateway"].delete(Live("igw-1", {"vpc_id": "vpc-1"}))


# Neither emulator refuses to delete a group that rules of others name.
def test_groups_that_name_each_other_can_be_deleted(aws: Aws, ec2: Stubber) -> None:
    pair = {"GroupId": "sg-1", "UserId": "111122223333"}
    kept = {"GroupId": "sg-9", "UserId": "111122223333"}
    rule = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80}
    sibling = {
        "GroupId": "sg-2",
        "OwnerId": "111122223333",
        "Tags": MINE,
        "IpPermissions": [{**rule, "UserIdGroupPairs": [pair, kept]}],
    }
    stranger = {**sibling, "GroupId": "sg-3", "Tags": []}
    ec2.add_client_error("delete_security_group", "DependencyViolation")
    ec2.add_response(
        "describe_security_groups",
        {"SecurityGroups": [sibling, stranger]},
        {"Filters": [{"Name": "ip-permission.group-id", "Values": ["sg-1"]}]},
    )
    ec2.add_response(
        "revoke_security_group_ingress",
        {},
        {
            "GroupId": "sg-2",
            "IpPermissions": [{**rule, "UserIdGroupPairs": [{"GroupId": "sg-1"}]}],
        },
    )
    ec2.add_response(
        "describe_security_groups",
        {"SecurityGroups": []},
        {"Filters": [{"Name": "egress.ip-permission.group-id", "Values": ["sg-1"]}]},
    )
    ec2.add_response("delete_security_group", {}, {"GroupId": "sg-1"})

    Table(aws)["security_group"].delete(Live("sg-1", {}))


def test_an_endpoint_that_aws_keeps_is_not_said_to_be_gone(
    aws: Aws, ec2: Stubber
) -> None:
    refused = {"ResourceId": "vpce-1", "Error": {"Code": "X", "Message": "in use"}}
    ec2.add_response("delete_vpc_endpoints", {"Unsuccessful": [refused]})

    with pytest.raises(RunError, match="vpce-1 was not deleted: in use"):
        Table(aws)["vpc_endpoint"].delete(Live("vpce-1", {}))


def test_a_declaration_without_a_policy_puts_the_default_back(
    aws: Aws, ec2: Stubber
) -> None:
    endpoint = {"VpcEndpointId": "vpce-1", "State": "Available"}
    ec2.add_response(
        "modify_vpc_endpoint", {}, {"VpcEndpointId": "vpce-1", "ResetPolicy": True}
    )
    ec2.add_response("describe_vpc_endpoints", {"VpcEndpoints": [endpoint]})

    Table(aws)["vpc_endpoint"].change(
        Live("vpce-1", {}),
        Desired("app", "vpc_endpoint", {"policy_document": None}),
        frozenset({"policy_document"}),
    )
