# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Which values of a declaration are secrets, and the declaration without them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .fields import Field
from .provider import ResourceType

HIDDEN = "(sensitive)"


def hide(
    resources: Any, types: Mapping[str, ResourceType]
) -> tuple[Any, frozenset[str]]:
    """The declaration with its secrets replaced, and the secrets' texts.

    Works on a declaration that was not validated yet, whatever its shape: what a
    user got wrong must not show either.
    """
    secrets: set[str] = set()
    if not isinstance(resources, Mapping):
        return resources, frozenset()
    shown = {}
    for name, properties in resources.items():
        kind = properties.get("type") if isinstance(properties, Mapping) else None
        if isinstance(kind, str) and kind in types:
            fields = types[kind].fields
            properties = _hide_fields(fields, properties, secrets)
        shown[name] = properties
    return shown, frozenset(secrets)


def _hide_fields(
    fields: Mapping[str, Field], properties: Mapping[str, Any], secrets: set[str]
) -> dict[str, Any]:
    return {
        name: _hide(fields[name], value, secrets) if name in fields else value
        for name, value in properties.items()
    }


def _hide(item: Field, value: Any, secrets: set[str]) -> Any:
    if item.sensitive:
        secrets.update(_texts(value))
        return HIDDEN
    if isinstance(value, Mapping):
        if item.kind == "group":
            return _hide_fields(item.fields, value, secrets)
        if item.kind == "mapping" and item.inner is not None:
            return {k: _hide(item.inner, v, secrets) for k, v in value.items()}
    if isinstance(value, list) and item.kind == "many" and item.inner is not None:
        return [_hide(item.inner, entry, secrets) for entry in value]
    return value


def _texts(value: Any) -> set[str]:
    if isinstance(value, Mapping):
        return {text for entry in value.values() for text in _texts(entry)}
    if isinstance(value, list):
        return {text for entry in value for text in _texts(entry)}
    # A flag or an empty text is no secret, and masking one would garble the rest.
    return {str(value)} if value not in (None, "") and value is not True else set()
