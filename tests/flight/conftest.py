# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One flight for all tests; then the same lab, still up, is disturbed on purpose."""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lab.flight import FLIGHT, constant_load
from lab.hosts import Lab
from lab.play import ROOT, PlayResult, command, environment, run_play
from lab.releases import build_release

WEB = ("web-a1", "web-a2", "web-b1", "web-b2", "web-c1", "web-c2")


class Site:
    """The platform as a test sees it: hosts to disturb, playbooks to run."""

    def __init__(self, folder: Path) -> None:
        self.lab = Lab("flight")
        self.folder = folder
        self.address = self.lab.plan().address(self.lab.topology.host("lb-a1"))
        self.secrets = json.loads((ROOT / "build/lab/secrets.json").read_text())

    def play(self, playbook: str, *options: str, **variables: str) -> PlayResult:
        """Run a playbook to its end."""
        return run_play(
            playbook,
            variables,
            self.folder / f"{playbook}.log",
            self.folder / "journal",
            options=options,
        )

    def start_play(self, playbook: str, **variables: str) -> subprocess.Popen[str]:
        """Start a playbook in a session of its own, so that it can be killed whole."""
        return subprocess.Popen(
            command(playbook, variables),
            cwd=ROOT,
            env=environment(self.folder / "journal"),
            stdin=subprocess.DEVNULL,
            stdout=(self.folder / f"{playbook}-started.log").open("w"),
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def members(self) -> dict[str, str]:
        """State of each member as the load balancer's own runtime API tells it."""
        script = (
            "import socket; s = socket.socket(socket.AF_UNIX);"
            "s.connect('/run/haproxy/admin.sock'); s.sendall(b'show stat\\n');"
            "print(s.makefile().read())"
        )
        lines = self.run("lb-a1", "python3", "-c", script).splitlines()
        fields = lines[0].removeprefix("# ").split(",")
        rows = [dict(zip(fields, line.split(","), strict=False)) for line in lines[1:]]
        return {
            row["svname"]: row["status"]
            for row in rows
            if row.get("pxname") == "portal"
            and row["svname"] not in ("FRONTEND", "BACKEND")
        }

    def run(self, host: str, *argv: str) -> str:
        """Run a command on a host and return what it printed."""
        return self.lab.run(host, argv).stdout

    def version(self, host: str) -> str:
        """The version that a host's application answers with."""
        address = self.lab.plan().address(self.lab.topology.host(host))
        with urllib.request.urlopen(f"http://{address}:8080/", timeout=5) as reply:
            return reply.read().decode().split()[1]

    def agent_checks(self, host: str) -> dict[str, str]:
        """Name and status of each check of a host's own Consul agent."""
        script = (
            "import sys, urllib.request as u;"
            "r = u.Request('http://127.0.0.1:8500/v1/agent/checks',"
            " headers={'X-Consul-Token': sys.stdin.read()});"
            "print(u.urlopen(r, timeout=5).read().decode())"
        )
        done = subprocess.run(
            self.lab.ssh_argv(host, f'python3 -c "{script}"'),
            input=self.secrets["consul_management_token"],
            capture_output=True,
            text=True,
            check=True,
        )
        checks = json.loads(done.stdout).values()
        return {check["Name"]: check["Status"] for check in checks}

    def lock(self) -> list[dict[str, Any]]:
        """The places in the platform's lock, as Consul has them."""
        address = self.lab.plan().address(self.lab.topology.host("consul-a1"))
        key = "vigie/lock/platform/portal/.record"
        request = urllib.request.Request(
            f"https://{address}:8501/v1/kv/{key}?raw",
            headers={"X-Consul-Token": self.secrets["consul_management_token"]},
        )
        authority = ROOT / "build/lab/consul/tls/ca.pem"
        context = ssl.create_default_context(cafile=str(authority))
        with urllib.request.urlopen(request, timeout=5, context=context) as reply:
            return json.load(reply)["places"]

    def versions(self) -> dict[str, str]:
        return {host: self.version(host) for host in WEB}

    def load(self) -> Any:
        """Constant load through the balancer; its result is written on leaving."""
        return constant_load(
            self.address,
            self.folder / "load.json",
            self.secrets["haproxy_stats_password"],
        )

    def load_result(self) -> dict[str, Any]:
        return json.loads((self.folder / "load.json").read_text())


def wait_until(what: str, holds: Callable[[], bool], limit: float = 60.0) -> None:
    """Poll a condition; fail with its name when it does not hold within the limit."""
    deadline = time.monotonic() + limit
    while not holds():
        if time.monotonic() > deadline:
            pytest.fail(f"not within {limit:.0f} s: {what}")
        time.sleep(0.1)


@pytest.fixture(scope="session")
def flight() -> Iterator[SimpleNamespace]:
    """Fly once; the lab stays up for the tests that disturb it, then goes down.

    With VIGIE_KEEP_LAB set, a flight that was flown is not flown again and the lab
    stays up: for writing tests, never for a verdict.
    """
    keep = bool(os.environ.get("VIGIE_KEEP_LAB"))
    told = ROOT / "build/flight.json"
    if not (keep and told.exists()):
        told.unlink(missing_ok=True)
        subprocess.run([sys.executable, "-m", "lab", "flight"], cwd=ROOT, check=False)
    result = json.loads(told.read_text())
    yield SimpleNamespace(
        phases={phase["name"]: phase for phase in result["phases"]},
        result=result,
        log=lambda name: next(FLIGHT.glob(f"*-{name}.log")).read_text(),
    )
    if not keep:
        Lab("flight").down()


@pytest.fixture
def site(flight: SimpleNamespace, tmp_path: Path) -> Site:
    """The platform after the flight, in whatever release the last test left."""
    return Site(tmp_path)


@pytest.fixture
def release(site: Site) -> str:
    """A good release that no host has seen."""
    running = [int(v.split(".")[0]) for v in site.versions().values()]
    version = f"{max(running) + 10}.0.0"
    build_release(version)
    return version
