# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A provider whose service is a dictionary, for the tests of the engine.

It refuses what real services refuse: a thing that refers to what does not exist, a
second thing with a unique name, the deletion of what is still used.
"""

from __future__ import annotations

import contextlib
import copy
import itertools
import re
import threading
from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.vigie.run.plugins.module_utils._converge.fields import (
    document,
    flag,
    group,
    many,
    mapping,
    number,
    text,
)
from ansible_collections.vigie.run.plugins.module_utils._converge.provider import (
    Live,
)


class ServiceError(Exception):
    """What the service's own library would raise."""


@dataclass
class Thing:
    """mark: the logical name; "" where only the stack is marked, None for neither."""

    id: str
    type: str
    properties: dict[str, Any]
    mark: str | None
    generation: int = 1


@dataclass
class Call:
    """One call with its place in the order of events: when it began and ended."""

    verb: str
    type: str
    resource: str
    began: int
    ended: int = 0


@dataclass
class Service:
    """Everything there is, and everything that was asked of it.

    locks: how often a run held the lock; on_lock: called before it gets it.
    fault: called as fault(verb, type, resource, moment), moment being "before" or
    "after" the effect; what it raises is what the call raises.
    """

    things: dict[str, Thing] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    fault: Any = None
    tick: Any = field(default_factory=lambda: itertools.count().__next__)
    ids: Any = field(default_factory=lambda: itertools.count(1))
    guard: Any = field(default_factory=threading.RLock)
    locks: int = 0
    locked: bool = False
    on_lock: Any = None

    @contextlib.contextmanager
    def call(self, verb, type_, resource):
        assert verb == "read" or self.locked, f"{verb} without the lock"
        with self.guard:
            call = Call(verb, type_, resource, self.tick())
            self.calls.append(call)
        try:
            self._fault(verb, type_, resource, "before")
            yield
            self._fault(verb, type_, resource, "after")
        finally:
            with self.guard:
                call.ended = self.tick()

    def _fault(self, *what):
        if self.fault:
            self.fault(*what)

    def put(self, type_, mark=None, **properties):
        """Something that lives before a run; returns its id."""
        with self.guard:
            ident = f"{type_}-{next(self.ids)}"
            self.things[ident] = Thing(ident, type_, properties, mark)
            return ident

    def of(self, type_):
        return [thing for thing in self.things.values() if thing.type == type_]

    def marked(self, resource):
        return [thing for thing in self.things.values() if thing.mark == resource]

    def users(self, ident):
        with self.guard:
            return [t.id for t in self.things.values() if ident in links(t)]

    def verbs(self, *verbs):
        return [c for c in self.calls if c.verb in verbs]


def links(thing):
    """The ids of other things that a thing holds."""
    held = thing.properties
    found = [held.get(name) for name in ("net", "target", "box", "pinned")]
    found += held.get("members") or []
    return {ident for ident in found if re.fullmatch(r"[a-z]+-[0-9]+", ident or "")}


@dataclass
class Kind:
    """A resource type over the dictionary."""

    name: str
    fields: dict[str, Any]
    service: Service
    attributes: dict[str, str] = field(
        default_factory=lambda: {"id": "Its id.", "arn": "Its name in the world."}
    )
    parents: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    volatile: tuple[str, ...] = ()
    unique: str = ""
    marks: bool = True
    by_parent: str = ""

    def check(self, properties):
        low, high = properties.get("low"), properties.get("high")
        if isinstance(low, int) and isinstance(high, int) and low > high:
            return [f"low ({low}) is above high ({high}); swap them"]
        return []

    def identity(self, properties):
        value = properties.get(self.unique) if self.unique else None
        return value if isinstance(value, str) else None

    def live(self, thing, parents=()):
        properties = {
            name: copy.deepcopy(value)
            for name, value in thing.properties.items()
            if not self.fields[name].write_only
        }
        attributes = {
            "id": thing.id,
            "arn": f"arn:{thing.id}",
            "version": thing.generation,
            "endpoint": {"address": f"{thing.id}.example", "port": 443},
        }
        owned = thing.mark is not None
        if not self.marks:
            owned = any(
                parent.owned and parent.id == thing.properties.get(self.by_parent)
                for parent in parents
            )
        attributes = {k: v for k, v in attributes.items() if k in self.attributes}
        return Live(thing.id, properties, attributes, thing.mark or None, owned)

    def read(self, reading):
        parents = [live for lives in reading.parents.values() for live in lives]
        wanted = {self.identity(one.properties) for one in reading.desired} - {None}
        with self.service.call("read", self.name, ""), self.service.guard:
            return [
                self.live(thing, parents)
                for thing in self.service.of(self.name)
                if thing.mark is not None
                or self.live(thing, parents).owned
                or self.identity(thing.properties) in wanted
            ]

    def create(self, desired):
        with self.service.call("create", self.name, desired.resource):
            with self.service.guard:
                self._refuse(desired.properties, None)
                mark = desired.resource if self.marks else None
                values = _present(desired.properties)
                thing = self.service.things[self.service.put(self.name, mark, **values)]
            return self.live(thing)

    def update(self, live, desired, changes):
        assert changes, "an update without changes was sent"
        assert not any(change.immutable for change in changes)
        with self.service.call("update", self.name, desired.resource):
            with self.service.guard:
                self._refuse(desired.properties, live.id)
                thing = self.service.things[live.id]
                merged = _merge(thing.properties, desired.properties)
                thing.properties = merged
                thing.generation += 1
            return replace(self.live(thing), owned=True)

    def delete(self, live):
        call = self.service.call("delete", self.name, called(live))
        with call, self.service.guard:
            used = self.service.users(live.id)
            if used:
                raise ServiceError(f"{live.id} is used by {used}")
            self.service.things.pop(live.id, None)

    def _refuse(self, properties, own):
        for ident in links(Thing("", self.name, properties, None)):
            if ident not in self.service.things:
                raise ServiceError(f"{ident} does not exist")
        identity = self.identity(properties)
        for thing in self.service.of(self.name):
            if (
                identity
                and thing.id != own
                and self.identity(thing.properties) == identity
            ):
                raise ServiceError(f"{identity} exists")


