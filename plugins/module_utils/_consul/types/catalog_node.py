# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""A node that runs no agent, with its services and checks: an appliance, a database.

Consul only keeps such a node's checks; something else carries them out and says how
they stand, such as consul-esm, which takes the nodes that have `external-node: "true"`
in their meta. The node of an agent is never touched: it says itself what it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ..._converge.compare import compare
from ..._converge.fields import Field, group, many, mapping, number, text
from ..._converge.overlay import overlay
from ..._converge.provider import Change, Desired, Live, Reading
from ..._converge.shape import from_api
from ..._errors import RunError
from ..base import Consul, ConsulType
from ..durations import duration
from ..mesh_fields import switch, texts

# What a transaction takes, and what one filter of a list is made of.
OPERATIONS = 64
NAMES = 50
AGENT = "serfHealth"
_META = mapping(text("A value."), "What you want to note with it.")
_DEFINITION = group(
    {
        "http": text("An address to get.", api="HTTP"),
        "method": text("How to get it."),
        "header": mapping(many(text("A value."), "Values."), "Headers to send."),
        "body": text("What to send."),
        "tls_server_name": text("The name that is asked for.", api="TLSServerName"),
        "tls_skip_verify": switch("Trust any certificate.", api="TLSSkipVerify"),
        "tcp": text("An address and port to connect to.", api="TCP"),
        "interval": duration("How often."),
        "timeout": duration("How long to wait."),
        "deregister_critical_service_after": duration("When it is taken out."),
    },
    "What is looked at.",
)
SERVICE = {
    "id": text("What tells it from others of the node; its name.", api="ID"),
    "name": text("The service.", required=True, api="Service"),
    "address": text("Where it is; the node's."),
    "port": number("Its port.", default=0),
    "tags": texts("A tag.", "Its tags."),
    "meta": _META,
}
CHECK = {
    "id": text("What tells it from others of the node; its name.", api="CheckID"),
    "name": text("Its name.", required=True),
    "service_id": text("The id of the service; the whole node.", api="ServiceID"),
    "status": text(
        "How it stands at first; then whoever carries it out says so.",
        choices=("passing", "warning", "critical"),
        write_only=True,
    ),
    "notes": text("What it is for."),
    "definition": _DEFINITION,
}
PARTS = {"services": SERVICE, "checks": CHECK}


