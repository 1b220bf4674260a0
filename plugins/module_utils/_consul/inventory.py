# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""From the catalog's nodes to hosts, their groups and their variables. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .._errors import RunError
from .catalog import Node
from .health import STATUSES

# What the names of each kind of group begin with, unless the user says otherwise.
PREFIXES = {
    "service": "service_",
    "tag": "tag_",
    "status": "consul_",
    "datacenter": "datacenter_",
    "meta": "",
}
_NAMED = 3
# What Ansible takes for the controller: a node of that name would stand in for it.
_CONTROLLER = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Layout:
    """How nodes become hosts.

    `hostnames` and `addresses` are sources in order of preference: `name`,
    `name.datacenter`, `address`, `address.TAG` of the tagged addresses, `meta.KEY`.
    `kinds` and `meta_groups` say which groups there are, `prefixes` what their names
    begin with. `meta_variables` are variables by name, each with its key in the
    metadata. Only hosts of `statuses` are taken, and, with `served_only`, those that
    have a service.
    """

    hostnames: Sequence[str] = ("name",)
    addresses: Sequence[str] = ("address",)
    kinds: Sequence[str] = ("service", "tag", "status")
    meta_groups: Sequence[str] = ("zone",)
    prefixes: Mapping[str, str] = field(default_factory=dict)
    meta_variables: Mapping[str, str] = field(default_factory=dict)
    statuses: Sequence[str] = STATUSES
    served_only: bool = False

    def problems(self) -> list[str]:
        """The mistakes, each beginning with its field."""
        found = []
        for name in ("hostnames", "addresses"):
            sources = getattr(self, name)
            if name == "hostnames" and not sources:
                found.append("hostnames: at least one source is needed")
            found += [
                f"{name}: {source!r} is none of name, name.datacenter, address, "
                "address.TAG, meta.KEY"
                for source in sources
                if not _is_source(source)
            ]
        unknown = sorted(set(self.prefixes) - set(PREFIXES))
        if unknown:
            found.append(
                f"group_prefixes: there is no kind {', '.join(unknown)}; the kinds are "
                f"{', '.join(PREFIXES)}"
            )
        return found


@dataclass(frozen=True)
class Host:
    """One host of the inventory; group names are still to be made safe."""

    name: str
    groups: list[str]
    variables: dict[str, Any]


@dataclass(frozen=True)
class Hosts:
    """The hosts, and the nodes that no source gives a name that may be used."""

    hosts: list[Host]
    nameless: list[str]


def arrange(nodes: Iterable[Node], layout: Layout) -> Hosts:
    """Make hosts of nodes. Raises RunError when two nodes would be one host."""
    prefixes = {**PREFIXES, **layout.prefixes}
    hosts: dict[str, Host] = {}
    nameless: list[str] = []
    twice: list[str] = []
    for node in nodes:
        if node["status"] not in layout.statuses:
            continue
        if layout.served_only and not node["services"]:
            continue
        name = _first(node, layout.hostnames)
        if not name or name in _CONTROLLER:
            nameless.append(node["node"])
            continue
        if name in hosts:
            twice.append(_both(hosts[name].variables["consul_catalog"], node, name))
            continue
        groups = _groups(node, layout, prefixes)
        hosts[name] = Host(name, groups, _variables(node, layout))
    if twice:
        raise RunError(
            f"hostnames: {'; '.join(twice[:_NAMED])}"
            + (f"; and {len(twice) - _NAMED} more" if len(twice) > _NAMED else "")
            + "; take a source that tells them apart, such as name.datacenter"
        )
    return Hosts(list(hosts.values()), nameless)


def _is_source(text: str) -> bool:
    kind, _dot, key = text.partition(".")
    if kind == "name":
        return text in ("name", "name.datacenter")
    return text == "address" or (kind in ("address", "meta") and bool(key))


def _first(node: Node, sources: Sequence[str]) -> str:
    """The first source that has something for this node, or ""."""
    for source in sources:
        kind, _dot, key = source.partition(".")
        if kind == "meta":
            value = node["meta"].get(key)
        elif kind == "address":
            value = node["tagged_addresses"].get(key) if key else node["address"]
        elif key:
            value = f"{node['node']}.{node['datacenter']}"
        else:
            value = node["node"]
        if value:
            return value
    return ""


def _groups(node: Node, layout: Layout, prefixes: Mapping[str, str]) -> list[str]:
    services = node["services"].values()
    values: dict[str, Iterable[str]] = {
        "service": [service["service"] for service in services],
        "tag": [tag for service in services for tag in service["tags"]],
        "status": [node["status"]],
        "datacenter": [node["datacenter"]],
    }
    names = [prefixes[kind] + value for kind in layout.kinds for value in values[kind]]
    meta = node["meta"]
    names += [
        f"{prefixes['meta']}{key}_{meta[key]}"
        for key in layout.meta_groups
        if meta.get(key)
    ]
    return list(dict.fromkeys(names))


def _variables(node: Node, layout: Layout) -> dict[str, Any]:
    told = {key: value for key, value in node.items() if key != "tagged_addresses"}
    variables: dict[str, Any] = {"consul_catalog": told}
    address = _first(node, layout.addresses)
    if address:
        variables["ansible_host"] = address
    meta = node["meta"]
    variables.update(
        (name, meta[key]) for name, key in layout.meta_variables.items() if key in meta
    )
    return variables


def _both(one: Node, other: Node, name: str) -> str:
    return (
        f"{name!r} would be both {one['node']} of {one['datacenter']} and "
        f"{other['node']} of {other['datacenter']}"
    )
