# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""What a lock knows of its places, and who may have one. Pure: no Consul, no clock.

A lock has one place (a mutex) or several (a semaphore). All that is known of it is one
record, changed by compare-and-set, so each function takes a record and returns the
next one. The record outlives its places: its fence only ever rises.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from ansible_collections.vigie.run.plugins.module_utils._errors import RunError

FORMAT = 1
TRACE_LENGTH = 30  # events; the oldest is forgotten first
NAME = re.compile(r"[A-Za-z0-9_@:+=-][A-Za-z0-9_@:+=.-]*")


@dataclass(frozen=True)
class Me:
    """Who asks: one run of Ansible. `run` is unique to it, `owner` is for people."""

    run: str
    owner: str


@dataclass(frozen=True)
class Place:
    """One place in a lock, and who has it.

    `session` is the Consul session that shows its holder alive, "" once the holder has
    ended for certain. `since` is UTC in ISO 8601, `ttl` in seconds. `slots` is how many
    places its holder reckoned with. `away` are hosts that are out of service.
    """

    fence: int
    holder: str
    run: str
    owner: str
    reason: str
    since: str
    slots: int
    ttl: int
    session: str = ""
    keep: bool = False
    away: tuple[str, ...] = ()

    @property
    def kept(self) -> bool:
        """It outlives its holder: nobody gets it unless somebody says so."""
        return self.keep or bool(self.away)

    def public(self) -> dict[str, Any]:
        """What a module returns of it."""
        shown = asdict(self)
        for name in ("run", "session"):
            del shown[name]
        return {**shown, "away": list(self.away), "keep": self.kept}

    def __str__(self) -> str:
        label = f" as {self.holder!r}" if self.holder else ""
        return (
            f"{self.owner}{label} since {self.since}, for {self.reason!r}"
            f" (fence {self.fence})"
        )


@dataclass(frozen=True)
class Event:
    """A place that was lost to its holder: what happened, when, by whom, why.

    `what` is broken, taken over, or freed (its holder was gone); `place` as in
    `Place.public`, with the `run` that had it.
    """

    at: str
    what: str
    by: str
    why: str
    place: dict[str, Any]


@dataclass(frozen=True)
class Record:
    """All that is known of a lock; places and events in the order of their making."""

    fence: int = 0
    places: tuple[Place, ...] = ()
    trace: tuple[Event, ...] = ()

    def place(self, fence: int) -> Place | None:
        """The place with this fence."""
        return next((place for place in self.places if place.fence == fence), None)


@dataclass(frozen=True)
class Wanted:
    """A place that somebody asks for.

    `keep` and `away` None leave a place that one has already as it is. `fence` names a
    place to carry on with, whoever took it. `takeover` is a reason to take a place that
    was kept; `covers` are hosts that the asker looks after, so that a place kept for
    some of them is taken without another reason.
    """

    reason: str
    holder: str = ""
    slots: int = 1
    ttl: int = 30
    keep: bool | None = None
    away: tuple[str, ...] | None = None
    fence: int | None = None
    takeover: str = ""
    covers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Decision:
    """What comes of asking, and the record as it would be then.

    `kind` is ours (we have the place already), enter, wait, refused (waiting would be
    in vain), or lost (the place to carry on with is gone). `taken` was taken over.
    """

    kind: str
    record: Record
    place: Place | None = None
    taken: Place | None = None
    stuck: tuple[Place, ...] = field(default=())


def check_name(name: str) -> str:
    """The name of a lock, if it can be a Consul key. Raises RunError."""
    if not all(NAME.fullmatch(part) for part in name.split("/")):
        raise RunError(
            f"name: {name!r} is no name of a lock; use letters, digits and _@:+=.-"
            " in parts divided by single slashes, as in platform/commerce"
        )
    return name


def parse(text: str, key: str) -> Record:
    """Read a record from the value of `key`. Raises RunError when it is none."""
    try:
        raw = json.loads(text)
        if raw["format"] != FORMAT:
            raise RunError(
                f"Consul's key {key} has format {raw['format']}, made by another"
                " version of vigie.run: use one version on all controllers"
            )
        places = tuple(Place(**{**p, "away": tuple(p["away"])}) for p in raw["places"])
        trace = tuple(Event(**event) for event in raw["trace"])
        return Record(raw["fence"], places, trace)
    except (ValueError, KeyError, TypeError) as error:
        raise RunError(
            f"Consul's key {key} holds something else than a lock of vigie.run:"
            " look at it, and delete it if nobody needs it"
        ) from error


def render(record: Record) -> str:
    """The record as the value of its key."""
    return json.dumps({"format": FORMAT, **asdict(record)}, sort_keys=True)


