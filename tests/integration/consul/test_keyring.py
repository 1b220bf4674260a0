# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gossip key of a real cluster: rotated at once or in steps, or not at all."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import secrets
from typing import Any

import pytest
from ansible.module_utils import _internal
from ansible.module_utils.testing import patch_module_args
from ansible_collections.vigie.run.plugins.module_utils._consul.keyring import (
    fingerprint,
)
from ansible_collections.vigie.run.plugins.modules import consul_keyring

from lab.consul_cluster import Cluster, await_true


@pytest.fixture(autouse=True)
def on_a_managed_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_internal, "is_controller", False)


def new_key(size: int = 32) -> str:
    return base64.b64encode(secrets.token_bytes(size)).decode()


def call(cluster: Cluster, primary: str, **options: Any) -> dict[str, Any]:
    """What the module answers; no key is in it."""
    given = {
        "primary": primary,
        "consul_url": cluster.url,
        "consul_token": cluster.token,
        "consul_ca_path": str(cluster.ca),
        **options,
    }
    said = io.StringIO()
    with (
        patch_module_args(given),
        contextlib.redirect_stdout(said),
        contextlib.suppress(SystemExit),
    ):
        consul_keyring.main()
    for key in {primary, *keys(cluster)} if len(primary) > 8 else ():
        assert key not in said.getvalue()
    return json.loads(said.getvalue())


def rings(cluster: Cluster) -> list[dict[str, Any]]:
    def told() -> list[dict[str, Any]] | None:
        said = cluster.ask("operator/keyring")
        return said if all(one["NumNodes"] == 3 for one in said) else None

    return await_true("all servers in every pool", told, limit=90)


def keys(cluster: Cluster) -> set[str]:
    return {key for server in cluster.servers for key in kept(server)}


def kept(server: Any) -> list[str]:
    """The keyring as the server keeps it on its disk, the primary first."""
    path = server.folder / "data" / "serf" / "local.keyring"
    return json.loads(path.read_text())


def test_the_key_is_rotated_everywhere_once(cluster: Cluster) -> None:
    rings(cluster)
    before, key = kept(cluster.servers[0]), new_key()
    foreseen = call(cluster, key, _ansible_check_mode=True)
    assert foreseen["changed"]
    assert kept(cluster.servers[0]) == before

    done = call(cluster, key)
    assert done["changed"]
    assert done["keyrings"] == foreseen["keyrings"]
    assert set(done["keyrings"]) == {"WAN", "LAN of lab"}
    for ring in rings(cluster):
        assert ring["Keys"] == ring["PrimaryKeys"] == {key: 3}
    assert [kept(server) for server in cluster.servers] == [[key]] * 3

    again = call(cluster, key)
    assert not again["changed"]
    assert again["diff"]["before"] == again["diff"]["after"] == done["keyrings"]
    assert cluster.leader()


def test_old_keys_can_stay_for_those_who_come_back(cluster: Cluster) -> None:
    rings(cluster)
    old, key = kept(cluster.servers[0])[0], new_key(16)
    done = call(cluster, key, retire=False)
    assert done["keyrings"]["WAN"]["keys"] == sorted(map(fingerprint, [old, key]))
    assert done["keyrings"]["WAN"]["primary"] == [fingerprint(key)]
    assert not call(cluster, key, retire=False)["changed"]
    assert call(cluster, key)["keyrings"]["WAN"]["keys"] == [fingerprint(key)]


def test_a_run_stopped_after_any_step_is_finished(cluster: Cluster) -> None:
    rings(cluster)
    key = new_key()
    for method in ("POST", "PUT"):
        cluster.ask("operator/keyring", method, {"Key": key})
        if method == "POST":
            assert all(ring["Keys"][key] == 3 for ring in rings(cluster))
    assert call(cluster, key)["changed"]
    assert {tuple(ring["Keys"]) for ring in rings(cluster)} == {(key,)}


def test_it_does_not_begin_while_a_node_is_away(cluster: Cluster) -> None:
    rings(cluster)
    before, victim = kept(cluster.servers[0]), cluster.followers()[-1]
    server = next(one for one in cluster.servers if one is not victim)
    victim.kill()
    refused = call(cluster, new_key(), consul_url=server.url)
    assert refused["failed"]
    assert victim.name in refused["msg"]
    assert kept(server) == before


def test_a_node_left_behind_on_purpose(cluster: Cluster) -> None:
    rings(cluster)
    victim, key = cluster.followers()[-1], new_key()
    server = next(one for one in cluster.servers if one is not victim)
    victim.kill()
    await_true(
        "the others to notice",
        lambda: cluster.ask("operator/keyring", server=server)[0]["NumNodes"] == 2,
        limit=90,
    )
    names = [victim.name, f"{victim.name}.lab"]
    assert call(cluster, key, consul_url=server.url, without=names)["changed"]
    # What the role does for it: the new key where the old one is kept.
    for name in ("local", "remote"):
        path = victim.folder / "data" / "serf" / f"{name}.keyring"
        path.write_text(json.dumps([key]))
    victim.start()
    assert rings(cluster)


@pytest.mark.parametrize("key", ["", "nonsense", "aGVsbG8="])
def test_what_is_no_key_is_refused(cluster: Cluster, key: str) -> None:
    assert call(cluster, key)["msg"].startswith("primary: is no key")


def test_a_token_without_the_right_is_told_the_rule(cluster: Cluster) -> None:
    said = call(cluster, new_key(), consul_token="")
    assert "it takes the rule keyring:read" in said["msg"]
