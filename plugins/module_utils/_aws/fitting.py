# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""The part of an answer that may be sent back to AWS."""

from __future__ import annotations

from typing import Any


def fitting(shape: Any, value: Any) -> Any:
    """The part of an answer that may be sent back: what an input shape has."""
    if shape.type_name == "structure":
        return {
            name: fitting(shape.members[name], entry)
            for name, entry in value.items()
            if name in shape.members and entry is not None
        }
    if shape.type_name == "list":
        return [fitting(shape.member, entry) for entry in value]
    return value
