# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Initialise Vault once, its shares written before anything else happens.

Vault says the shares once, in the answer to one request. So every place is proved to be
writable before that request, by a reservation that stays when the answer is lost; and
while the answer is on its way to the places, no signal ends this process.
"""

from __future__ import annotations

import contextlib
import datetime
import signal
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.vigie.run.plugins.module_utils._errors import RunError

from .document import RESERVED, Document
from .node import Node, SealStatus, VaultError
from .places import Keep, free_all, reserve_all

# Seconds for which a place that fails is tried again, and pauses in between.
WRITE_LIMIT = 60.0
PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0)


@dataclass(frozen=True)
class Wanted:
    """The shares to make. Keys are base64 of binary public keys, in order of shares.

    prefix: of the options' names, for messages.
    """

    shares: int
    threshold: int
    pgp_keys: Sequence[str] = ()
    root_token_pgp_key: str = ""
    prefix: str = ""

    def check(self, keeps: Sequence[Keep], root_token: bool = True) -> None:
        """RunError naming what cannot be, before anything is touched."""
        if not 1 <= self.shares <= 255:
            raise RunError(
                f"{self.prefix}shares: {self.shares} is not between 1 and 255"
            )
        lowest = 1 if self.shares == 1 else 2
        if not lowest <= self.threshold <= self.shares:
            raise RunError(
                f"{self.prefix}threshold: {self.threshold} is not between {lowest} and"
                f" {self.prefix}shares ({self.shares})"
            )
        if self.pgp_keys and len(self.pgp_keys) != self.shares:
            raise RunError(
                f"pgp_keys: {len(self.pgp_keys)} given for {self.shares} shares; one is"
                " needed for each"
            )
        every = set(range(1, self.shares + 1))
        for keep in keeps:
            wrong = sorted((keep.shares or set()) - every)
            if wrong:
                raise RunError(
                    f"keep: {keep.place.name} is to hold share {wrong[0]} of"
                    f" {self.shares}"
                )
        lost = [n for n in sorted(every) if not any(keep.holds(n) for keep in keeps)]
        if lost:
            raise RunError(f"keep: no place holds share {', '.join(map(str, lost))}")
        if root_token and not any(keep.root_token for keep in keeps):
            raise RunError("keep: no place holds the root token; say root_token: true")


@dataclass
class Done:
    """What happened; `secrets` must be shown nowhere."""

    changed: bool
    status: SealStatus
    secrets: set[str]


def initialise(
    node: Node, wanted: Wanted, keeps: Sequence[Keep], check_mode: bool = False
) -> Done:
    """Initialise, if nobody has; the shares are in their places when this returns.

    Raises RunError for what is wrong, found or lost.
    """
    wanted.check(keeps)
    status = node.status()
    if status.initialized:
        _refuse_lost(keeps, node.url)
        return Done(False, status, set())
    after = replace(
        status, initialized=True, threshold=wanted.threshold, total=wanted.shares
    )
    if check_mode:
        return Done(True, after, set())
    places = [keep.place for keep in keeps]
    reserve_all(places, reservation(node.url))
    try:
        with uninterrupted():
            said = _ask(node, wanted, status, keeps)
            document = _document(node.url, wanted, status, said)
            failed = write_all(keeps, document)
    finally:
        for place in places:
            place.close()
    secrets = document.secrets | {*said.get("keys", ()), *said.get("recovery_keys", ())}
    if failed:
        raise RunError(_not_kept(keeps, failed, document), failed_places=sorted(failed))
    return Done(True, after, secrets)


def reservation(vault: str) -> Document:
    """A document that says since when there is room for shares."""
    return Document(vault=vault, state=RESERVED, made=now())


def now() -> str:
    """This moment, to the second."""
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """Hold back the signals that end a run, until what matters is written."""
    held = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, held)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _ask(
    node: Node, wanted: Wanted, status: SealStatus, keeps: Sequence[Keep]
) -> dict[str, Any]:
    """Vault's answer; where there is none, what that means."""
    try:
        return node.initialise(_body(wanted, status))
    except VaultError as error:
        with contextlib.suppress(VaultError):
            if node.status().initialized:
                raise RunError(
                    f"Vault at {node.url} is initialised, but no answer came here"
                    f" ({error}). {_remedy(keeps)}"
                ) from None
            free_all([keep.place for keep in keeps])
        raise


