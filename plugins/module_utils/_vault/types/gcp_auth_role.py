# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Which service accounts and instances of GCP may log in, and as what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..._converge.fields import flag, mapping, text
from ..._converge.provider import Live
from ..common import mount, named, texts, token_fields
from ..durations import duration
from ..paths import AuthPathType


class GcpAuthRole(AuthPathType):
    name = "gcp_auth_role"
    kinds = ("gcp",)
    path = "auth/{mount}/role/{name}"
    folder = "auth/{mount}/roles"
    fields = {
        "mount": mount("method", "gcp"),
        "name": named("The role"),
        "role_type": text(
            "Who logs in.",
            choices=("iam", "gce"),
            required=True,
            immutable=True,
            api="type",
        ),
        "bound_service_accounts": texts("An account; `*` for all.", "The accounts."),
        "bound_projects": texts("A project.", "Their projects."),
        "add_group_aliases": flag(
            "Project, folders and so on are groups.", default=False
        ),
        "max_jwt_exp": duration("How soon a login's token must end.", default="15m"),
        "allow_gce_inference": flag("Instances are their accounts.", default=True),
        "bound_zones": texts("A zone.", "Zones of instances."),
        "bound_regions": texts("A region.", "Regions of instances."),
        "bound_instance_groups": texts("A group.", "Groups of instances."),
        "bound_labels": mapping(text("A value."), "Labels of instances.", whole=True),
        **token_fields(),
    }

    def body(self, declared: Mapping[str, Any], live: Live | None) -> dict[str, Any]:
        """Vault takes a list of labels, and gives a mapping back."""
        given = super().body(declared, live)
        if "bound_labels" in given:
            labels = given["bound_labels"]
            given["bound_labels"] = [f"{key}:{value}" for key, value in labels.items()]
        return given


TYPE = GcpAuthRole
