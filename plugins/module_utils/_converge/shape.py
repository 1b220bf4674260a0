# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Between our property names and a service's, driven by a type's fields.

`cidr_block` is `CidrBlock` by rule; a field whose name follows no rule says so with
`api`. Free-form parts (names of mappings, documents, anything) are never translated.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .fields import Field


def api_name(name: str, item: Field, lower: bool = False) -> str:
    """`cidr_block` as `CidrBlock`, or as `cidrBlock` where the service is like that."""
    if item.api:
        return item.api
    camel = "".join(part[:1].upper() + part[1:] for part in name.split("_"))
    return camel[:1].lower() + camel[1:] if lower else camel


def to_api(
    fields: Mapping[str, Field], properties: Mapping[str, Any], lower: bool = False
) -> dict[str, Any]:
    """Properties as parameters of a call; those that are null are left out."""
    return {
        api_name(name, fields[name], lower): _out(fields[name], value, lower)
        for name, value in properties.items()
        if value is not None and name in fields
    }


def from_api(
    fields: Mapping[str, Field], raw: Mapping[str, Any], lower: bool = False
) -> dict[str, Any]:
    """The service's answer as properties: known names only, absent ones left out."""
    properties = {}
    for name, item in fields.items():
        value = raw.get(api_name(name, item, lower))
        if value is not None:
            properties[name] = _in(item, value, lower)
    return properties


def _out(item: Field, value: Any, lower: bool) -> Any:
    if item.kind == "group":
        return to_api(item.fields, value, lower)
    if item.kind == "many" and item.inner is not None:
        return [_out(item.inner, entry, lower) for entry in value]
    if item.kind == "document" and not isinstance(value, str):
        return json.dumps(value)
    if item.kind == "mapping":
        return {
            name: _out(item.inner, entry, lower) if _named(item.inner) else entry
            for name, entry in value.items()
            if entry is not None
        }
    return value


def _in(item: Field, value: Any, lower: bool) -> Any:
    if item.kind == "group" and isinstance(value, Mapping):
        return from_api(item.fields, value, lower)
    if item.kind == "many" and item.inner is not None:
        return [_in(item.inner, entry, lower) for entry in value]
    if item.kind == "mapping" and _named(item.inner):
        return {name: _in(item.inner, entry, lower) for name, entry in value.items()}
    return value


def _named(item: Field | None) -> bool:
    """Whether an entry of a mapping has properties, whose names are translated."""
    return item is not None and item.kind == "group"
