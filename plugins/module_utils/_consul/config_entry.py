# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""What all configuration entries have in common.

Each kind is a type of its own, with the names of Consul's documentation in snake case
(https://developer.hashicorp.com/consul/docs/reference/config-entry). An entry is
written with the index that it was planned with: nobody's change is overwritten.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from .._converge.compare import compare
from .._converge.fields import mapping, text
from .._converge.overlay import overlay
from .._converge.provider import Change, Desired, Live, Reading
from .._converge.shape import from_api
from .._errors import RunError
from .base import ConsulType
from .client import ConsulError

# Consul checks an entry against those that it has: in this order all can be written.
ORDER = (
    (
        "proxy_defaults",
        "mesh",
        "jwt_provider",
        "inline_certificate",
        "file_system_certificate",
    ),
    ("service_defaults", "exported_services"),
    ("service_resolver",),
    ("service_splitter",),
    ("service_router",),
    ("ingress_gateway", "terminating_gateway", "api_gateway"),
    ("service_intentions", "http_route", "tcp_route"),
)
_RANKS = {name: rank for rank, names in enumerate(ORDER) for name in names}
# What Consul writes into an entry itself.
_OWN = ("CreateIndex", "ModifyIndex", "Hash", "Status")
SERVICE_RULE = 'service "{name}" {{ policy = "{access}" }}'
INTENTION_RULE = 'service "{name}" {{ intentions = "{access}" }}'
# How often an entry is read again whose index turned out to be old.
_TRIES = 3

NAME = text("The entry's name: that of the service or gateway.", required=True)
META = mapping(text("A value."), "What you want to note with it.")


class ConfigEntry(ConsulType):
    """One kind of entry.

    kind: Consul's own name of it. rule: the ACL rule that it takes; `{name}` and
    `{access}` (read or write) are filled in. only: the one name that an entry of this
    kind can have, if that is so.
    """

    kind: ClassVar[str]
    rule: ClassVar[str] = 'mesh = "{access}" (operator = "{access}" before Consul 1.11)'
    only: ClassVar[str] = ""
    attributes: ClassVar[Mapping[str, str]] = {
        "id": "Kind and name.",
        "name": "Its name.",
    }

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        rank = _RANKS.get(cls.name, 0)
        cls.uses = tuple(name for names in ORDER[:rank] for name in names)

    def written(self, resource: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        return super().written(self.only or resource, body)

    def check(self, properties: Mapping[str, Any]) -> Sequence[str]:
        if self.only and properties.get("name") != self.only:
            return [f"name: a {self.name} can only be called {self.only}"]
        return ()

    def find(self, reading: Reading) -> Iterable[Live]:
        """One list of the kind."""
        lives = [self.seen(raw) for raw in self._list(self.kind)]
        names = {live.properties["name"] for live in lives}
        declared = (one.properties["name"] for one in reading.desired)
        missing = next((name for name in declared if name not in names), None)
        if isinstance(missing, str):
            # What may not be read is left out of a list: this one says so.
            self._one(self.kind, missing)
        return lives

    def create(self, desired: Desired) -> Live:
        return self._write(desired, None)

    def update(self, live: Live, desired: Desired, changes: Sequence[Change]) -> Live:
        return self._write(desired, live)

    def delete(self, live: Live) -> None:
        """Servers before 1.11 take no index here, and delete whatever there is."""
        index = {"cas": str(live.raw["ModifyIndex"])}
        kind, name = self._kind(live.properties), live.properties["name"]
        gone = self.session.delete(
            f"config/{kind}/{name}", index, needs=self._needs("write", name)
        )
        # Of an entry that is gone, too, servers say that the index is another one.
        if gone is False and self._one(kind, name):
            raise self._changed(live.id)

    # -- what a type of several kinds does otherwise -------------------------------

    def _kind(self, properties: Mapping[str, Any]) -> str:
        return self.kind

    def seen(self, raw: Mapping[str, Any]) -> Live:
        """An entry as it lives."""
        name = raw.get("Name") or self.only
        properties = {**from_api(self.fields, raw), "name": name}
        return self.live(f"{self.kind}/{name}", properties, name, raw, name=name)

    def laid(self, raw: Mapping[str, Any], desired: Desired) -> dict[str, Any]:
        """What is declared laid over an entry as it lives."""
        return overlay(self.fields, raw, desired.properties)

    def differences(self, desired: Desired, live: Live | None) -> list[Change]:
        """What writing it would change."""
        return compare(self.fields, desired.properties, live.properties if live else {})

    # ------------------------------------------------------------------------------

    def _list(self, kind: str) -> Any:
        return self.session.get(f"config/{kind}", needs=self._needs("read", ""))

    def _one(self, kind: str, name: str) -> Live | None:
        raw = self.session.find(
            f"config/{kind}/{name}", needs=self._needs("read", name)
        )
        return self.seen(raw) if raw else None

    def _write(self, desired: Desired, live: Live | None) -> Live:
        """Write it as it was seen with what is declared laid over.

        An index that is old by now is renewed where what is declared is still as it
        was planned.
        """
        kind, name = self._kind(desired.properties), desired.properties["name"]
        planned = self.differences(desired, live)
        for _try in range(_TRIES):
            there = live.raw if live else {}
            laid = self.laid(there, desired)
            body = {key: value for key, value in laid.items() if key not in _OWN}
            body["Kind"] = kind
            if self._put(name, body, there.get("ModifyIndex", 0)):
                return self.seen(body)
            live = self._one(kind, name)
            now = self.differences(desired, live)
            if live and not now:
                return live
            if now != planned:
                break
        raise self._changed(f"{kind}/{name}")

    def _put(self, name: str, body: Mapping[str, Any], index: int) -> bool:
        needs = self._needs("write", name)
        try:
            return self.session.put(
                "config", {"cas": str(index)}, needs=needs, body=body
            )
        except ConsulError as error:
            if "invalid config key" not in error.said:
                raise
            raise RunError(
                f"this Consul does not know all of the {body['Kind']} {name}, which"
                f" newer ones do: {_last_line(error.said)}"
            ) from error

    def _changed(self, id_: str) -> RunError:
        return RunError(
            f"somebody else changed the entry {id_} since the plan was made, and it was"
            " left as it is now; run again to see what would change"
        )

    def _needs(self, access: str, name: str) -> str:
        return self.rule.format(access=access, name=name)


def in_order(resources: Mapping[str, Any]) -> dict[str, Any]:
    """The declaration with what Consul needs before what as `depends_on`.

    An entry comes after the entries of earlier kinds whose name is somewhere in it,
    and after those that hold for all services.
    """
    ranked = {
        name: _RANKS[body["type"]]
        for name, body in resources.items()
        if isinstance(body, Mapping) and str(body.get("type")) in _RANKS
    }
    if len(ranked) < 2:
        return dict(resources)
    return {
        name: _after(name, body, ranked, resources) if name in ranked else body
        for name, body in resources.items()
    }


def _after(
    resource: str,
    body: Mapping[str, Any],
    ranked: Mapping[str, int],
    resources: Mapping[str, Any],
) -> Mapping[str, Any]:
    given = body.get("depends_on") or []
    given = [given] if isinstance(given, str) else given
    if not isinstance(given, (list, tuple)):
        return body
    said = set(_texts(body))
    before = [
        other
        for other, rank in ranked.items()
        if rank < ranked[resource]
        and (rank == 0 or resources[other].get("name") in said)
    ]
    return {**body, "depends_on": [*given, *before]} if before else body


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for entry in value.values():
            yield from _texts(entry)
    elif isinstance(value, (list, tuple)):
        for entry in value:
            yield from _texts(entry)


def _last_line(said: str) -> str:
    return said.strip().splitlines()[-1].strip(" *\t")
