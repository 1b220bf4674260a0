# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""What an API gateway listens on; routes attach to it."""

from __future__ import annotations

from ..._converge.fields import group, many, number, text
from ..config_entry import META, NAME, ConfigEntry
from ..mesh_fields import JWT

_VERSION = ("", "TLS_AUTO", "TLSv1_0", "TLSv1_1", "TLSv1_2", "TLSv1_3")
_TLS = group(
    {
        "min_version": text("The oldest version.", choices=_VERSION),
        "max_version": text("The newest version.", choices=_VERSION),
        "cipher_suites": many(text("A suite."), "The suites, up to TLS 1.2."),
        "certificates": many(
            group(
                {
                    "kind": text(
                        "What it is.",
                        required=True,
                        choices=("inline-certificate", "file-system-certificate"),
                    ),
                    "name": text("Its name.", required=True),
                },
                "A certificate.",
            ),
            "Its certificates.",
        ),
    },
    "How it speaks TLS.",
    api="TLS",
)


class ApiGateway(ConfigEntry):
    name = "api_gateway"
    kind = "api-gateway"
    since = "1.15"
    fields = {
        "name": NAME,
        "listeners": many(
            group(
                {
                    "name": text("Its name.", required=True),
                    "port": number("The port.", required=True),
                    "hostname": text("The name that it answers to; any."),
                    "protocol": text(
                        "What it speaks.", required=True, choices=("tcp", "http")
                    ),
                    "tls": _TLS,
                    "default": group({"jwt": JWT}, "For routes that say nothing else."),
                    "override": group({"jwt": JWT}, "Whatever routes say."),
                },
                "A listener.",
            ),
            "What it listens on.",
            required=True,
            order="key",
            key="name",
        ),
        "meta": META,
    }


TYPE = ApiGateway
