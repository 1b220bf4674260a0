# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""How times, spans of time and numbers are written in a report."""

from __future__ import annotations

import time

_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400)


def clock(at: float) -> str:
    """Time of day, UTC: 10:03:27."""
    return time.strftime("%H:%M:%S", time.gmtime(at))


def date(at: float) -> str:
    """Date and time of day, UTC: 2026-11-22 10:03:27 UTC."""
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(at))


def span(seconds: float) -> str:
    """A stretch of time as people say it: 0.4 s, 47 s, 3 min 20 s, 2 h 5 min."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        minutes, rest = divmod(whole, 60)
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, rest = divmod(whole // 60, 60)
    return f"{hours} h {rest} min" if rest else f"{hours} h"


def number(value: float) -> str:
    """A count with thin spaces between thousands: 12 345."""
    return f"{value:,.0f}".replace(",", "\u202f")


def noun(value: int, one: str) -> str:
    """The noun that goes with a count: host, hosts."""
    return one if value == 1 else one + "s"


def count(value: int, one: str) -> str:
    """1 host, 6 hosts."""
    return f"{number(value)} {noun(value, one)}"


def tick_step(seconds: float, most: int = 9) -> int:
    """Seconds between two ticks, so that at most so many fit: a round number."""
    for step in _STEPS:
        if seconds / step <= most:
            return step
    return 86400 * max(1, round(seconds / 86400 / most))


def nice_top(value: float) -> int:
    """The end of an axis that holds the value: 1, 2, 3, 5, 8, 10, 12, 15, 20, 30, …"""
    ten = 1
    while ten * 10 < value:
        ten *= 10
    for factor in (1, 1.2, 1.5, 2, 3, 5, 8):
        if ten * factor >= value and ten * factor == int(ten * factor):
            return int(ten * factor)
    return ten * 10
