# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Choices about a deletion, remembered by the thing itself.

Whether to empty a bucket, or which last snapshot to take, is declared long before
the deletion; by then the declaration no longer names the thing (prune, absent).
There is no state file, so the choice is kept where the stack's mark is: as a tag.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from .._converge.conform import plain
from .._converge.provider import Change, Desired, Live
from .base import AwsType
from .errors import explain
from .tags import read_tags

PREFIX = "vigie:"


class KeepingType(AwsType):
    """A type with fields, named in `kept`, that live in tags and say how to delete."""

    kept: ClassVar[Sequence[str]] = ()

    def marks(self, desired: Desired, named: bool = False) -> dict[str, str]:
        """The tags of a new thing, with the choices for its end."""
        wanted, _unwanted = kept_tags(
            {name: desired.properties.get(name) for name in self.kept}
        )
        return {**self.aws.marks(desired, named=named), **wanted}

    def live(
        self,
        id_: str,
        properties: Mapping[str, Any],
        tags: Any = None,
        raw: Any = None,
        **attributes: Any,
    ) -> Live:
        """A Live that shows the choices among its properties."""
        known = read_tags(tags)
        kept = {
            name: plain(self.fields[name], known[PREFIX + name])
            for name in self.kept
            if PREFIX + name in known
        }
        return super().live(id_, {**properties, **kept}, tags, raw, **attributes)

    def update(self, live: Live, desired: Desired, changes: Sequence[Change]) -> Live:
        """A choice changes by its tag alone."""
        choices = {c.path: c.after for c in changes if c.path in self.kept}
        if choices:
            try:
                self.retag(live, *kept_tags(choices))
            except Exception as error:
                raise explain(error) from error
        rest = [change for change in changes if change.path not in self.kept]
        return super().update(live, desired, rest)


def kept_tags(choices: Mapping[str, Any]) -> tuple[dict[str, str], list[str]]:
    """Choices as tags to set and tags to remove."""
    wanted = {
        PREFIX + name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in choices.items()
        if value is not None
    }
    return wanted, [PREFIX + name for name, value in choices.items() if value is None]
