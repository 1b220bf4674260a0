# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""What file systems and mount targets have in common: a life cycle to wait for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._converge.provider import Live
from .._errors import RunError
from .base import AwsType
from .errors import is_absent


class EfsType(AwsType):
    """A thing of EFS that is described by its id."""

    service = "efs"

    def described(self, id_: str) -> Mapping[str, Any]:
        """The thing as EFS has it."""
        raise NotImplementedError

    def seen(self, raw: Mapping[str, Any]) -> Live:
        """The described thing as a Live."""
        raise NotImplementedError

    def ready(self, id_: str) -> Live:
        """Wait until it is available; raise RunError once it is in error."""

        def look() -> Live | None:
            try:
                raw = self.described(id_)
            except Exception as error:
                if is_absent(error):
                    return None
                raise
            if raw["LifeCycleState"] == "error":
                raise RunError(f"{self.name} {id_} is in error: see it in EFS.")
            return self.seen(raw) if raw["LifeCycleState"] == "available" else None

        return self.aws.wait(f"{self.name} {id_} to be available", look)
