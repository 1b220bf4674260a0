# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Where requests to a service go by their path, headers, parameters and method.

Routes are tried in their order; what matches none goes to the service itself.
"""

from __future__ import annotations

from ..._converge.fields import group, many, number, text
from ..config_entry import META, NAME, SERVICE_RULE, ConfigEntry
from ..mesh_fields import (
    HEADER_MATCH,
    PATH_MATCH,
    count,
    headers,
    matcher,
    period,
    switch,
    texts,
)

_MATCH = group(
    {
        **PATH_MATCH,
        "case_insensitive": switch("Capitals in the path mean nothing."),
        "header": many(group(HEADER_MATCH, "A header."), "Headers that must fit."),
        "query_param": many(
            group(matcher(), "A parameter."), "Parameters that must fit."
        ),
        "methods": texts("A method.", "Methods that must fit; any."),
    },
    "What the request must be.",
    api="HTTP",
)
_DESTINATION = group(
    {
        "service": text("The service; this one."),
        "service_subset": text("Its subset."),
        "prefix_rewrite": text("What takes the place of the matched path or prefix."),
        "request_timeout": period("For a whole request."),
        "idle_timeout": period("For a request in which nothing happens."),
        "num_retries": count("How often a request is tried again."),
        "retry_on_connect_failure": switch("Try again where no connection came about."),
        "retry_on": texts("One of Envoy's conditions.", "Try again on these."),
        "retry_on_status_codes": many(
            number("A status."), "Try again on these.", order="set"
        ),
        "request_headers": headers("requests"),
        "response_headers": headers("answers"),
    },
    "Where it goes.",
)


class ServiceRouter(ConfigEntry):
    name = "service_router"
    kind = "service-router"
    since = "1.6"
    rule = SERVICE_RULE
    fields = {
        "name": NAME,
        "routes": many(
            group(
                {
                    "match": group({"http": _MATCH}, "Which requests; all."),
                    "destination": _DESTINATION,
                },
                "A route.",
            ),
            "The routes, in their order.",
        ),
        "meta": META,
    }


TYPE = ServiceRouter