class CatalogNode(ConsulType):
    name = "catalog_node"
    attributes = {"id": "Its name.", "name": "Its name."}
    fields = {
        "name": text("The node.", required=True, api="Node"),
        "address": text("Its address.", required=True),
        "meta": _META,
        "tagged_addresses": mapping(text("An address."), "Others: lan, wan and so on."),
        "services": many(
            group(SERVICE, "A service."), "Its services.", order="key", key="id"
        ),
        "checks": many(group(CHECK, "A check."), "Its checks.", order="key", key="id"),
    }

    def __init__(self, consul: Consul) -> None:
        super().__init__(consul)
        self._own = {name: self.fields[name] for name in self.fields.keys() - PARTS}

    def written(self, resource: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """A service or check that says no id has its name for one."""
        body = {**super().written(resource, body)}
        for part in PARTS:
            if isinstance(body.get(part), (list, tuple)):
                body[part] = [
                    {"id": one.get("name"), **one} if isinstance(one, Mapping) else one
                    for one in body[part]
                ]
        return body

    # -- reading ----------------------------------------------------------------

    def find(self, reading: Reading) -> Iterable[Live]:
        """A list of nodes, one of checks for 50 nodes, and a call for the services of
        each that is declared: Consul has no list of those."""
        declared = {one.properties["name"]: one for one in reading.desired}
        scope = self.scope.of(self.name) if reading.everything else ()
        nodes = {
            raw["Node"]: raw
            for raw in self.session.get("catalog/nodes", needs=_rule("node", "read"))
            if raw["Node"] in declared or raw["Node"].startswith(scope)
        }
        checks = self._checks(nodes)
        for name, node in nodes.items():
            of_agent = any(one["CheckID"] == AGENT for one in checks[name])
            if name in declared and of_agent:
                raise RunError(
                    f"{declared[name].resource}: {name} is the node of a Consul agent,"
                    " which says itself what it is; declare its services there"
                )
            services = self._services(name) if name in declared else []
            if not of_agent:
                yield self._live(node, services, checks[name])

    def _checks(self, nodes: Iterable[str]) -> dict[str, list[Any]]:
        found: dict[str, list[Any]] = {name: [] for name in nodes}
        names = list(found)
        for start in range(0, len(names), NAMES):
            some = names[start : start + NAMES]
            which = " or ".join(f"Node == {json.dumps(name)}" for name in some)
            answer = self.session.get(
                "health/state/any", {"filter": which}, needs=_rule("node", "read")
            )
            for one in answer:
                found[one["Node"]].append(one)
        return found

    def _services(self, name: str) -> list[Any]:
        there = self.session.get(f"catalog/node/{name}", needs=_rule("node", "read"))
        return list(there["Services"].values()) if there else []

    def _live(
        self, node: Mapping[str, Any], services: Sequence[Any], checks: Sequence[Any]
    ) -> Live:
        raw = {**node, "Services": services, "Checks": checks}
        name = node["Node"]
        return self.live(name, from_api(self.fields, raw), name, raw, name=name)

    # -- writing ----------------------------------------------------------------

    def create(self, desired: Desired) -> Live:
        return self._write(None, desired)

    def update(self, live: Live, desired: Desired, changes: Sequence[Change]) -> Live:
        return self._write(live, desired)

    def delete(self, live: Live) -> None:
        body = {"Node": live.id}
        needs = _rule("node", "write", live.id)
        self.session.put("catalog/deregister", needs=needs, body=body)

    def _write(self, live: Live | None, desired: Desired) -> Live:
        """The node and what of it differs, in one transaction as far as it fits."""
        name = desired.properties["name"]
        operations = list(self._operations(live, desired))
        for start in range(0, len(operations), OPERATIONS):
            some = operations[start : start + OPERATIONS]
            needs = f"{_rule('node', 'write', name)} and that of its services"
            self.session.put("txn", needs=needs, body=some)
        return self.live(name, desired.properties, name, name=name)

    def _operations(self, live: Live | None, desired: Desired) -> Iterator[Any]:
        raw, there = (live.raw, live.properties) if live else ({}, {})
        wanted = desired.properties
        own = {name: wanted[name] for name in self._own.keys() & wanted.keys()}
        node = {name: raw[name] for name in ("ID", "Datacenter") if raw.get(name)}
        for name in ("Meta", "TaggedAddresses"):
            node[name] = raw.get(name) or {}
        if live is None or compare(self._own, own, there):
            yield {"Node": {"Verb": "set", "Node": overlay(self._own, node, own)}}
        for part, fields in PARTS.items():
            if part in wanted:
                yield from _part(wanted, raw, part, fields)


def _part(
    wanted: Mapping[str, Any],
    raw: Mapping[str, Any],
    part: str,
    fields: Mapping[str, Field],
) -> Iterator[Any]:
    """What sets, and deletes, services or checks."""
    kind, key = ("Service", "ID") if part == "services" else ("Check", "CheckID")
    there = {one[key]: one for one in raw.get(part.capitalize()) or ()}
    for one in wanted[part] or ():
        old = there.pop(one["id"], {})
        if not old or compare(fields, one, from_api(fields, old)):
            # How a check stands is not ours to say again.
            laid = overlay(fields, old, {**one, **_standing(old)})
            yield _operation(kind, "set", wanted["name"], _sent(laid))
    for old in there.values():
        # Its checks go with a service.
        named = {name: old[name] for name in (key, kind) if name in old}
        yield _operation(kind, "delete", wanted["name"], named)


def _standing(check: Mapping[str, Any]) -> dict[str, Any]:
    return {"status": check["Status"]} if "Status" in check else {}


def _sent(raw: Mapping[str, Any]) -> dict[str, Any]:
    own = ("CreateIndex", "ModifyIndex", "Node", "ServiceName", "ServiceTags", "Type")
    return {name: value for name, value in raw.items() if name not in own}


def _operation(kind: str, verb: str, node: str, body: Mapping[str, Any]) -> Any:
    if kind == "Service":
        return {"Service": {"Verb": verb, "Node": node, "Service": body}}
    return {"Check": {"Verb": verb, "Check": {"Node": node, **body}}}


def _rule(what: str, access: str, name: str = "") -> str:
    return f'{what} "{name}" {{ policy = "{access}" }}'


TYPE = CatalogNode
