# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""How instances of a service are found: subsets, redirection, failover, balancing."""

from __future__ import annotations

from ..._converge.fields import group, many, mapping, text
from ..config_entry import META, NAME, SERVICE_RULE, ConfigEntry
from ..mesh_fields import count, period, switch

_ELSEWHERE = {
    "service": text("The service; this one."),
    "service_subset": text("Its subset."),
}
_LOAD_BALANCER = group(
    {
        "policy": text(
            "How an instance is chosen.",
            choices=(
                "",
                "random",
                "round_robin",
                "least_request",
                "ring_hash",
                "maglev",
            ),
        ),
        "ring_hash_config": group(
            {
                "minimum_ring_size": count("Entries at least."),
                "maximum_ring_size": count("Entries at most."),
            },
            "For ring_hash.",
        ),
        "least_request_config": group(
            {"choice_count": count("How many are compared.")}, "For least_request."
        ),
        "hash_policies": many(
            group(
                {
                    "field": text(
                        "What is hashed.",
                        choices=("header", "cookie", "query_parameter"),
                    ),
                    "field_value": text("Its name."),
                    "source_ip": switch("Hash the address instead.", api="SourceIP"),
                    "cookie_config": group(
                        {
                            "session": switch("It ends with the browser's session."),
                            "ttl": period("How long it lives."),
                            "path": text("For which path."),
                        },
                        "A cookie that the proxy makes up.",
                    ),
                    "terminal": switch("Nothing after it counts where it has a value."),
                },
                "A part of the hash.",
            ),
            "What ring_hash and maglev hash.",
        ),
    },
    "How load is spread.",
)


class ServiceResolver(ConfigEntry):
    name = "service_resolver"
    kind = "service-resolver"
    since = "1.6"
    rule = SERVICE_RULE
    newer = {"load_balancer": "1.9", "request_timeout": "1.16"}
    fields = {
        "name": NAME,
        "connect_timeout": period("For a new connection; 5s."),
        "request_timeout": period("For a whole request."),
        "default_subset": text("Which subset is used where none is asked for."),
        "subsets": mapping(
            group(
                {
                    "filter": text("Which instances, such as `Service.Meta.v == 1`."),
                    "only_passing": switch("Leave out those that warn."),
                },
                "A subset.",
            ),
            "Subsets of the instances, by name.",
        ),
        "redirect": group(
            {
                **_ELSEWHERE,
                "datacenter": text("The datacenter."),
                "peer": text("The peer. Since Consul 1.14."),
            },
            "Where all requests go instead.",
        ),
        "failover": mapping(
            group(
                {
                    **_ELSEWHERE,
                    "datacenters": many(text("A datacenter."), "One after the other."),
                    "targets": many(
                        group(
                            {
                                **_ELSEWHERE,
                                "datacenter": text("The datacenter."),
                                "peer": text("The peer."),
                            },
                            "A target.",
                        ),
                        "Other places, one after the other. Since Consul 1.14.",
                    ),
                },
                "Where to.",
            ),
            "Where requests go while no instance is healthy: by subset, or `*`.",
        ),
        "load_balancer": _LOAD_BALANCER,
        "meta": META,
    }


TYPE = ServiceResolver
