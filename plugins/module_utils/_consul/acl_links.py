# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""What roles and tokens are given: policies, identities, templates."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from .._converge.fields import Field, group, many, text
from .._converge.overlay import overlay
from .._converge.provider import Desired, Live
from .._converge.shape import from_api
from .._errors import RunError
from .base import ConsulType

READ = 'acl = "read"'
WRITE = 'acl = "write"'
NAME = re.compile(r"[\w-]{1,256}", re.ASCII)
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# What Consul keeps beside what may be written.
OWN = ("Hash", "CreateIndex", "ModifyIndex", "CreateTime", "Legacy", "Rules")


def acl_name(what: str) -> Field:
    """The name of a policy or role; those of Consul's own begin with `builtin/`."""
    return text(f"The {what}'s name.", required=True, check=_check_name)


def links(to: str) -> Field:
    """Policies or roles by name."""
    return many(text("A name.", check=_check_link), f"{to}, by name.", order="set")


DATACENTERS = many(text("A datacenter."), "Where it holds; everywhere.", order="set")
IDENTITIES: dict[str, Field] = {
    "service_identities": many(
        group(
            {
                "service_name": text("The service.", required=True),
                "datacenters": DATACENTERS,
            },
            "A service.",
        ),
        "Services whose proxies and instances may register themselves and discover"
        " others.",
        order="key",
        key="service_name",
    ),
    "node_identities": many(
        group(
            {
                "node_name": text("The node.", required=True),
                "datacenter": text("Its datacenter.", required=True),
            },
            "A node.",
        ),
        "Agents that may register their node and discover services.",
        order="set",
    ),
    "templated_policies": many(
        group(
            {
                "template_name": text(
                    "The template, such as `builtin/service`.", required=True
                ),
                "template_variables": group(
                    {"name": text("Of the service, node or so.")}, "What fills it in."
                ),
                "datacenters": DATACENTERS,
            },
            "A template.",
        ),
        "Policies that Consul makes from a template.",
        order="set",
    ),
}
NEWER = {"node_identities": "1.8.1", "templated_policies": "1.17"}
_NAMED = {"policies": "Policies", "roles": "Roles"}


def seen(fields: Mapping[str, Field], raw: Mapping[str, Any]) -> dict[str, Any]:
    """A role or token as properties."""
    properties = from_api(fields, raw)
    for name, api in _NAMED.items():
        if name in fields:
            properties[name] = [link["Name"] for link in raw.get(api) or ()]
    return properties


def body(
    fields: Mapping[str, Field], raw: Mapping[str, Any], declared: Mapping[str, Any]
) -> dict[str, Any]:
    """A role or token as it is written: as it is, with what is declared laid over."""
    written = overlay(fields, raw, declared)
    for name, api in _NAMED.items():
        if name in declared:
            written[api] = [{"Name": link} for link in declared[name] or ()]
    return {name: value for name, value in written.items() if name not in OWN}


def refuse_twins(
    type_: ConsulType, desired: Sequence[Desired], lives: Sequence[Live], remedy: str
) -> None:
    """RunError where a description, which Consul lets many have, names several."""
    found = defaultdict(list)
    for live in lives:
        found[type_.identity(live.properties)].append(live.id)
    for one in desired:
        ids = found[type_.identity(one.properties)]
        if len(ids) > 1:
            raise RunError(
                f"{one.resource}: {len(ids)} things of type {type_.name} have the"
                f" description {one.properties['description']!r} ({', '.join(ids)});"
                f" {remedy}"
            )


def _check_name(given: str) -> str | None:
    if NAME.fullmatch(given.removeprefix("builtin/")):
        return None
    return f"is {given!r}; use 1 to 256 letters, digits, '-' and '_'"


def _check_link(given: str) -> str | None:
    if UUID.fullmatch(given):
        return "is an id; say the name, such as ${policy.name}"
    return _check_name(given)
