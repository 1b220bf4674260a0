# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Who may talk to a service, all in one entry.

Declare either this or single `intention`s for a service: both are the same thing to
Consul.
"""

from __future__ import annotations

from ..._converge.fields import group, many, text
from ..config_entry import INTENTION_RULE, META, ConfigEntry
from ..mesh_fields import JWT, PERMISSIONS


class ServiceIntentions(ConfigEntry):
    name = "service_intentions"
    kind = "service-intentions"
    since = "1.9"
    rule = INTENTION_RULE
    newer = {"jwt": "1.16"}
    fields = {
        "name": text("The service that is talked to, or `*` for all.", required=True),
        "sources": many(
            group(
                {
                    "name": text("The service that talks, or `*`.", required=True),
                    "action": text(
                        "What is done with its connections.", choices=("allow", "deny")
                    ),
                    "permissions": PERMISSIONS,
                    "peer": text("The peer that it is in. Since Consul 1.13."),
                    "type": text("Always consul."),
                    "description": text("What it is for."),
                },
                "A source.",
            ),
            "Who talks.",
            required=True,
            order="key",
            key="name",
        ),
        "jwt": JWT,
        "meta": META,
    }


TYPE = ServiceIntentions
