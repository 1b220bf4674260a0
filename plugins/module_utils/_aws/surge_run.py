# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""From the options of aws_surge to the group, and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import Any

from .._errors import RunError
from . import surge
from .base import Aws
from .capacity import Event, Size
from .errors import explain
from .options import session_from


def run_surge(
    params: Mapping[str, Any], dry_run: bool, warn: Callable[[str], None]
) -> dict[str, Any]:
    """Prepare or end the event: the module's result.

    Raises RunError for bad input, for what stands in the way, and when the
    instances do not serve in time.
    """
    now = datetime.now(timezone.utc)
    start, end = _moment("start", params["start"]), _moment("end", params["end"])
    _check_times(start, end, now, params["state"])
    event = _event(params) if params["state"] == "present" else None
    aws = Aws(session_from(params), "", wait_timeout=params["wait_timeout"])
    try:
        group = surge.Group.find(aws, params["group"])
        if event is None:
            return _end(group, dry_run, now)
        return _prepare(group, event, (start, end, now), params, dry_run, warn)
    except Exception as error:
        raise explain(error) from error


def _prepare(
    group: surge.Group,
    event: Event,
    times: tuple[datetime | None, datetime | None, datetime],
    params: Mapping[str, Any],
    dry_run: bool,
    warn: Callable[[str], None],
) -> dict[str, Any]:
    planned = surge.plan(group, event, *times)
    limits, unknown = surge.limits_of(group)
    for sentence in unknown:
        warn(sentence)
    blocked = surge.blocked_by(group, planned, limits)
    if blocked and not params["ignore_limits"]:
        told = "; ".join(
            f"{b['what']}: {b['have']}, {b['need']} needed ({b['remedy']})"
            for b in blocked
        )
        raise RunError(
            f"{group.name} cannot have {planned['wanted'].desired} instances. {told}."
            " Or set ignore_limits.",
            obstacles=blocked,
        )
    parts = surge.differences(group, planned)
    if not dry_run:
        surge.apply(group, planned, parts)
        if params["wait"] and surge.START not in planned["actions"]:
            surge.await_healthy(group, planned["size"].desired)
    return {
        "changed": bool(parts),
        "size": planned["wanted"].public(),
        "normal": planned["normal"].public(),
        "obstacles": blocked,
        "diff": _diff(group.size, planned["size"], planned["actions"]),
    }


def _end(group: surge.Group, dry_run: bool, now: datetime) -> dict[str, Any]:
    normal = group.normal(now)
    changed = surge.back_to_normal(group, dry_run, now)
    return {
        "changed": changed,
        "size": normal.public(),
        "normal": normal.public(),
        "diff": _diff(group.size, normal, {}),
    }


def _diff(before: Size, after: Size, actions: Mapping[str, Any]) -> dict[str, Any]:
    scheduled = {
        name: {key: str(value) for key, value in action.items()}
        for name, action in actions.items()
    }
    return {"before": before.public(), "after": {**after.public(), **scheduled}}


def _event(params: Mapping[str, Any]) -> Event:
    return Event(
        rate=params["requests_per_second"],
        capacity=params["instance_capacity"],
        margin=params["margin"],
        zones_lost=params["zones_lost"],
        headroom=params["headroom"],
    )


def _moment(name: str, text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        # Python before 3.11 does not read the Z of UTC.
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise RunError(
            f"{name}: {text!r} is no moment with a time zone: write it like"
            " 2026-12-01T18:00:00-05:00"
        )
    return moment.astimezone(timezone.utc)


def _check_times(
    start: datetime | None, end: datetime | None, now: datetime, state: str
) -> None:
    if state != "present" or end is None:
        return
    if end <= now:
        raise RunError(f"end: {end.isoformat()} has passed")
    if start is not None and end <= start:
        raise RunError(f"end: {end.isoformat()} is not after start")
