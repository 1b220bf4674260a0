# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role vault puts on each server to take snapshots, on a real cluster."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lab.bao_cluster import Bao, BaoServer

ROLE = Path(__file__).parents[3] / "roles" / "vault"
PROGRAM = ROLE / "files" / "vault_snapshot.py"
POLICY = """\
path "sys/storage/raft/snapshot" { capabilities = ["read"] }
path "auth/token/lookup-self" { capabilities = ["read"] }
path "auth/token/renew-self" { capabilities = ["update"] }
"""


@pytest.fixture
def token(bao: Bao) -> str:
    """A token that may take snapshots and no more, as the role makes it."""
    leader = bao.leader()
    bao.ask("sys/policies/acl/snapshot", "PUT", {"policy": POLICY}, leader)
    wanted = {"policies": ["snapshot"], "no_default_policy": True, "period": "768h"}
    made = bao.ask("auth/token/create-orphan", "POST", wanted, leader)
    return made["auth"]["client_token"]


class Taker:
    """The program as a server of the cluster runs it."""

    def __init__(self, bao: Bao, folder: Path) -> None:
        self.bao, self.folder = bao, folder
        self.credentials: dict[str, Any] = {}

    def run(self, server: BaoServer, **other: Any) -> subprocess.CompletedProcess[str]:
        """Run it; the caller judges its end."""
        credentials, settings = self.folder / "credentials", self.folder / "settings"
        credentials.write_text(json.dumps(self.credentials))
        given = {
            "url": server.url,
            "ca": str(self.bao.ca),
            "credentials": str(credentials),
            "folder": str(self.folder),
            "name": "lab",
            "keep": 2,
            "max_age_days": 0,
        }
        settings.write_text(json.dumps({**given, **other}))
        return program(str(settings))

    def take(self, **other: Any) -> dict[str, Any]:
        """Take one on the active node."""
        done = self.run(self.bao.leader(), **other)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    @property
    def kept(self) -> list[str]:
        return sorted(path.name for path in self.folder.glob("*.snap*"))


def program(*argv: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(PROGRAM), *argv],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def taker(bao: Bao, tmp_path: Path, token: str) -> Taker:
    made = Taker(bao, tmp_path)
    made.credentials = {"token": token}
    return made


def test_the_active_node_takes_one_that_is_whole_and_private(taker):
    told = taker.take()
    path = Path(told["path"])
    assert told["bytes"] == path.stat().st_size > 0
    assert path.stat().st_mode & 0o777 == 0o600
    proved = program("--prove", str(path))
    assert json.loads(proved.stdout)["index"] == told["index"] > 0


def test_a_standby_takes_none(taker, bao):
    done = taker.run(bao.standbys()[0])
    assert (done.returncode, json.loads(done.stdout)["path"]) == (0, "")
    assert taker.kept == []


def test_as_many_as_wanted_are_kept_and_others_left_alone(taker):
    for hour in "123":
        (taker.folder / f"lab-20260101T0{hour}0000Z.snap").write_text("old")
    (taker.folder / "other-20260101T010000Z.snap").write_text("not mine")
    told = taker.take()
    assert told["removed"] == ["lab-20260101T020000Z.snap", "lab-20260101T010000Z.snap"]
    assert len(taker.kept) == 3


def test_old_ones_go_by_their_age(taker):
    old = taker.folder / "lab-20260101T010000Z.snap"
    old.write_text("old")
    os.utime(old, (0, 0))
    assert taker.take(keep=9)["removed"] == []
    assert old.exists()
    assert taker.take(keep=9, max_age_days=1)["removed"] == [old.name]


def test_an_approle_does_as_well(taker, bao):
    leader = bao.leader()
    bao.ask("sys/auth/approle", "POST", {"type": "approle"}, leader)
    role = "auth/approle/role/snapshot"
    bao.ask(role, "POST", {"token_policies": ["snapshot"]}, leader)
    taker.credentials = {
        "approle": {
            "role_id": bao.ask(f"{role}/role-id", server=leader)["data"]["role_id"],
            "secret_id": bao.ask(f"{role}/secret-id", "POST", {}, leader)["data"][
                "secret_id"
            ],
        }
    }
    try:
        assert taker.take()["bytes"] > 0
    finally:
        bao.ask("sys/auth/approle", "DELETE", server=leader)


@pytest.mark.parametrize("damage", ["cut", "changed", "other"])
def test_a_damaged_snapshot_is_not_taken_for_a_whole_one(taker, damage):
    path = Path(taker.take()["path"])
    data = path.read_bytes()
    plain = gzip.decompress(data)
    at = plain.index(b"state.bin") + 2048
    path.write_bytes(
        {
            "cut": data[: len(data) // 2],
            "changed": gzip.compress(
                plain[:at] + bytes([plain[at] ^ 1]) + plain[at + 1 :]
            ),
            "other": b"nothing like it",
        }[damage]
    )
    done = program("--prove", str(path))
    assert done.returncode == 1
    assert str(path) in done.stderr
    assert "Traceback" not in done.stderr


def test_a_token_without_the_right_says_what_it_lacks_and_removes_nothing(taker, bao):
    for hour in "123":
        (taker.folder / f"lab-20260101T0{hour}0000Z.snap").write_text("old")
    made = bao.ask("auth/token/create-orphan", "POST", {"policies": ["default"]})
    taker.credentials = {"token": made["auth"]["client_token"]}
    done = taker.run(bao.leader())
    assert done.returncode == 1
    assert "sys/storage/raft/snapshot: 403" in done.stderr
    assert made["auth"]["client_token"] not in done.stderr + done.stdout
    assert len(taker.kept) == 3


def test_a_dead_cluster_is_one_line(taker, bao):
    leader = bao.leader()
    for server in bao.standbys():
        server.kill()
    leader.kill()
    done = taker.run(leader)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "refused" in done.stderr
