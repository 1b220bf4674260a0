# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of the cluster share: its hosts, its keys, its plays."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import testinfra

PROJECT = Path(__file__).parents[3]
SCENARIO = PROJECT / "molecule" / "vault"
LAB = PROJECT / "build" / "lab" / "molecule"
KEPT = LAB / "vault"
# No answer, or one that breaks off.
SILENT = (OSError, http.client.HTTPException)


class Cluster:
    """Three servers, what one may ask of them, and what is `kept` of them here."""

    kept = KEPT
    # What the last play says, while it runs too; nothing is folded or coloured there.
    log = KEPT / "plays.log"

    def __init__(self, ssh_config: str) -> None:
        self._ssh_config = ssh_config
        self._groups = json.loads(self._run("ansible-inventory", "--list").stdout)
        self.servers = self.group("vault_servers")
        hosts = json.loads((LAB / "lab.json").read_text())["hosts"]
        self.urls = {
            name: f"https://{hosts[name]['address']}:8200" for name in self.servers
        }

    def group(self, name: str) -> list[str]:
        """The hosts of a group of the inventory."""
        return list(self._groups[name]["hosts"])

    @property
    def token(self) -> str:
        """The root token, from where it is kept."""
        return json.loads((KEPT / "keys.json").read_text())["root_token"]

    @property
    def shares(self) -> list[str]:
        """The key shares, from where they are kept."""
        return list(json.loads((KEPT / "keys.json").read_text())["shares"].values())

    def host(self, name: str) -> Any:
        """A host, for testinfra."""
        return testinfra.get_host(f"ssh://{name}", ssh_config=self._ssh_config)

    def ask(
        self,
        name: str,
        path: str,
        method: str = "GET",
        body: Any = None,
        limit: int = 5,
    ) -> Any:
        """What a server answers, parsed; it must not refuse."""
        request = urllib.request.Request(
            f"{self.urls[name]}/v1/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"X-Vault-Token": self.token},
        )
        context = ssl.create_default_context(cafile=str(KEPT / "tls" / "ca.pem"))
        direct = urllib.request.build_opener(
            urllib.request.ProxyHandler({}),
            urllib.request.HTTPSHandler(context=context),
        )
        with direct.open(request, timeout=limit) as answer:
            said = answer.read()
        return json.loads(said) if said.strip() else None

    def greet(self, name: str, called: str) -> None:
        """Connect to a server by some name; SSLError where it has another one."""
        context = ssl.create_default_context(cafile=str(KEPT / "tls" / "ca.pem"))
        address = urllib.parse.urlsplit(self.urls[name])
        with (
            socket.create_connection((address.hostname, address.port), 9) as plain,
            context.wrap_socket(plain, server_hostname=called),
        ):
            pass

    def active(self) -> str:
        """The name of the active server, as any of those that are open says."""
        for name in self.servers:
            with contextlib.suppress(*SILENT):
                address = self.ask(name, "sys/leader")["leader_address"]
                return next(name for name, url in self.urls.items() if url == address)
        raise AssertionError("no server knows who is active")

    def sealed(self) -> set[str]:
        """The names of the servers that are sealed."""
        return {
            name for name in self.servers if self.ask(name, "sys/seal-status")["sealed"]
        }

    def said(self, name: str, words: str, since: float = 0) -> list[float]:
        """When (seconds since 1970) the unit's journal has what matches."""
        argv = "journalctl -u openbao -o short-unix --no-pager"
        log = self.host(name).check_output(argv)
        lines = [line for line in log.splitlines() if re.search(words, line)]
        return [at for line in lines if (at := float(line.split()[0])) > since]

    def restarts(self, since: float) -> list[tuple[float, float, str]]:
        """When which server was stopped and started, in the order of it."""
        found = []
        for name in self.servers:
            stops = self.said(name, r"systemd\[1\]: Stopping ", since)
            starts = self.said(name, r"systemd\[1\]: Started ", since)
            found += [(*pair, name) for pair in zip(stops, starts, strict=True)]
        return sorted(found)

    def opened(self, name: str, since: float) -> float:
        """When a server was opened that was started at that moment."""
        return self.said(name, "vault is unsealed", since)[0]

    @contextlib.contextmanager
    def without_raft(self, name: str) -> Iterator[None]:
        """Lose what a server and the others tell each other; its API is reached."""
        host = self.host(name)
        for port in ("sport", "dport"):
            # 6 is TCP: small hosts have no list of protocols.
            host.check_output(f"ip rule add pref 5 ipproto 6 {port} 8201 blackhole")
        try:
            yield
        finally:
            host.check_output("ip rule del pref 5; ip rule del pref 5")

    @staticmethod
    def await_true(what: str, holds: Callable[[], bool], limit: float = 240) -> None:
        """Wait until something holds; a server that does not answer does not hold."""
        deadline = time.monotonic() + limit
        while time.monotonic() < deadline:
            with contextlib.suppress(*SILENT):
                if holds():
                    return
            time.sleep(0.3)
        pytest.fail(f"waited {limit:g} s for {what}")

    def writing(self) -> Writer:
        """What writes all the time, as a context."""
        return Writer(self)

    def _run(self, *argv: str) -> subprocess.CompletedProcess[str]:
        scripts = str(Path(sys.executable).parent)
        inventory = f"--inventory={PROJECT}/molecule/inventory"
        return subprocess.run(
            [f"{scripts}/{argv[0]}", inventory, *argv[1:]],
            cwd=PROJECT,
            env={
                **os.environ,
                "PATH": f"{scripts}:{os.environ['PATH']}",
                "ANSIBLE_COLLECTIONS_PATH": str(PROJECT / "build" / "collections"),
                "ANSIBLE_LOG_PATH": str(self.log),
            },
            capture_output=True,
            text=True,
            check=False,
        )

    def play(self, name: str, **variables: Any) -> subprocess.CompletedProcess[str]:
        """Run a play from the controller; the caller judges its end.

        One of the scenario's own is named by its file; those of the collection get the
        variables that the scenario's own ones have.
        """
        self.log.unlink(missing_ok=True)
        extra = [f"--extra-vars={json.dumps(variables)}"]
        if name.endswith(".yml"):
            return self._run("ansible-playbook", *extra, str(SCENARIO / name))
        files = [SCENARIO / "cluster.yml", SCENARIO / "newer.yml"]
        given = [f"--extra-vars=@{path}" for path in files]
        return self._run("ansible-playbook", *given, *extra, name)

    def succeed(self, name: str, **variables: Any) -> str:
        """Run a play that must not fail; return what it printed."""
        done = self.play(name, **variables)
        assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
        return done.stdout


class Writer:
    """Writes a secret ten times a second, and knows when it was taken."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._write)
        self.written: list[float] = []

    def __enter__(self) -> Writer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _write(self) -> None:
        turn = 0
        while not self._end.wait(0.1):
            name = self._cluster.servers[turn % len(self._cluster.servers)]
            try:
                body = {"turn": turn}
                self._cluster.ask(name, "cubbyhole/written", "PUT", body, limit=2)
                self.written.append(time.time())
            except SILENT:
                turn += 1

    def wrote(self, since: float, until: float) -> bool:
        """Whether anything was written between two moments, in seconds since 1970."""
        return any(since < moment < until for moment in self.written)


@pytest.fixture(scope="session")
def cluster(pytestconfig: pytest.Config) -> Cluster:
    """The cluster of the scenario."""
    return Cluster(pytestconfig.option.ssh_config)
