# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Bindings of the GCP engine: on which resources an account has which roles."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .._converge.fields import Field, many, mapping, text
from .._converge.provider import Live
from .paths import EnginePathType

BINDINGS: Field = mapping(
    many(text("A role."), "Its roles.", order="set"),
    "Roles by the full name of a resource. A change revokes what was given out.",
    whole=True,
)


class BoundType(EnginePathType):
    """Accounts with bindings."""

    kinds = ("gcp",)

    def body(self, declared: Mapping[str, Any], live: Live | None) -> dict[str, Any]:
        """Vault takes the text of a document, and gives a mapping back."""
        given = super().body(declared, live)
        if "bindings" in given:
            named = {
                name: {"roles": roles} for name, roles in given["bindings"].items()
            }
            given["bindings"] = json.dumps({"resource": named})
        return given
