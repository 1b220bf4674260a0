# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""vault_init and vault_unseal on a new cluster: what a run team does once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.bao_cluster import bao as running
from tests.integration.vault.keys import Keys

HOLDERS = [
    {"file": "shares/alice.json", "shares": [1], "root_token": True},
    {"file": "shares/bob.json", "shares": [2]},
    {"file": "shares/carol.json", "shares": [3]},
]
THREE = {"shares": 3, "threshold": 2}


@pytest.fixture
def new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Keys]:
    """Three nodes that nobody has initialised; Ansible tells all that it can."""
    monkeypatch.setenv("ANSIBLE_VERBOSITY", "4")
    with running(tmp_path / "cluster", opened=False) as cluster:
        yield Keys(cluster, tmp_path)


def test_from_nothing_to_an_open_cluster_by_several_holders(new: Keys) -> None:
    planned = new.run("vault_init", check=True, **THREE, keep=HOLDERS)
    assert planned["changed"]
    assert not (new.folder / "shares").exists()
    made = new.run("vault_init", **THREE, keep=HOLDERS)
    assert (made["changed"], made["threshold"], made["sealed"]) == (True, 2, True)
    assert not new.run("vault_init", **THREE, keep=HOLDERS)["changed"]
    _are_private(new)

    urls = [server.url for server in reversed(new.cluster.servers)]
    first = new.run(
        "vault_unseal", shares=[new.kept("shares/alice.json")["shares"]["1"]]
    )
    assert first["changed"]
    assert first["sealed"]
    assert [(one["progress"], one["threshold"]) for one in first["nodes"]] == [(1, 2)]
    second = new.run("vault_unseal", kept=[{"file": "shares/bob.json"}])
    assert second["changed"]
    assert not second["sealed"]

    planned = new.run("vault_unseal", check=True, vault_urls=urls, kept=HOLDERS)
    assert planned["changed"]
    opened = new.run("vault_unseal", vault_urls=urls, kept=HOLDERS)
    assert opened["changed"]
    assert not opened["sealed"]
    assert [one["changed"] for one in opened["nodes"]] == [True, True, False]
    again = new.run("vault_unseal", vault_urls=urls, kept=HOLDERS)
    assert not again["changed"]
    assert not again["sealed"]
    new.cluster.token = new.kept("shares/alice.json")["root_token"]
    new.cluster.await_healthy()
    new.kept("shares/carol.json")
    assert len(new.secrets) == 4
    assert not new.shown()


def _are_private(new: Keys) -> None:
    held = [new.kept(one["file"]) for one in HOLDERS]
    assert [sorted(one["shares"]) for one in held] == [["1"], ["2"], ["3"]]
    assert [bool(one.get("root_token")) for one in held] == [True, False, False]
    assert (new.folder / "shares").stat().st_mode & 0o777 == 0o700
    for one in HOLDERS:
        assert (new.folder / one["file"]).stat().st_mode & 0o777 == 0o600
