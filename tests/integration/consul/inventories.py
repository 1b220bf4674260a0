# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A platform in the catalog, and inventories of it by a real ansible-inventory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lab.consul_cluster import Cluster

ROOT = Path(__file__).parents[3]
OPERATIONS = 64


@dataclass
class Platform:
    """Nodes that have no agent, as anybody may register them.

    Their names begin with `mark`, which is also the entry `platform` of their metadata.
    """

    cluster: Cluster
    mark: str = field(default_factory=lambda: f"p{uuid.uuid4().hex[:6]}")
    nodes: list[str] = field(default_factory=list)

    def node(self, name: str, address: str, **meta: str) -> None:
        """Register a node; `meta` are entries of its metadata."""
        told = {
            "Node": f"{self.mark}-{name}",
            "Address": address,
            "TaggedAddresses": {"lan": address, "wan": f"192.0.2.{len(self.nodes)}"},
            "NodeMeta": {"platform": self.mark, **meta},
        }
        self.cluster.ask("catalog/register", "PUT", told)
        self.nodes.append(f"{self.mark}-{name}")

    def service(
        self, node: str, name: str, *tags: str, number: str = "", port: int = 80
    ) -> None:
        """Register an instance of a service."""
        service = {"ID": number or name, "Service": name, "Tags": tags, "Port": port}
        self._add(node, Service=service)

    def check(self, node: str, number: str, status: str, service: str = "") -> None:
        """Register a check of a node, or of one of its services."""
        check = {"CheckID": number, "Name": number, "Status": status}
        self._add(node, Check={**check, "ServiceID": service, "Notes": "a reason"})

    def _add(self, node: str, **what: Any) -> None:
        name = f"{self.mark}-{node}"
        told = {"Node": name, "SkipNodeUpdate": True, **what}
        self.cluster.ask("catalog/register", "PUT", told)

    def crowd(self, count: int) -> None:
        """So many nodes more, each with two services and a check that fails."""
        operations: list[dict[str, Any]] = []
        for index in range(count):
            name = f"{self.mark}-more-{index:05}"
            self.nodes.append(name)
            operations += crowded(name, index, self.mark)
        for start in range(0, len(operations), OPERATIONS):
            batch = operations[start : start + OPERATIONS]
            self.cluster.ask("txn", "PUT", batch)

    def remove(self) -> None:
        """Take every node out of the catalog again."""
        for start in range(0, len(self.nodes), OPERATIONS):
            batch = [
                {"Node": {"Verb": "delete", "Node": {"Node": name}}}
                for name in self.nodes[start : start + OPERATIONS]
            ]
            self.cluster.ask("txn", "PUT", batch)


def crowded(name: str, index: int, mark: str) -> list[dict[str, Any]]:
    """A transaction's operations for a node of a large platform: four of them."""
    address = f"10.{index >> 16 & 255}.{index >> 8 & 255}.{index & 255}"
    zone = "abc"[index % 3]
    node = {
        "Node": name,
        "Address": address,
        "TaggedAddresses": {"lan": address, "wan": address},
        "Meta": {"platform": mark, "zone": zone, "role": "replica"},
    }
    portal = {"ID": "portal", "Service": "portal", "Tags": ["v4"], "Port": 8080}
    exporter = {"ID": "exporter", "Service": "exporter", "Port": 9100}
    check = {
        "Node": name,
        "CheckID": "service:portal",
        "Name": "portal answers",
        "Status": "critical" if index % 100 == 0 else "passing",
        "Output": "HTTP GET http://127.0.0.1:8080/health: 200 OK Output: ok",
        "ServiceID": "portal",
        "ServiceName": "portal",
    }
    return [
        {"Node": {"Verb": "set", "Node": node}},
        {"Service": {"Verb": "set", "Node": name, "Service": portal}},
        {"Service": {"Verb": "set", "Node": name, "Service": exporter}},
        {"Check": {"Verb": "set", "Check": check}},
    ]


def limited(cluster: Cluster, rules: str) -> str:
    """A token with these rules alone."""
    name = f"limited-{uuid.uuid4().hex[:8]}"
    cluster.ask("acl/policy", "PUT", {"Name": name, "Rules": rules})
    made = cluster.ask("acl/token", "PUT", {"Policies": [{"Name": name}]})
    return made["SecretID"]


@dataclass
class Inventory:
    """What an ansible-inventory said: `listed` is its JSON, `told` its warnings."""

    listed: dict[str, Any]
    told: str

    def hosts(self, group: str) -> list[str]:
        return sorted(self.listed.get(group, {}).get("hosts", []))

    def groups(self) -> set[str]:
        return set(self.listed) - {"_meta", "all", "ungrouped"}

    def variables(self, host: str) -> dict[str, Any]:
        """As a play would see them, without the marks of `ansible-inventory`."""
        return _plain(self.listed["_meta"]["hostvars"][host])


@dataclass
class Reader:
    """Runs ansible-inventory on a configuration in a folder."""

    folder: Path
    cluster: Cluster
    env: dict[str, str] = field(default_factory=dict)

    def reach(self) -> dict[str, Any]:
        """The options that reach the cluster."""
        return {
            "consul_url": self.cluster.url,
            "consul_ca_path": str(self.cluster.ca),
            "consul_token": self.cluster.token,
        }

    def read(self, *arguments: str, **options: Any) -> Inventory:
        """The inventory with these options, which must be had."""
        done = self.run(options, *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return Inventory(json.loads(done.stdout), done.stderr)

    def refused(self, **options: Any) -> str:
        """Why there is no inventory, in one line."""
        done = self.run(options)
        assert done.returncode != 0, done.stdout
        return " ".join(done.stderr.split())

    def run(
        self, options: Mapping[str, Any], *arguments: str
    ) -> subprocess.CompletedProcess[str]:
        given = {"plugin": "vigie.run.consul", **self.reach(), **options}
        path = self.folder / "test.consul.yml"
        path.write_text(json.dumps({k: v for k, v in given.items() if v is not None}))
        return subprocess.run(
            [
                str(Path(sys.executable).with_name("ansible-inventory")),
                *("-i", str(path), "--list", *arguments),
            ],
            cwd=self.folder,
            env={**environment(self.folder), **self.env},
            capture_output=True,
            text=True,
            check=False,
        )


def environment(folder: Path) -> dict[str, str]:
    """This collection, and no settings of anybody's."""
    kept = {name: os.environ[name] for name in os.environ if "CONSUL" not in name}
    return {
        **kept,
        "ANSIBLE_CONFIG": str(folder / "none.cfg"),
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "build" / "collections"),
        "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true",
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_LOCAL_TEMP": str(folder / "local"),
        "COLUMNS": "10000",
    }


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        if set(value) == {"__ansible_unsafe"}:
            return value["__ansible_unsafe"]
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list) else value
