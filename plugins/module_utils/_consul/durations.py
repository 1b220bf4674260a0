# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Times as Consul writes them: `1h30m`, `500ms`, or nanoseconds as a number."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from .._converge.fields import Field, text

UNITS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
}


def duration(doc: str, **more: Any) -> Field:
    """A field that holds a duration; equal ones may be written differently."""
    return text(doc, normal=nanoseconds, check=_check_duration, **more)


def nanoseconds(given: Any) -> Any:
    """A duration as a number; what is none as it is."""
    try:
        return int(given)
    except ValueError:
        parts = re.findall(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)", given)
        if not parts or "".join(map("".join, parts)) != given:
            return given
        return round(sum(float(amount) * UNITS[unit] for amount, unit in parts))


def moment(doc: str, **more: Any) -> Field:
    """A field that holds a time such as `2030-01-31T12:00:00Z`."""
    return text(doc, normal=_instant, check=_check_moment, **more)


def _instant(given: str) -> Any:
    """Seconds since 1970; fractions are left out, as Consul makes them up itself."""
    whole = re.sub(r"\.\d+", "", given).replace("Z", "+00:00")
    try:
        return datetime.fromisoformat(whole).timestamp()
    except ValueError:
        return given


def _check_duration(given: str) -> str | None:
    if isinstance(nanoseconds(given), int) and given != "0" and given.isdigit():
        return f"is {given!r}, without a unit; write {given}s for seconds"
    if not isinstance(nanoseconds(given), int):
        return f"is {given!r}, which is no duration; write one such as 15s or 1h30m"
    return None


def _check_moment(given: str) -> str | None:
    zoned = re.search(r"(Z|[+-]\d\d:\d\d)$", given)
    if isinstance(_instant(given), float) and zoned:
        return None
    return f"is {given!r}, which is no time; write one such as 2030-01-31T12:00:00Z"
