# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Times as Vault writes them: seconds as a number, `90m`, `1h30m`, `30d`."""

from __future__ import annotations

import re
from typing import Any

from .._converge.fields import Field, text

SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}


def duration(doc: str, **more: Any) -> Field:
    """A field that holds a duration, 0 where there is none.

    Equal ones may be written differently.
    """
    return text(doc, normal=seconds, check=_check, **{"default": "0", **more})


def seconds(given: str) -> Any:
    """A duration as a number; what is none as it is."""
    if re.fullmatch(r"-?\d+", given):
        return int(given)
    parts = re.findall(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)", given)
    if not parts or "".join(map("".join, parts)) != given:
        return given
    return sum(float(amount) * SECONDS[unit] for amount, unit in parts)


def _check(given: str) -> str | None:
    if isinstance(seconds(given), str):
        return (
            f"is {given!r}, which is no duration; write one such as 90s, 1h30m or 30d"
        )
    return None
