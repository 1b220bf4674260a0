# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""What holds for the whole mesh. There is one, called mesh."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..._converge.fields import group, text
from ..._converge.provider import Desired
from ..config_entry import META, ConfigEntry
from ..mesh_fields import TLS_VERSIONS, switch


class Mesh(ConfigEntry):
    name = "mesh"
    kind = "mesh"
    only = "mesh"
    since = "1.10"
    newer = {
        "tls": "1.12",
        "http": "1.12",
        "peering": "1.14",
        "allow_enabling_permissive_mutual_tls": "1.16",
        "validate_clusters": "1.18",
    }
    fields = {
        "name": text("Always mesh.", required=True),
        "transparent_proxy": group(
            {"mesh_destinations_only": switch("Nothing outside the mesh is reached.")},
            "For all transparent proxies.",
        ),
        "allow_enabling_permissive_mutual_tls": switch(
            "Whether services may be permissive.",
            api="AllowEnablingPermissiveMutualTLS",
        ),
        "validate_clusters": switch("Routes to what does not exist are refused."),
        "tls": group(
            {
                "incoming": group(TLS_VERSIONS, "For what comes in."),
                "outgoing": group(TLS_VERSIONS, "For what goes out."),
            },
            "How proxies speak TLS.",
            api="TLS",
        ),
        "http": group(
            {
                "sanitize_x_forwarded_client_cert": switch(
                    "Take that header out of requests."
                )
            },
            "How proxies speak HTTP.",
            api="HTTP",
        ),
        "peering": group(
            {"peer_through_mesh_gateways": switch("Peering itself goes there too.")},
            "How clusters are peered.",
        ),
        "meta": META,
    }

    def laid(self, raw: Mapping[str, Any], desired: Desired) -> dict[str, Any]:
        """Without a name: Consul knows none here."""
        body = super().laid(raw, desired)
        body.pop("Name", None)
        return body


TYPE = Mesh
