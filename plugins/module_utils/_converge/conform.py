# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Declared values made to fit their fields, or said to be wrong."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .fields import Field
from .provider import UNKNOWN
from .references import nearest
from .secrets import HIDDEN

FLAGS = {
    **dict.fromkeys(("true", "yes", "on"), True),
    **dict.fromkeys(("false", "no", "off"), False),
}
EXPECTED = {
    "text": "a text",
    "number": "a number",
    "flag": "true or false",
    "many": "a list",
    "group": "a mapping of named properties",
    "mapping": "a mapping",
    "document": "a JSON document, as a structure or as its text",
}
Problems = list[tuple[str, str]]


class _MisfitError(Exception):
    """The value is of another kind than the field."""


def conform(
    fields: Mapping[str, Field],
    values: Mapping[str, Any],
    problems: Problems,
    path: str = "",
) -> dict[str, Any]:
    """The values in the kinds of their fields; UNKNOWN fits everywhere.

    Texts of numbers and flags become those (values from the command line and from
    templates are texts), numbers and flags become text where text is asked for,
    and a document given as text becomes its structure. What does not fit is added
    to `problems` as a pair of path and words.
    """
    for name, field in fields.items():
        if field.required and values.get(name) is None:
            said = "must not be null" if name in values else "is required; " + field.doc
            problems.append((at(path, name), said))
    fitted = {}
    for name, value in values.items():
        if name not in fields:
            remedy = nearest(str(name), fields)
            problems.append((at(path, str(name)), f"is no known property; {remedy}"))
        elif value is None:
            fitted[name] = None
        else:
            fitted[name] = fit(fields[name], value, at(path, name), problems)
    return fitted


def fit(field: Field, value: Any, path: str, problems: Problems) -> Any:
    """One value in the kind of its field."""
    if value is UNKNOWN:
        return value
    # What is wrong inside a secret is told without showing what is there.
    inside: Problems = [] if field.sensitive else problems
    try:
        fitted = _fit(field, value, path, inside)
    except _MisfitError:
        problems.append(
            (path, f"takes {EXPECTED[field.kind]}, not {_shown(field, value)}")
        )
        return UNKNOWN
    if field.sensitive and inside:
        problems.append((path, "does not fit inside (what is there is not shown)"))
    if not known(fitted):
        return fitted
    if field.choices and fitted not in field.choices:
        allowed = ", ".join(str(choice) for choice in field.choices)
        said = f"is {_shown(field, fitted)}; choose one of {allowed}"
        problems.append((path, said))
    said = field.check(fitted) if field.check else None
    if said:
        problems.append((path, said))
    return fitted


def _shown(field: Field, value: Any) -> str:
    return HIDDEN if field.sensitive else f"{value!r:.60}"


def plain(field: Field, value: Any) -> Any:
    """A text, number, flag or document in its own kind; anything else as it is."""
    if field.kind in _PLAIN and known(value):
        try:
            return _PLAIN[field.kind](value)
        except _MisfitError:
            pass
    return value


def known(value: Any) -> bool:
    """Whether nothing in the value is UNKNOWN."""
    if isinstance(value, (str, int, float)):
        return True
    if isinstance(value, Mapping):
        return all(known(entry) for entry in value.values())
    if isinstance(value, (list, tuple)):
        return all(known(entry) for entry in value)
    return value is not UNKNOWN


def at(path: str, name: str) -> str:
    """The path of a named entry."""
    return f"{path}.{name}" if path else name


def top(path: str) -> str:
    """The property that a path leads into."""
    return path.split(".", 1)[0].split("[", 1)[0]


def _fit(field: Field, value: Any, path: str, problems: Problems) -> Any:
    if field.kind in _PLAIN:
        return _PLAIN[field.kind](value)
    if field.kind in _CONTAINERS:
        return _CONTAINERS[field.kind](field, value, path, problems)
    return value


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (str, int, float)):
        return str(value)
    raise _MisfitError


def _number(value: Any) -> int | float:
    if isinstance(value, str):
        try:
            value = int(value)
        except ValueError:
            try:
                value = float(value)
            except ValueError:
                raise _MisfitError from None
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if is_number and math.isfinite(value):
        return value
    raise _MisfitError


def _flag(value: Any) -> bool:
    if isinstance(value, str):
        value = FLAGS.get(value.lower())
    if isinstance(value, bool):
        return value
    raise _MisfitError


def _many(field: Field, value: Any, path: str, problems: Problems) -> list[Any]:
    if not isinstance(value, Sequence) or isinstance(value, (str, bytes)):
        raise _MisfitError
    items = []
    for position, entry in enumerate(value):
        where = f"{path}[{position}]"
        if entry is None:
            problems.append((where, "is null; leave the entry out"))
        else:
            items.append(fit(field.inner, entry, where, problems))
    if field.order == "key":
        _refuse_twins(field, items, path, problems)
    return items


def _refuse_twins(
    field: Field, items: list[Any], path: str, problems: Problems
) -> None:
    seen = set()
    for item in items:
        name = item.get(field.key) if isinstance(item, Mapping) else None
        if isinstance(name, (str, int, float)):
            if name in seen:
                problems.append((path, f"has two entries with {field.key} {name}"))
            seen.add(name)


def _group(field: Field, value: Any, path: str, problems: Problems) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise _MisfitError
    return conform(field.fields, value, problems, path)


def _mapping(field: Field, value: Any, path: str, problems: Problems) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise _MisfitError
    fitted = {}
    for name, entry in value.items():
        where = at(path, str(name))
        fitted[str(name)] = (
            None if entry is None else fit(field.inner, entry, where, problems)
        )
    return fitted


def _document(value: Any) -> Any:
    if isinstance(value, str):
        try:
            return json.loads(value)
        except ValueError:
            raise _MisfitError from None
    return value


_PLAIN: dict[str, Callable[[Any], Any]] = {
    "text": _text,
    "number": _number,
    "flag": _flag,
    "document": _document,
}
_CONTAINERS: dict[str, Callable[[Field, Any, str, Problems], Any]] = {
    "many": _many,
    "group": _group,
    "mapping": _mapping,
}
