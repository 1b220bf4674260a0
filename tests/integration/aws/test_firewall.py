# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""WAF: web ACLs and IP sets.

moto does not know ListResourcesForWebACL, so what an ACL protects runs on ministack;
which in turn keeps descriptions as they were, drops the pages of block actions, takes
any lock token of an IP set, and deletes an ACL that protects something.
"""

from __future__ import annotations

import pytest
from ansible_collections.vigie.run.plugins.module_utils._aws.provider import AwsProvider
from ansible_collections.vigie.run.plugins.module_utils._aws.types.web_acl import KINDS
from ansible_collections.vigie.run.plugins.module_utils._converge.provider import (
    Desired,
    Live,
    Reading,
)

from tests.integration.aws.stacks import Stack, example, live_through, refused
from tests.integration.aws.stubs import Calls

BLOCK_ALL = {
    "type": "web_acl",
    "name": "portal",
    "default_action": "block",
    "rules": [
        {
            "name": "inside",
            "priority": 0,
            "action": "allow",
            "statement": {"geo_match_statement": {"country_codes": ["CA"]}},
        }
    ],
}


def test_the_life_of_an_ip_set(stack: Stack) -> None:
    def emptied_by_hand(stack: Stack, outputs: dict) -> None:
        client = stack.client("wafv2")
        where = {
            "Name": "portal-blocked",
            "Scope": "REGIONAL",
            "Id": outputs["blocked"]["id"],
        }
        token = client.get_ip_set(**where)["LockToken"]
        client.update_ip_set(**where, LockToken=token, Addresses=[])

    live_through(
        stack,
        example("ip_set"),
        changes=[
            {"blocked": {"tags": {"team": "portal"}}},
            {"blocked": {"addresses": ["203.0.113.7/32", "192.0.2.0/24"]}},
        ],
        drift=emptied_by_hand,
        replacing={
            "blocked": {"ip_address_version": "IPV6", "addresses": ["2001:DB8::/32"]}
        },
    )


def test_the_life_of_web_acls(stack: Stack, moto: Stack) -> None:
    def opened_by_hand(stack: Stack, outputs: dict) -> None:
        client = stack.client("wafv2")
        where = {
            "Name": "portal",
            "Scope": "REGIONAL",
            "Id": outputs["firewall"]["id"],
        }
        answer = client.get_web_acl(**where)
        acl = answer["WebACL"]
        client.update_web_acl(
            **where,
            LockToken=answer["LockToken"],
            DefaultAction={"Allow": {}},
            Rules=[],
            VisibilityConfig=acl["VisibilityConfig"],
        )

    resources = example("web_acl")
    if stack.connection is not moto.connection:
        del resources["firewall"]["custom_response_bodies"]
    rules = resources["firewall"]["rules"]
    stricter = [
        {**rules[0], "priority": 3},
        {
            **rules[1],
            "action": "captcha",
            # As the console's JSON editor has it.
            "statement": {
                "RateBasedStatement": {
                    "Limit": "1000",
                    "AggregateKeyType": "IP",
                    "ScopeDownStatement": {
                        "ByteMatchStatement": {
                            "SearchString": "/typo3",
                            "FieldToMatch": {"UriPath": {}},
                            "TextTransformations": [{"Priority": 0, "Type": "NONE"}],
                            "PositionalConstraint": "STARTS_WITH",
                        }
                    },
                }
            },
        },
    ]
    live_through(
        stack,
        resources,
        changes=[
            {"firewall": {"tags": {"team": "run"}}},
            {"firewall": {"rules": stricter}},
            {"firewall": {"default_action": "block"}},
            {"firewall": {"visibility_config": {"sampled_requests_enabled": False}}},
        ],
        drift=opened_by_hand,
        replacing={"firewall": {"name": "portal-2"}},
    )


def test_what_is_not_declared_of_an_acl_stays(moto: Stack) -> None:
    acl = {**BLOCK_ALL, "name": moto.name}
    id_ = moto.apply({"firewall": acl}).outputs["firewall"]["id"]
    client = moto.client("wafv2")
    where = {"Name": moto.name, "Scope": "REGIONAL", "Id": id_}
    answer = client.get_web_acl(**where)
    client.update_web_acl(
        **where,
        LockToken=answer["LockToken"],
        Description="By hand",
        DefaultAction={"Block": {}},
        Rules=answer["WebACL"]["Rules"],
        VisibilityConfig={
            "SampledRequestsEnabled": False,
            "CloudWatchMetricsEnabled": False,
            "MetricName": "by-hand",
        },
    )
    assert moto.actions({"firewall": acl}) == {}
    rule = {**acl["rules"][0], "priority": 7}
    moto.apply({"firewall": {**acl, "rules": [rule]}})
    now = client.get_web_acl(**where)["WebACL"]
    assert now["VisibilityConfig"]["MetricName"] == "by-hand"
    assert now["Description"] == "By hand"
    assert [each["Priority"] for each in now["Rules"]] == [7]
    moto.apply({}, state="absent")


def test_the_acl_of_somebody_else_is_not_taken_over(stack: Stack) -> None:
    stack.client("wafv2").create_ip_set(
        Name=stack.name, Scope="REGIONAL", IPAddressVersion="IPV4", Addresses=[]
    )
    ip_set = {**example("ip_set")["blocked"], "name": stack.name}
    said = refused(stack, {"blocked": ip_set})
    assert "does not belong" in said
    assert "vigie:resource=blocked" in said


def test_descriptions_are_set_and_cleared(moto: Stack) -> None:
    ip_set = {**example("ip_set")["blocked"], "name": moto.name}
    acl = {**BLOCK_ALL, "name": moto.name}
    for description in (None, "Ours", "Yours"):
        declared = {
            "blocked": {**ip_set, "description": description},
            "firewall": {**acl, "description": description},
        }
        moto.apply(declared)
        assert moto.actions(declared) == {}
    moto.apply({}, state="absent")


def test_a_lock_token_that_is_stale_is_read_again(moto: Stack) -> None:
    type_ = AwsProvider(moto.aws()).types["ip_set"]
    properties = {
        "name": moto.name,
        "ip_address_version": "IPV4",
        "addresses": ["192.0.2.0/24"],
    }
    live = type_.create(Desired("blocked", "ip_set", properties))
    client, disturbed = type_.client("REGIONAL"), []

    def somebody_is_faster(params: dict, **_event: object) -> None:
        if not disturbed:
            disturbed.append(True)
            params["LockToken"] = "00000000-0000-0000-0000-000000000000"

    client.meta.events.register(
        "provide-client-params.wafv2.UpdateIPSet", somebody_is_faster
    )
    wanted = Desired("blocked", "ip_set", {**properties, "addresses": ["10.0.0.0/8"]})
    type_.change(live, wanted, frozenset({"addresses"}))
    assert type_.fetch(live).properties["addresses"] == ["10.0.0.0/8"]
    assert moto.operations.count("UpdateIPSet") == 2
    type_.delete(live)
    type_.delete(live)


@pytest.fixture
def balancers(ministack: Stack) -> list[str]:
    """Two load balancers."""
    client = ministack.client("elbv2")
    return [
        client.create_load_balancer(
            Name=f"{ministack.name}-{number}", Subnets=["subnet-1", "subnet-2"]
        )["LoadBalancers"][0]["LoadBalancerArn"]
        for number in range(2)
    ]


def test_an_acl_protects_what_is_declared(
    ministack: Stack, balancers: list[str]
) -> None:
    first, second = balancers
    acl = {**BLOCK_ALL, "name": ministack.name, "resource_arns": [first]}
    ministack.apply({"firewall": acl})
    assert ministack.actions({"firewall": acl}) == {}
    client = ministack.client("wafv2")
    client.disassociate_web_acl(ResourceArn=first)
    assert ministack.actions({"firewall": acl}) == {"firewall": "update"}
    both = {**acl, "resource_arns": [second, first]}
    ministack.apply({"firewall": both})
    assert ministack.actions({"firewall": both}) == {}
    ministack.operations.clear()
    ministack.apply({"firewall": {**acl, "resource_arns": [second]}})
    # The rules were not written, and the other balancer was never without.
    assert "UpdateWebACL" not in ministack.operations
    assert ministack.operations.count("DisassociateWebACL") == 1
    ministack.apply({}, state="absent")


def test_an_acl_is_taken_away_from_what_it_protects_before_it_goes() -> None:
    calls = Calls("web_acl", "wafv2")
    where = {"Name": "portal", "Scope": "REGIONAL", "Id": "0" * 36}
    token = {"LockToken": "1" * 36}
    acl = "arn:aws:wafv2:ca-central-1:1:regional/webacl/portal/0"
    balancer = "arn:aws:elasticloadbalancing:ca-central-1:1:loadbalancer/app/a/b"
    calls.expect("get_web_acl", token, **where)
    calls.expect_refusal(
        "delete_web_acl", "WAFAssociatedItemException", **where, **token
    )
    for kind in sorted(KINDS.values()):
        arns = [balancer] if kind == "APPLICATION_LOAD_BALANCER" else []
        calls.expect(
            "list_resources_for_web_acl",
            {"ResourceArns": arns},
            WebACLArn=acl,
            ResourceType=kind,
        )
    calls.expect("disassociate_web_acl", {}, ResourceArn=balancer)
    calls.expect("get_web_acl", token, **where)
    calls.expect("delete_web_acl", {}, **where, **token)
    properties = {"name": "portal", "scope": "REGIONAL"}
    calls.type.delete(Live(where["Id"], properties, {"arn": acl}))
    calls.done()


def test_what_another_acl_protects_is_left_to_it(
    ministack: Stack, balancers: list[str]
) -> None:
    visibility = {
        "SampledRequestsEnabled": True,
        "CloudWatchMetricsEnabled": True,
        "MetricName": "other",
    }
    client = ministack.client("wafv2")
    other = client.create_web_acl(
        Name=f"{ministack.name}-other",
        Scope="REGIONAL",
        DefaultAction={"Allow": {}},
        VisibilityConfig=visibility,
    )["Summary"]
    client.associate_web_acl(WebACLArn=other["ARN"], ResourceArn=balancers[0])
    acl = {**BLOCK_ALL, "name": ministack.name, "resource_arns": balancers[:1]}
    outcome = ministack.run({"firewall": acl})
    assert outcome.failed
    assert f"{ministack.name}-other, which is not the stack's" in outcome.message
    ministack.apply({}, state="absent")


def test_an_unchanged_acl_is_few_calls(moto: Stack) -> None:
    for number in range(5):
        moto.client("wafv2").create_ip_set(
            Name=f"{moto.name}-{number}",
            Scope="REGIONAL",
            IPAddressVersion="IPV4",
            Addresses=[],
        )
    ip_set = {**example("ip_set")["blocked"], "name": moto.name}
    moto.apply({"blocked": ip_set})
    moto.operations.clear()
    assert moto.actions({"blocked": ip_set}) == {}
    # The tags of the others are not asked for.
    assert moto.operations == ["ListIPSets", "ListTagsForResource", "GetIPSet"]
    # A new name: now they are, for the set may have been there under another.
    renamed = {"blocked": {**ip_set, "name": f"{moto.name}-new"}}
    plan = moto.actions(renamed, allow_replace=("blocked",))
    assert plan == {"blocked": "replace"}
    types = AwsProvider(moto.aws()).types
    assert len(types["ip_set"].read(Reading([], {}, everything=True))) == 1
    moto.apply({}, state="absent")


def test_wrong_rules_are_refused(moto: Stack) -> None:
    rule = BLOCK_ALL["rules"][0]
    group = {"managed_rule_group_statement": {"vendor_name": "AWS", "name": "X"}}
    said = refused(
        moto,
        {
            "a": {**BLOCK_ALL, "name": "not a name"},
            "b": {
                **BLOCK_ALL,
                "rules": [
                    {"name": "x", "priority": 0, "statement": rule["statement"]},
                    {**rule, "statement": group},
                ],
            },
            "c": {
                **BLOCK_ALL,
                "scope": "CLOUDFRONT",
                "resource_arns": ["arn:aws:elasticloadbalancing:x"],
            },
            "d": {**example("ip_set")["blocked"], "addresses": ["192.0.2.1"]},
        },
    )
    for part in (
        "'not a name': use 1 to 128 letters",
        "rules[x].action",
        "use override_action",
        "web_acl_id of a distribution",
        "write 192.0.2.7/32",
    ):
        assert part in said
    assert moto.operations == []


def test_a_misspelt_statement_names_the_right_one(moto: Stack) -> None:
    rule = {**BLOCK_ALL["rules"][0], "statement": {"geo_match_statment": {}}}
    outcome = moto.run({"firewall": {**BLOCK_ALL, "rules": [rule]}})
    assert outcome.failed
    assert "did you mean geo_match_statement?" in outcome.message
