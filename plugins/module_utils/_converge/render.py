# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""A plan and its outcome in the words of JSON, without secrets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .conform import at
from .fields import Field
from .plan import Item
from .provider import UNKNOWN, Change, Live
from .secrets import HIDDEN


def shown(value: Any) -> Any:
    """A value as JSON can hold it."""
    if value is UNKNOWN:
        return repr(UNKNOWN)
    if isinstance(value, Mapping):
        return {str(key): shown(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [shown(entry) for entry in value]
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    return str(value)


def plan_item(item: Item) -> dict[str, Any]:
    """One item of the plan."""
    return {
        "resource": item.resource,
        "type": item.type.name,
        "id": item.live.id if item.live else None,
        "action": item.action,
        "reason": item.reason,
        "changes": [_change(change) for change in item.changes],
    }


def _change(change: Change) -> dict[str, Any]:
    def side(value: Any) -> Any:
        return HIDDEN if change.sensitive and value is not None else shown(value)

    return {
        "path": change.path,
        "before": side(change.before),
        "after": side(change.after),
    }


def masked(
    fields: Mapping[str, Field], properties: Mapping[str, Any]
) -> dict[str, Any]:
    """Properties with everything sensitive hidden."""
    return {
        name: _masked(fields.get(name), value) for name, value in properties.items()
    }


def _masked(field: Field | None, value: Any) -> Any:
    if field is None or value is None:
        return shown(value)
    if field.sensitive:
        return HIDDEN
    if isinstance(value, Mapping):
        inner = (
            field.fields if field.kind == "group" else dict.fromkeys(value, field.inner)
        )
        return masked(inner, value)
    if isinstance(value, (list, tuple)):
        return [_masked(field.inner, entry) for entry in value]
    return shown(value)


def outputs(item: Item, live: Live | None) -> dict[str, Any]:
    """What other tasks want to know of a resource; never what is sensitive."""
    values = {"type": item.type.name, "id": live.id if live else None}
    # By name: a secret may be an attribute that is only read when it is asked for.
    for name in live.attributes if live else ():
        field = item.type.fields.get(name)
        if not (field and field.sensitive):
            values[name] = shown(live.attributes[name])
    return values


def diff(items: Sequence[Item]) -> dict[str, str]:
    """Both sides of what changes, one path a line; both empty where nothing does."""
    before: list[str] = []
    after: list[str] = []
    for item in items:
        if item.action == "keep":
            continue
        name = item.resource
        if item.live and item.action in ("replace", "delete"):
            before += [f"{name}.type: {item.type.name}", f"{name}.id: {item.live.id}"]
        if item.action in ("replace", "create"):
            after += [f"{name}.type: {item.type.name}", f"{name}.id: {UNKNOWN!r}"]
        for change in item.changes:
            before += _side(name, change, change.before, "")
            after += _side(name, change, change.after, " changed")
    return {"before": _text(before), "after": _text(after)}


def _text(lines: Sequence[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _side(name: str, change: Change, value: Any, note: str) -> Iterator[str]:
    path = f"{name}.{change.path}"
    if value is None:
        return
    if change.sensitive:
        yield f"{path}: {HIDDEN}{note if change.before is not None else ''}"
    else:
        yield from _leaves(path, shown(value))


def _leaves(path: str, value: Any) -> Iterator[str]:
    if isinstance(value, dict) and value:
        for key, entry in value.items():
            yield from _leaves(at(path, key), entry)
    elif isinstance(value, list) and value:
        for position, entry in enumerate(value):
            yield from _leaves(f"{path}[{position}]", entry)
    else:
        text = str(value).replace("\n", "\\n") if value not in ([], {}) else str(value)
        yield f"{path}: {text}"
