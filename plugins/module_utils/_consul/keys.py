# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Keys and values: read by prefix, written by compare-and-set in large transactions.

A transaction takes 64 operations and, as one request, the bytes that one value may
have (https://developer.hashicorp.com/consul/api-docs/txn). Whatever does not fit is
sent as a key of its own.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from .._errors import RunError
from .client import ConsulError
from .session import Session

OPERATIONS = 64
# What an operation takes in a request besides its key and value, generously.
_ENVELOPE = 200
_NAMED = 5


@dataclass(frozen=True)
class Entry:
    """One key as it lives. `index` is the ModifyIndex that a change must meet."""

    key: str
    value: str
    index: int
    flags: int = 0


@dataclass(frozen=True)
class Edit:
    """One key to be set, or deleted where `value` is None. `seen` is as planned."""

    key: str
    value: str | None
    seen: Entry | None

    @property
    def size(self) -> int:
        """Bytes that it takes in a transaction: the value travels as base64."""
        value = len(self.value.encode()) if self.value is not None else 0
        return len(self.key) + value * 4 // 3 + _ENVELOPE

    def met(self, now: Entry | None) -> bool:
        """Whether the key is as it is to be."""
        return (now.value if now else None) == self.value

    def operation(self) -> dict[str, Any]:
        """As `/v1/txn` takes it."""
        index = self.seen.index if self.seen else 0
        told: dict[str, Any] = {"Key": self.key, "Index": index}
        if self.value is None:
            return {"KV": {"Verb": "delete-cas", **told}}
        told["Value"] = base64.b64encode(self.value.encode()).decode()
        told["Flags"] = self.seen.flags if self.seen else 0
        return {"KV": {"Verb": "cas", **told}}


class Store:
    """The key-value store of a cluster."""

    def __init__(self, session: Session, value_limit: int) -> None:
        self._session = session
        self._limit = value_limit

    def under(self, prefix: str) -> dict[str, Entry]:
        """Every key that begins with the prefix, in one call."""
        found = self._session.find(
            f"kv/{quote(prefix)}", {"recurse": ""}, needs=_rule("read", prefix)
        )
        return {one["Key"]: _entry(one) for one in found or ()}

    def prove_readable(self, key: str) -> None:
        """Raise DeniedError where the token may not read a key.

        Consul leaves what may not be read out of a list, as if it were not there.
        """
        self._session.find(f"kv/{quote(key)}", needs=_rule("read", key))

    def apply(self, prefix: str, edits: Sequence[Edit]) -> None:
        """Set and delete keys under a prefix, those to be set first.

        A key that somebody else changed since it was planned is never overwritten:
        where it is as it is to be by now, that is fine; where it is as it was
        planned, only its index is renewed; otherwise RunError names it. All others
        are done.
        """
        conflicts: list[str] = []
        ordered = sorted(edits, key=lambda edit: edit.value is None)
        for batch in self._batches(ordered):
            conflicts += self._commit(prefix, batch)
        if conflicts:
            raise RunError(
                f"somebody else changed {named(conflicts)} since the plan was"
                " made, and that was left as it is now; run again to see what would"
                " change"
            )

    def _commit(self, prefix: str, batch: Sequence[Edit]) -> list[str]:
        """Carry out one batch; the keys that somebody else changed."""
        if self._sent(prefix, batch):
            return []
        now = self.under(prefix)
        conflicts, again = [], []
        for edit in batch:
            there = now.get(edit.key)
            if edit.met(there):
                continue
            if (there.value if there else None) == (
                edit.seen.value if edit.seen else None
            ):
                again.append(Edit(edit.key, edit.value, there))
            else:
                conflicts.append(edit.key)
        if again and not self._sent(prefix, again):
            conflicts += [edit.key for edit in again]
        return conflicts

    def _sent(self, prefix: str, batch: Sequence[Edit]) -> bool:
        """Whether the servers took the batch: each key had the index it was to have."""
        if len(batch) == 1 and batch[0].size > self._limit:
            return self._sent_alone(batch[0])
        try:
            self._session.put(
                "txn",
                needs=_rule("write", prefix),
                body=[edit.operation() for edit in batch],
            )
        except ConsulError as error:
            if error.status == 409:
                _raise_unless_stale(error)
                return False
            raise
        return True

    def _sent_alone(self, edit: Edit) -> bool:
        """A value that no transaction takes, as the body of a request of its own."""
        index = str(edit.seen.index if edit.seen else 0)
        flags = str(edit.seen.flags if edit.seen else 0)
        return self._session.put(
            f"kv/{quote(edit.key)}",
            {"cas": index, "flags": flags},
            needs=_rule("write", edit.key),
            body=(edit.value or "").encode(),
        )

    def _batches(self, edits: Iterable[Edit]) -> Iterator[list[Edit]]:
        batch: list[Edit] = []
        size = 0
        for edit in edits:
            if batch and (len(batch) == OPERATIONS or size + edit.size > self._limit):
                yield batch
                batch, size = [], 0
            batch.append(edit)
            size += edit.size
        if batch:
            yield batch


def _entry(found: Mapping[str, Any]) -> Entry:
    value = base64.b64decode(found["Value"] or "")
    # What is no text differs from every declared text, and shows what it is.
    text = value.decode("utf-8", "backslashreplace")
    return Entry(found["Key"], text, found["ModifyIndex"], found["Flags"])


def _raise_unless_stale(error: ConsulError) -> None:
    """A transaction is refused as a whole: for stale indexes, or for a reason."""
    try:
        reasons = [one["What"] for one in json.loads(error.said)["Errors"]]
    except (ValueError, KeyError, TypeError):
        raise error from None
    other = [what for what in reasons if "index is stale" not in what]
    if other:
        raise ConsulError(f"Consul refused the change of keys: {'; '.join(other[:3])}")


def _rule(policy: str, prefix: str) -> str:
    return f'key_prefix "{prefix}" {{ policy = "{policy}" }}'


def named(keys: Sequence[str]) -> str:
    """The first few of some keys, and how many more there are."""
    shown = ", ".join(keys[:_NAMED])
    more = len(keys) - _NAMED
    return f"{shown} and {more} more" if more > 0 else shown
