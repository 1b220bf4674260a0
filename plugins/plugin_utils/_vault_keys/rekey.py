# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""New key shares for the old ones, which stay good until the new ones are proved.

Vault makes new shares (update), and takes them for its own when a quorum of them has
come back (verify). In between they are in their places, as `pending`: what is given
back is what the places hold, so a share that was lost on its way changes nothing.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.vigie.run.plugins.module_utils._errors import RunError

from .ceremony import Ceremony, Progress, RefusedError, progress_of
from .document import KEPT, PENDING, Document
from .init import Wanted, now, reservation, uninterrupted, write_all
from .places import Keep, reserve_all
from .shares import Hand, Share, take


@dataclass
class Outcome:
    """What happened, and what comes next: `update`, `verify`, or `done`."""

    changed: bool
    phase: str
    progress: Progress | None = None
    missing: list[str] = field(default_factory=list)
    secrets: set[str] = field(default_factory=set, repr=False)


class Rekey:
    """The new shares of one cluster, and where they are kept."""

    def __init__(
        self,
        ceremony: Ceremony,
        vault: str,
        kind: str,
        wanted: Wanted,
        keeps: Sequence[Keep],
    ) -> None:
        wanted.check(keeps, root_token=False)
        self._ceremony = ceremony
        self._vault, self._kind, self._wanted = vault, kind, wanted
        self._keeps = keeps
        self.secrets: set[str] = set()

    def run(
        self,
        gather: Callable[[], Sequence[Share]],
        restart: bool = False,
        check_mode: bool = False,
    ) -> Outcome:
        """Go on as far as the shares of this run reach.

        gather: the old shares, asked for only when they are needed. restart: give up
        what is under way. Raises RunError, VaultError.
        """
        held = self._read()
        if self._is_done(held):
            return Outcome(False, "done", secrets=self.secrets)
        status = self._ceremony.status()
        if check_mode:
            return Outcome(True, "update", progress_of(status), secrets=self.secrets)
        if status.get("started") and restart:
            self._ceremony.cancel()
            status = {}
        if not status.get("started"):
            if self._settle(held):
                return Outcome(True, "done", secrets=self.secrets)
            self._ceremony.start(_body(self._wanted))
            status = self._ceremony.status()
        elif (status["n"], status["t"]) != (
            self._wanted.shares,
            self._wanted.threshold,
        ):
            raise RunError(
                f"A rekey to {status['t']} of {status['n']} shares is under way, not to"
                f" {self._wanted.threshold} of {self._wanted.shares}: ask for the same,"
                " or begin anew with restart: true"
            )
        if not status.get("verification_nonce"):
            said = self._update(gather(), progress_of(status).nonce)
            if said is None:
                progress = self._ceremony.progress()
                return Outcome(True, "update", progress, secrets=self.secrets)
        return self._verify()

    # -- the places ------------------------------------------------------------------

    def _read(self) -> dict[str, Document]:
        """What the places hold, by their names."""
        held = {}
        for keep in self._keeps:
            document = keep.place.read()
            if document is not None:
                held[keep.place.name] = document
                self.secrets |= document.secrets
        return held

    def _is_done(self, held: dict[str, Document]) -> bool:
        """The places hold the shares that are wanted, and those are proved."""
        wanted = (KEPT, self._wanted.shares, self._wanted.threshold)
        seen = {
            (one.state, one.total, one.threshold) for one in held.values() if one.shares
        }
        return len(held) == len(self._keeps) and seen == {wanted}

    def _settle(self, held: dict[str, Document]) -> bool:
        """Whether shares that wait for their proof are Vault's own by now.

        That is so where a run ended between their proof and its last word. Those that
        are worth nothing, because a rekey was given up, make room. Raises RunError
        where nobody can tell: then they stay.
        """
        pending = [name for name, one in held.items() if one.state == PENDING]
        if not pending:
            return False
        hand = self._readable(held)
        if len(hand.shares) < self._wanted.threshold:
            raise RunError(
                f"{', '.join(pending)}: new shares wait to be proved, Vault knows of no"
                " rekey, and too few can be read here to find out whether it has taken"
                f" them: {', '.join(hand.missing)} cannot. Keep them, unseal with them"
                " to see, and name other places"
            )
        if self._are_good(hand):
            self._mark(held)
            return True
        for keep in self._keeps:
            if keep.place.name in pending:
                keep.place.write(reservation(self._vault))
        return False

    def _are_good(self, hand: Hand) -> bool:
        """Whether Vault takes these shares: for a rekey that is given up at once."""
        self._ceremony.start(_body(Wanted(1, 1)))
        try:
            progress = self._ceremony.progress()
            if progress.required != self._wanted.threshold:
                return False
            return bool(self._ceremony.give(hand.shares, progress.nonce)["complete"])
        except RefusedError as error:
            if not error.wrong_key:
                raise
            return False
        finally:
            self._ceremony.cancel()

    def _readable(self, held: dict[str, Document]) -> Hand:
        """The shares of the places that can be read here, and decrypted."""
        hand = Hand()
        for keep in self._keeps:
            document = held.get(keep.place.name)
            if document is None or not document.shares:
                hand.missing.append(keep.place.name)
                continue
            try:
                take(hand, keep, document)
            except RunError:
                # Encrypted for somebody who has to come and prove it.
                hand.missing.append(keep.place.name)
        self.secrets |= hand.secrets
        return hand

    def _mark(self, held: dict[str, Document]) -> None:
        """Say in the places that their shares are Vault's own."""
        for keep in self._keeps:
            document = held.get(keep.place.name)
            if document is not None:
                keep.place.write(replace(document, state=KEPT))

    # -- update ----------------------------------------------------------------------

    def _update(self, shares: Sequence[Share], nonce: str) -> dict | None:
        """Give old shares; None unless they were a quorum, and new ones are kept."""
        places = [keep.place for keep in self._keeps]
        reserve_all(places, reservation(self._vault))
        try:
            with uninterrupted():
                said = self._ceremony.give(shares, nonce)
                if not said.get("complete"):
                    return None
                self.secrets |= {*said["keys"], *said["keys_base64"]}
                failed = write_all(self._keeps, self._document(said))
        finally:
            for place in places:
                place.close()
        if failed:
            with contextlib.suppress(RunError):
                self._ceremony.cancel()
            raise RunError(
                f"The new shares could not be kept: {'; '.join(failed.values())}. The"
                " rekey is given up, and the old shares are good as before"
            )
        return said

    def _document(self, said: dict) -> Document:
        return Document(
            vault=self._vault,
            state=PENDING,
            made=now(),
            kind=self._kind,
            threshold=self._wanted.threshold,
            total=self._wanted.shares,
            pgp=bool(self._wanted.pgp_keys),
            shares=dict(enumerate(said["keys_base64"], 1)),
        )

    # -- verify ----------------------------------------------------------------------

    def _verify(self) -> Outcome:
        """Give back what the places hold, of those shares that can be read here."""
        held = self._read()
        hand = self._readable(held)
        progress = self._ceremony.verification()
        said = self._ceremony.give(hand.shares, progress.nonce, "verify")
        if not said.get("complete"):
            progress = self._ceremony.verification()
            return Outcome(True, "verify", progress, hand.missing, self.secrets)
        self._mark(held)
        return Outcome(True, "done", progress, hand.missing, self.secrets)


def _body(wanted: Wanted) -> dict[str, Any]:
    body: dict[str, Any] = {
        "secret_shares": wanted.shares,
        "secret_threshold": wanted.threshold,
        "require_verification": True,
    }
    if wanted.pgp_keys:
        body["pgp_keys"] = list(wanted.pgp_keys)
    return body
