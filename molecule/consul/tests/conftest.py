# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of the cluster share: its hosts, its secrets, its plays."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import testinfra

PROJECT = Path(__file__).parents[3]
SCENARIO = PROJECT / "molecule" / "consul"

ASK = """
import sys, urllib.request
method, path, token, body = sys.argv[1:]
url = "http://127.0.0.1:8500/v1/" + path
headers = {"X-Consul-Token": token} if token else {}
request = urllib.request.Request(url, body.encode() or None, headers, method=method)
with urllib.request.urlopen(request) as answer:
    print(answer.read().decode())
"""


class Cluster:
    """Three servers, two agents, and what one may ask of them."""

    servers = ("deb11-a", "deb12-b", "deb13-c")
    agents = ("deb12-c", "deb13-b")
    nodes = frozenset((*servers, *agents))
    # Those of cluster.yml.
    management = "5f0c8d5e-0d3b-4f8e-9a51-6f1d3a1b7c01"
    agent = "5f0c8d5e-0d3b-4f8e-9a51-6f1d3a1b7c02"
    fetched = PROJECT / "build" / "lab" / "molecule" / "snapshots"

    def __init__(self, ssh_config: str) -> None:
        self._ssh_config = ssh_config

    def host(self, name: str) -> Any:
        """A host of the cluster, for testinfra."""
        return testinfra.get_host(f"ssh://{name}", ssh_config=self._ssh_config)

    def request(
        self, name: str, path: str, token: str, method: str = "GET", body: str = ""
    ) -> Any:
        """Ask a host's agent; the finished command, whatever came of it."""
        argv = ("python3 -c %s %s %s %s %s", ASK, method, path, token, body)
        return self.host(name).run(*argv)

    def ask(self, name: str, path: str, token: str = management, **more: str) -> Any:
        """What a host's agent answers, parsed; it must not refuse."""
        done = self.request(name, path, token, **more)
        assert done.rc == 0, done.stderr
        return json.loads(done.stdout)

    def said(self, name: str, words: str, since: float = 0) -> list[float]:
        """When (seconds since 1970) the agent's journal has what matches."""
        argv = ("journalctl", "-u", "consul", "-o", "short-unix", "--no-pager")
        log = self.host(name).check_output(" ".join(argv))
        lines = [line for line in log.splitlines() if re.search(words, line)]
        return [at for line in lines if (at := float(line.split()[0])) > since]

    def play(self, *argv: str) -> subprocess.CompletedProcess[str]:
        """Run a play from the controller; the caller judges its end.

        One of the scenario's own is named by its file, others by their full name.
        """
        scripts = str(Path(sys.executable).parent)
        inventory = f"--inventory={PROJECT}/molecule/inventory"
        plays = {path.name: str(path) for path in SCENARIO.glob("*.yml")}
        return subprocess.run(
            [
                f"{scripts}/ansible-playbook",
                inventory,
                *(plays.get(one, one) for one in argv),
            ],
            cwd=PROJECT,
            env={
                **os.environ,
                "PATH": f"{scripts}:{os.environ['PATH']}",
                "ANSIBLE_COLLECTIONS_PATH": str(PROJECT / "build" / "collections"),
                # Molecule has colours forced, between the words of a message too.
                "ANSIBLE_FORCE_COLOR": "0",
                "ANSIBLE_NOCOLOR": "1",
            },
            capture_output=True,
            text=True,
            check=False,
        )

    def succeed(self, *argv: str) -> str:
        """Run a play that must not fail; return what it printed."""
        done = self.play(*argv)
        assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
        return done.stdout

    @property
    def secrets(self) -> str:
        """The option that gives a play the scenario's own variables."""
        return f"--extra-vars=@{SCENARIO}/cluster.yml"


@pytest.fixture(scope="session")
def cluster(pytestconfig: pytest.Config) -> Cluster:
    """The cluster of the scenario."""
    return Cluster(pytestconfig.option.ssh_config)
