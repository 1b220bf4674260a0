# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Numbers as policies write them: ``2``, ``"2"`` or ``"34%"``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

_PERCENT = re.compile(r"(\d+(?:\.\d+)?)\s*%")


@dataclass(frozen=True)
class Amount:
    """A count, or a percentage of a total that is known later."""

    value: Fraction
    percent: bool = False

    def __str__(self) -> str:
        if not self.percent:
            return str(int(self.value))
        whole = self.value.denominator == 1
        return f"{self.value if whole else float(self.value)}%"

    def down(self, total: int) -> int:
        """The amount as a count; a percentage of *total* is rounded down."""
        return int(self._exact(total))

    def up(self, total: int) -> int:
        """The amount as a count; a percentage of *total* is rounded up."""
        return -int(-self._exact(total) // 1)

    def _exact(self, total: int) -> Fraction:
        return self.value * total / 100 if self.percent else self.value


def read_amount(raw: Any, zero: bool = False) -> Amount:
    """Read a count or a percentage; *zero* says whether 0 is a value too.

    Raises ValueError with a text that says what was seen and what is wanted,
    without the name of the field: the caller knows it.
    """
    lowest = 0 if zero else 1
    text = raw.strip() if isinstance(raw, str) else raw
    wanted = f'a whole number from {lowest}, or a percentage such as "25%"'
    if isinstance(text, str):
        share = _PERCENT.fullmatch(text)
        if share:
            value = Fraction(share.group(1))
            if value > 100 or (value == 0 and not zero):
                above = "0%" if zero else "above 0%"
                raise ValueError(f"{raw!r} is not a share: use {above} to 100%")
            return Amount(value, percent=True)
        if re.fullmatch(r"[+-]?\d+", text):
            text = int(text)
    if isinstance(text, bool) or not isinstance(text, int):
        raise ValueError(f"{raw!r} is not a number: use {wanted}")
    if text < lowest:
        raise ValueError(f"{raw!r} is too low: use {wanted}")
    return Amount(Fraction(text))


def some(names: Iterable[str], most: int = 5) -> str:
    """Names for a message: the first few, and how many more there are."""
    every = list(names)
    listed = ", ".join(every[:most])
    return f"{listed} and {len(every) - most} more" if len(every) > most else listed


def count(number: int, noun: str) -> str:
    """A number with its noun: ``1 host``, ``2 hosts``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
