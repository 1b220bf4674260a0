# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""The one exception that shared code raises and the edges turn into a failure."""

from __future__ import annotations

from typing import Any


class RunError(Exception):
    """Something the user can act upon.

    The message stands alone: it names the field or the object, says what was
    seen, and what to do about it. Keyword arguments are structured details for
    the module's result; they must be serialisable as JSON and hold no secret.
    """

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.details = details
