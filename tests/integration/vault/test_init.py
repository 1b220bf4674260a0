# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From three new nodes to an open cluster without a root token: the first day."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.bao_cluster import Bao
from lab.bao_cluster import bao as running
from lab.bao_node import bao_node
from tests.integration.vault.keys import Keys

HOLDERS = [
    {"file": "shares/alice.json", "shares": [1], "root_token": True},
    {"file": "shares/bob.json", "shares": [2]},
    {"file": "shares/carol.json", "shares": [3]},
]
INIT = {"shares": 3, "threshold": 2, "keep": HOLDERS}


def test_the_first_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANSIBLE_VERBOSITY", "4")
    with running(tmp_path / "cluster", opened=False) as cluster:
        ca = str(cluster.ca)
        keys = Keys(tmp_path, {"vault_url": cluster.url, "vault_ca_path": ca})
        _initialise(keys)
        _open_by_several_holders(keys, cluster)
        _forget_the_root_token(keys)
    for name in ("alice", "bob", "carol"):
        keys.kept(f"shares/{name}.json")
    assert len(keys.secrets) == 4
    assert not keys.shown()


def _initialise(keys: Keys) -> None:
    (planned,) = keys.run_all(("vault_init", {**INIT, "check": True}))
    assert planned["changed"]
    assert not (keys.folder / "shares").exists()
    made, again = keys.run_all(("vault_init", INIT), ("vault_init", INIT))
    assert (made["changed"], made["threshold"], made["sealed"]) == (True, 2, True)
    assert "not initialised" in made["diff"]["before"]
    assert not again["changed"]
    held = [keys.kept(one["file"]) for one in HOLDERS]
    assert [sorted(one["shares"]) for one in held] == [["1"], ["2"], ["3"]]
    assert [bool(one.get("root_token")) for one in held] == [True, False, False]
    assert (keys.folder / "shares").stat().st_mode & 0o777 == 0o700
    modes = {(keys.folder / one["file"]).stat().st_mode & 0o777 for one in HOLDERS}
    assert modes == {0o600}


def _open_by_several_holders(keys: Keys, cluster: Bao) -> None:
    urls = [server.url for server in reversed(cluster.servers)]
    alice = {"shares": [keys.kept("shares/alice.json")["shares"]["1"]]}
    bob = {"kept": [{"file": "shares/bob.json"}]}
    every = {"vault_urls": urls, "kept": HOLDERS}
    first, repeated, second, planned, opened, again = keys.run_all(
        ("vault_unseal", alice),
        ("vault_unseal", alice),
        ("vault_unseal", bob),
        ("vault_unseal", {**every, "check": True}),
        ("vault_unseal", every),
        ("vault_unseal", every),
    )
    assert first["sealed"]
    assert [(one["progress"], one["threshold"]) for one in first["nodes"]] == [(1, 2)]
    assert not repeated["changed"]
    assert (second["changed"], second["sealed"]) == (True, False)
    # Where the others have not joined yet nobody can foresee more.
    assert [one["changed"] for one in planned["nodes"]][2] is False
    assert [one["changed"] for one in opened["nodes"]] == [True, True, False]
    assert not opened["sealed"]
    assert not again["changed"]
    cluster.token = keys.kept("shares/alice.json")["root_token"]
    cluster.await_healthy()


def _forget_the_root_token(keys: Keys) -> None:
    absent = ("vault_root_token", {"state": "absent", "keep": HOLDERS})
    gone, again = keys.run_all(absent, absent)
    assert gone["changed"]
    assert "only a quorum of holders" in gone["warnings"][0]
    assert not again["changed"]
    held = keys.kept("shares/alice.json")
    assert "root_token" not in held
    assert sorted(held["shares"]) == ["1"]


def test_new_shares_and_a_root_token_are_shown_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANSIBLE_VERBOSITY", "4")
    old = [{"file": "old.json", "root_token": True}]
    new = [{"file": "new.json"}]
    root = [{"file": "root.json", "shares": [], "root_token": True}]
    rekey = {"new_shares": 3, "new_threshold": 2, "kept": old, "keep": new}
    token = {"state": "present", "kept": new, "keep": root}
    with bao_node(tmp_path / "server", without_token=True) as node:
        keys = Keys(tmp_path, {"vault_url": node.url})
        *_opened, planned, made, again, wish, had, gone = keys.run_all(
            ("vault_init", {**INIT, "keep": old}),
            ("vault_unseal", {"kept": old}),
            ("vault_rekey", {**rekey, "check": True}),
            ("vault_rekey", rekey),
            ("vault_rekey", rekey),
            ("vault_root_token", {**token, "check": True}),
            ("vault_root_token", token),
            ("vault_root_token", {**token, "state": "absent", "check": True}),
        )
    assert (planned["changed"], planned["phase"]) == (True, "update")
    assert (made["changed"], made["phase"]) == (True, "done")
    assert not again["changed"]
    assert (wish["changed"], wish["present"]) == (True, False)
    assert (had["changed"], had["present"]) == (True, True)
    assert gone["changed"]
    for name in ("old.json", "new.json", "root.json"):
        keys.kept(name)
    assert len(keys.secrets) == 8
    assert not keys.shown()
