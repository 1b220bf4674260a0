# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""AWS as the converge engine sees it: the table of types, the marks, the lock."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager

from .base import Aws
from .lock import stack_lock
from .registry import Table
from .tags import RESOURCE, STACK


class AwsProvider:
    """The resource types of one stack on one account and region."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws
        self.types = Table(aws)

    def markable(self, name: str) -> bool:
        """Whether things of this type carry tags."""
        return self.types[name].markable

    def prunable(self) -> Iterable[str]:
        """All types: a stack's tags tell what is its own in any of them."""
        return self.types

    def adoption(self, name: str, resource: str) -> str:
        """The tags that make an existing thing part of the stack."""
        return (
            f"to adopt it, tag it {STACK}={self._aws.stack} and {RESOURCE}={resource}"
        )

    def lock(self) -> AbstractContextManager[None]:
        """Held while the stack changes."""
        return stack_lock(self._aws)
