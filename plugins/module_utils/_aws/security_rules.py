# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Rules of security groups: declared in groups, compared and sent one by one.

A declared rule may name several sources; AWS keeps one rule for each. Everything is
brought down to those single rules, and the differences are applied.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from .._converge.fields import group, many, number, text

PROTOCOLS = {"all": "-1", "1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6"}
SELF = "self"
WITH_PORTS = ("tcp", "udp")
WORDING = re.compile(r"[\w .:/()#,@\[\]+=&;{}!$*-]{0,255}", re.ASCII)

# Our list, the list in an IpPermission, and the name of an entry in it.
SOURCES = {
    "cidr_ipv4": ("IpRanges", "CidrIp"),
    "cidr_ipv6": ("Ipv6Ranges", "CidrIpv6"),
    "prefix_list_ids": ("PrefixListIds", "PrefixListId"),
    "referenced_group_ids": ("UserIdGroupPairs", "GroupId"),
}

Rule = Mapping[str, Any]
# Protocol, first and last port, the list that holds the source, the source.
Key = tuple[str, int, int, str, str]


def check_wording(value: str) -> str | None:
    """What AWS would refuse in a group's name or a description."""
    if WORDING.fullmatch(value):
        return None
    return "takes up to 255 of a-z, A-Z, 0-9, spaces and ._-:/()#,@[]+=&;{}!$*"


def check_rule(rule: Rule) -> str | None:
    """What is wrong with one rule, in words; values may be UNKNOWN."""
    if all(rule.get(name) in (None, []) for name in SOURCES):
        return f"a rule names who it is for: give one of {', '.join(SOURCES)}"
    ranged = rule.get("from_port") is not None, rule.get("to_port") is not None
    if rule.get("port") is not None and any(ranged):
        return "give port, or from_port and to_port, not both"
    if ranged[0] != ranged[1]:
        return "from_port and to_port go together; for one port write port"
    if _protocol(rule) in WITH_PORTS and not any(ranged) and rule.get("port") is None:
        return (
            f"{_protocol(rule)} needs port, or from_port and to_port; for every"
            " protocol and port write ip_protocol: all"
        )
    return None


def _check_network(value: str) -> str | None:
    try:
        ipaddress.ip_network(value, strict=False)
    except ValueError as error:
        return f"{error}; write it as 10.0.0.0/16 or 2001:db8::/32"
    return None


RULE = group(
    {
        "ip_protocol": text(
            "One of tcp (where it is left out), udp, icmp, icmpv6 and all, or a"
            " protocol's number.",
        ),
        "port": number("The port, where it is one."),
        "from_port": number("The first port; for ICMP the type, -1 for all."),
        "to_port": number("The last port; for ICMP the code, -1 for all."),
        "cidr_ipv4": many(
            text("A network.", check=_check_network), "IPv4 networks.", order="set"
        ),
        "cidr_ipv6": many(
            text("A network.", check=_check_network), "IPv6 networks.", order="set"
        ),
        "prefix_list_ids": many(text("A prefix list."), "Prefix lists.", order="set"),
        "referenced_group_ids": many(
            text("A group."),
            "Security groups: their ids, with the account before it where that is"
            " another (111122223333/sg-1), or self for this very group.",
            order="set",
        ),
        "description": text("What it is for.", check=check_wording),
    },
    "One rule.",
)


def single(rules: Sequence[Rule]) -> list[dict[str, Any]]:
    """Rules as AWS keeps them: one source each, in one spelling, in one order."""
    found = {key: description for rule in rules for key, description in split(rule)}
    return [_as_rule(key, found[key]) for key in sorted(found)]


def split(rule: Rule) -> Iterator[tuple[Key, str | None]]:
    """One declared rule as single ones: each one's key and its description."""
    first, last = _ports(rule)
    for name in SOURCES:
        for source in rule.get(name) or ():
            spelled = _network(source) if name.startswith("cidr") else str(source)
            yield (
                (_protocol(rule), first, last, name, spelled),
                rule.get("description"),
            )


def keyed(rules: Iterable[Rule] | None) -> dict[Key, str | None]:
    """Single rules by what makes them one, with their descriptions."""
    return {key: words for rule in rules or () for key, words in split(rule)}


def from_permissions(
    permissions: Iterable[Mapping[str, Any]], group_id: str, owner: str | None
) -> list[dict[str, Any]]:
    """What DescribeSecurityGroups says, as single rules."""
    rules = []
    for permission in permissions:
        base = {
            "ip_protocol": permission.get("IpProtocol"),
            "from_port": permission.get("FromPort"),
            "to_port": permission.get("ToPort"),
        }
        for name, (listed, entry) in SOURCES.items():
            for each in permission.get(listed) or ():
                source = each[entry]
                if name == "referenced_group_ids":
                    source = _group_named(each, group_id, owner)
                words = each.get("Description") or ""
                rules.append({**base, name: [source], "description": words})
    return single(rules)


def permission(key: Key, description: str | None, group_id: str) -> dict[str, Any]:
    """A single rule as an IpPermission."""
    protocol, first, last, name, source = key
    listed, entry = SOURCES[name]
    named = {entry: source}
    if name == "referenced_group_ids":
        account, slash, other = source.rpartition("/")
        named = {entry: group_id if source == SELF else other}
        if slash:
            named["UserId"] = account
    if description is not None:
        named["Description"] = description
    ports = {"FromPort": first, "ToPort": last} if _has_ports(protocol) else {}
    return {"IpProtocol": protocol, **ports, listed: [named]}


def _as_rule(key: Key, description: str | None) -> dict[str, Any]:
    protocol, first, last, name, source = key
    rule = {"ip_protocol": protocol, name: [source]}
    if _has_ports(protocol):
        rule.update(from_port=first, to_port=last)
    if description is not None:
        rule["description"] = description
    return rule


def _group_named(pair: Mapping[str, Any], group_id: str, owner: str | None) -> str:
    if pair["GroupId"] == group_id:
        return SELF
    foreign = owner and pair.get("UserId") not in (None, "", owner)
    return f"{pair['UserId']}/{pair['GroupId']}" if foreign else pair["GroupId"]


def _protocol(rule: Rule) -> str:
    given = str(rule.get("ip_protocol") or "tcp").lower()
    return PROTOCOLS.get(given, given)


def _has_ports(protocol: str) -> bool:
    return protocol in (*WITH_PORTS, "icmp", "icmpv6")


def _ports(rule: Rule) -> tuple[int, int]:
    """-1 stands for all of them, and where a protocol has none."""
    if not _has_ports(_protocol(rule)):
        return -1, -1
    if rule.get("port") is not None:
        return int(rule["port"]), int(rule["port"])
    first, last = rule.get("from_port"), rule.get("to_port")
    return (-1 if first is None else int(first)), (-1 if last is None else int(last))


def _network(value: Any) -> str:
    """AWS keeps the network's first address, in the shortest spelling."""
    try:
        return str(ipaddress.ip_network(str(value), strict=False))
    except ValueError:
        return str(value)
