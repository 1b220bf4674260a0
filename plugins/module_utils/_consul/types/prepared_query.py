# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""A question to the catalog, asked by its name, with failover to other datacenters.

What Consul fills in itself is written `$${match(1)}` or `$${name.full}`, for a plain
`${…}` refers to a resource.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..._converge.fields import group, many, mapping, number, text
from ..._converge.overlay import overlay
from ..._converge.provider import Change, Desired, Live, Reading
from ..._converge.shape import from_api, to_api
from ..base import ConsulType
from ..client import ConsulError
from ..durations import duration
from ..mesh_fields import switch, texts

_FAILOVER = group(
    {
        "nearest_n": number("How many of the nearest datacenters.", default=0),
        "datacenters": many(text("A datacenter."), "And these, in this order."),
        "targets": many(
            group(
                {
                    "datacenter": text("A datacenter."),
                    "peer": text("A peer."),
                },
                "A target.",
            ),
            "Instead of both, in this order. Since Consul 1.14.",
        ),
    },
    "Where to ask where nothing is healthy here.",
)
_SERVICE = group(
    {
        "service": text("The service.", required=True),
        "tags": texts("A tag.", "Tags that it must have, or with `!` must not."),
        "near": text("The node to which near ones come first; `_agent`, `_ip`."),
        "only_passing": switch("Leave out those that warn."),
        "ignore_check_ids": many(
            text("A check."),
            "Checks that do not count.",
            order="set",
            api="IgnoreCheckIDs",
        ),
        "failover": _FAILOVER,
        "node_meta": mapping(text("A value."), "What the node's meta must have."),
        "service_meta": mapping(text("A value."), "What the service's meta must have."),
        "connect": switch("Ask for its proxies in the mesh."),
        "peer": text("The peer that it is in. Since Consul 1.14."),
    },
    "What is asked for.",
    required=True,
)


class PreparedQuery(ConsulType):
    name = "prepared_query"
    attributes = {"id": "The identifier that Consul gave it.", "name": "Its name."}
    fields = {
        "name": text("Its name, also in DNS: NAME.query.consul.", required=True),
        "service": _SERVICE,
        "dns": group(
            {"ttl": duration("How long an answer holds.", api="TTL")},
            "Answers by DNS.",
            api="DNS",
        ),
        "template": group(
            {
                "type": text("What it is.", choices=("", "name_prefix_match")),
                "regexp": text("What the name matches; `$${match(1)}` is its group."),
                "remove_empty_tags": switch("Leave out tags that came out empty."),
            },
            "For all names that begin with this one.",
        ),
        "token": text(
            "The token that it is carried out with; that of who asks.", sensitive=True
        ),
        "session": text("A session; the query goes with it."),
    }

    def find(self, reading: Reading) -> Iterable[Live]:
        """One list, which has everything."""
        tokens = {
            one.properties["name"]: one.properties.get("token")
            for one in reading.desired
        }
        return [self._live(raw, tokens.get(raw["Name"])) for raw in self._list()]

    def create(self, desired: Desired) -> Live:
        wanted = desired.properties
        body = to_api(self.fields, wanted)
        try:
            made = self.session.call(
                "POST", "query", needs=self._needs(wanted), body=body
            )
        except ConsulError as error:
            # What is taken for a repeated request by its name.
            if "aliases an existing" not in error.said:
                raise
            for raw in self._list():
                if raw["Name"] == wanted["name"]:
                    return self.as_declared(
                        self._live(raw, wanted.get("token")), desired
                    )
            raise
        return self._live({**body, "ID": made["ID"]})

    def update(self, live: Live, desired: Desired, changes: Sequence[Change]) -> Live:
        body = overlay(self.fields, live.raw, desired.properties)
        self.session.put(
            f"query/{live.id}", needs=self._needs(desired.properties), body=body
        )
        return self._live(body)

    def delete(self, live: Live) -> None:
        try:
            self.session.delete(f"query/{live.id}", needs=self._needs(live.properties))
        except ConsulError as error:
            if "non-existent" not in error.said:
                raise

    def _list(self) -> Any:
        return self.session.get("query", needs=self._needs({"name": ""}, "read"))

    def _live(self, raw: Mapping[str, Any], token: Any = None) -> Live:
        """`token` is the declared one: only who may manage ACLs sees the living one."""
        properties = from_api(self.fields, raw)
        if properties.get("token") == "<hidden>":
            properties["token"] = token
        name = raw["Name"]
        # What goes with a session is not for a prune.
        scoped = None if raw.get("Session") else name
        return self.live(raw["ID"], properties, scoped, raw, name=name)

    def _needs(self, properties: Mapping[str, Any], access: str = "write") -> str:
        return f'query "{properties["name"]}" {{ policy = "{access}" }}'


TYPE = PreparedQuery
