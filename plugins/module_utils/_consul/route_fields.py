# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""What the routes of an API gateway have in common."""

from __future__ import annotations

from .._converge.fields import group, many, number, text
from .mesh_fields import JWT, SDS, count, headers, period, switch, texts

PARENTS = many(
    group(
        {
            "kind": text("What it is; api-gateway."),
            "name": text("The gateway.", required=True),
            "section_name": text("One of its listeners; all."),
        },
        "A gateway.",
    ),
    "The gateways that it is attached to.",
    required=True,
)
TLS = group({"sds": SDS}, "Its own certificate.", api="TLS")
_MATCHES = {
    "match": text("How it is matched.", required=True),
    "name": text("Its name.", required=True),
    "value": text("What it is matched with."),
}
MATCH = group(
    {
        "path": group(
            {
                "match": text(
                    "How it is matched.", choices=("", "exact", "prefix", "regex")
                ),
                "value": text("What it is matched with."),
            },
            "Its path.",
        ),
        "headers": many(
            group({**_MATCHES, "invert": switch("The contrary.")}, "A header."),
            "Its headers.",
        ),
        "query": many(group(_MATCHES, "A parameter."), "Its parameters."),
        "method": text("Its method; any."),
    },
    "A kind of request.",
)
FILTERS = group(
    {
        "headers": many(headers("requests"), "What is done to headers."),
        "url_rewrite": group(
            {"path": text("The new path or prefix.")}, "A new path.", api="URLRewrite"
        ),
        "retry_filter": group(
            {
                "num_retries": count("How often."),
                "retry_on": texts("One of Envoy's conditions.", "On these."),
                "retry_on_status_codes": many(
                    number("A status."), "On these.", order="set"
                ),
                "retry_on_connect_failure": switch("Where no connection came about."),
            },
            "When a request is tried again.",
        ),
        "timeout_filter": group(
            {
                "request_timeout": period("For a whole request."),
                "idle_timeout": period("For a request in which nothing happens."),
            },
            "How long a request may take.",
        ),
        "jwt": JWT,
    },
    "What is done to requests.",
)
RESPONSE_FILTERS = group(
    {"headers": many(headers("answers"), "What is done to headers.")},
    "What is done to answers.",
)