def called(live):
    """How a call on a living thing is noted; what has no mark, by its label."""
    return live.resource or live.properties.get("label") or live.id


def _present(values):
    return {k: copy.deepcopy(v) for k, v in values.items() if v is not None}


def _merge(old, new):
    merged = dict(old)
    for name, value in new.items():
        if value is None:
            merged.pop(name, None)
        elif isinstance(value, dict) and isinstance(merged.get(name), dict):
            merged[name] = _merge(merged[name], value)
        else:
            merged[name] = copy.deepcopy(value)
    return merged


ARN = {"id": "Its id.", "arn": "Its name."}
PLUS = {**ARN, "version": "Counts its changes.", "endpoint": "Where it answers."}
TAGS = mapping(text("A value."), "Its tags.")
RULE = group(
    {
        "port": number("Which port.", required=True),
        "source": text("From where."),
    },
    "A rule.",
)
NET = {
    "cidr": text("Its addresses.", required=True, immutable=True),
    "note": text("A remark."),
    "tags": TAGS,
    "zones": many(text("A zone."), "Zones."),
}
BOX = {
    "net": text("The net it is in.", required=True, immutable=True),
    "size": number("How large it is."),
    "color": text("Its paint.", choices=("red", "green", "blue")),
    "password": text("Opens it.", sensitive=True),
    "seed": text("What it starts with.", write_only=True),
    "peer": text("Another box."),
    "shape": text("Its shape.", immutable=True),
    "open": flag("Whether it is open."),
    "zones": many(text("A zone."), "Where it is.", order="set"),
    "low": number("The least."),
    "high": number("The most."),
    "rules": many(RULE, "Its rules.", order="key", key="port"),
    "policy": document("What is allowed."),
    "tags": TAGS,
}
LID = {
    "box": text("Its box.", required=True, immutable=True),
    "label": text("Its label, its own.", required=True, immutable=True),
    "note": text("A remark."),
}
STORE = {
    "label": text("A name like no other.", required=True, immutable=True),
    "net": text("Its net.", immutable=True),
    "kind": text("Of what kind.", immutable=True),
    "note": text("A remark."),
}
ROUTE = {
    "target": text("Where to."),
    "members": many(text("A box."), "Where else.", order="set"),
    "note": text("A remark."),
    "weight": number("How much."),
    "pinned": text("Fixed.", immutable=True),
}


class Shelf:
    """The provider: nets hold boxes, boxes have lids, routes point at anything.

    lid: carries no mark; a stack owns those of its own boxes.
    store: has a name like no other, so that a replacement deletes first.
    """

    def __init__(self, service=None):
        self.service = at = service or Service()
        changing = ("version",)
        parent = {"parents": ("box",), "by_parent": "box", "marks": False}
        unique = {"unique": "label"}
        kinds = [
            Kind("net", NET, at, PLUS, volatile=changing),
            Kind("box", BOX, at, PLUS, uses=("net",), volatile=changing),
            Kind("lid", LID, at, ARN, **parent, **unique),
            Kind("store", STORE, at, PLUS, uses=("net",), volatile=changing, **unique),
            Kind("route", ROUTE, at, ARN, uses=("box", "net", "store", "lid")),
        ]
        self.types = {kind.name: kind for kind in kinds}

    def markable(self, name):
        return self.types[name].marks

    def prunable(self):
        return self.types

    def adoption(self, name, resource):
        return f"label it {resource}"

    @contextlib.contextmanager
    def lock(self):
        self.service.locks += 1
        if self.service.on_lock:
            self.service.on_lock()
        self.service.locked = True
        try:
            yield
        finally:
            self.service.locked = False
