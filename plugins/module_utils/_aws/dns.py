# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Names and values as Route 53 spells them."""

from __future__ import annotations

import re

_ESCAPE = re.compile(r"\\([0-7]{3})")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_LABEL = re.compile(r"\*|[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?")


def domain(name: str) -> str:
    """One spelling: lower case, no last dot, a star for the escape of a star."""
    plain = _ESCAPE.sub(lambda match: chr(int(match[1], 8)), name)
    return plain.rstrip(".").lower()


def zone_id(value: str) -> str:
    """`Z1` where the API answers `/hostedzone/Z1`."""
    return value.rsplit("/", 1)[-1]


def refused(name: str) -> str | None:
    """What Route 53 would refuse in a name, or None."""
    labels = domain(name).split(".")
    wrong = [
        label for label in labels if len(label) > 63 or not _LABEL.fullmatch(label)
    ]
    if wrong or len(name) > 255:
        return (
            f"{name!r} is no domain name: use labels of letters, digits, _ and -,"
            " at most 63 each and 255 together"
        )
    return None


def value_text(value: str) -> str:
    """A value as a person writes it: TXT without quotes, escapes and pieces."""
    if not value.startswith('"'):
        return value
    # Octal escapes stand for bytes, so the text is put together as bytes first.
    joined = "".join(_QUOTED.findall(value))
    plain = re.sub(
        r"\\([0-7]{3}|.)",
        lambda match: chr(int(match[1], 8)) if len(match[1]) == 3 else match[1],
        joined,
    )
    try:
        return plain.encode("latin-1").decode()
    except UnicodeError:
        return plain


def txt_value(value: str) -> str:
    """A TXT value as the API wants it: quoted, in pieces of at most 255 bytes."""
    if value.startswith('"'):
        return value
    data = value.encode()
    pieces = [data[at : at + 255] for at in range(0, len(data), 255)] or [b""]
    return " ".join('"' + "".join(map(_escaped, piece)) + '"' for piece in pieces)


def _escaped(byte: int) -> str:
    if chr(byte) in '"\\':
        return "\\" + chr(byte)
    return chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}"
