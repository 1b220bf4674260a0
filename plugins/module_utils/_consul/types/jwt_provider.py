# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Whose tokens a service may ask of its callers, and how they are verified."""

from __future__ import annotations

from ..._converge.fields import group, many, number, text
from ..config_entry import META, NAME, ConfigEntry
from ..durations import duration
from ..mesh_fields import count, period, switch, texts

_NAMED = {"name": text("Its name.", required=True)}
_REMOTE = group(
    {
        "uri": text("Where it is.", required=True, api="URI"),
        "request_timeout_ms": count("Milliseconds to fetch it."),
        "cache_duration": duration("How long it is kept; 5m."),
        "fetch_asynchronously": switch("Let requests in before it was fetched."),
        "use_sni": switch("Name the server in TLS.", api="UseSNI"),
        "retry_policy": group(
            {
                "num_retries": count("How often to try again."),
                "retry_policy_back_off": group(
                    {
                        "base_interval": period("The first pause."),
                        "max_interval": period("The longest pause."),
                    },
                    "The pauses between.",
                ),
            },
            "What is done where that fails.",
        ),
    },
    "A key set of a server.",
)


class JwtProvider(ConfigEntry):
    name = "jwt_provider"
    kind = "jwt-provider"
    since = "1.16"
    fields = {
        "name": NAME,
        "issuer": text("Who must have issued a token."),
        "audiences": texts("An audience.", "For whom a token must be; one of these."),
        "json_web_key_set": group(
            {
                "local": group(
                    {
                        "jwks": text("The set, as base64.", api="JWKS"),
                        "filename": text("Or a file on the hosts of all proxies."),
                    },
                    "A key set of your own.",
                ),
                "remote": _REMOTE,
            },
            "The keys that tokens are verified with: local or remote.",
            api="JSONWebKeySet",
        ),
        "locations": many(
            group(
                {
                    "header": group(
                        {
                            **_NAMED,
                            "value_prefix": text("What comes before it, as `Bearer `."),
                            "forward": switch("Leave it in the request."),
                        },
                        "A header.",
                    ),
                    "query_param": group(_NAMED, "A parameter."),
                    "cookie": group(_NAMED, "A cookie."),
                },
                "A place.",
            ),
            "Where a token may be, in this order.",
        ),
        "forwarding": group(
            {
                "header_name": text("The header.", required=True),
                "pad_forward_payload_header": switch("Pad the base64."),
            },
            "How a verified token is told to the service.",
        ),
        "clock_skew_seconds": number("How far clocks may differ; 30."),
        "cache_config": group(
            {"size": count("How many.")}, "Results that are remembered."
        ),
        "meta": META,
    }


TYPE = JwtProvider
