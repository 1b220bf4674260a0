# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Renew a place while its holder lives, and end it when the holder has ended.

As a thread (`held`) for work that one process does, as a process of its own (`main`)
for a run of Ansible, whose tasks are processes that end while the run goes on.
"""

from __future__ import annotations

import contextlib
import json
import sys
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict

from ansible_collections.vigie.run.plugins.module_utils._consul.client import (
    Access,
    ConsulError,
)
from ansible_collections.vigie.run.plugins.module_utils._consul.lock import Lock
from ansible_collections.vigie.run.plugins.module_utils._consul.lock_outcome import (
    utc_now,
)
from ansible_collections.vigie.run.plugins.module_utils._consul.lock_record import (
    Me,
    Place,
    Wanted,
    abandoned,
    attached,
    check_name,
)
from ansible_collections.vigie.run.plugins.module_utils._consul.lock_store import (
    Store,
)
from ansible_collections.vigie.run.plugins.module_utils._consul.process import (
    Process,
    owner,
    say_ready,
)
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError

# Of a TTL: how often it is renewed, and how soon again where that failed.
RENEWAL = 1 / 3
AGAIN = 1 / 12


class Keeper:
    """Renews one place."""

    def __init__(self, store: Store, me: Me, place: Place) -> None:
        self._store = store
        self._me = me
        self._place = place
        self._session = place.session
        self._ours = {place.session}  # also those whose answer was lost
        store.patience = 0  # our own rhythm is the patience

    def keep(self, ended: Callable[[float], bool]) -> bool:
        """Renew until `ended(seconds)`, which waits that long, says so.

        False when the place was given back, broken or taken meanwhile.
        """
        ttl = self._place.ttl
        pause = ttl * RENEWAL
        while not ended(pause):
            pause = ttl * RENEWAL
            try:
                if not self._store.renew(self._session) and not self._attach():
                    return False
            except RunError:
                # Whatever it is, it may be over before Consul lets the session end.
                pause = ttl * AGAIN
        return True

    def abandon(self) -> None:
        """End the place of a holder that is gone; one that is kept stays, ended.

        What cannot be done within twice the TTL, Consul has done by itself.
        """
        self._store.patience = 2 * self._place.ttl
        while True:
            seen = self._store.read()
            place = seen.record.place(self._place.fence)
            if place is None or place.session not in self._ours:
                break
            record = abandoned(seen.record, place, self._me, utc_now())
            if self._store.write(seen, record, leave=place.session):
                break
        for session in self._ours:
            self._store.close_session(session)

    def _attach(self) -> bool:
        """Make another session for a place that is still ours.

        False when it is not. A write whose answer was lost is found at the next try.
        """
        seen = self._store.read()
        place = seen.record.place(self._place.fence)
        if place is None or place.session not in self._ours:
            return False
        if not seen.shows(place):
            session = self._store.open_session(place.ttl)
            self._ours.add(session)
            record, place = attached(seen.record, place, session)
            if not self._store.write(seen, record, enter=place):
                return True  # the next renewal looks again
        self._session = place.session
        return True


@contextlib.contextmanager
def held(
    access: Access, name: str, reason: str, wait: float = 0.0, ttl: int = 30
) -> Iterator[int]:
    """Hold the lock `name` as long as the block lasts; gives its fence.

    For one process that does all of the work. `wait`: seconds for whoever holds it.
    Raises RunError naming the holder.
    """
    me = Me(uuid.uuid4().hex, owner())
    store = Store([access], check_name(name))
    lock = Lock(store, me)
    place = lock.hold(Wanted(reason, ttl=ttl), wait).place
    if place is None:
        raise RunError(f"{name}: no place was given")  # hold gives one, or raises
    done = threading.Event()
    keeper = Keeper(Store([_hasty(access, ttl)], name), me, place)
    thread = threading.Thread(target=keeper.keep, args=(done.wait,), daemon=True)
    thread.start()
    try:
        yield place.fence
    finally:
        done.set()
        thread.join()
        with contextlib.suppress(ConsulError):
            lock.release("", place.fence)  # or its TTL frees it
        store.close()


def orders(
    agents: Sequence[Access], name: str, me: Me, place: Place, holder: Process
) -> str:
    """What a keeper process is told, on its standard input: it holds secrets."""
    return json.dumps(
        {
            "agents": [asdict(_hasty(access, place.ttl)) for access in agents],
            "name": name,
            "me": asdict(me),
            "place": asdict(place),
            "holder": asdict(holder),
        }
    )


def main() -> None:
    """Keep a place for another process; started by the action consul_lock."""
    told = json.load(sys.stdin)
    place = Place(**{**told["place"], "away": tuple(told["place"]["away"])})
    store = Store([Access(**access) for access in told["agents"]], told["name"])
    keeper = Keeper(store, Me(**told["me"]), place)
    with Process(**told["holder"]).watched() as ended:
        say_ready()
        try:
            if keeper.keep(ended):
                keeper.abandon()
        except RunError:
            return  # Nobody reads what we could say; the TTL does the rest.


def _hasty(access: Access, ttl: int) -> Access:
    """Requests that end in time for the next renewal."""
    return Access(**{**asdict(access), "timeout": min(access.timeout, ttl * RENEWAL)})
