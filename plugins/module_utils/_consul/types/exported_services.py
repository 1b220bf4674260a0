# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Which services other clusters may reach, through peering."""

from __future__ import annotations

from ..._converge.fields import group, many, text
from ..config_entry import META, ConfigEntry


class ExportedServices(ConfigEntry):
    name = "exported_services"
    kind = "exported-services"
    only = "default"
    since = "1.11"
    fields = {
        "name": text("Always default.", required=True),
        "services": many(
            group(
                {
                    "name": text("The service, or `*` for all.", required=True),
                    "consumers": many(
                        group({"peer": text("The peer. Since Consul 1.13.")}, "Who."),
                        "Who may reach it.",
                        order="set",
                    ),
                },
                "A service.",
            ),
            "The services.",
            required=True,
            order="key",
            key="name",
        ),
        "meta": META,
    }


TYPE = ExportedServices
