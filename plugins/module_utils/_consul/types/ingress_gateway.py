# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""What an ingress gateway listens on, and which services it lets the outside reach."""

from __future__ import annotations

from ..._converge.fields import group, many, number, text
from ..config_entry import META, NAME, ConfigEntry
from ..mesh_fields import (
    LIMITS,
    PASSIVE_HEALTH_CHECK,
    SDS,
    TLS_VERSIONS,
    headers,
    switch,
    texts,
)

_TLS = group(
    {
        "enabled": switch("Whether it speaks TLS."),
        **TLS_VERSIONS,
        "sds": SDS,
    },
    "How it speaks TLS.",
    api="TLS",
)
_LIMITS = {**LIMITS, "passive_health_check": PASSIVE_HEALTH_CHECK}


class IngressGateway(ConfigEntry):
    name = "ingress_gateway"
    kind = "ingress-gateway"
    since = "1.8"
    newer = {"defaults": "1.13"}
    fields = {
        "name": NAME,
        "tls": _TLS,
        "defaults": group(_LIMITS, "For all services."),
        "listeners": many(
            group(
                {
                    "port": number("The port.", required=True),
                    "protocol": text(
                        "What it speaks; tcp.", choices=("tcp", "http", "http2", "grpc")
                    ),
                    "services": many(
                        group(
                            {
                                "name": text(
                                    "The service, or `*` for all.", required=True
                                ),
                                "hosts": texts("A host.", "Names that lead to it."),
                                "tls": group({"sds": SDS}, "Its own.", api="TLS"),
                                "request_headers": headers("requests"),
                                "response_headers": headers("answers"),
                                **_LIMITS,
                            },
                            "A service.",
                        ),
                        "The services behind it; one where it speaks tcp.",
                        order="key",
                        key="name",
                    ),
                    "tls": _TLS,
                },
                "A listener.",
            ),
            "What it listens on.",
            order="key",
            key="port",
        ),
        "meta": META,
    }


TYPE = IngressGateway
