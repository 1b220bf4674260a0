# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Many keys, and many trees of keys, in as few calls as there are.

A transaction of reads takes 64 keys or prefixes and answers with all of them at once
(https://developer.hashicorp.com/consul/api-docs/txn). It fails as a whole when a key
does not exist, and then names every such key; what the token may not read it leaves
out.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from .client import ConsulError
from .keys import OPERATIONS
from .session import Session

# A key that goes away between two tries is one more missing key, not an error.
_TRIES = 3


@dataclass(frozen=True)
class Value:
    """One key as it lives. `modify_index` changes with each change of it.

    `session` is the one that holds a lock on it, "" for none.
    """

    key: str
    value: bytes
    flags: int
    create_index: int
    modify_index: int
    session: str


def read_keys(session: Session, keys: Sequence[str]) -> dict[str, Value]:
    """The keys that exist, by name. Raises DeniedError for one that may not be read."""
    wanted = list(dict.fromkeys(keys))
    found: dict[str, Value] = {}
    for batch in _batches(wanted):
        answered, missing = _read(session, "get", batch)
        found.update(answered)
        for key in set(batch) - set(answered) - missing:
            _prove_readable(session, key, f'key "{key}" {{ policy = "read" }}')
    return found


def read_trees(session: Session, prefixes: Sequence[str]) -> dict[str, list[Value]]:
    """By prefix, every key that begins with it and that may be read, in order.

    Raises DeniedError for a prefix that may not be read at all.
    """
    wanted = list(dict.fromkeys(prefixes))
    every: dict[str, Value] = {}
    for batch in _batches(wanted):
        every.update(_read(session, "get-tree", batch)[0])
    ordered = sorted(every)
    trees = {
        prefix: [every[key] for key in ordered if key.startswith(prefix)]
        for prefix in wanted
    }
    for prefix, values in trees.items():
        if not values:
            rule = f'key_prefix "{prefix}" {{ policy = "read" }}'
            _prove_readable(session, prefix, rule)
    return trees


def _batches(names: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(names), OPERATIONS):
        yield names[start : start + OPERATIONS]


def _read(
    session: Session, verb: str, names: list[str]
) -> tuple[dict[str, Value], set[str]]:
    """What there is, and the names that the servers know to be missing."""
    missing: set[str] = set()
    for last in range(_TRIES - 1, -1, -1):
        asked = [name for name in names if name not in missing]
        if not asked:
            break
        body = [{"KV": {"Verb": verb, "Key": name}} for name in asked]
        try:
            answer = session.put("txn", needs="key:read", body=body)
        except ConsulError as error:
            gone = _missing(error, asked)
            if not (gone and last):
                raise
            missing |= gone
            continue
        entries = [_value(one["KV"]) for one in answer["Results"] or ()]
        return {entry.key: entry for entry in entries}, missing
    return {}, missing


def _missing(error: ConsulError, asked: list[str]) -> set[str]:
    """The keys for whose lack a transaction failed; none when it failed otherwise."""
    if error.status != 409:
        return set()
    try:
        told = json.loads(error.said)["Errors"]
        if not all(one["What"].endswith("doesn't exist") for one in told):
            return set()
        return {asked[one["OpIndex"]] for one in told}
    except (ValueError, KeyError, TypeError, IndexError):
        return set()


def _prove_readable(session: Session, key: str, rule: str) -> None:
    """Raise DeniedError where the token may not read what seems not to be there."""
    session.find(f"kv/{quote(key)}", needs=rule)


def _value(told: dict[str, Any]) -> Value:
    return Value(
        key=told["Key"],
        value=base64.b64decode(told["Value"] or ""),
        flags=told["Flags"],
        create_index=told["CreateIndex"],
        modify_index=told["ModifyIndex"],
        session=told.get("Session") or "",
    )
