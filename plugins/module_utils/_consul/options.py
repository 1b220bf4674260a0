# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""The module options that say how to reach Consul."""

from __future__ import annotations

from typing import Any

from ansible.module_utils.basic import env_fallback


def consul_options() -> dict[str, dict[str, Any]]:
    """Argument spec that goes with the documentation fragment `_consul`."""
    return {
        "consul_url": {
            "type": "str",
            "default": "http://127.0.0.1:8500",
            "fallback": (env_fallback, ["CONSUL_HTTP_ADDR"]),
        },
        "consul_token": {
            "type": "str",
            "no_log": True,
            "fallback": (env_fallback, ["CONSUL_HTTP_TOKEN"]),
        },
        "consul_ca_path": {
            "type": "path",
            "fallback": (env_fallback, ["CONSUL_CACERT"]),
        },
        "consul_client_cert": {
            "type": "path",
            "fallback": (env_fallback, ["CONSUL_CLIENT_CERT"]),
        },
        "consul_client_key": {
            "type": "path",
            "no_log": False,
            "fallback": (env_fallback, ["CONSUL_CLIENT_KEY"]),
        },
        "consul_timeout": {"type": "float", "default": 10.0},
    }
