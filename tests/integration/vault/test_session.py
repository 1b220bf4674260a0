# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reaching a real cluster: logins, the active node, and what is said when it fails."""

from __future__ import annotations

import urllib.error
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.module_utils._vault.errors import (
    SealedError,
    UnreachableError,
)
from ansible_collections.vigie.run.plugins.module_utils._vault.login import Credentials
from ansible_collections.vigie.run.plugins.module_utils._vault.options import (
    vault_options,
)
from ansible_collections.vigie.run.plugins.module_utils._vault.session import (
    Access,
    Session,
)

from lab.bao_cluster import Bao, BaoServer


def session(
    bao: Bao, server: BaoServer | None = None, patience: float = 20.0, **options: Any
) -> Session:
    """A session as a module opens it."""
    defaults = {name: one.get("default") for name, one in vault_options().items()}
    params = {
        **defaults,
        "vault_url": (server or bao.servers[0]).url,
        "vault_ca_path": str(bao.ca),
        "vault_token": bao.token,
        **options,
    }
    access, credentials = Access.from_params(params), Credentials.from_params(params)
    return Session(access, credentials, patience)


@pytest.fixture
def logins(bao: Bao) -> Iterator[dict[str, dict[str, str]]]:
    """By method, what a login of it takes."""
    leader = bao.leader()

    def ask(path: str, body: Any = None, method: str = "POST") -> Any:
        return bao.ask(path, method, body, leader)

    ask("sys/auth/approle", {"type": "approle"})
    ask("auth/approle/role/app", {"token_policies": "default"})
    role = ask("auth/approle/role/app/role-id", None, "GET")["data"]["role_id"]
    secret = ask("auth/approle/role/app/secret-id")["data"]["secret_id"]
    ask("sys/auth/people", {"type": "userpass"})
    ask("auth/people/users/ana", {"password": "hunter2-hunter2"})
    yield {
        "approle": {"vault_role_id": role, "vault_secret_id": secret},
        "userpass": {
            "vault_auth_mount": "people",
            "vault_username": "ana",
            "vault_password": "hunter2-hunter2",
        },
    }
    for mount in ("approle", "people"):
        ask(f"sys/auth/{mount}", None, "DELETE")


@pytest.mark.parametrize("method", ["approle", "userpass"])
def test_one_login_for_many_requests_and_its_token_ends_with_them(
    bao: Bao, logins: dict[str, dict[str, str]], method: str
) -> None:
    used = session(bao, vault_auth=method, **logins[method])
    asked = [used.read("auth/token/lookup-self")["accessor"] for number in range(3)]
    assert len(set(asked)) == 1
    used.close()
    with pytest.raises(urllib.error.HTTPError, match="403"):
        bao.ask("auth/token/lookup-self", server=bao.leader(), token=used.token)


def test_a_given_token_outlives_the_session(bao: Bao) -> None:
    used = session(bao)
    assert used.read("auth/token/lookup-self")
    used.close()
    assert bao.ask("auth/token/lookup-self", server=bao.leader())


def test_a_refused_login_names_what_to_check(
    bao: Bao, logins: dict[str, dict[str, str]]
) -> None:
    wrong = {**logins["approle"], "vault_secret_id": "wrong-secret-id"}
    used = session(bao, vault_auth="approle", **wrong)
    with pytest.raises(RunError, match="check vault_role_id, vault_secret_id") as said:
        used.read("auth/token/lookup-self")
    assert "wrong-secret-id" not in str(said.value)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"vault_url": None}, "vault_url: '' is no address"),
        ({"vault_token": None}, "vault_token: is required with vault_auth=token"),
        (
            {"vault_token": None, "vault_token_file": "/nowhere"},
            "vault_token_file: /nowhere cannot be read",
        ),
        ({"vault_auth": "approle", "vault_role_id": "x"}, "vault_secret_id: is requ"),
        ({"vault_auth": "kubernetes", "vault_role": "x"}, "vault_jwt: /var/run"),
    ],
)
def test_what_is_missing_is_named(
    bao: Bao, options: dict[str, Any], words: str
) -> None:
    with pytest.raises(RunError, match=words):
        session(bao, **options)


def test_a_token_file_is_enough(bao: Bao, tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text(f"{bao.token}\n")
    used = session(bao, vault_token=None, vault_token_file=str(path))
    assert used.read("auth/token/lookup-self")


def test_what_was_written_is_read_at_once_through_a_standby(bao: Bao) -> None:
    """Reads of a standby may be behind: the session goes to the active node."""
    used = session(bao, bao.standbys()[0])
    for number in range(20):
        body = {"policy": f'path "a{number}" {{ capabilities = ["read"] }}'}
        used.write("sys/policies/acl/behind", body)
        assert used.read("sys/policies/acl/behind")["policy"] == body["policy"]
    used.delete("sys/policies/acl/behind")


def test_a_step_down_is_waited_out(bao: Bao) -> None:
    used = session(bao)
    used.read("sys/mounts")
    bao.ask("sys/step-down", "POST", server=bao.leader())
    body = {"policy": 'path "a" { capabilities = ["read"] }'}
    used.write("sys/policies/acl/stepped", body)
    assert used.read("sys/policies/acl/stepped")
    used.delete("sys/policies/acl/stepped")


def test_the_active_node_is_lost(bao: Bao) -> None:
    leader = bao.leader()
    used = session(bao, bao.standbys()[0])
    used.read("sys/mounts")
    leader.kill()
    assert used.read("sys/mounts")


def test_a_sealed_node_says_so(bao: Bao) -> None:
    standby = bao.standbys()[0]
    standby.kill()
    standby.start()
    bao._await_answer(standby)
    with pytest.raises(SealedError, match=r"is sealed: unseal it \(vigie\.run\.vault"):
        session(bao, standby, patience=0).read("sys/mounts")


def test_a_lost_quorum_ends_patience(bao: Bao) -> None:
    left, *gone = bao.servers
    for server in gone:
        server.kill()
    used = session(bao, left, patience=2, vault_timeout=2.0)
    with pytest.raises(RunError, match=r"no answer in time|answered POST"):
        used.write("sys/policies/acl/lost", {"policy": ""})


def test_nobody_there(bao: Bao) -> None:
    used = session(bao, vault_url=bao.url.replace(":8200", ":8299"))
    with pytest.raises(UnreachableError, match="cannot be reached: connection refused"):
        used.read("sys/mounts")
