# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secret ids brought to hosts wrapped, on a real cluster: once, and seen when not."""

from __future__ import annotations

import os
import stat
import urllib.error
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lab.bao_cluster import Bao
from lab.processes import ask
from tests.integration.front import Answered, Cut, first, front
from tests.integration.leaks import talkative
from tests.unit.plugins.action.plays import play


@dataclass
class Host:
    """An AppRole, and the file of a host that is to hold a secret id of it."""

    bao: Bao
    folder: Path
    role: str
    role_id: str = ""
    variables: dict[str, Any] = field(default_factory=dict)

    @property
    def file(self) -> Path:
        return self.folder / "secret-id"

    @property
    def path(self) -> str:
        return f"{self.role}/secret-id"

    def task(self, *, check: bool = False, **more: Any) -> dict[str, Any]:
        """Deliver to the file."""
        options = {
            "vault_url": self.bao.url,
            "vault_ca_path": str(self.bao.ca),
            "creation_path": self.path,
            "dest": str(self.file),
            **more,
        }
        return {
            "vigie.run.vault_unwrap": options,
            "diff": True,
            "check_mode": check,
        }

    def run(self, *tasks: Any) -> tuple[int, str]:
        """A play whose run may have secret ids made and no more."""
        return play(self.folder, {"one": self.variables}, *tasks)

    def ask(self, path: str, body: Any = None, method: str = "POST") -> Any:
        return self.bao.ask(path, method, body, self.bao.leader())

    def wrapped(self, path: str = "") -> str:
        """A token that wraps a new secret id, as somebody else would get one."""
        leader = self.bao.leader()
        header = {"X-Vault-Token": self.bao.token, "X-Vault-Wrap-TTL": "120s"}
        url = f"{leader.url}/v1/{path or self.path}"
        return ask(url, "POST", {}, header, self.bao.ca)["wrap_info"]["token"]

    def secret_ids(self) -> int:
        """How many secret ids there are."""
        try:
            return len(self.ask(f"{self.path}?list=true", method="GET")["data"]["keys"])
        except urllib.error.HTTPError:
            return 0

    def logs_in(self) -> bool:
        body = {"role_id": self.role_id, "secret_id": self.file.read_text()}
        try:
            self.ask(f"{self.role.partition('/role/')[0]}/login", body)
        except urllib.error.HTTPError:
            return False
        return True


@pytest.fixture
def host(bao: Bao, tmp_path: Path) -> Iterator[Host]:
    """An AppRole for the application, and a token of the run that may serve it."""
    mount = f"t{uuid.uuid4().hex[:8]}"
    made = Host(bao, tmp_path, f"auth/{mount}/role/web")
    made.ask(f"sys/auth/{mount}", {"type": "approle"})
    made.ask(made.role, {"secret_id_ttl": "1h", "token_ttl": "1m"})
    made.role_id = made.ask(f"{made.role}/role-id", method="GET")["data"]["role_id"]
    rules = f'path "{made.path}" {{ capabilities = ["update"] }}'
    made.ask(f"sys/policies/acl/{mount}", {"policy": rules})
    asked = {"policies": [mount], "no_default_policy": True}
    token = made.ask("auth/token/create-orphan", asked)["auth"]["client_token"]
    made.variables = {
        "vault_url": bao.url,
        "vault_ca_path": str(bao.ca),
        "vault_token": token,
    }
    yield made
    made.ask(f"sys/auth/{mount}", method="DELETE")


def test_a_secret_id_is_brought_once_and_replaced_when_it_is_needed(
    host: Host,
) -> None:
    wanted = {"role_id": host.role_id, "max_age": "20d"}
    stat_file = {"ansible.builtin.stat": {"path": str(host.file)}, "register": "seen"}
    nothing = {"ansible.builtin.assert": {"that": "not seen.stat.exists"}}
    foreseen = host.task(check=True, **wanted)
    again = {**host.task(**wanted), "register": "again"}
    settled = {"ansible.builtin.assert": {"that": "again is not changed"}}
    code, said = host.run(
        foreseen, stat_file, nothing, host.task(**wanted), again, settled
    )
    assert code == 0, said
    assert "changed=2" in said
    assert host.logs_in()
    assert stat.S_IMODE(host.file.stat().st_mode) == 0o600
    first = host.file.read_text()
    assert first not in said
    assert host.secret_ids() == 1

    old = host.file.stat().st_mtime - 21 * 86400
    os.utime(host.file, (old, old))
    code, said = host.run(host.task(**wanted))
    assert "changed=1" in said, said
    second = host.file.read_text()
    assert second != first
    assert second not in said

    host.ask(f"{host.path}/destroy", {"secret_id": second})
    code, said = host.run(host.task(**wanted))
    assert "changed=1" in said, said
    assert host.logs_in()


