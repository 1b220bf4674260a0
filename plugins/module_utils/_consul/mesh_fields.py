# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Properties that several kinds of configuration entry have."""

from __future__ import annotations

from .._converge.fields import Field, anything, flag, group, many, mapping, number, text
from .durations import duration


def count(doc: str, api: str | None = None) -> Field:
    """A number that Consul leaves out of its answers where it is 0."""
    return number(doc, default=0, api=api)


def switch(doc: str, api: str | None = None) -> Field:
    """A flag that Consul leaves out of its answers where it is false."""
    return flag(doc, default=False, api=api)


def period(doc: str) -> Field:
    """A duration that Consul leaves out of its answers where it is 0."""
    return duration(doc, default="0s")


def texts(what: str, doc: str) -> Field:
    """A list of texts whose order means nothing."""
    return many(text(what), doc, order="set")


def mesh_gateway() -> Field:
    """Through which gateways other datacenters are reached."""
    mode = text("none, local or remote.", choices=("", "none", "local", "remote"))
    return group({"mode": mode}, "Through which mesh gateways others are reached.")


MODE = text(
    "transparent where the proxy catches all traffic of the service, else direct.",
    choices=("", "transparent", "direct"),
)
TRANSPARENT_PROXY = group(
    {
        "outbound_listener_port": count("Where outgoing traffic is redirected to."),
        "dialed_directly": switch("Others may reach an instance by its address."),
    },
    "How a transparent proxy works.",
)
MUTUAL_TLS_MODE = text(
    "permissive lets in what does not speak mutual TLS.",
    choices=("", "strict", "permissive"),
    api="MutualTLSMode",
)
EXPOSE = group(
    {
        "checks": switch("Expose the paths of all HTTP and gRPC checks."),
        "paths": many(
            group(
                {
                    "path": text("The path.", required=True),
                    "listener_port": count("The proxy's port for it."),
                    "local_path_port": count("The service's own port for it."),
                    "protocol": text("http or http2.", choices=("http", "http2")),
                },
                "A path.",
            ),
            "Paths that are reached without the mesh's certificates.",
            order="key",
            key="path",
        ),
    },
    "What the proxy lets through from outside the mesh.",
)
ENVOY_EXTENSIONS = many(
    group(
        {
            "name": text("Which one, such as `builtin/lua`.", required=True),
            "required": switch(
                "A proxy that cannot apply it is not configured at all."
            ),
            "arguments": anything("Its arguments, as its documentation names them."),
            "consul_version": text("The versions of Consul that it is for."),
            "envoy_version": text("The versions of Envoy that it is for."),
        },
        "An extension.",
    ),
    "Extensions of Envoy, in the order in which they apply.",
)
LIMITS = {
    "max_connections": number("Connections to the upstream."),
    "max_pending_requests": number("Requests that wait for a connection."),
    "max_concurrent_requests": number("Requests at a time."),
}
PASSIVE_HEALTH_CHECK = group(
    {
        "interval": period("How often hosts are looked at."),
        "max_failures": count("Failures in a row after which a host is left out."),
        "enforcing_consecutive_5xx": number(
            "Per cent of such hosts that are really left out.",
            api="EnforcingConsecutive5xx",
        ),
        "max_ejection_percent": number("Per cent of hosts left out at most."),
        "base_ejection_time": duration("How long a host is left out at first."),
    },
    "When the proxy leaves a failing host out.",
)
UPSTREAM = {
    "protocol": text("Its protocol: tcp, http, http2 or grpc."),
    "connect_timeout_ms": count("Milliseconds for a new connection."),
    "limits": group(LIMITS, "Limits of the proxy for this upstream."),
    "passive_health_check": PASSIVE_HEALTH_CHECK,
    "mesh_gateway": mesh_gateway(),
    "balance_outbound_connections": text("Empty, or exact_balance."),
    "envoy_listener_json": text(
        "A listener of Envoy in place of Consul's.", api="EnvoyListenerJSON"
    ),
    "envoy_cluster_json": text(
        "A cluster of Envoy in place of Consul's.", api="EnvoyClusterJSON"
    ),
}


def headers(which: str) -> Field:
    """Headers added, set and removed."""
    names = {
        "add": mapping(text("A value."), "Headers to add."),
        "set": mapping(text("A value."), "Headers to replace."),
        "remove": texts("A header.", "Headers to remove."),
    }
    return group(names, f"What is done to the headers of {which}.")


def matcher(**more: Field) -> dict[str, Field]:
    """How a header or the like is matched; besides its name, one of these."""
    return {
        "name": text("Its name.", required=True),
        "present": switch("Whether it is there."),
        "exact": text("Its whole value."),
        "regex": text("What its value matches."),
        **more,
    }


HEADER_MATCH = matcher(
    prefix=text("How its value begins."),
    suffix=text("How its value ends."),
    contains=text("What is in its value."),
    ignore_case=switch("Capitals mean nothing."),
    invert=switch("The contrary."),
)
PATH_MATCH = {
    "path_exact": text("The whole path."),
    "path_prefix": text("How the path begins."),
    "path_regex": text("What the path matches."),
}
TLS_VERSIONS = {
    "tls_min_version": text(
        "The oldest version, such as TLSv1_2.", api="TLSMinVersion"
    ),
    "tls_max_version": text("The newest version.", api="TLSMaxVersion"),
    "cipher_suites": many(text("A suite."), "The suites, up to TLS 1.2."),
}
SDS = group(
    {
        "cluster_name": text("The cluster of Envoy that serves it."),
        "cert_resource": text("The name of the certificate there."),
    },
    "Where Envoy gets its certificate from.",
    api="SDS",
)
JWT_PROVIDERS = many(
    group(
        {
            "name": text("The jwt_provider.", required=True),
            "verify_claims": many(
                group(
                    {
                        "path": many(text("A part."), "Where the claim is."),
                        "value": text("What it must be."),
                    },
                    "A claim.",
                ),
                "Claims that must hold.",
            ),
        },
        "A provider.",
    ),
    "Which tokens are accepted.",
)
JWT = group({"providers": JWT_PROVIDERS}, "Tokens that a request must have.", api="JWT")
PERMISSIONS = many(
    group(
        {
            "action": text("What is done.", required=True, choices=("allow", "deny")),
            "http": group(
                {
                    **PATH_MATCH,
                    "header": many(
                        group(HEADER_MATCH, "A header."), "Headers that must fit."
                    ),
                    "methods": texts("A method.", "Methods that must fit; any."),
                },
                "Which requests; all.",
                api="HTTP",
            ),
            "jwt": JWT,
        },
        "A permission.",
    ),
    "What is allowed request by request, in this order; instead of an action.",
)
