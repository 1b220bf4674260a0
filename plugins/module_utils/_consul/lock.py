# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Take, check, give back and break a place in a lock.

Each function reads the lock, decides (lock_record.py) and writes by compare-and-set
until nobody was in between, so a lost answer or a lost race is one more round.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from ansible_collections.vigie.run.plugins.module_utils._consul.client import (
    ConsulError,
)
from ansible_collections.vigie.run.plugins.module_utils._consul.lock_attempt import (
    Attempt,
    ended,
)
from ansible_collections.vigie.run.plugins.module_utils._consul.lock_outcome import (
    Outcome,
    in_the_way,
    loss,
    lost_text,
    utc_now,
)
from ansible_collections.vigie.run.plugins.module_utils._consul.lock_record import (
    Me,
    Wanted,
    attached,
    broken,
    decide,
    left,
    own,
    to_break,
)
from ansible_collections.vigie.run.plugins.module_utils._consul.lock_store import (
    Store,
)
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError


class Lock:
    """One lock as one run sees it.

    `tell` is called with a sentence when waiting begins, and when the holder changes.
    `living` says whether the run still lives; nothing is taken for one that does not.
    """

    def __init__(
        self,
        store: Store,
        me: Me,
        *,
        tell: Callable[[str], None] = lambda _sentence: None,
        living: Callable[[], bool] = lambda: True,
    ) -> None:
        self._store = store
        self._me = me
        self._tell = tell
        self._living = living

    def hold(self, wanted: Wanted, wait: float, check_mode: bool = False) -> Outcome:
        """Take a place, waiting for one up to `wait` seconds; carry on with our own.

        Raises RunError naming who has it, or how the one to carry on with was lost.
        """
        if check_mode:
            return self._foreseen(wanted)
        attempt = Attempt(self._store, self._me, wanted, wait)
        with attempt.cleaned_up():
            while attempt.outcome is None:
                if not self._living():
                    raise RunError("the run that asked for the lock has ended")
                blocked = attempt.step()
                if blocked:
                    self._tell(blocked)
        return attempt.outcome

    def check(self, holder: str, fence: int | None, check_mode: bool) -> Outcome:
        """Prove that the place is still held; show it alive again if it need be.

        Raises RunError saying how it was lost.
        """
        while True:
            seen = self._store.read()
            place = own(seen.record, self._me, holder, fence)
            if place is None:
                if check_mode and fence is None:  # nothing was taken in check mode
                    return Outcome(seen.record, seen.record)
                raise RunError(
                    lost_text(self._store.name, self._me, fence, seen.record)
                )
            ours = place.run == self._me.run
            if seen.shows(place) or (check_mode and ours):
                return Outcome(seen.record, seen.record, place)
            if not ours:
                if place.kept:
                    return Outcome(seen.record, seen.record, place)
                raise RunError(
                    f"{self._store.name}: the run that holds it is gone: {place}. It"
                    " goes to whoever asks next; carry on with state: held and its"
                    " fence"
                )
            record, place = attached(
                seen.record, place, self._store.open_session(place.ttl)
            )
            if self._store.write(seen, record, enter=place):
                return Outcome(seen.record, record, place, fresh=True)
            self._store.close_session(place.session)

    def release(
        self,
        holder: str,
        fence: int | None,
        away: tuple[str, ...] = (),
        check_mode: bool = False,
    ) -> Outcome:
        """Give the place back, unless hosts are away: then it stays, kept for them.

        What somebody else holds meanwhile is left alone; `lost` says how that came.
        """
        first = None
        while True:
            seen = self._store.read()
            first = first or seen
            place = own(seen.record, self._me, holder, fence)
            if place is None:
                lost = loss(seen.record, self._me, fence) if first is seen else None
                return Outcome(first.record, seen.record, lost=lost)
            record = left(seen.record, place, away)
            if check_mode or self._store.write(seen, record, leave=place.session):
                if not check_mode:
                    self._end(place.session)
                kept = record.place(place.fence)
                return Outcome(first.record, record, kept)

    def break_(
        self,
        reason: str,
        holder: str | None,
        fence: int | None,
        check_mode: bool = False,
    ) -> Outcome:
        """Take the place from whoever has it, and leave a trace of that.

        Raises RunError when it is not clear which place is meant.
        """
        first = None
        while True:
            seen = self._store.read()
            first = first or seen
            place = to_break(seen.record, holder, fence)
            if place is None:
                return Outcome(first.record, seen.record)
            record = broken(seen.record, place, reason, self._me, utc_now())
            if check_mode or self._store.write(seen, record, leave=place.session):
                if not check_mode:
                    self._end(place.session)
                return Outcome(first.record, record, taken=place)

    def _foreseen(self, wanted: Wanted) -> Outcome:
        seen = self._store.read()
        decision = decide(seen.record, wanted, self._me, ended(seen), utc_now())
        if decision.kind == "lost":
            raise RunError(
                lost_text(self._store.name, self._me, wanted.fence, seen.record)
            )
        blocked = ""
        if decision.kind in ("wait", "refused"):
            blocked = in_the_way(self._store.name, decision)
            return Outcome(seen.record, seen.record, blocked=blocked)
        return Outcome(
            seen.record, decision.record, decision.place, taken=decision.taken
        )

    def _end(self, session: str) -> None:
        """End a session that stands for nothing any more; its TTL would do as well."""
        if session:
            with contextlib.suppress(ConsulError):
                self._store.close_session(session)
