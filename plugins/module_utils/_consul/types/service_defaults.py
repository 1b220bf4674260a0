# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""What holds for all instances of a service: its protocol, limits and upstreams.

Its protocol can only change as far as the routers, splitters and gateways that use the
service allow it; take those away first.
"""

from __future__ import annotations

from ..._converge.fields import group, many, text
from ..config_entry import META, NAME, SERVICE_RULE, ConfigEntry
from ..mesh_fields import (
    ENVOY_EXTENSIONS,
    EXPOSE,
    MODE,
    MUTUAL_TLS_MODE,
    TRANSPARENT_PROXY,
    UPSTREAM,
    count,
    mesh_gateway,
    texts,
)


class ServiceDefaults(ConfigEntry):
    name = "service_defaults"
    kind = "service-defaults"
    since = "1.5"
    rule = SERVICE_RULE
    newer = {
        "mode": "1.10",
        "transparent_proxy": "1.10",
        "upstream_config": "1.10",
        "destination": "1.13",
        "max_inbound_connections": "1.13",
        "local_connect_timeout_ms": "1.14",
        "local_request_timeout_ms": "1.14",
        "balance_inbound_connections": "1.14",
        "envoy_extensions": "1.15",
        "mutual_tls_mode": "1.16",
    }
    fields = {
        "name": NAME,
        "protocol": text("Its protocol: tcp, http, http2 or grpc."),
        "balance_inbound_connections": text("Empty, or exact_balance."),
        "mode": MODE,
        "transparent_proxy": TRANSPARENT_PROXY,
        "mutual_tls_mode": MUTUAL_TLS_MODE,
        "mesh_gateway": mesh_gateway(),
        "expose": EXPOSE,
        "external_sni": text(
            "The name that TLS servers outside the mesh are asked for.",
            api="ExternalSNI",
        ),
        "upstream_config": group(
            {
                "defaults": group(UPSTREAM, "For all upstreams of the service."),
                "overrides": many(
                    group(
                        {
                            "name": text("The upstream.", required=True),
                            "peer": text("The peer that it is in."),
                            **UPSTREAM,
                        },
                        "An upstream.",
                    ),
                    "For some.",
                    order="key",
                    key="name",
                ),
            },
            "How the service reaches others.",
        ),
        "destination": group(
            {
                "addresses": texts("A name or address.", "Where it is."),
                "port": count("Its port."),
            },
            "A service outside the mesh, for terminating gateways.",
        ),
        "max_inbound_connections": count("Connections to one instance; 0 for any."),
        "local_connect_timeout_ms": count("Milliseconds to connect to the instance."),
        "local_request_timeout_ms": count("Milliseconds for a whole request."),
        "envoy_extensions": ENVOY_EXTENSIONS,
        "meta": META,
    }


TYPE = ServiceDefaults
