# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""A role of an AWS engine: what the credentials that it makes may do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..._converge.fields import document, mapping, text
from ..common import mount, named, texts
from ..durations import duration
from ..paths import EnginePathType


class AwsEngineRole(EnginePathType):
    name = "aws_engine_role"
    kinds = ("aws",)
    path = "{mount}/roles/{name}"
    uses = ("aws_engine_config",)
    replaces = True
    fields = {
        "mount": mount("engine"),
        "name": named("The role"),
        "credential_type": text(
            "What it makes.",
            required=True,
            choices=("iam_user", "assumed_role", "federation_token", "session_token"),
        ),
        "role_arns": texts("An ARN.", "Roles that are assumed."),
        "policy_arns": texts("An ARN.", "Policies of AWS."),
        "policy_document": document("A policy."),
        "iam_groups": texts("A group.", "Groups of IAM."),
        "iam_tags": mapping(text("A value."), "Tags of users.", whole=True),
        "default_sts_ttl": duration("How long STS credentials live."),
        "max_sts_ttl": duration("How long at most."),
        "user_path": text("The path of users.", default="/"),
        "permissions_boundary_arn": text("The boundary of users."),
    }

    def seen(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """Vault says a list where it takes one."""
        kinds = raw.get("credential_types") or [None]
        return super().seen({**raw, "credential_type": kinds[0]})


TYPE = AwsEngineRole
