# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Declared properties laid over what a service has, as the parameters of a call.

Some calls replace a whole (a launch template's data, a task definition, a scaling
policy). What is not declared is to be left alone, so it must be sent again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .fields import Field
from .shape import api_name, to_api


def overlay(
    fields: Mapping[str, Field],
    raw: Mapping[str, Any],
    declared: Mapping[str, Any],
    lower: bool = False,
) -> dict[str, Any]:
    """`raw` in the service's shape, with the declared properties in their places.

    Groups and mappings are laid over entry by entry, null removes; lists are as
    declared, their items laid over those with the same key where they have one.
    """
    result = dict(raw)
    for name, value in declared.items():
        key = api_name(name, fields[name], lower)
        if value is None:
            result.pop(key, None)
        else:
            result[key] = _laid(fields[name], raw.get(key), value, lower)
    return result


def _laid(item: Field, raw: Any, value: Any, lower: bool) -> Any:
    if item.kind == "group":
        return overlay(item.fields, {} if item.whole else raw or {}, value, lower)
    if item.kind == "mapping":
        return _laid_entries(item, {} if item.whole else raw or {}, value, lower)
    if item.kind == "many" and item.order == "key":
        inner = item.inner.fields
        key = api_name(item.key, inner[item.key], lower)
        there = {entry.get(key): entry for entry in raw or ()}
        return [
            overlay(inner, there.get(entry.get(item.key), {}), entry, lower)
            for entry in value
        ]
    return next(iter(to_api({"value": item}, {"value": value}, lower).values()))


def _laid_entries(
    item: Field, raw: Mapping[str, Any], value: Mapping[str, Any], lower: bool
) -> dict[str, Any]:
    merged = {**raw, **value}
    if item.inner is not None and item.inner.kind == "group":
        merged |= {
            name: overlay(item.inner.fields, raw.get(name) or {}, entry, lower)
            for name, entry in value.items()
            if entry is not None
        }
    return {name: entry for name, entry in merged.items() if entry is not None}
