# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""An auth method: where somebody can log in, and how long the tokens given live.

Deleting one revokes every token that it gave.
"""

from __future__ import annotations

from ..._converge.fields import text
from ..mounts import MountType, mount_fields


class AuthMethod(MountType):
    name = "auth_method"
    place = "sys/auth"
    built_in = ("token", "ns_token")
    fields = {
        **mount_fields(
            "method",
            "approle, jwt, oidc, kubernetes, userpass, cert, ldap, aws, gcp and so on",
            "method",
        ),
        "token_type": text(
            "Which kind of token it gives where a role does not say.",
            choices=("default-service", "default-batch", "service", "batch"),
        ),
    }

    def _tuning(self) -> tuple[str, ...]:
        return ("plugin_version", "token_type")


TYPE = AuthMethod
