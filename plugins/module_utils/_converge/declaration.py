# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""What the user declared, checked as far as that goes without a call."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter
from typing import Any

from .._errors import RunError
from .compare import holds_secret
from .conform import EXPECTED, Problems, at, conform, fit, top
from .fields import Field
from .provider import UNKNOWN, Desired, Provider, ResourceType
from .references import (
    MISSING,
    Lookup,
    Reference,
    dig,
    nearest,
    only_reference,
    references,
    resolve,
)

NAME = re.compile(r"[A-Za-z0-9_][\w-]*")
RESERVED = ("type", "protect", "depends_on")
# What a reference to a field of one kind may be put in, besides the same kind.
FITS = {
    "text": ("number", "flag", "document"),
    "number": ("text", "document"),
    "flag": ("text", "document"),
    "many": ("document",),
    "group": ("mapping", "document"),
    "mapping": ("group", "document"),
    "document": ("text",),
}


@dataclass(frozen=True)
class Declared:
    """One resource as written.

    needs: the logical names it refers to or depends on; refers: only the former.
    referring: its properties that hold references; tainted: to something sensitive.
    """

    resource: str
    type: ResourceType
    raw: Mapping[str, Any]
    protect: bool = False
    needs: frozenset[str] = frozenset()
    refers: frozenset[str] = frozenset()
    referring: frozenset[str] = frozenset()
    tainted: frozenset[str] = frozenset()

    def resolved(
        self, lookup: Lookup, problems: Problems, known: Desired | None = None
    ) -> Desired:
        """The resource with its references looked up and its values conformed.

        known: from an earlier time; only what holds references is looked up anew.
        """
        names = self.raw if known is None else self.referring
        values: dict[str, Any] = {}
        for name in names:
            try:
                values[name] = resolve(self.raw[name], lookup)
            except RunError as error:
                values[name] = UNKNOWN
                problems.append((name, str(error)))
        fields = self.type.fields
        if known is not None:
            fields = {name: fields[name] for name in names}
        misfits: Problems = []
        fitted = conform(fields, values, misfits)
        for path, said in misfits:
            if top(path) in self.tainted:
                said = "does not fit what it refers to, which is secret"
            problems.append((path, said))
        if known is not None:
            fitted = {**known.properties, **fitted}
        return Desired(self.resource, self.type.name, fitted)


@dataclass(frozen=True)
class Declaration:
    """All declared resources, each after those that it needs.

    known: what is known of each before any call (UNKNOWN for the rest).
    """

    resources: Mapping[str, Declared]
    known: Mapping[str, Desired]


def read_declaration(
    resources: Mapping[str, Any],
    provider: Provider,
    allow_replace: Sequence[str] = (),
    absent: bool = False,
) -> Declaration:
    """Check the user's mapping and put it in order.

    Raises RunError with everything that is wrong, one line each: the resource,
    the field and the remedy.
    """
    reader = _Reader(resources, provider)
    reader.read()
    for name in allow_replace:
        if name not in resources:
            remedy = nearest(name, resources)
            reader.wrong(
                "allow_replace", f"names {name!r}, which is not declared; {remedy}"
            )
    if absent:
        for name, declared in reader.declared.items():
            if declared.protect:
                said = "forbids to delete it; set it to false first"
                reader.wrong(f"{name}.protect", said)
    if reader.problems:
        raise refusal("The declaration is wrong", reader.problems)
    ordered = {name: reader.declared[name] for name in reader.order}
    return Declaration(ordered, reader.known)


def refusal(title: str, problems: Sequence[str]) -> RunError:
    """One error that lists everything that stands in the way."""
    lines = list(dict.fromkeys(problems))
    if len(lines) == 1:
        return RunError(f"{title}: {lines[0]}", problems=lines)
    return RunError("\n- ".join([f"{title}:", *lines]), problems=lines)


