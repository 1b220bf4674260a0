# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing of a secret is shown by what handles Vault's, however much is said."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import pytest

from lab.bao_cluster import Bao
from lab.postgres import Postgres
from tests.integration.leaks import Watch, talkative

KEY = "-----BEGIN KEY-----\n{}\n\"{}'\\{}\n-----END KEY-----\n"


@pytest.fixture
def watch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Watch:
    """A folder where all that runs say is searched."""
    return talkative(tmp_path, monkeypatch)


def hosts(bao: Bao, watch: Watch) -> dict[str, dict[str, Any]]:
    """One host whose work is done in Ansible's own process, one that modules go to."""
    watch.values.update(
        vault_url=bao.url, vault_ca_path=str(bao.ca), vault_token=bao.token
    )
    watch.learn("root token", bao.token)
    marks = {name: f"t{uuid.uuid4().hex[:8]}-" for name in ("here", "there")}
    return {
        "here": {"mark": marks["here"]},
        "there": {"mark": marks["there"], **watch.elsewhere()},
    }


def task(module: str, name: str = "", **options: Any) -> dict[str, Any]:
    """One task; `name` is what its result is registered as."""
    register = {"register": name} if name else {}
    return {f"vigie.run.{module}": options, **register}


def as_root(**options: Any) -> dict[str, Any]:
    names = ("vault_url", "vault_ca_path", "vault_token")
    return {**{name: "{{ " + name + " }}" for name in names}, **options}


def state(name: str, resources: Any, **options: Any) -> dict[str, Any]:
    """A task of vault_state, whose failure is its result."""
    made = task("vault_state", name, **{**as_root(), **options}, resources=resources)
    return {**made, "ignore_errors": True}


def declared(watch: Watch, database: Postgres, turn: str) -> dict[str, dict[str, Any]]:
    """The kinds of secrets that types take; `turn` is which values they have."""

    def value(name: str, form: str = "{}", core: str = "") -> str:
        return watch.plant(f"{name}_{turn}", form, core)

    pin = value("pin", core=str(uuid.uuid4().int)[:16])
    user, password = f"vault_{uuid.uuid4().hex[:8]}", value("orders")
    told = watch.values[f"orders_{turn}"]
    database.ask(f"CREATE ROLE {user} SUPERUSER LOGIN PASSWORD '{told}'")
    return {
        "kv": {"type": "secret_engine", "path": "{{ mark }}kv", "engine": "kv-v2"},
        "app": {
            "type": "kv_secret",
            "mount": "${kv.path}",
            "data": {
                "password": value("password", "a b\"{}'\\"),
                "pin": pin.replace(" }}", " | int }}"),
                "deep": {"keys": [value("deep"), {"pem": value("pem", KEY)}]},
            },
        },
        "db": {"type": "secret_engine", "path": "{{ mark }}db", "engine": "database"},
        "orders": {
            "type": "database_connection",
            "mount": "${db.path}",
            "plugin_name": "postgresql-database-plugin",
            "connection_url": "{% raw %}" + database.url + "{% endraw %}",
            "username": user,
            "password": password,
        },
        "people": {
            "type": "auth_method",
            "path": "{{ mark }}people",
            "method": "userpass",
        },
        "ada": {
            "type": "userpass_user",
            "mount": "${people.path}",
            "password": value("ada"),
        },
    }


def test_what_succeeds(bao: Bao, database: Postgres, watch: Watch) -> None:
    given = hosts(bao, watch)
    first = declared(watch, database, "first")
    second = declared(watch, database, "second")
    kept = {"fingerprints": "{{ mark }}kv/fingerprints"}
    watch.allowed += ["app.conf", "kept/"]
    results = watch.run(
        given,
        {**state("planned", first), "check_mode": True},
        state("made", first, **kept),
        state("changed", second, **kept),
        *used("{{ mark }}kv/app"),
        state("gone", second, state="absent"),
    )
    for result in results.values():
        assert [one for one in result.values() if one.get("failed")] == []
    for host in given:
        conf = (watch.folder / f"app.conf-{host}").read_text()
        assert watch.values["deep_second"] in conf
    for host in given.values():
        made = watch.folder / "kept" / f"{host['mark']}a"
        watch.learn(f"kept {made.name}", made.read_text().strip())
    assert watch.leaks() == []
    # Vault hides texts in there, and shows numbers.
    told = watch.told_by(*(server.audit for server in bao.servers))
    assert [one for one in told if not one.startswith("pin_")] == []


