# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Where connections to an API gateway go."""

from __future__ import annotations

from ..._converge.fields import group, many, text
from ..config_entry import META, NAME, ConfigEntry
from ..route_fields import PARENTS, TLS


class TcpRoute(ConfigEntry):
    name = "tcp_route"
    kind = "tcp-route"
    since = "1.15"
    fields = {
        "name": NAME,
        "parents": PARENTS,
        "services": many(
            group(
                {"name": text("The service.", required=True), "tls": TLS}, "A service."
            ),
            "Where they go; one.",
            order="key",
            key="name",
        ),
        "meta": META,
    }


TYPE = TcpRoute