def _body(wanted: Wanted, status: SealStatus) -> dict[str, Any]:
    # With auto-unseal the shares are those of the recovery key.
    kind = "recovery" if status.recovery else "secret"
    body: dict[str, Any] = {
        f"{kind}_shares": wanted.shares,
        f"{kind}_threshold": wanted.threshold,
    }
    if wanted.pgp_keys:
        keys = "recovery_pgp_keys" if status.recovery else "pgp_keys"
        body[keys] = list(wanted.pgp_keys)
    if wanted.root_token_pgp_key:
        body["root_token_pgp_key"] = wanted.root_token_pgp_key
    return body


def _document(
    url: str, wanted: Wanted, status: SealStatus, said: dict[str, Any]
) -> Document:
    shares = said["recovery_keys_base64" if status.recovery else "keys_base64"]
    return Document(
        vault=url,
        made=now(),
        kind=status.kind,
        threshold=wanted.threshold,
        total=wanted.shares,
        pgp=bool(wanted.pgp_keys),
        shares=dict(enumerate(shares, 1)),
        root_token=said["root_token"],
        root_token_pgp=bool(wanted.root_token_pgp_key),
    )


def part(document: Document, keep: Keep) -> Document:
    """What of a document one place is to hold."""
    held = {n: one for n, one in document.shares.items() if keep.holds(n)}
    token = document.root_token if keep.root_token else ""
    return replace(document, shares=held, root_token=token)


def write_all(
    keeps: Sequence[Keep], document: Document, limit: float = WRITE_LIMIT
) -> dict[str, str]:
    """Write every place its part; those that failed to the end, and why.

    A place that fails holds up no other: it is tried again when all have been tried.
    """
    end = time.monotonic() + limit
    left, failed = list(keeps), {}
    for pause in (*PAUSES, *[PAUSES[-1]] * int(limit)):
        failed = {}
        for keep in left:
            try:
                keep.place.write(part(document, keep))
            except RunError as error:
                failed[keep.place.name] = str(error)
        left = [keep for keep in left if keep.place.name in failed]
        if not left or time.monotonic() + pause > end:
            break
        time.sleep(pause)
    return failed


def _not_kept(keeps: Sequence[Keep], failed: dict[str, str], document: Document) -> str:
    """What is left when a place did not take its shares."""
    kept = {
        number
        for keep in keeps
        if keep.place.name not in failed
        for number in document.shares
        if keep.holds(number)
    }
    said = "; ".join(failed.values())
    if len(kept) >= document.threshold:
        return (
            f"Vault was initialised, but not all shares could be kept: {said}."
            f" {len(kept)} of {document.total} shares are kept, {document.threshold}"
            " are needed: unseal with those, and make new ones (vigie.run.vault_rekey)"
        )
    return (
        f"Vault was initialised, but too few shares could be kept: {said}. Only"
        f" {len(kept)} of {document.total} shares are kept, {document.threshold} are"
        " needed. It holds nothing yet: stop its nodes, delete their storage, remove"
        " what the places hold, and run again"
    )


def _refuse_lost(keeps: Sequence[Keep], url: str) -> None:
    """RunError where an earlier run made room for shares that never came."""
    reserved = []
    for keep in keeps:
        # A holder's place may be closed to us, and that is as it should be.
        with contextlib.suppress(RunError):
            held = keep.place.read()
            if held is not None and held.state == RESERVED:
                reserved.append((keep, held.made))
    if reserved:
        keep, made = reserved[0]
        raise RunError(
            f"Vault at {url} is initialised, and {keep.place.name} was reserved for its"
            f" shares at {made} and never filled: that run was ended before the answer"
            f" came. {_remedy([keep for keep, _made in reserved])}"
        )


def _remedy(keeps: Sequence[Keep]) -> str:
    names = ", ".join(keep.place.name for keep in keeps)
    return (
        "If somebody else initialised it, they have the shares: remove the reservations"
        f" ({names}) and go on. Otherwise its shares are lost for ever, and it holds"
        " nothing yet: stop all its nodes, delete their storage, and run again"
    )