def decide(
    record: Record, wanted: Wanted, me: Me, gone: Iterable[int], at: str
) -> Decision:
    """Who may have the place. `gone`: fences whose holders are known to be gone."""
    ours = own(record, me, wanted.holder, wanted.fence)
    if ours:
        place = _carried_on(ours, wanted, me)
        return Decision("ours", _with(record, ours, place), place)
    if wanted.fence is not None:
        return Decision("lost", record)
    gone = frozenset(gone)
    record = _swept(record, gone, me, at)
    heirloom = _inherited(record, wanted, gone)
    if heirloom:
        why = wanted.takeover or "its hosts are part of this run"
        record = _without(record, heirloom, "taken over", me, why, at)
        return Decision(
            "enter", *_entered(record, wanted, me, at, heirloom.away), heirloom
        )
    limit = min([wanted.slots, *(place.slots for place in record.places)])
    if len(record.places) < limit:
        return Decision("enter", *_entered(record, wanted, me, at, ()))
    stuck = tuple(p for p in record.places if p.kept and p.fence in gone)
    return Decision("refused" if len(stuck) >= limit else "wait", record, stuck=stuck)


def own(record: Record, me: Me, holder: str, fence: int | None) -> Place | None:
    """The place with this fence, whoever took it; without one, this run's own."""
    if fence is not None:
        return record.place(fence)
    for place in record.places:
        if (place.run, place.holder) == (me.run, holder):
            return place
    return None


def left(record: Record, place: Place, away: tuple[str, ...]) -> Record:
    """Given back by its holder; kept, and its holder ended, while hosts are away."""
    if away:
        return _with(record, place, replace(place, session="", away=away))
    others = tuple(other for other in record.places if other is not place)
    return replace(record, places=others)


def abandoned(record: Record, place: Place, me: Me, at: str) -> Record:
    """As its keeper leaves it when the run has ended without giving it back."""
    if place.kept:
        return _with(record, place, replace(place, session=""))
    why = "its run ended without releasing it"
    return _without(record, place, "freed", me, why, at)


def broken(record: Record, place: Place, reason: str, me: Me, at: str) -> Record:
    """Taken from its holder by somebody with a reason."""
    return _without(record, place, "broken", me, reason, at)


def attached(record: Record, place: Place, session: str) -> tuple[Record, Place]:
    """Shown alive by another session."""
    new = replace(place, session=session)
    return _with(record, place, new), new


def to_break(record: Record, holder: str | None, fence: int | None) -> Place | None:
    """The one place that is meant, None where there is none. Raises RunError."""
    found = [
        place
        for place in record.places
        if holder in (None, place.holder) and fence in (None, place.fence)
    ]
    if len(found) > 1:
        raise RunError(
            "holder, fence: say which place to break; there are "
            + "; ".join(str(place) for place in found)
        )
    return found[0] if found else None


def _carried_on(place: Place, wanted: Wanted, me: Me) -> Place:
    if place.run != me.run:
        place = replace(place, run=me.run, owner=me.owner, session="")
    return replace(
        place,
        reason=wanted.reason or place.reason,
        slots=wanted.slots,
        ttl=wanted.ttl,
        keep=place.keep if wanted.keep is None else wanted.keep,
        away=place.away if wanted.away is None else wanted.away,
    )


def _inherited(record: Record, wanted: Wanted, gone: frozenset[int]) -> Place | None:
    """A place that was kept for the same holder, and may be taken over."""
    for place in record.places:
        if place.holder == wanted.holder and place.kept and place.fence in gone:
            covered = place.away and set(place.away) <= set(wanted.covers)
            if wanted.takeover or covered:
                return place
    return None


def _entered(
    record: Record, wanted: Wanted, me: Me, at: str, away: tuple[str, ...]
) -> tuple[Record, Place]:
    place = Place(
        fence=record.fence + 1,
        holder=wanted.holder,
        run=me.run,
        owner=me.owner,
        reason=wanted.reason,
        since=at,
        slots=wanted.slots,
        ttl=wanted.ttl,
        keep=bool(wanted.keep),
        away=away if wanted.away is None else wanted.away,
    )
    return replace(record, fence=place.fence, places=(*record.places, place)), place


def _swept(record: Record, gone: frozenset[int], me: Me, at: str) -> Record:
    """Without the places whose holders are gone, unless they are kept."""
    for place in record.places:
        if place.fence in gone and not place.kept:
            record = _without(record, place, "freed", me, "its holder is gone", at)
    return record


def _with(record: Record, old: Place, new: Place) -> Record:
    places = tuple(new if place is old else place for place in record.places)
    return replace(record, places=places)


def _without(
    record: Record, place: Place, what: str, me: Me, why: str, at: str
) -> Record:
    event = Event(at, what, me.owner, why, {**place.public(), "run": place.run})
    return replace(
        record,
        places=tuple(other for other in record.places if other is not place),
        trace=(*record.trace, event)[-TRACE_LENGTH:],
    )
