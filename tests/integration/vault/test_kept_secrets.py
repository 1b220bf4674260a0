# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets kept in a real OpenBao: fields of one secret, made by whoever is first."""

from __future__ import annotations

import contextlib
import urllib.error
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.plugin_utils._kept.secret import (
    Kept,
    Wanted,
    keep,
)
from ansible_collections.vigie.run.plugins.plugin_utils._kept.vault import (
    Vault,
    VaultStore,
)

from lab.bao_cluster import Bao
from lab.processes import await_true

WANTED = [Wanted("token", "uuid"), Wanted("gossip", "key")]


@pytest.fixture
def vault(bao: Bao) -> Vault:
    """A secret that is not there yet, on a mount that may be a moment old."""
    leader = bao.leader()
    with contextlib.suppress(urllib.error.HTTPError):  # it is mounted already
        mount = {"type": "kv", "options": {"version": "2"}}
        bao.ask("sys/mounts/kept", "POST", mount, leader)
    path = f"platform/{uuid.uuid4()}"
    return Vault(leader.url, bao.token, "kept", path, str(bao.ca))


def ask(vault: Vault, **more: Any) -> Kept:
    asked = {"renew": (), "check_mode": False, **more}
    return keep(VaultStore(vault), WANTED, **asked)


def raw(bao: Bao, vault: Vault, method: str = "GET", body: Any = None) -> Any:
    path = f"{vault.mount}/data/{vault.path}"
    return bao.ask(path, method, body, bao.leader())


def test_made_once_and_the_same_ever_after(vault: Vault) -> None:
    foreseen = ask(vault, check_mode=True)
    assert foreseen.made == ["gossip", "token"]
    made = ask(vault)
    assert made.made == ["gossip", "token"]
    assert made.values != foreseen.values
    assert ask(vault) == Kept(made.values, [])


def test_other_fields_stay_and_only_what_is_missing_is_made(
    bao: Bao, vault: Vault
) -> None:
    token = str(uuid.uuid4())
    raw(bao, vault, "POST", {"data": {"token": token, "note": "ours", "count": 3}})
    made = ask(vault)
    assert made.made == ["gossip"]
    assert made.values["token"] == token
    kept = raw(bao, vault)["data"]["data"]
    assert kept == {**made.values, "note": "ours", "count": 3}


def test_runs_at_once_get_the_same(bao: Bao, vault: Vault) -> None:
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _run: ask(vault), range(8)))
    assert [one.values for one in answers] == [answers[0].values] * 8
    assert sorted(name for one in answers for name in one.made) == ["gossip", "token"]
    assert raw(bao, vault)["data"]["metadata"]["version"] == 1


def test_renewed_when_asked_and_the_old_one_is_an_older_version(
    bao: Bao, vault: Vault
) -> None:
    before = ask(vault).values
    renewed = ask(vault, renew=("gossip",))
    assert renewed.made == ["gossip"]
    assert renewed.values["token"] == before["token"]
    old = bao.ask(f"kept/data/{vault.path}?version=1", server=bao.leader())
    assert old["data"]["data"] == before


def test_a_deleted_secret_is_not_replaced_in_silence(bao: Bao, vault: Vault) -> None:
    ask(vault)
    raw(bao, vault, "DELETE")
    with pytest.raises(RunError, match="was deleted, and new secrets would not be"):
        ask(vault)
    bao.ask(f"kept/metadata/{vault.path}", "DELETE", server=bao.leader())
    assert ask(vault).made == ["gossip", "token"]


def test_a_refusal_says_what_to_do(vault: Vault) -> None:
    with pytest.raises(RunError, match="vault_token must be allowed to read kept/"):
        ask(replace(vault, token="s.nobody"))
    with pytest.raises(RunError, match=r"vault_token must be allowed|is vault_mount"):
        ask(replace(vault, mount="nowhere"))
    with pytest.raises(RunError, match="cannot be reached: TLS failed"):
        ask(replace(vault, ca_path=""))
    with pytest.raises(RunError, match="vault_token: give one"):
        ask(replace(vault, token=""))
    with pytest.raises(RunError, match="vault_url: "):
        ask(replace(vault, url="vault.example.org"))


def test_a_sealed_server_is_told_apart(bao: Bao, vault: Vault) -> None:
    ask(vault)
    standby = bao.standbys()[0]
    standby.kill()
    standby.start()
    await_true(
        "the standby to answer",
        lambda: bao.ask("sys/seal-status", server=standby)["sealed"],
    )
    with pytest.raises(RunError, match=r"503, .*; unseal it"):
        ask(replace(vault, url=standby.url))
