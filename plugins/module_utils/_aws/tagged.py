# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Finding the stack's things where no list call brings tags or filters by them.

A tag costs a call there, for each thing or for a few. What looks like a declared
thing is asked about first; all the others only if a declared one is then still
missing (it may have been renamed), or if everything of the stack is wanted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from .._converge.provider import Reading
from .tags import RESOURCE, STACK

# More at once runs into the request quotas of CloudFront, ACM and WAF.
AT_ONCE = 4

Tags = "dict[str, str]"


def with_tags(
    things: Iterable[Any],
    read: Callable[[Sequence[Any]], Sequence[Tags]],
    likely: Callable[[Any], bool],
    stack: str,
    reading: Reading,
) -> list[tuple[Any, Tags]]:
    """Things and their tags: the likely ones, and all where one is still missing."""
    first, rest = [], []
    for thing in things:
        (first if likely(thing) else rest).append(thing)
    found = list(zip(first, read(first)))
    here = {tags.get(RESOURCE) for _thing, tags in found if tags.get(STACK) == stack}
    missing = {desired.resource for desired in reading.desired} - here
    if rest and (missing or reading.everything):
        found.extend(zip(rest, read(rest)))
    return found


def one_by_one(
    read: Callable[[Any], Tags],
) -> Callable[[Sequence[Any]], Sequence[Tags]]:
    """Tags of several things where the service answers for one a call."""

    def read_all(things: Sequence[Any]) -> Sequence[Tags]:
        if len(things) < 2:
            return [read(thing) for thing in things]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(read, things))

    return read_all
