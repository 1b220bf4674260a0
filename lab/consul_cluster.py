# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real Consul cluster of three servers as processes of this machine.

TLS, gossip encryption and ACLs (default deny) are on.
"""

from __future__ import annotations

import base64
import contextlib
import json
import secrets
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lab import mirror
from lab.checkout import BUILD, locked
from lab.image import CONSUL_SUITE
from lab.processes import Server, ask, await_true, loopback_net, run

DATACENTER = "lab"


def binary() -> Path:
    """The `consul` of Debian's package, fetched and unpacked once for the checkout."""
    path = BUILD / "consul" / "usr" / "bin" / "consul"
    with locked("consul"):
        if not path.exists():
            _fetch(path.parents[2])
    return path


def _fetch(folder: Path) -> None:
    """Download the package of the suite that has it; apt proves its signature."""
    with tempfile.TemporaryDirectory(prefix="vigie-consul-") as place:
        sources = Path(place) / "sources.list"
        sources.write_text(f"deb {mirror.find().main} {CONSUL_SUITE} main\n", "utf-8")
        for name in ("lists/partial", "cache/archives/partial"):
            (Path(place) / name).mkdir(parents=True)
        apt = [
            "apt-get", "-qq", "-o", "Acquire::Languages=none",
            "-o", "APT::Sandbox::User=root",
            "-o", f"Dir::Etc::SourceList={sources}", "-o", "Dir::Etc::SourceParts=-",
            "-o", f"Dir::State::Lists={place}/lists", "-o", f"Dir::Cache={place}/cache",
        ]  # fmt: skip
        for command in (["update"], ["download", "consul"]):
            run([*apt, *command], Path(place))
        (package,) = Path(place).glob("consul_*.deb")
        folder.mkdir(parents=True, exist_ok=True)
        run(["dpkg-deb", "--extract", str(package), str(folder)], Path(place))


@dataclass
class ConsulServer(Server):
    """One server of a cluster; `url` is its HTTPS API."""

    @property
    def url(self) -> str:
        return f"https://{self.address}:8501"


@dataclass
class Cluster:
    """Three servers, what reaches them, and the token that may do everything.

    `ca` is the certificate that their certificates are checked with.
    """

    folder: Path
    servers: list[ConsulServer] = field(default_factory=list)
    token: str = field(default_factory=lambda: str(uuid.uuid4()))
    gossip_key: str = field(
        default_factory=lambda: base64.b64encode(secrets.token_bytes(32)).decode()
    )

    @property
    def ca(self) -> Path:
        return self.folder / "consul-agent-ca.pem"

    @property
    def url(self) -> str:
        """The HTTPS API of the first server."""
        return self.servers[0].url

    def create(self) -> None:
        """Write certificates and configuration, start, wait until all are healthy."""
        self.folder.mkdir(parents=True, exist_ok=True)
        net = loopback_net()
        run([str(binary()), "tls", "ca", "create"], self.folder)
        for number in (1, 2, 3):
            folder = self.folder / f"s{number}"
            folder.mkdir()
            argv = (str(binary()), "agent", f"-config-file={folder / 'config.json'}")
            server = ConsulServer(f"s{number}", f"{net}.{number}", folder, argv)
            self.servers.append(server)
        for server in self.servers:
            self._certificate(server)
            config = json.dumps(self._config(server), indent=2)
            (server.folder / "config.json").write_text(config, "utf-8")
            server.start()
        self.await_healthy()

    def ask(
        self,
        path: str,
        method: str = "GET",
        body: Any = None,
        server: ConsulServer | None = None,
        token: str | None = None,
    ) -> Any:
        """One request past the collection: to look, and to disturb."""
        url = f"{(server or self.servers[0]).url}/v1/{path}"
        header = {"X-Consul-Token": self.token if token is None else token}
        return ask(url, method, body, header, self.ca)

    def leader(self) -> ConsulServer:
        """The server that leads now, as a running one says."""

        def led() -> ConsulServer | None:
            for asked in self.servers:
                if asked.process is None:
                    continue
                address = self.ask("status/leader", server=asked).partition(":")[0]
                for server in self.servers:
                    if server.address == address and server.process is not None:
                        return server
            return None

        return await_true("a leader", led)

    def followers(self) -> list[ConsulServer]:
        """The servers that do not lead."""
        leader = self.leader()
        return [server for server in self.servers if server is not leader]

    def await_healthy(self) -> None:
        """Wait until a leader calls every server healthy and knows our token.

        One that was away for long gets its vote back when it was stable for a while;
        until then the loss of another may cost the majority.
        """
        running = [server for server in self.servers if server.process is not None]

        def healthy() -> bool:
            said = self.ask("operator/autopilot/health", server=running[0])
            whole = (one for one in said["Servers"] if one["Healthy"] and one["Voter"])
            return {one["Name"] for one in whole} >= {server.name for server in running}

        await_true("healthy servers", healthy)

    def stop(self) -> None:
        """End every server that this cluster started."""
        for server in self.servers:
            server.kill()

    def _certificate(self, server: ConsulServer) -> None:
        argv = [
            str(binary()), "tls", "cert", "create", "-server", f"-dc={DATACENTER}",
            f"-ca={self.ca}", f"-key={self.folder / 'consul-agent-ca-key.pem'}",
            f"-additional-ipaddress={server.address}",
        ]  # fmt: skip
        run(argv, server.folder)

    def _config(self, server: ConsulServer) -> dict[str, Any]:
        certificate = server.folder / f"{DATACENTER}-server-consul-0"
        return {
            "node_name": server.name,
            "datacenter": DATACENTER,
            "primary_datacenter": DATACENTER,
            "data_dir": str(server.folder / "data"),
            "server": True,
            "bootstrap_expect": 3,
            "bind_addr": server.address,
            "client_addr": server.address,
            "retry_join": [other.address for other in self.servers],
            "retry_interval": "1s",
            "ports": {"http": -1, "https": 8501, "dns": -1, "grpc": -1},
            "connect": {"enabled": True},
            "encrypt": self.gossip_key,
            "ca_file": str(self.ca),
            "cert_file": f"{certificate}.pem",
            "key_file": f"{certificate}-key.pem",
            "verify_incoming_rpc": True,
            "verify_outgoing": True,
            "verify_server_hostname": True,
            "acl": {
                "enabled": True,
                "default_policy": "deny",
                "tokens": {"master": self.token, "agent": self.token},
            },
            "performance": {"raft_multiplier": 1},
            # Tests take a server away; that, and its return, is to be noticed soon.
            "autopilot": {
                "last_contact_threshold": "1s",
                "server_stabilization_time": "1s",
            },
            "disable_update_check": True,
            "log_level": "info",
        }


@contextlib.contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """A running cluster, ended whatever happens."""
    made = Cluster(folder)
    try:
        made.create()
        yield made
    finally:
        made.stop()
