# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Elements of HTML and SVG: whatever is put into one is escaped, once."""

from __future__ import annotations

from html import escape
from typing import Union

Child = Union["Markup", str, int, float, None]


class Markup(str):
    """Text that is already markup; anything else is escaped when put in."""


def tag(name: str, *children: Child, **attributes: Child) -> Markup:
    """An element. `class_` is written class, `aria_label` aria-label; None is left
    out, as a child and as an attribute. Numbers are written short."""
    words = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_text(value, quote=True)}"'
        for key, value in attributes.items()
        if value is not None
    )
    inside = "".join(_text(child) for child in children if child is not None)
    return Markup(f"<{name}{words}>{inside}</{name}>")


def join(*parts: Child) -> Markup:
    """Markup after markup."""
    return Markup("".join(_text(part) for part in parts if part is not None))


def _text(value: Child, quote: bool = False) -> str:
    if isinstance(value, Markup):
        return value
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").rstrip(".")
    # Control characters are no text in either language.
    text = "".join(c for c in str(value) if c >= " " or c in "\n\t")
    return escape(text, quote=quote)
