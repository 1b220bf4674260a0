# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""The way to a place in a lock: look, take it, or wait until it is free."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from ansible_collections.vigie.run.plugins.module_utils._consul.client import (
    ConsulError,
)
from ansible_collections.vigie.run.plugins.module_utils._consul.lock_outcome import (
    Outcome,
    advice,
    in_the_way,
    lost_text,
    utc_now,
)
from ansible_collections.vigie.run.plugins.module_utils._consul.lock_record import (
    Decision,
    Me,
    Place,
    Record,
    Wanted,
    attached,
    decide,
)
from ansible_collections.vigie.run.plugins.module_utils._consul.lock_store import (
    Seen,
    SessionEndedError,
    Store,
)
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError

# A living holder whose session ended makes another at its next renewal, a third of its
# TTL later at most. So long its place is given to nobody, in parts of its TTL.
GRACE = 0.5


class Attempt:
    """The way to a place, round by round."""

    def __init__(self, store: Store, me: Me, wanted: Wanted, wait: float) -> None:
        self._store = store
        self._me = me
        self._wanted = wanted
        self._began = time.monotonic()
        self._deadline = self._began + wait
        self._patience = store.patience
        self._vanished = Vanished()
        self._session = ""
        self._taken: Place | None = None
        self._told = ""
        self._seen = self._read()
        self._first = self._seen
        self.outcome: Outcome | None = None

    def step(self) -> str:
        """One round; `outcome` is set at the end. Returns who is in the way, if new."""
        gone = self._vanished.look(self._seen)
        seen, wanted = self._seen, self._wanted
        decision = decide(seen.record, wanted, self._me, gone, utc_now())
        if decision.kind == "lost":
            raise RunError(
                lost_text(self._store.name, self._me, wanted.fence, seen.record)
            )
        place = decision.place
        if place is None:
            return self._wait(decision)
        shown = decision.kind == "ours" and seen.shows(place)
        if shown and decision.record == seen.record:
            self._finish(decision.record, place)
            return ""
        if decision.kind == "enter" and decision.taken is None:
            # Kept only from the next round on: were the answer to this one lost and
            # we with it, nobody would know of a place that nobody gives back.
            humble = replace(wanted, keep=False, away=())
            decision = decide(seen.record, humble, self._me, gone, utc_now())
            place = decision.place or place
        if shown:
            self._store.write(seen, decision.record)
        else:
            self._enter(decision, place)
        self._seen = self._read()
        return ""

    def _enter(self, decision: Decision, place: Place) -> None:
        self._session = self._session or self._store.open_session(place.ttl)
        former = place.session
        record, place = attached(decision.record, place, self._session)
        try:
            if self._store.write(self._seen, record, enter=place, leave=former):
                self._taken = self._taken or decision.taken
        except SessionEndedError:
            self._session = ""

    def _wait(self, decision: Decision) -> str:
        blocked = in_the_way(self._store.name, decision)
        self._drop_session()
        left = self._deadline - time.monotonic()
        due = self._vanished.due()
        if decision.kind == "refused" or (left <= 0 and due is None):
            waited = time.monotonic() - self._began
            raise RunError(
                f"{blocked}. Waited {waited:.0f} s." + advice(decision),
                places=[place.public() for place in decision.record.places],
            )
        if blocked != self._told:
            # Said before the wait, which is the next round.
            self._told = blocked
            return f"waiting up to {max(left, due or 0):.0f} s: {blocked}"
        pause = min(
            second for second in (left, due) if second is not None and second > 0
        )
        self._seen = self._read(self._seen.index, pause)
        return ""

    def _read(self, index: int = 0, wait: float = 0.0) -> Seen:
        self._store.patience = max(self._patience, self._deadline - time.monotonic())
        return self._store.read(index, wait)

    def _finish(self, record: Record, place: Place) -> None:
        self.outcome = Outcome(
            before=self._first.record,
            after=record,
            place=place,
            fresh=place.session == self._session,
            taken=self._taken,
            waited=time.monotonic() - self._began,
        )
        if place.session == self._session:
            self._session = ""

    @contextlib.contextmanager
    def cleaned_up(self) -> Iterator[None]:
        """Leave no session behind that shows nobody alive."""
        try:
            yield
        finally:
            self._store.patience = self._patience
            self._drop_session()

    def _drop_session(self) -> None:
        if self._session:
            with contextlib.suppress(ConsulError):
                self._store.close_session(self._session)
            self._session = ""


class Vanished:
    """Places whose session has ended, and since when, as we saw it.

    Consul ends sessions of living holders too, when the node they were made on leaves
    the catalog. `GRACE` is what such a holder gets to come back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until: dict[tuple[int, str], float] = {}

    def look(self, seen: Seen) -> frozenset[int]:
        """The fences whose holders are gone for certain."""
        now = self._clock()
        vanished = {
            (place.fence, place.session): self._until.get(
                (place.fence, place.session), now + GRACE * place.ttl
            )
            for place in seen.record.places
            if place.session and not seen.shows(place)
        }
        self._until = vanished
        certain = {fence for (fence, _session), end in vanished.items() if end <= now}
        return ended(seen) | certain

    def due(self) -> float | None:
        """Seconds until the next of them is certain."""
        now = self._clock()
        return min(
            (end - now for end in self._until.values() if end > now), default=None
        )


def ended(seen: Seen) -> frozenset[int]:
    """The fences of holders that have ended for certain, as their keepers said."""
    return frozenset(p.fence for p in seen.record.places if not p.session)
