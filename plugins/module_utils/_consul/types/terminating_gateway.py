# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Which services outside the mesh a terminating gateway lets the mesh reach."""

from __future__ import annotations

from ..._converge.fields import group, many, text
from ..config_entry import META, NAME, ConfigEntry
from ..mesh_fields import switch


class TerminatingGateway(ConfigEntry):
    name = "terminating_gateway"
    kind = "terminating-gateway"
    since = "1.8"
    fields = {
        "name": NAME,
        "services": many(
            group(
                {
                    "name": text("The service, or `*` for all.", required=True),
                    "ca_file": text(
                        "On the gateway's host: whom to trust.", api="CAFile"
                    ),
                    "cert_file": text("Its certificate there."),
                    "key_file": text("The certificate's key there."),
                    "sni": text("The name that the service is asked for.", api="SNI"),
                    "disable_auto_host_rewrite": switch(
                        "Leave the Host header as it is. Since Consul 1.17."
                    ),
                },
                "A service.",
            ),
            "The services.",
            order="key",
            key="name",
        ),
        "meta": META,
    }


TYPE = TerminatingGateway
