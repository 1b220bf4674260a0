# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Unseal nodes by a quorum of shares, of which this run may hold all, some, or one."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.vigie.run.plugins.module_utils._errors import RunError

from .node import Node, SealStatus, VaultError
from .shares import Share

# Seconds between two looks at a node that is about to open.
POLL = 0.5
# Quorums that are tried where one share of several is wrong.
QUORUMS = 40


@dataclass
class Seen:
    """A node before and after; `error` is why nobody knows."""

    url: str
    before: SealStatus | None = None
    after: SealStatus | None = None
    error: str = ""
    warnings: list[str] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        """Whether the node is another than it was: opened, or further on its way."""
        return self.before != self.after

    def result(self) -> dict[str, Any]:
        """What a task tells of the node."""
        if self.after is None:
            return {"url": self.url, "reachable": False, "error": self.error}
        return {
            "url": self.url,
            "reachable": True,
            "initialized": self.after.initialized,
            "sealed": self.after.sealed,
            "progress": self.after.progress,
            "threshold": self.after.threshold,
            "shares": self.after.total,
            "nonce": self.after.nonce,
            "changed": self.changed,
        }


def look(nodes: Sequence[Node]) -> list[Seen]:
    """How each node is; who does not answer is in the list with an error."""
    found = []
    for node in nodes:
        seen = Seen(node.url)
        try:
            seen.before = seen.after = node.status()
        except VaultError as error:
            seen.error = str(error)
        found.append(seen)
    return found


def unseal(
    nodes: Sequence[Node],
    found: Sequence[Seen],
    shares: Sequence[Share],
    wait: float,
    check_mode: bool = False,
) -> None:
    """Give every sealed node the shares; `found` then says how each is.

    Nodes that are part of a cluster are opened first: the others join it then. `wait`:
    seconds for a node to join, and to open with the last share. Raises RunError for
    shares that are no quorum of that node.
    """
    end = time.monotonic() + wait
    pairs = [(node, seen) for node, seen in zip(nodes, found) if _is_sealed(seen)]
    pairs.sort(key=lambda pair: not pair[1].after.initialized)
    for node, seen in pairs:
        if check_mode:
            if not seen.after.recovery:
                seen.after = foreseen(seen.after, len(shares))
            continue
        try:
            if seen.after.recovery:
                # It opens by itself: nothing of it is our change.
                seen.before = seen.after = await_open(node, end)
                continue
            seen.after = _await_joined(node, seen.after, end)
            seen.after = _Opening(node, seen, shares, end).run()
        except VaultError as error:
            seen.after, seen.error = None, str(error)


def _is_sealed(seen: Seen) -> bool:
    return seen.after is not None and seen.after.sealed


def foreseen(status: SealStatus, given: int) -> SealStatus:
    """What giving so many good shares, none of them given before, would lead to."""
    if not status.initialized:
        return status
    progress = status.progress + given
    if progress >= status.threshold:
        return replace(status, sealed=False, progress=0, nonce="")
    return replace(status, progress=progress)


def _await_joined(node: Node, status: SealStatus, end: float) -> SealStatus:
    """Wait until the node is part of a cluster."""
    while not status.initialized:
        if time.monotonic() > end:
            raise RunError(
                f"Vault at {node.url} is not initialised: it has joined no cluster yet."
                " Initialise one node (vigie.run.vault_init) and unseal that first; the"
                " others need retry_join, or raft join, to find it"
            )
        time.sleep(POLL)
        status = node.status()
    return status


class _Opening:
    """One node being opened."""

    def __init__(
        self, node: Node, seen: Seen, shares: Sequence[Share], end: float
    ) -> None:
        self.node, self.seen, self.shares, self.end = node, seen, shares, end

    def run(self) -> SealStatus:
        """Give shares until it opens or there are no more. Raises RunError."""
        status = self.node.status()
        wrong: list[_WrongQuorumError] = []
        for quorum in self._quorums(status):
            try:
                after = self._give(quorum)
            except _WrongQuorumError as error:
                wrong.append(error)
                continue
            if wrong:
                self.seen.warnings.append(
                    f"Vault at {self.node.url} was unsealed, but not by"
                    f" {wrong[0].names(status)}: one of these is wrong"
                )
            return after
        raise RunError(
            f"Vault at {self.node.url} refused the quorum: one of"
            f" {wrong[0].names(status)} is wrong, or of another Vault, or of before a"
            f" rekey ({wrong[0]}). It has forgotten the shares given so far:"
            f" {status.threshold} good ones are needed, from the first"
        )

    def _quorums(self, status: SealStatus) -> Iterator[Sequence[Share]]:
        """All shares on top of those given before; then each quorum by itself."""
        yield self.shares
        if len(self.shares) >= status.threshold:
            every = itertools.combinations(self.shares, status.threshold)
            yield from itertools.islice(every, QUORUMS)

    def _give(self, shares: Sequence[Share]) -> SealStatus:
        given: list[Share] = []
        status = self.node.status()
        for share in shares:
            if not status.sealed:
                break
            given.append(share)
            try:
                status = self.node.unseal(share.value)
            except VaultError as error:
                if error.status not in (400, 500):
                    raise
                raise _WrongQuorumError(error.said, given) from None
            if status.sealed and status.progress == 0:
                # The quorum was right, or Vault would have said so: now it joins.
                return await_open(self.node, self.end)
        return status


class _WrongQuorumError(Exception):
    def __init__(self, reason: str, shares: list[Share]) -> None:
        super().__init__(reason)
        self.shares = shares

    def names(self, before: SealStatus) -> str:
        """Which shares were part of it; those of others are only counted."""
        names = ", ".join(share.origin for share in self.shares)
        if before.progress:
            names += f" and the {before.progress} that others had given before"
        return names


def await_open(node: Node, end: float) -> SealStatus:
    """Wait until a node that has all it needs is unsealed. Raises RunError."""
    status = node.status()
    while status.sealed:
        if time.monotonic() > end:
            why = "took a quorum of shares and did not open in time"
            if status.recovery:
                why = "unseals itself, and did not in time: can it use its seal's key?"
            raise RunError(
                f"Vault at {node.url} {why}; its log says more. It has to reach the"
                " active node of its cluster; or wait is too short"
            )
        time.sleep(POLL)
        status = node.status()
    return status


def seal(found: Sequence[Seen], sealer: Callable[[str], None]) -> None:
    """Seal every node that is not, by `sealer` (given its URL).

    Raises RunError for what it says.
    """
    for seen in found:
        if seen.after is None or seen.after.sealed:
            continue
        sealer(seen.url)
        seen.after = replace(seen.after, sealed=True)
