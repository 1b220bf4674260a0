# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Tags: the shapes in which services want them, and the marks of a stack.

A resource belongs to a stack by two tags, `vigie:stack` and `vigie:resource`. They
are set when it is created and never shown among its own tags.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .._converge.fields import Field, mapping, text
from .._converge.provider import Change

STACK = "vigie:stack"
RESOURCE = "vigie:resource"


def _refused(tags: Any) -> str | None:
    wrong = [name for name in tags if str(name).startswith(("aws:", "vigie:"))]
    if wrong:
        return f"{', '.join(wrong)}: tags starting with aws: or vigie: are reserved"
    return None


TAGS: Field = mapping(
    text("A tag's value."),
    "Tags; those that are not named here are left alone, null removes one.",
    check=_refused,
)


def read_tags(raw: Iterable[Mapping[str, str]] | Mapping[str, str] | None) -> dict:
    """Any service's tags as a dictionary."""
    if isinstance(raw, Mapping):
        return dict(raw)
    tags = {}
    for pair in raw or ():
        name = pair.get("Key", pair.get("key", pair.get("TagKey")))
        tags[name] = pair.get("Value", pair.get("value", pair.get("TagValue", "")))
    return tags


def pairs(
    tags: Mapping[str, Any], key: str = "Key", value: str = "Value"
) -> list[dict[str, str]]:
    """A dictionary in the shape that most services want; null entries left out."""
    return [
        {key: name, value: str(text_)}
        for name, text_ in tags.items()
        if text_ is not None
    ]


def own_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """The tags that a user gave: without our marks and AWS's own."""
    return {
        name: value
        for name, value in tags.items()
        if not name.startswith(("aws:", "vigie:"))
    }


def retag(
    client: Any, wanted: Mapping[str, str], unwanted: Sequence[str], **where: str
) -> None:
    """Set and remove tags, in the words that RDS, ElastiCache and SSM share."""
    if wanted:
        client.add_tags_to_resource(**where, Tags=pairs(wanted))
    if unwanted:
        client.remove_tags_from_resource(**where, TagKeys=list(unwanted))


def tag_changes(changes: Sequence[Change]) -> tuple[dict[str, str], list[str]]:
    """Which tags to set and which to remove, from the changes of `tags`."""
    wanted: dict[str, str] = {}
    unwanted: list[str] = []
    for change in changes:
        if change.path == "tags":
            before, after = change.before or {}, change.after or {}
            wanted.update({k: v for k, v in after.items() if v is not None})
            unwanted.extend(name for name in before if after.get(name) is None)
        elif change.path.startswith("tags."):
            name = change.path[len("tags.") :]
            if change.after is None:
                unwanted.append(name)
            else:
                wanted[name] = str(change.after)
    return wanted, unwanted
