# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Between our properties and Vault's answers and bodies, driven by a type's fields."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .._converge.fields import Field

# What null is sent as: Vault keeps what a body leaves out.
_EMPTY: dict[str, Any] = {
    "text": "",
    "number": 0,
    "flag": False,
    "many": [],
    "group": {},
    "mapping": {},
    "document": "",
}


def seen(fields: Mapping[str, Field], raw: Mapping[str, Any]) -> dict[str, Any]:
    """An answer as properties: known names only, absent ones left out."""
    found = {}
    for name, item in fields.items():
        value = raw.get(item.api or name)
        if value is not None:
            found[name] = _in(item, value)
    return found


def body(
    fields: Mapping[str, Field],
    declared: Mapping[str, Any],
    live: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Declared properties as a body; null becomes what Vault takes for none.

    live: the living properties, whose entries of mappings stay where the declaration
    does not name them.
    """
    there = live or {}
    return {
        fields[name].api or name: _out(fields[name], value, there.get(name))
        for name, value in declared.items()
        if name in fields
    }


def _in(item: Field, value: Any) -> Any:
    if item.kind == "many" and isinstance(value, str):
        value = [part.strip() for part in value.split(",") if part.strip()]
    if item.kind == "many" and item.inner is not None and item.inner.kind == "group":
        return [seen(item.inner.fields, entry) for entry in value]
    if item.kind == "group":
        return seen(item.fields, value)
    return value


def _out(item: Field, value: Any, live: Any) -> Any:
    if value is None:
        return item.default if item.default is not None else _EMPTY.get(item.kind)
    if item.kind == "group":
        return body(item.fields, value, live)
    if item.kind == "document" and not isinstance(value, str):
        return json.dumps(value)
    if item.kind == "mapping":
        kept = {} if item.whole else live or {}
        merged = {**kept, **value}
        return {name: entry for name, entry in merged.items() if entry is not None}
    if item.kind == "many" and item.inner is not None and item.inner.kind == "group":
        return [body(item.inner.fields, entry) for entry in value]
    return value
