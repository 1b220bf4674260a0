# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Security groups: rules as data, differences applied rule by rule."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError

from tests.integration.aws.stacks import Stack, example, live_through

WORLD = {"port": 443, "cidr_ipv4": ["0.0.0.0/0"], "description": "The world"}
OFFICE = {"port": 443, "cidr_ipv4": ["192.0.2.0/24", "198.51.100.0/24"]}


def rules(stack: Stack, id_: str, direction: str = "IpPermissions") -> list[Any]:
    """The sources of a group's rules, as the emulator has them."""
    found = stack.client("ec2").describe_security_groups(GroupIds=[id_])
    return sorted(
        source
        for permission in found["SecurityGroups"][0][direction]
        for listed in ("IpRanges", "Ipv6Ranges", "UserIdGroupPairs", "PrefixListIds")
        for each in permission.get(listed) or ()
        for name, source in each.items()
        if name in ("CidrIp", "CidrIpv6", "GroupId", "PrefixListId")
    )


def test_the_life_of_a_security_group(stack: Stack) -> None:
    def opened_by_hand(stack: Stack, outputs: dict) -> None:
        stack.client("ec2").authorize_security_group_ingress(
            GroupId=outputs["app"]["id"],
            IpPermissions=[
                {
                    "IpProtocol": "tcp",
                    "FromPort": 22,
                    "ToPort": 22,
                    "IpRanges": [{"CidrIp": "0.0.0.0/0"}],
                }
            ],
        )

    among_themselves = {
        "from_port": 7000,
        "to_port": 7010,
        "referenced_group_ids": ["self"],
    }
    live_through(
        stack,
        example("security_group"),
        changes=[
            {"balancer": {"ingress": [WORLD, {**OFFICE, "port": 8443}]}},
            {"app": {"ingress": [among_themselves]}},
            {"app": {"egress": []}},
            {"app": {"egress": [{**WORLD, "ip_protocol": "udp", "port": 53}]}},
            {"app": {"tags": {"team": "portal"}}},
        ],
        drift=opened_by_hand,
        replacing={"app": {"group_name": "portal-servers"}},
    )


# ministack has no call that rewords a description.
def test_a_description_changes_without_its_rule_being_taken_away(moto: Stack) -> None:
    resources = example("security_group")
    moto.apply(resources)
    resources["balancer"]["ingress"][0]["description"] = "Everybody"
    moto.operations.clear()

    moto.apply(resources)

    assert "UpdateSecurityGroupRuleDescriptionsIngress" in moto.operations
    assert "RevokeSecurityGroupIngress" not in moto.operations
    assert moto.actions(resources) == {}
    moto.apply(resources, state="absent")


def test_what_opens_comes_before_what_closes(stack: Stack) -> None:
    resources = example("security_group")
    balancer = stack.apply(resources).outputs["balancer"]["id"]
    resources["balancer"]["ingress"] = [OFFICE]
    stack.operations.clear()

    stack.apply(resources)

    sent = [name for name in stack.operations if "SecurityGroup" in name]
    opened = sent.index("AuthorizeSecurityGroupIngress")
    assert opened < sent.index("RevokeSecurityGroupIngress")
    assert rules(stack, balancer) == ["192.0.2.0/24", "198.51.100.0/24"]
    stack.apply(resources, state="absent")


def test_a_rule_that_stays_is_not_touched(stack: Stack) -> None:
    resources = example("security_group")
    stack.apply(resources)
    resources["balancer"]["ingress"].append(OFFICE)
    stack.operations.clear()

    stack.apply(resources)

    assert "AuthorizeSecurityGroupIngress" in stack.operations
    assert "RevokeSecurityGroupIngress" not in stack.operations
    stack.apply(resources, state="absent")


def test_other_spellings_of_a_rule_are_the_same_rule(stack: Stack) -> None:
    resources = example("security_group")
    stack.apply(resources)
    resources["balancer"]["ingress"] = [
        {
            "ip_protocol": "6",
            "from_port": "443",
            "to_port": 443,
            "cidr_ipv6": ["0:0:0::/0"],
            "description": "The world",
        },
        {"ip_protocol": "TCP", "port": 443, "cidr_ipv4": ["0.0.0.0/0"]},
    ]

    assert stack.actions(resources) == {}
    stack.apply(resources, state="absent")


def test_egress_is_left_alone_until_it_is_declared(stack: Stack) -> None:
    resources = example("security_group")
    balancer = stack.apply(resources).outputs["balancer"]["id"]
    assert rules(stack, balancer, "IpPermissionsEgress") == ["0.0.0.0/0"]

    resources["balancer"]["egress"] = []
    stack.apply(resources)

    assert rules(stack, balancer, "IpPermissionsEgress") == []
    stack.apply(resources, state="absent")


def test_a_group_of_somebody_else_is_not_taken_over(stack: Stack) -> None:
    resources = example("security_group")
    vpc = stack.apply({"network": resources["network"]}).outputs["network"]["id"]
    made = stack.client("ec2").create_security_group(
        GroupName="portal-app", Description="Theirs", VpcId=vpc
    )["GroupId"]

    with pytest.raises(RunError, match=f"{made}.*tag it vigie:stack"):
        stack.run(resources)
    stack.client("ec2").delete_security_group(GroupId=made)
    stack.apply(resources)
    stack.apply(resources, state="absent")


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"port": 443}, "names who it is for"),
        ({"cidr_ipv4": ["0.0.0.0/0"]}, "tcp needs port"),
        ({**OFFICE, "from_port": 1}, "not both"),
        ({"from_port": 1, "cidr_ipv4": ["0.0.0.0/0"]}, "go together"),
        ({"port": 1, "cidr_ipv4": ["10.0.0.0/33"]}, "write it as 10.0.0.0/16"),
        ({**WORLD, "description": "ça"}, "takes up to 255"),
    ],
)
def test_a_rule_that_aws_would_refuse(moto: Stack, rule: Any, said: str) -> None:
    resources = example("security_group")
    resources["balancer"]["ingress"] = [rule]

    with pytest.raises(RunError, match=f"balancer.*{re.escape(said)}"):
        moto.run(resources)
    assert moto.operations == []
