# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of security groups: single ones, in one spelling."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.vigie.run.plugins.module_utils._aws.security_rules import (
    RULE,
    check_rule,
    check_wording,
    from_permissions,
    keyed,
    permission,
    single,
)
from ansible_collections.vigie.run.plugins.module_utils._converge.compare import compare
from ansible_collections.vigie.run.plugins.module_utils._converge.fields import many
from hypothesis import given
from hypothesis import strategies as st

FIELDS = {"ingress": many(RULE, "Rules.", order="set", normal=single)}
HTTPS = {"port": 443, "cidr_ipv4": ["10.0.0.0/8"]}


@pytest.mark.parametrize(
    "other",
    [
        {"port": "443", "cidr_ipv4": ["10.0.0.0/8"]},
        {
            "ip_protocol": "TCP",
            "from_port": 443,
            "to_port": 443,
            "cidr_ipv4": ["10.0.0.0/8"],
        },
        {"ip_protocol": "6", "port": 443, "cidr_ipv4": ["10.20.30.40/8"]},
        {"port": 443, "cidr_ipv4": ["10.0.0.0/8", "10.0.0.1/8"]},
    ],
)
def test_equal_rules_in_other_words(other: dict[str, Any]) -> None:
    assert single([other]) == single([HTTPS])


@pytest.mark.parametrize(
    "other",
    [
        {**HTTPS, "port": 444},
        {**HTTPS, "ip_protocol": "udp"},
        {**HTTPS, "cidr_ipv4": ["10.0.0.0/9"]},
        {"port": 443, "cidr_ipv6": ["::/0"]},
        {"ip_protocol": "all", "cidr_ipv4": ["10.0.0.0/8"]},
        {**HTTPS, "description": "Inside"},
    ],
)
def test_rules_that_differ(other: dict[str, Any]) -> None:
    assert single([other]) != single([HTTPS])


def test_ports_mean_nothing_where_every_protocol_is_meant() -> None:
    one = {"ip_protocol": "all", "cidr_ipv4": ["10.0.0.0/8"]}
    other = {"ip_protocol": "-1", "from_port": -1, "to_port": -1, **one}
    assert single([other]) == single([one])
    [(key, _words)] = keyed([one]).items()
    assert permission(key, None, "sg-1") == {
        "IpProtocol": "-1",
        "IpRanges": [{"CidrIp": "10.0.0.0/8"}],
    }


def test_a_change_names_the_rules_that_differ_and_no_others() -> None:
    sources = ["10.0.0.0/8", "192.0.2.0/24"]
    declared = [{"port": 443, "cidr_ipv4": [*sources, "198.51.100.0/24"]}]
    living = single([{"port": 443, "cidr_ipv4": sources, "description": ""}])

    [change] = compare(FIELDS, {"ingress": declared}, {"ingress": living})

    assert change.before is None
    assert change.after["cidr_ipv4"] == ["198.51.100.0/24"]


def test_a_description_counts_only_where_it_is_declared() -> None:
    living = {"ingress": single([{**HTTPS, "description": "Inside"}])}
    assert compare(FIELDS, {"ingress": [HTTPS]}, living) == []
    renamed = [{**HTTPS, "description": "Everywhere"}]
    assert compare(FIELDS, {"ingress": renamed}, living) != []


def test_the_groups_of_a_rule_are_named_from_where_it_stands() -> None:
    pairs = [
        {"GroupId": "sg-1", "UserId": "111122223333"},
        {"GroupId": "sg-2", "UserId": "111122223333"},
        {"GroupId": "sg-3", "UserId": "444455556666"},
    ]
    seen = from_permissions(
        [{"IpProtocol": "tcp", "FromPort": 1, "ToPort": 2, "UserIdGroupPairs": pairs}],
        "sg-1",
        "111122223333",
    )
    named = [name for rule in seen for name in rule["referenced_group_ids"]]
    assert sorted(named) == ["444455556666/sg-3", "self", "sg-2"]


@pytest.mark.parametrize(
    ("source", "sent"),
    [
        ("self", {"GroupId": "sg-1"}),
        ("sg-2", {"GroupId": "sg-2"}),
        ("444455556666/sg-3", {"GroupId": "sg-3", "UserId": "444455556666"}),
    ],
)
def test_groups_are_sent_by_id_and_account(source: str, sent: dict) -> None:
    [key] = keyed([{"port": 1, "referenced_group_ids": [source]}])
    assert permission(key, None, "sg-1")["UserIdGroupPairs"] == [sent]


PROTOCOLS = st.sampled_from(["tcp", "udp", "icmp", "all", "50", None])
SOURCES = st.dictionaries(
    st.sampled_from(["cidr_ipv4", "cidr_ipv6", "prefix_list_ids"]),
    st.lists(st.sampled_from(["a", "b", "10.0.0.0/8", "::/0"]), min_size=1),
    min_size=1,
)


@given(PROTOCOLS, SOURCES, st.integers(0, 65535), st.sampled_from([None, "", "Why"]))
def test_what_is_sent_is_what_is_seen(protocol, sources, port, words) -> None:
    rule = {"ip_protocol": protocol, "port": port, "description": words, **sources}
    sent = [permission(key, said, "sg-1") for key, said in keyed([rule]).items()]
    seen = from_permissions(sent, "sg-1", None)

    assert compare(FIELDS, {"ingress": [rule]}, {"ingress": seen}) == []
    assert single(seen) == seen


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"port": 1}, "names who it is for"),
        ({"cidr_ipv4": ["::/0"]}, "tcp needs port"),
        ({**HTTPS, "to_port": 1}, "not both"),
        ({"to_port": 1, "cidr_ipv4": ["10.0.0.0/8"]}, "go together"),
        (HTTPS, None),
        ({"ip_protocol": "icmp", "cidr_ipv4": ["10.0.0.0/8"]}, None),
    ],
)
def test_rules_that_say_too_little_or_too_much(rule: dict, said: str | None) -> None:
    answer = check_rule(rule)
    assert answer is None if said is None else said in (answer or "")


def test_wording_is_what_aws_takes() -> None:
    assert check_wording("HTTPS from the office (floor 3), see a/b=c") is None
    assert check_wording("l'école") is not None
    assert check_wording("a" * 256) is not None
