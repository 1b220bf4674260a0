# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets in plays on a real cluster: one login for a run, given back at its end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.error
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from lab.bao_cluster import Bao
from lab.processes import await_true
from tests.unit.plugins.action.plays import environment, play

SECRET = "hunter2-hunter2"


@dataclass
class App:
    """An application's secrets, and the variables of a play that may read them."""

    bao: Bao
    mount: str
    variables: dict[str, Any]

    def ask(self, path: str, method: str = "GET", body: Any = None) -> Any:
        return self.bao.ask(path, method, body, self.bao.leader())

    def logins(self) -> int:
        """How often somebody logged in, by the audit logs of all nodes."""
        path = f'"path":"auth/{self.mount}-role/login"'
        told = [server.audit for server in self.bao.servers if server.audit.exists()]
        lines = [line for log in told for line in log.read_text().splitlines()]
        return sum(path in line and '"type":"response"' in line for line in lines)

    def tokens(self) -> int:
        """How many tokens of this role live."""
        found = self.ask("auth/token/accessors?list=true")["data"]["keys"]
        return sum(self._is_ours(accessor) for accessor in found)

    def _is_ours(self, accessor: str) -> bool:
        try:
            body = {"accessor": accessor}
            about = self.ask("auth/token/lookup-accessor", "POST", body)["data"]
        except urllib.error.HTTPError:
            return False
        return about["path"] == f"auth/{self.mount}-role/login"


@pytest.fixture
def app(bao: Bao) -> Iterator[App]:
    """Two secrets in an engine of their own, and an AppRole that may read it."""
    mount = f"t{uuid.uuid4().hex[:8]}"
    made = App(bao, mount, {})
    made.ask(f"sys/mounts/{mount}", "POST", {"type": "kv", "options": {"version": 2}})
    made.ask(f"sys/mounts/{mount}-old", "POST", {"type": "kv"})
    for number in (1, 2):
        data = {"data": {"password": f"{SECRET}-{number}", "n": number}}
        await_true(
            "the engine", lambda data=data: _put(made, f"{mount}/data/app", data)
        )
    made.ask(f"{mount}-old/app", "POST", {"password": SECRET})
    rules = f'path "{mount}*" {{ capabilities = ["read", "list"] }}'
    made.ask(f"sys/policies/acl/{mount}", "PUT", {"policy": rules})
    made.ask(f"sys/auth/{mount}-role", "POST", {"type": "approle"})
    role = f"auth/{mount}-role/role/app"
    made.ask(role, "POST", {"token_policies": mount, "token_ttl": "20m"})
    secret = made.ask(f"{role}/secret-id", "POST")["data"]["secret_id"]
    made.variables = {
        "vault_url": bao.url,
        "vault_ca_path": str(bao.ca),
        "vault_auth": "approle",
        "vault_auth_mount": f"{mount}-role",
        "vault_role_id": made.ask(f"{role}/role-id")["data"]["role_id"],
        "vault_secret_id": secret,
    }
    yield made
    for path in (f"sys/mounts/{mount}", f"sys/mounts/{mount}-old"):
        made.ask(path, "DELETE")
    made.ask(f"sys/auth/{mount}-role", "DELETE")


def _put(app: App, path: str, body: Any) -> Any:
    return app.ask(path, "POST", body)


def lookup(term: str, more: str = "") -> str:
    return f"lookup('vigie.run.vault', '{term}'{more})"


def proof(*that: str) -> dict[str, Any]:
    return {"ansible.builtin.assert": {"that": list(that)}}


def test_every_kind_of_path(app: App, tmp_path: Path) -> None:
    mount = app.mount
    odd = "été 100%41/a+b"
    app.ask(f"{mount}-old/{quote(odd)}", "POST", {"password": SECRET})
    code, said = play(
        tmp_path,
        {"one": app.variables},
        proof(
            f"{lookup(f'{mount}/app#password')} == '{SECRET}-2'",
            f"{lookup(f'{mount}/data/app#n')} == 2",
            f"{lookup(f'{mount}/app#password', ', version=1')} == '{SECRET}-1'",
            f"{lookup(f'{mount}-old/app#password')} == '{SECRET}'",
            f"{lookup(f'{mount}/app')} == {{'n': 2, 'password': '{SECRET}-2'}}",
            f"{lookup(f'{mount}/none', ', default=7')} == 7",
            f"{lookup(f'{mount}-old/{odd}#password')} == '{SECRET}'",
        ),
    )
    assert code == 0, said