def test_a_token_that_was_used_is_an_alarm(host: Host) -> None:
    token = host.wrapped()
    leader = host.bao.leader()
    host.bao.ask("sys/wrapping/unwrap", "POST", None, leader, token)
    code, said = host.run(host.task(token=token))
    assert code == 2
    assert "somebody unwrapped it, and may have read the answer of" in said
    assert '"alarm": "token used or expired"' in said
    assert token not in said
    assert not host.file.exists()


def test_a_token_that_was_wrapped_anew_is_an_alarm_and_stays_unused(
    host: Host,
) -> None:
    read = host.bao.ask(
        "sys/wrapping/unwrap", "POST", None, host.bao.leader(), host.wrapped()
    )["data"]
    header = {"X-Vault-Token": host.bao.token, "X-Vault-Wrap-TTL": "120s"}
    url = f"{host.bao.leader().url}/v1/sys/wrapping/wrap"
    forged = ask(url, "POST", read, header, host.bao.ca)["wrap_info"]["token"]
    code, said = host.run(host.task(token=forged))
    assert code == 2
    assert f"wraps an answer of sys/wrapping/wrap, not of {host.path}" in said
    assert not host.file.exists()
    assert host.ask("sys/wrapping/lookup", {"token": forged})["data"]


def test_a_given_token_is_unwrapped_on_a_standby_too(host: Host) -> None:
    token = host.wrapped()
    standby = host.bao.standbys()[0].url
    given = {"token": token, "vault_url": standby}
    code, said = host.run(
        host.task(check=True, **given), host.task(**given, mode="0640")
    )
    assert code == 0, said
    assert host.logs_in()
    assert stat.S_IMODE(host.file.stat().st_mode) == 0o640


def test_what_cannot_be_is_said_before_a_secret_is_made(host: Host) -> None:
    wrong = {
        "dest: there is no folder /nowhere": {"dest": "/nowhere/secret-id"},
        "owner: there is no 'nobody-here' on this host": {"owner": "nobody-here"},
        "max_age: '20 days' is no duration": {"max_age": "20 days"},
        "role_id: goes with a creation_path such as": {
            "creation_path": "pki/issue/web",
            "role_id": "x",
        },
        "token: is empty": {"token": ""},
    }
    tasks = [{**host.task(**one), "ignore_errors": True} for one in wrong.values()]
    _code, said = host.run(*tasks)
    assert [words for words in wrong if words not in said] == [], said
    assert f"ignored={len(wrong)}" in said
    assert host.secret_ids() == 0


def test_an_election_is_waited_for_and_a_lost_answer_is_none(host: Host) -> None:
    active = SimpleNamespace(url=host.bao.leader().url, ca=host.bao.ca)
    with front(active) as told:
        told.always = first(2, Answered(503), "POST", "wrapping/lookup")
        told.fault = first(1, Cut(), "POST", "wrapping/unwrap")
        task = host.task(vault_url=told.url)
        code, said = host.run({**task, "register": "lost", "ignore_errors": True}, task)
    assert code == 0, said
    assert "is not known, and its token is not used again: run again" in said
    assert host.logs_in()
    assert [path.rpartition("/")[2] for _method, path in told.seen] == [
        *("lookup", "lookup", "lookup", "unwrap"),
        *("lookup", "unwrap"),
    ]


def test_a_secret_id_that_does_not_log_in_is_not_written(host: Host) -> None:
    host.file.write_text("the former one")
    code, said = host.run(host.task(role_id="of-another-role"))
    assert code == 2
    assert "role_id: the new secret id does not log in with it" in said
    assert host.file.read_text() == "the former one"


def test_it_is_not_shown(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the secret id, nor a token of the run, of wrapping or of its proof."""
    watch = talkative(host.folder, monkeypatch)
    watch.values.update(host.variables, wrapped=host.wrapped())
    watch.allowed.append(host.file.name)
    made = host.task(role_id=host.role_id)
    foreign = host.task(token="{{ wrapped }}", creation_path="elsewhere")
    refused = {**foreign, "ignore_errors": True, "register": "refused"}
    seen = watch.run({"one": watch.elsewhere()}, made, refused)
    assert seen["one"]["refused"]["alarm"] == "foreign path"
    watch.learn("secret id", host.file.read_text())
    watch.run({"one": watch.elsewhere()}, made)
    assert watch.leaks() == []