def used(path: str) -> list[dict[str, Any]]:
    """Secrets on their way to a file and to another task, as the guide has it."""
    content = "{{ lookup('vigie.run.vault', '" + path + "') | to_json }}"
    conf = {"content": content, "dest": "app.conf-{{ inventory_hostname }}"}
    secrets = [{"name": "{{ mark }}a", "kind": "password"}]
    kept = [
        task("kept_secrets", dir="kept", secrets=secrets),
        task("kept_secrets", **as_root(), vault_mount="{{ mark }}kv", vault_path="k"),
    ]
    kept[1]["vigie.run.kept_secrets"]["secrets"] = secrets
    return [
        {"ansible.builtin.copy": {**conf, "mode": "0600"}, "no_log": True},
        *({**one, "register": "kept", "no_log": True} for one in kept),
    ]


def test_what_fails(bao: Bao, database: Postgres, watch: Watch) -> None:
    """Refused logins, denied paths, and values that an error might repeat."""
    given = hosts(bao, watch)
    connection = declared(watch, database, "only")
    engines = {name: connection[name] for name in ("kv", "db")}
    orders = {**connection["orders"], "mount": "{{ mark }}db"}
    secret = {**connection["app"], "mount": "{{ mark }}kv"}
    user = {**connection["ada"], "mount": "userpass"}
    unfit = {
        "no-mapping": {**secret, "data": watch.plant("text")},
        "no-text": {**user, "password": [watch.plant("listed", KEY)]},
        "a-typo": {**user, "passwrod": watch.plant("typo")},
        "no-type": {"type": "userpas_user", "password": watch.plant("untyped")},
        "no-url": {
            **orders,
            "connection_url": watch.plant("url", "postgresql://u:{}@nowhere/x"),
        },
    }
    refused = {
        "no-mount": {**secret, "mount": "{{ mark }}no"},
        "no-user": {**orders, "username": "nobody"},
    }
    token, secret_id, password = (
        watch.plant(f"wrong_{name}", form)
        for name, form in (("token", "s.{}"), ("secret_id", "{}"), ("password", "{}"))
    )
    tasks = [
        state("token", engines, vault_token=token),
        state("approle", engines, **by("approle", role_id="r", secret_id=secret_id)),
        state("userpass", engines, **by("userpass", username="u", password=password)),
        state("unfit", unfit),
        state("limit", {"app": secret}, parallel=0),
        *missed("{{ mark }}kv/app"),
        state("engines", engines),
        state("refused", refused),
    ]
    results = watch.run(given, *tasks)
    for result in results.values():
        assert {name for name, one in result.items() if not one["failed"]} == {
            "engines"
        }
        assert all(f"- {name}." in result["unfit"]["msg"] for name in unfit)
        assert all(f"- {name}: create" in result["refused"]["msg"] for name in refused)
    assert watch.leaks() == []
    # Vault hides texts in there, and shows numbers.
    told = watch.told_by(*(server.audit for server in bao.servers))
    assert [one for one in told if not one.startswith("pin_")] == []


def by(method: str, **values: str) -> dict[str, str]:
    """A login."""
    given = {f"vault_{name}": value for name, value in values.items()}
    return {"vault_auth": method, **given}


def missed(path: str) -> list[dict[str, Any]]:
    """Lookups that fail, in tasks that have no `no_log`."""
    given = {
        "denied": "vault_token=wrong_token",
        "no_login": "vault_auth='userpass', vault_username='u',"
        " vault_password=wrong_password",
    }
    return [
        {
            "ansible.builtin.debug": {
                "msg": f"{{{{ lookup('vigie.run.vault', '{path}', {more}) }}}}"
            },
            "register": name,
            "ignore_errors": True,
        }
        for name, more in given.items()
    ]
