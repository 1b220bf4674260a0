# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Where HTTP requests to an API gateway go."""

from __future__ import annotations

from ..._converge.fields import group, many, number, text
from ..config_entry import META, NAME, ConfigEntry
from ..mesh_fields import texts
from ..route_fields import FILTERS, MATCH, PARENTS, RESPONSE_FILTERS, TLS


class HttpRoute(ConfigEntry):
    name = "http_route"
    kind = "http-route"
    since = "1.15"
    fields = {
        "name": NAME,
        "parents": PARENTS,
        "hostnames": texts("A name.", "The names that it is for; any."),
        "rules": many(
            group(
                {
                    "matches": many(MATCH, "Which requests: one of these; all."),
                    "filters": FILTERS,
                    "response_filters": RESPONSE_FILTERS,
                    "services": many(
                        group(
                            {
                                "name": text("The service.", required=True),
                                "weight": number("Its share; 1."),
                                "filters": FILTERS,
                                "response_filters": RESPONSE_FILTERS,
                                "tls": TLS,
                            },
                            "A service.",
                        ),
                        "Where they go.",
                        order="key",
                        key="name",
                    ),
                },
                "A rule.",
            ),
            "The rules.",
        ),
        "meta": META,
    }


TYPE = HttpRoute
