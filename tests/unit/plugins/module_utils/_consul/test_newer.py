# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What newer versions of Consul take, as its documentation and Go types name it.

The cluster of the integration tests is too old for it
(https://developer.hashicorp.com/consul/docs/reference/config-entry).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.vigie.run.plugins.module_utils._consul.base import Consul
from ansible_collections.vigie.run.plugins.module_utils._consul.registry import table
from ansible_collections.vigie.run.plugins.module_utils._converge.compare import compare
from ansible_collections.vigie.run.plugins.module_utils._converge.provider import (
    Desired,
)

EXAMPLES = Path(__file__).parents[5] / "docs" / "consul"
TYPES = table(Consul(None))

# By type: the first resource of its example, as Consul is to be told.
SENT: dict[str, dict[str, Any]] = {
    "service_intentions": {
        "Name": "commerce-cart",
        "Sources": [
            {"Name": "commerce-web", "Action": "allow"},
            {
                "Name": "commerce-admin",
                "Permissions": [
                    {
                        "Action": "allow",
                        "HTTP": {"PathPrefix": "/orders", "Methods": ["GET"]},
                    }
                ],
            },
            {"Name": "*", "Action": "deny"},
        ],
    },
    "mesh": {
        "TransparentProxy": {"MeshDestinationsOnly": True},
        "TLS": {
            "Incoming": {"TLSMinVersion": "TLSv1_2"},
            "Outgoing": {"TLSMinVersion": "TLSv1_2"},
        },
    },
    "exported_services": {
        "Name": "default",
        "Services": [
            {"Name": "commerce-cart", "Consumers": [{"Peer": "partner-north"}]}
        ],
    },
    "jwt_provider": {
        "Name": "commerce-login",
        "Issuer": "https://login.example.com",
        "Audiences": ["shop"],
        "JSONWebKeySet": {
            "Remote": {
                "URI": "https://login.example.com/keys",
                "CacheDuration": "10m",
            }
        },
        "Locations": [{"Header": {"Name": "Authorization", "ValuePrefix": "Bearer "}}],
        "Forwarding": {"HeaderName": "x-user"},
    },
    "api_gateway": {
        "Name": "commerce-gateway",
        "Listeners": [
            {
                "Name": "https",
                "Port": 8443,
                "Protocol": "http",
                "Hostname": "*.example.com",
                "TLS": {
                    "MinVersion": "TLSv1_2",
                    "Certificates": [
                        {
                            "Kind": "file-system-certificate",
                            "Name": "${shop-certificate.name}",
                        }
                    ],
                },
            }
        ],
    },
    "http_route": {
        "Name": "commerce-shop",
        "Parents": [
            {
                "Kind": "api-gateway",
                "Name": "commerce-gateway",
                "SectionName": "https",
            }
        ],
        "Hostnames": ["shop.example.com"],
        "Rules": [
            {
                "Matches": [{"Path": {"Match": "prefix", "Value": "/cart"}}],
                "Filters": {
                    "URLRewrite": {"Path": "/"},
                    "TimeoutFilter": {"RequestTimeout": "10s"},
                },
                "Services": [
                    {"Name": "commerce-cart", "Weight": 9},
                    {"Name": "commerce-cart-next", "Weight": 1},
                ],
            },
            {"Services": [{"Name": "commerce-web"}]},
        ],
    },
    "tcp_route": {
        "Name": "commerce-database",
        "Parents": [
            {
                "Kind": "api-gateway",
                "Name": "commerce-gateway",
                "SectionName": "postgres",
            }
        ],
        "Services": [{"Name": "commerce-db"}],
    },
    "file_system_certificate": {
        "Name": "commerce-shop",
        "Certificate": "/etc/consul.d/shop.pem",
        "PrivateKey": "/etc/consul.d/shop-key.pem",
    },
}


@pytest.mark.parametrize("name", SENT)
def test_an_entry_as_it_is_sent_and_read_again(name: str) -> None:
    examples = yaml.safe_load((EXAMPLES / f"{name}.yml").read_text("utf-8"))
    kind = TYPES[name]
    given = next(iter(examples.values()))
    declared = {key: value for key, value in given.items() if key != "type"}
    sent = kind.laid({}, Desired("one", name, declared))
    assert sent == SENT[name]
    live = kind.seen({**sent, "Kind": kind.kind, "ModifyIndex": 7})
    assert compare(kind.fields, declared, live.properties) == []


def test_properties_of_older_kinds() -> None:
    kind = TYPES["service_defaults"]
    declared = {
        "name": "cart",
        "mutual_tls_mode": "strict",
        "upstream_config": {
            "defaults": {"limits": {"max_connections": 512}},
            "overrides": [
                {
                    "name": "db",
                    "passive_health_check": {
                        "interval": "10s",
                        "enforcing_consecutive_5xx": 0,
                    },
                }
            ],
        },
        "local_request_timeout_ms": 0,
    }
    assert kind.laid({}, Desired("one", kind.name, declared)) == {
        "Name": "cart",
        "MutualTLSMode": "strict",
        "UpstreamConfig": {
            "Defaults": {"Limits": {"MaxConnections": 512}},
            "Overrides": [
                {
                    "Name": "db",
                    "PassiveHealthCheck": {
                        "Interval": "10s",
                        "EnforcingConsecutive5xx": 0,
                    },
                }
            ],
        },
        "LocalRequestTimeoutMs": 0,
    }


def test_what_answers_leave_out_or_write_differently_is_no_difference() -> None:
    """0 and false are left out; a duration may come as nanoseconds."""
    kind = TYPES["service_defaults"]
    check = {"Interval": 10_000_000_000, "MaxFailures": 0, "EnforcingConsecutive5xx": 0}
    raw = {
        "Name": "cart",
        "UpstreamConfig": {"Defaults": {"PassiveHealthCheck": check}},
    }
    declared = {
        "name": "cart",
        "max_inbound_connections": 0,
        "expose": {"checks": False},
        "upstream_config": {
            "defaults": {
                "passive_health_check": {
                    "interval": "0m10s",
                    "enforcing_consecutive_5xx": 0,
                }
            }
        },
    }
    there = kind.seen(raw).properties
    assert compare(kind.fields, declared, there) == []
    del check["EnforcingConsecutive5xx"]
    (change,) = compare(kind.fields, declared, kind.seen(raw).properties)
    assert change.path.endswith("enforcing_consecutive_5xx")
    assert change.after == 0


class Asked:
    """A session that only notes what it is asked; its server is of a new version."""

    def __init__(self) -> None:
        self.requests: list[tuple[Any, ...]] = []

    def version(self) -> tuple[int, ...]:
        return (1, 20, 1)

    def put(self, path: str, params: Any = None, *, needs: str, body: Any) -> None:
        self.requests.append(("PUT", path, params, body))

    def delete(self, path: str, params: Any = None, *, needs: str) -> None:
        self.requests.append(("DELETE", path, params))


def test_an_intention_is_named_by_its_pair_since_1_9() -> None:
    """https://developer.hashicorp.com/consul/api-docs/connect/intentions."""
    asked = Asked()
    kind = table(Consul(asked))["intention"]
    pair = {"source": "web", "destination": "cart"}
    allowed = {"action": "allow", "http": {"path_prefix": "/"}}
    live = kind.create(Desired("one", "intention", {**pair, "permissions": [allowed]}))
    given = {**pair, "action": "deny", "description": "No more"}
    kind.update(live, Desired("one", "intention", given), ())
    kind.delete(live)
    path = "connect/intentions/exact"
    permissions = [{"Action": "allow", "HTTP": {"PathPrefix": "/"}}]
    assert asked.requests == [
        ("PUT", path, pair, {"Permissions": permissions}),
        ("PUT", path, pair, {"Action": "deny", "Description": "No more"}),
        ("DELETE", path, pair),
    ]