class _Reader:
    """Reads all resources and collects what is wrong with any of them."""

    def __init__(self, resources: Mapping[str, Any], provider: Provider) -> None:
        self.resources = resources
        self.types = provider.types
        self.problems: list[str] = []
        self._told: set[str] = set()
        self.declared: dict[str, Declared] = {}
        self.known: dict[str, Desired] = {}
        self.order: list[str] = []

    def wrong(self, where: str, said: str) -> None:
        self._told.add(where)
        self.problems.append(f"{where} {said}")

    def read(self) -> None:
        typed = {
            name: self.types[body["type"]]
            for name, body in self.resources.items()
            if self._well_formed(name, body)
        }
        for name, type_ in typed.items():
            self.declared[name] = self._resource(name, type_, typed)
        self._sort()
        for name in self.order:
            self._check(self.declared[name])
        self._refuse_twins()

    def _well_formed(self, name: Any, body: Any) -> bool:
        before = len(self.problems)
        if not isinstance(name, str) or not NAME.fullmatch(name):
            said = "is no logical name; use letters, digits, underscores and hyphens"
            self.wrong(repr(name), said)
        elif not isinstance(body, Mapping):
            self.wrong(name, "takes a mapping with a type and its properties")
        elif not isinstance(body.get("type"), str):
            self.wrong(f"{name}.type", "is required: the type of the resource")
        elif body["type"] not in self.types:
            remedy = nearest(body["type"], self.types)
            self.wrong(f"{name}.type", f"{body['type']!r} is unknown; {remedy}")
        return len(self.problems) == before

    def _resource(
        self, name: str, type_: ResourceType, typed: Mapping[str, ResourceType]
    ) -> Declared:
        body = self.resources[name]
        raw = {key: value for key, value in body.items() if key not in RESERVED}
        needs = set(self._depends_on(name, body.get("depends_on")))
        refers, referring, tainted = set(), set(), set()
        for key, value in raw.items():
            where = at("", str(key))
            for found, place, field in _walk(value, where, type_.fields.get(key)):
                secret = self._reference(f"{name}.{place}", found, field, typed)
                if found.resource in typed and found.path:
                    refers.add(found.resource)
                    referring.add(key)
                    tainted |= {key} if secret else set()
        problems: Problems = []
        protect = fit(_PROTECT, body.get("protect") or False, "protect", problems)
        for path, said in problems:
            self.wrong(f"{name}.{path}", said)
        return Declared(
            name,
            type_,
            raw,
            protect is True,
            frozenset(needs | refers),
            frozenset(refers),
            frozenset(referring),
            frozenset(tainted),
        )

    def _depends_on(self, name: str, given: Any) -> Iterator[str]:
        names = [given] if isinstance(given, str) else given or []
        if not isinstance(names, (list, tuple)):
            self.wrong(f"{name}.depends_on", "takes a list of logical names")
            return
        for other in names:
            if isinstance(other, str) and other in self.resources:
                yield other
            else:
                remedy = nearest(str(other), self.resources)
                said = f"names {other!r}, which is not declared; {remedy}"
                self.wrong(f"{name}.depends_on", said)

    def _reference(
        self,
        where: str,
        found: Reference,
        field: Field | None,
        typed: Mapping[str, ResourceType],
    ) -> bool:
        """Check one reference; True where what it names is sensitive."""
        if not found.path:
            if found.resource in self.resources:
                self.wrong(
                    where,
                    f"refers to {found.text} as a whole; name an attribute, such as"
                    f" ${{{found.resource}.id}}, or write $${{ for a literal ${{",
                )
            return False
        if found.resource not in self.resources:
            remedy = nearest(found.resource, self.resources)
            self.wrong(
                where,
                f"refers to {found.text}, but {found.resource!r} is not declared;"
                f" {remedy} (a literal ${{ is written $${{)",
            )
            return False
        if found.resource not in typed:
            return False
        try:
            kind, secret = _source(typed[found.resource], found.path)
        except LookupError as error:
            self.wrong(where, f"refers to {found.text}: {error.args[0]}")
            return False
        if field and kind in FITS and not _accepts(field.kind, kind):
            said = f"takes {EXPECTED[field.kind]}, but {found.text} is {EXPECTED[kind]}"
            self.wrong(where, said)
        return secret

    def _sort(self) -> None:
        needs = {
            name: sorted(one.needs - {name}) for name, one in self.declared.items()
        }
        for name, one in self.declared.items():
            if name in one.needs:
                self.wrong(name, f"needs itself: {name} -> {name}; take that out")
        try:
            self.order = list(TopologicalSorter(needs).static_order())
        except CycleError as error:
            cycle = " -> ".join(reversed(error.args[1]))
            said = f"cannot be ordered: {cycle}; take one of the references out"
            self.wrong(error.args[1][0], said)
            self.order = list(needs)
        self.order = [name for name in self.order if name in self.declared]

    def _check(self, declared: Declared) -> None:
        declared = self._tainted(declared)
        self.declared[declared.resource] = declared

        def lookup(reference: Reference) -> Any:
            desired = self.known.get(reference.resource)
            found = dig(desired.properties, reference.path) if desired else MISSING
            return UNKNOWN if found is MISSING or found is None else found

        problems: Problems = []
        desired = declared.resolved(lookup, problems)
        for path, said in problems:
            # Of a reference to a wrong kind it was told already.
            where = f"{declared.resource}.{path}"
            if where not in self._told:
                self.wrong(where, said)
        self.known[declared.resource] = desired
        if not problems:
            for said in declared.type.check(desired.properties):
                self.wrong(declared.resource, said)

    def _tainted(self, declared: Declared) -> Declared:
        """With the properties that refer to what refers to a secret."""
        found = {
            name
            for name in declared.referring
            for reference in references(declared.raw[name])
            if reference.path and reference.resource in self.declared
            if reference.path[0] in self.declared[reference.resource].tainted
        }
        return replace(declared, tainted=declared.tainted | found)

    def _refuse_twins(self) -> None:
        """Two resources that can only be one thing."""
        if self.problems:
            return
        first: dict[tuple[str, str], str] = {}
        for name, desired in self.known.items():
            identity = self.types[desired.type].identity(desired.properties)
            if identity is None:
                continue
            other = first.setdefault((desired.type, identity), name)
            if other != name:
                self.wrong(
                    name,
                    f"is the same {desired.type} as {other}: {identity}; declare it"
                    " once, or name it differently",
                )


