# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Calls that are repeated while AWS has not yet heard of what is new."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

from .base import Aws

Answer = TypeVar("Answer")


def settled(
    aws: Aws,
    call: Callable[[], Answer],
    passing: Callable[[Exception], bool],
    limit: float = 90.0,
) -> Answer:
    """The call's answer, asked again while its error is one that passes.

    A role, an instance profile or a target group made a moment ago is not known
    everywhere at once. After `limit` seconds the error is taken at its word.
    """
    end = time.monotonic() + min(limit, aws.wait_timeout)
    while True:
        try:
            return call()
        except Exception as error:
            if not passing(error) or time.monotonic() + aws.interval > end:
                raise
        time.sleep(aws.interval)


def said(error: Exception) -> str:
    """The service's own sentence, in lower case: many share one code."""
    message: Any = getattr(error, "response", {}).get("Error", {}).get("Message")
    return str(message or "").lower()
