# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""A role by which tokens are made directly, without a login."""

from __future__ import annotations

from ..._converge.fields import flag, text
from ..common import named, texts, token_fields
from ..paths import PathType

# A role of this kind says which policies may be asked for instead.
_NONE = ("token_policies", "token_ttl", "token_max_ttl")


class TokenRole(PathType):
    name = "token_role"
    path = "auth/token/roles/{name}"
    unique = ("name",)
    fields = {
        "name": named("The role"),
        "allowed_policies": texts("A policy.", "Policies that may be asked for."),
        "disallowed_policies": texts("A policy.", "Those that may not."),
        "allowed_policies_glob": texts("With `*`.", "As allowed_policies."),
        "disallowed_policies_glob": texts("With `*`.", "As disallowed_policies."),
        "allowed_entity_aliases": texts("An alias.", "As whom somebody may be."),
        "orphan": flag("Its tokens live on without whose they are.", default=False),
        "renewable": flag("They may be renewed.", default=True),
        "path_suffix": text("The end of their path, to revoke by.", default=""),
        **{n: item for n, item in token_fields().items() if n not in _NONE},
    }


TYPE = TokenRole
