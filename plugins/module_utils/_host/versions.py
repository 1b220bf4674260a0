# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Debian version numbers: which of two is newer (deb-version(7))."""

from __future__ import annotations

import re
from typing import Any

_PARTS = re.compile(r"(\D*)(\d*)")


def _weight(char: str) -> int:
    """Rank one character of a non-digit part: ``~`` < end < letters < the rest."""
    if char == "~":
        return -1
    if char.isalpha():
        return ord(char)
    return ord(char) + 256


def _part_key(text: str) -> list[Any]:
    """Return a key that orders an upstream version or a revision as dpkg does."""
    key: list[Any] = []
    for word, number in _PARTS.findall(text):
        if word or number:
            # The closing 0 is "end of the part": above ``~``, below any letter.
            key.append(([_weight(char) for char in word] + [0], int(number or 0)))
    # What follows the last part counts as an empty one, as dpkg has it.
    key.append(([0], 0))
    return key


def version_key(version: str) -> tuple[int, list[Any], list[Any]]:
    """Return a sort key for a Debian version, ``[epoch:]upstream[-revision]``."""
    epoch, colon, rest = version.partition(":")
    if not colon:
        epoch, rest = "0", version
    upstream, dash, revision = rest.rpartition("-")
    if not dash:
        # No revision is the same as revision 0.
        upstream, revision = rest, "0"
    number = int(epoch) if epoch.isdigit() else 0
    return number, _part_key(upstream), _part_key(revision)


def newer(one: str, other: str) -> bool:
    """Tell whether version *one* is newer than version *other*."""
    return version_key(one) > version_key(other)
