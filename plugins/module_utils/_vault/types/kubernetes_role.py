# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Which service accounts may log in, and as what."""

from __future__ import annotations

from ..._converge.fields import text
from ..common import mount, named, texts, token_fields
from ..paths import AuthPathType


class KubernetesRole(AuthPathType):
    name = "kubernetes_role"
    kinds = ("kubernetes",)
    path = "auth/{mount}/role/{name}"
    fields = {
        "mount": mount("method", "kubernetes"),
        "name": named("The role"),
        "bound_service_account_names": texts(
            "A name; `*` for all.", "The service accounts.", required=True
        ),
        "bound_service_account_namespaces": texts(
            "A namespace; `*` for all.", "Their namespaces."
        ),
        "audience": text("The `aud` that a token must have."),
        "alias_name_source": text(
            "What names the entity.",
            choices=("serviceaccount_uid", "serviceaccount_name"),
            default="serviceaccount_uid",
        ),
        **token_fields(),
    }


TYPE = KubernetesRole
