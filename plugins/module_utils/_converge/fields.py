# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""What a property of a resource type may be, said once.

A type's fields drive everything else: which values a declaration may hold, how a
declared value is compared with a live one, what a reference may be put in, how a
provider's names are translated, and the reference documentation. A provider
builds them with the functions below:

    FIELDS = {
        "cidr_block": text("The network's addresses.", required=True, immutable=True),
        "zones": many(text("A zone."), "Where it runs.", order="set"),
        "tags": mapping(text("A value."), "Its tags."),
    }
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal[
    "text", "number", "flag", "many", "group", "mapping", "document", "anything"
]
Order = Literal["list", "set", "key"]
Check = Callable[[Any], "str | None"]


@dataclass(frozen=True)
class Field:
    """One property: its kind and how it is checked, compared and sent.

    kind: text, number (int or float), flag (bool), many (a list), group (named
        properties), mapping (free names, values alike), document (JSON, given as
        a structure or as its text; compared as a structure), anything.
    immutable: a different value means a replacement.
    sensitive: shown as "changed", never as a value, wherever it appears.
    write_only: the service never gives it back, so it is sent when the resource is
        created, or together with another change, and never compared.
    default: what it means that the service's answer leaves it out (false, 0), and
        what null asks for.
    inner: what a list or a mapping holds.
    fields: what a group holds.
    order: of a list: "list" (order matters), "set" (it does not), "key" (items are
        matched by the property `key`, and compared property by property).
    whole: of a group or mapping: what is not declared inside is to be absent,
        where otherwise undeclared entries are left alone.
    normal: the one spelling of equivalent values, applied to both sides before
        they are compared; never to what is sent.
    check: says what is wrong with a value, in words that name the remedy, or None.
        Only asked about values that are known before any call.
    api: the provider's own name, where it does not follow from ours.
    """

    kind: Kind
    doc: str
    required: bool = False
    immutable: bool = False
    sensitive: bool = False
    write_only: bool = False
    default: Any = None
    choices: tuple[Any, ...] = ()
    inner: Field | None = None
    fields: Mapping[str, Field] = field(default_factory=dict)
    order: Order = "list"
    key: str = ""
    whole: bool = False
    normal: Callable[[Any], Any] | None = None
    check: Check | None = None
    api: str | None = None


def text(doc: str, **more: Any) -> Field:
    """A string; a number or a flag written in YAML is taken as its text."""
    return Field("text", doc, **more)


def number(doc: str, **more: Any) -> Field:
    """An integer or a decimal; the text of one is taken too."""
    return Field("number", doc, **more)


def flag(doc: str, **more: Any) -> Field:
    """True or false."""
    return Field("flag", doc, **more)


def many(inner: Field, doc: str, **more: Any) -> Field:
    """A list; say `order="set"`, or `order="key", key="name"`, where it has none."""
    return Field("many", doc, inner=inner, **more)


def group(fields: Mapping[str, Field], doc: str, **more: Any) -> Field:
    """Named properties."""
    return Field("group", doc, fields=fields, **more)


def mapping(inner: Field, doc: str, **more: Any) -> Field:
    """Free names; an entry declared as null is to be absent."""
    return Field("mapping", doc, inner=inner, **more)


def document(doc: str, **more: Any) -> Field:
    """A JSON document, as a structure or as text."""
    return Field("document", doc, **more)


def anything(doc: str, **more: Any) -> Field:
    """Whatever YAML can hold; compared as it is."""
    return Field("anything", doc, **more)
