# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""What a declaration orders by naming it: a mount by its path, a role by its name.

A reference says it as well. But many write `mount: commerce-kv` where the engine is
declared beside it, and mean that it comes first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def in_order(resources: Mapping[str, Any], types: Mapping[str, Any]) -> dict[str, Any]:
    """The declaration, each resource depending on those whose names it says.

    Where a resource is malformed it is left as it is, for the engine to complain.
    """
    sound = {name: body for name, body in resources.items() if _is_sound(body, types)}
    there = {
        (body["type"], field, value): name
        for name, body in sound.items()
        for field, value in body.items()
        if isinstance(value, str)
    }
    return {
        name: _after(name, body, types[body["type"]].names, there)
        if name in sound
        else body
        for name, body in resources.items()
    }


def _is_sound(body: Any, types: Mapping[str, Any]) -> bool:
    return (
        isinstance(body, Mapping)
        and isinstance(body.get("type"), str)
        and body["type"] in types
        and isinstance(body.get("depends_on", []), list)
    )


def _after(
    name: str,
    body: Mapping[str, Any],
    names: Mapping[str, tuple[str, str]],
    there: Mapping[tuple[str, str, str], str],
) -> Mapping[str, Any]:
    found = [
        there.get((type_, other, body[field]))
        for field, (type_, other) in names.items()
        if isinstance(body.get(field), str)
    ]
    after = [one for one in found if one not in (None, name)]
    if not after:
        return body
    return {**body, "depends_on": [*body.get("depends_on", ()), *after]}
