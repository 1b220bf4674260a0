# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""What holds for all proxies of the mesh. There is one, called global."""

from __future__ import annotations

from ..._converge.fields import anything, group, mapping, text
from ..config_entry import META, ConfigEntry
from ..mesh_fields import (
    ENVOY_EXTENSIONS,
    EXPOSE,
    MODE,
    MUTUAL_TLS_MODE,
    TRANSPARENT_PROXY,
    mesh_gateway,
    switch,
)


class ProxyDefaults(ConfigEntry):
    name = "proxy_defaults"
    kind = "proxy-defaults"
    only = "global"
    since = "1.5"
    newer = {
        "mode": "1.10",
        "transparent_proxy": "1.10",
        "access_logs": "1.15",
        "envoy_extensions": "1.15",
        "mutual_tls_mode": "1.16",
    }
    fields = {
        "name": text("Always global.", required=True),
        "config": mapping(
            anything("A setting."),
            "Settings of the proxies, as Consul names them: `protocol`,"
            " `local_connect_timeout_ms`, `envoy_prometheus_bind_addr` and so on.",
        ),
        "mode": MODE,
        "transparent_proxy": TRANSPARENT_PROXY,
        "mutual_tls_mode": MUTUAL_TLS_MODE,
        "mesh_gateway": mesh_gateway(),
        "expose": EXPOSE,
        "access_logs": group(
            {
                "enabled": switch("Whether there are any."),
                "disable_listener_logs": switch("None of refused connections."),
                "type": text("Where to.", choices=("", "file", "stderr", "stdout")),
                "path": text("The file."),
                "json_format": text("A line as JSON.", api="JSONFormat"),
                "text_format": text("A line as text."),
            },
            "Logs of requests.",
        ),
        "envoy_extensions": ENVOY_EXTENSIONS,
        "meta": META,
    }


TYPE = ProxyDefaults