_PROTECT = Field("flag", "Whether it must not be deleted or replaced.")


def _walk(
    value: Any, path: str, field: Field | None
) -> Iterator[tuple[Reference, str, Field | None]]:
    """Every reference with its place, and the field it fills on its own.

    The field is None where it is unknown; the kind of a reference inside a longer
    text matters only when its value is known.
    """
    if isinstance(value, str):
        only = only_reference(value) if "${" in value else None
        if only is not None:
            yield only, path, field
        else:
            for found in references(value):
                yield found, path, None
    elif isinstance(value, Mapping):
        for key, entry in value.items():
            inside = field and (field.inner or field.fields.get(key))
            yield from _walk(entry, at(path, str(key)), inside)
    elif isinstance(value, (list, tuple)):
        for position, entry in enumerate(value):
            yield from _walk(entry, f"{path}[{position}]", field and field.inner)


def _source(type_: ResourceType, path: Sequence[str]) -> tuple[str, bool]:
    """Kind and secrecy of what a path names; LookupError says what there is."""
    first, rest = path[0], path[1:]
    field = type_.fields.get(first)
    if field is None:
        names = {"id", *type_.attributes, *type_.fields}
        if first not in names:
            raise LookupError(
                f"a {type_.name} has no {first!r}; {nearest(first, names)}"
            )
        return "anything", False
    if first in type_.attributes:
        return "anything", field.sensitive
    secret = field.sensitive
    for part in rest:
        if field.kind == "group" and part not in field.fields:
            remedy = nearest(part, field.fields)
            raise LookupError(f"{first} has no {part!r}; {remedy}")
        if field.kind in ("text", "number", "flag"):
            raise LookupError(f"{first} is {EXPECTED[field.kind]}, it has no {part!r}")
        inside = field.inner or field.fields.get(part)
        if inside is None or (field.kind == "many" and not part.isdigit()):
            return "anything", secret
        field = inside
        secret = secret or field.sensitive
    return field.kind, secret or holds_secret(field)


def _accepts(target: str, source: str) -> bool:
    return target in (source, "anything") or target in FITS[source]
