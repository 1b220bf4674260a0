# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role's own program for snapshots, on a real cluster over HTTPS."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import pytest

from lab.consul_cluster import Cluster, binary

ROOT = Path(__file__).parents[3]


class Taker:
    """Takes snapshots of a cluster, as a server's timer does."""

    def __init__(self, cluster: Cluster, folder: Path, token: str) -> None:
        self.folder = folder
        self.settings: dict[str, Any] = {
            "consul": str(binary()),
            "folder": str(folder),
            "name": "lab",
            "keep": 2,
            "max_age_days": 0,
            "environment": {
                "CONSUL_HTTP_ADDR": cluster.url,
                "CONSUL_CACERT": str(cluster.ca),
                "CONSUL_HTTP_TOKEN": token,
            },
        }

    def take(self) -> subprocess.CompletedProcess[str]:
        path = self.folder / "settings.json"
        path.write_text(json.dumps(self.settings))
        script = ROOT / "roles/consul/files/consul_snapshot.py"
        return subprocess.run(
            [sys.executable, str(script), str(path)],
            env={"PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=False,
        )

    def kept(self) -> list[str]:
        return sorted(path.name for path in self.folder.glob("*.snap*"))


@pytest.fixture
def taker(cluster: Cluster, tmp_path: Path) -> Taker:
    """With a token that may do no more than Consul asks for."""
    name = f"snapshots-{uuid.uuid4()}"
    rules = {"Name": name, "Rules": 'acl = "write"'}
    cluster.ask("acl/policy", "PUT", rules)
    made = cluster.ask("acl/token", "PUT", {"Policies": [{"Name": name}]})
    return Taker(cluster, tmp_path, made["SecretID"])


def test_a_snapshot_is_whole_and_old_ones_go_after_it(taker: Taker) -> None:
    for day in (1, 2):
        (taker.folder / f"lab-2026010{day}T000000Z.snap").touch()
    (taker.folder / "lab-20260103T000000Z.snap.part").touch()
    (taker.folder / "other-20260101T000000Z.snap").touch()
    done = taker.take()
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["removed"] == ["lab-20260101T000000Z.snap"]
    assert told["index"] > 0
    path = Path(told["path"])
    assert path.stat().st_size == told["bytes"]
    assert path.stat().st_mode & 0o777 == 0o600
    assert taker.kept() == [
        "lab-20260102T000000Z.snap",
        path.name,
        "other-20260101T000000Z.snap",
    ]
    seen = subprocess.run([binary(), "snapshot", "inspect", path], check=True)
    assert seen.returncode == 0


def test_without_a_leader_nothing_is_taken_and_nothing_removed(
    cluster: Cluster, taker: Taker
) -> None:
    old = [f"lab-2026010{day}T000000Z.snap" for day in (1, 2, 3)]
    for name in old:
        (taker.folder / name).touch()
    for server in cluster.servers[1:]:
        server.kill()
    done = taker.take()
    assert done.returncode == 1
    assert done.stderr.startswith("consul-snapshot: consul snapshot save: ")
    assert [name for name in taker.kept() if name.endswith(".snap")] == old
