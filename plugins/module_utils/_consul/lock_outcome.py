# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""What comes of asking for a lock, as values and as sentences."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from ansible_collections.vigie.run.plugins.module_utils._consul.lock_record import (
    Decision,
    Event,
    Me,
    Place,
    Record,
)


@dataclass(frozen=True)
class Outcome:
    """What came of it. `place` is ours now, or would be in check mode.

    `fresh`: its session was made here, and nobody renews it yet. `taken` was taken
    over, `lost` says how this run lost its place, `blocked` who is in the way.
    """

    before: Record
    after: Record
    place: Place | None = None
    fresh: bool = False
    taken: Place | None = None
    lost: Event | None = None
    blocked: str = ""
    waited: float = 0.0

    @property
    def changed(self) -> bool:
        return _settled(self.before) != _settled(self.after)

    @property
    def is_new(self) -> bool:
        """The place was not there before."""
        return self.place is not None and not self.before.place(self.place.fence)

    def diff(self) -> dict[str, Any]:
        """The places before and after, without what changes by itself."""
        return {"before": _settled(self.before), "after": _settled(self.after)}


def utc_now() -> str:
    """The time as people and records write it."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def lost_text(name: str, me: Me, fence: int | None, record: Record) -> str:
    """Say that a place is not held, how it was lost, and who has the lock now."""
    event = loss(record, me, fence)
    which = f" with fence {fence}" if fence is not None else ""
    text = f"{name}: this run does not hold it{which}"
    if event:
        text += f"; it was {event.what} by {event.by} at {event.at}: {event.why}"
    if record.places:
        text += ". Held now by " + "; ".join(map(str, record.places))
    return text + ". What was done under the lock may meet what others do: stop here"


def loss(record: Record, me: Me, fence: int | None) -> Event | None:
    """How the place with this fence was lost, or the last one that this run had."""
    for event in reversed(record.trace):
        mine = fence is None and event.place["run"] == me.run
        if mine or (fence is not None and event.place["fence"] == fence):
            return event
    return None


def in_the_way(name: str, decision: Decision) -> str:
    """Who has the places."""
    places = decision.record.places
    said = "; ".join(
        f"{place}" + (f", kept for {', '.join(place.away)}" if place.away else "")
        for place in places
    )
    return f"{name} is held by {said}"


def advice(decision: Decision) -> str:
    """What those can do who did not get a place."""
    if decision.stuck:
        names = sorted({host for place in decision.stuck for host in place.away})
        look = f"look after {', '.join(names)}, then" if names else "look why, then"
        return (
            " Its run is gone and the place is kept, so waiting is in vain:"
            f" {look} carry on with takeover: REASON, or free it with state: broken"
            " and a reason"
        )
    return (
        " Wait for it to end; if you know that it does nothing any more, free it with"
        " state: broken and a reason"
    )


def _settled(record: Record) -> list[dict[str, Any]]:
    return [place.public() for place in record.places]