def test_many_terms_are_given_in_their_order(app: App, tmp_path: Path) -> None:
    """They are read side by side; the one that is missing is named all the same."""
    here, old = f"'{app.mount}/app#n'", f"'{app.mount}-old/app#password'"
    terms = ", ".join([here, old, f"'{app.mount}/none'"] * 8)
    code, said = play(
        tmp_path,
        {"one": app.variables},
        proof(
            f"query('vigie.run.vault', {terms}, default=7) == [2, '{SECRET}', 7] * 8"
        ),
        proof(f"query('vigie.run.vault', {terms}) == 1"),
    )
    assert code == 2
    assert "ok=1" in said
    assert f"{app.mount}/none: there is nothing" in said
    assert app.logins() == 1


@pytest.mark.parametrize(
    ("term", "words"),
    [
        ("{}/none", "{}/none: there is nothing, and no default was given"),
        ("{}/app#nome", "{}/app has no 'nome'; its fields are n, password"),
        ("elsewhere/app", 'path "elsewhere/app" {{ capabilities = ["read"] }}'),
        ("{}/app#", "'{}/app#' is no path: write secret/app or secret/app#field"),
    ],
)
def test_what_is_missing_is_named(
    app: App, term: str, words: str, tmp_path: Path
) -> None:
    told = proof(f"{lookup(term.format(app.mount))} == 1")
    code, said = play(tmp_path, {"one": app.variables}, told)
    assert code == 2
    assert words.format(app.mount) in said
    assert SECRET not in said


def test_one_login_for_all_tasks_hosts_and_modules_of_a_run(
    app: App, tmp_path: Path
) -> None:
    """Three hosts, two tasks each and a module; the token ends with the run."""
    hosts = {f"host{number}": app.variables for number in range(3)}
    wanted = f"{lookup(f'{app.mount}/app#n')} == 2"
    options = {**app.variables, "resources": {}}
    code, said = play(
        tmp_path,
        hosts,
        proof(wanted),
        proof(wanted),
        {"vigie.run.vault_state": options, "run_once": True},
    )
    assert code == 0, said
    assert app.logins() == 1
    assert await_true("no token", lambda: app.tokens() == 0)


def test_a_killed_run_leaves_no_token(app: App, tmp_path: Path) -> None:
    gate = tmp_path / "looked"
    local = {
        "ansible_connection": "local",
        "ansible_python_interpreter": sys.executable,
    }
    book = [
        {
            "hosts": "localhost",
            "gather_facts": False,
            "vars": {**app.variables, **local},
            "tasks": [
                proof(f"{lookup(f'{app.mount}/app#n')} == 2"),
                {"ansible.builtin.copy": {"content": "", "dest": str(gate)}},
                {"ansible.builtin.pause": {"seconds": 600}},
            ],
        }
    ]
    (tmp_path / "play.json").write_text(json.dumps(book))
    run = subprocess.Popen(
        [str(Path(sys.executable).with_name("ansible-playbook")), "play.json"],
        cwd=tmp_path,
        env=environment(tmp_path),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    await_true("the first task", gate.exists)
    assert app.tokens() == 1
    os.killpg(run.pid, signal.SIGKILL)
    run.wait(30)
    assert await_true("no token", lambda: app.tokens() == 0)


def test_a_revoked_token_is_replaced_within_a_run(app: App, tmp_path: Path) -> None:
    """By somebody else, between two tasks."""
    wanted = proof(f"{lookup(f'{app.mount}/app#n')} == 2")
    revoke = {
        "ansible.builtin.uri": {
            "url": f"{app.bao.leader().url}/v1/auth/token/revoke-accessor",
            "method": "POST",
            "headers": {"X-Vault-Token": app.bao.token},
            "body_format": "json",
            "body": {"accessor": "{{ token.accessor }}"},
            "ca_path": str(app.bao.ca),
            "status_code": [204],
        },
        "vars": {"token": f"{{{{ {lookup('auth/token/lookup-self')} }}}}"},
    }
    code, said = play(tmp_path, {"one": app.variables}, wanted, revoke, wanted)
    assert code == 0, said
    assert app.logins() == 2
