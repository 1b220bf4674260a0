# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Whether one service may talk to another. Its name in Consul is the pair of both.

Since Consul 1.9 all intentions about a service are one entry, `service_intentions`;
declare either that, or these. In a prune it is the destination that the scope looks at.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..._converge.fields import mapping, text
from ..._converge.overlay import overlay
from ..._converge.provider import Change, Desired, Live, Reading
from ..._converge.shape import from_api
from ..._errors import RunError
from ..base import ConsulType
from ..client import ConsulError
from ..mesh_fields import PERMISSIONS
from ..session import older

# What an intention is written as; the rest Consul adds itself.
_WRITTEN = ("SourceName", "DestinationName", "Action", "Permissions", "Description")


class Intention(ConsulType):
    name = "intention"
    unique = ("source", "destination")
    uses = ("service_defaults", "proxy_defaults")
    newer = {"permissions": "1.9"}
    attributes = {"id": "Source and destination."}
    fields = {
        "source": text(
            "The service that talks, or `*` for all.", required=True, api="SourceName"
        ),
        "destination": text(
            "The service that is talked to, or `*`.",
            required=True,
            api="DestinationName",
        ),
        "action": text("What is done.", choices=("allow", "deny")),
        "permissions": PERMISSIONS,
        "description": text("What it is for."),
        "meta": mapping(
            text("A value."), "What you want to note with it. Before Consul 1.9 only."
        ),
    }

    def written(self, resource: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        return body

    def check(self, properties: Mapping[str, Any]) -> Sequence[str]:
        if bool(properties.get("action")) == bool(properties.get("permissions")):
            return ["takes an action, or permissions; one of both"]
        return ()

    def find(self, reading: Reading) -> Iterable[Live]:
        """One list, which has everything."""
        self._refuse_meta(reading.desired)
        found = self.session.get("connect/intentions", needs=_rule("read", ""))
        return [self._live(raw) for raw in found if not raw.get("SourcePeer")]

    def create(self, desired: Desired) -> Live:
        if not self._is_old():
            return self._put_exact({}, desired)
        needs = _rule("write", desired.properties["destination"])
        body = self._body({}, desired)
        try:
            self.session.call("POST", "connect/intentions", needs=needs, body=body)
        except ConsulError as error:
            if "duplicate intention" not in error.said:
                raise
            identity = self.identity(desired.properties)
            for live in self.find(Reading((), {})):
                if self.identity(live.properties) == identity:
                    return self.as_declared(live, desired)
            raise
        return self._live(body)

    def update(self, live: Live, desired: Desired, changes: Sequence[Change]) -> Live:
        if not self._is_old():
            return self._put_exact(live.raw, desired)
        body = self._body(live.raw, desired)
        needs = _rule("write", desired.properties["destination"])
        self.session.put(f"connect/intentions/{live.raw['ID']}", needs=needs, body=body)
        return self._live(body)

    def delete(self, live: Live) -> None:
        needs = _rule("write", live.properties["destination"])
        if not self._is_old():
            place = _place(live.properties)
            self.session.delete("connect/intentions/exact", place, needs=needs)
            return
        try:
            self.session.delete(f"connect/intentions/{live.raw['ID']}", needs=needs)
        except ConsulError as error:
            if "non-existent" not in error.said:
                raise

    def _is_old(self) -> bool:
        """Whether intentions are things of their own with identifiers."""
        return bool(older(self.session, "1.9"))

    def _put_exact(self, raw: Mapping[str, Any], desired: Desired) -> Live:
        body = self._body(raw, desired)
        self.session.put(
            "connect/intentions/exact",
            _place(desired.properties),
            needs=_rule("write", desired.properties["destination"]),
            body={name: body[name] for name in body if not name.endswith("Name")},
        )
        return self._live(body)

    def _body(self, raw: Mapping[str, Any], desired: Desired) -> dict[str, Any]:
        names = (*_WRITTEN, *(("Meta",) if self._is_old() else ()))
        there = {name: raw[name] for name in names if raw.get(name)}
        if desired.properties.get("permissions"):
            there.pop("Action", None)
        elif desired.properties.get("action"):
            there.pop("Permissions", None)
        return overlay(self.fields, there, desired.properties)

    def _refuse_meta(self, desired: Sequence[Desired]) -> None:
        noted = next((one for one in desired if one.properties.get("meta")), None)
        if noted and not self._is_old():
            raise RunError(
                f"{noted.resource}.meta: since Consul 1.9 a single intention has none;"
                " say it in its description, or declare a service_intentions"
            )

    def _live(self, raw: Mapping[str, Any]) -> Live:
        properties = from_api(self.fields, raw)
        id_ = f"{raw['SourceName']} => {raw['DestinationName']}"
        return self.live(id_, properties, raw["DestinationName"], raw)


def _place(properties: Mapping[str, Any]) -> dict[str, str]:
    return {name: properties[name] for name in ("source", "destination")}


def _rule(access: str, name: str) -> str:
    return f'service "{name}" {{ intentions = "{access}" }}'


TYPE = Intention
