# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing of a secret is shown by what handles Consul's, however much is said."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import pytest

from lab.consul_cluster import Cluster
from tests.integration.leaks import Watch, talkative

PEM = "-----BEGIN KEY-----\n{}\n\"{}'\\{}\n-----END KEY-----\n"
POLICY = 'key_prefix "" { policy = "write" }\nsession_prefix "" { policy = "write" }'


@pytest.fixture
def watch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Watch:
    """A folder where all that runs say is searched."""
    return talkative(tmp_path, monkeypatch)


def hosts(cluster: Cluster, watch: Watch) -> dict[str, dict[str, Any]]:
    """One host whose work is done in Ansible's own process, one that modules go to."""
    access = {"consul_url": cluster.url, "consul_ca_path": str(cluster.ca)}
    watch.values.update(access, consul_token=cluster.token)
    watch.learn("management token", cluster.token)
    own = {
        name: {
            "mark": f"t{uuid.uuid4().hex[:8]}",
            "token": watch.plant(f"token_{name}", core=str(uuid.uuid4())),
        }
        for name in ("here", "there")
    }
    return {**own, "there": {**own["there"], **watch.elsewhere()}}


def task(module: str, registered: str, /, **options: Any) -> dict[str, Any]:
    """One task, whose failure is part of its result."""
    names = ("consul_url", "consul_ca_path", "consul_token")
    given = {**{name: "{{ " + name + " }}" for name in names}, **options}
    return {f"vigie.run.{module}": given, "register": registered, "ignore_errors": True}


def state(registered: str, resources: Any, /, **options: Any) -> dict[str, Any]:
    """A task of consul_state."""
    given = {"name": "{{ mark }}", "resources": resources, **options}
    return task("consul_state", registered, **given)


def declared(watch: Watch, turn: str) -> dict[str, dict[str, Any]]:
    """The kinds of secrets that types take; `turn` is which values they have."""
    return {
        "write": {"type": "acl_policy", "name": "{{ mark }}", "rules": POLICY},
        "given": {
            "type": "acl_token",
            "description": "{{ mark }} given",
            "secret_id": "{{ token }}",
            "policies": ["${write.name}"],
        },
        "made": {"type": "acl_token", "description": "{{ mark }} made"},
        "keys": {
            "type": "kv",
            "prefix": "{{ mark }}/app/",
            "sensitive_keys": {
                "text": watch.plant(f"text_{turn}", "a b\"{}'\\"),
                "pem": watch.plant(f"pem_{turn}", PEM),
                "deep": {"one": [watch.plant(f"deep_{turn}")]},
                "made": "${made.secret_id}",
            },
        },
    }


def locked(wrong: str) -> list[dict[str, Any]]:
    """A lock, held with a declared token; its keeper is a process beside the run."""
    lock = {"name": "{{ mark }}/lock", "consul_token": "{{ token }}"}
    return [
        task("consul_lock", "held", **lock, reason="a change"),
        task("consul_lock_info", "seen", **lock),
        task("consul_lock", "refused", **{**lock, "consul_token": wrong}, reason="x"),
        task("consul_lock", "released", **lock, state="released"),
    ]


def test_what_succeeds(cluster: Cluster, watch: Watch) -> None:
    given = hosts(cluster, watch)
    first, second = declared(watch, "first"), declared(watch, "second")
    wrong = watch.plant("wrong", core=str(uuid.uuid4()))
    watch.allowed += ["app.conf"]
    lookup = (
        "{{ lookup('vigie.run.consul_kv', mark ~ '/app', recurse=true) | to_json }}"
    )
    conf = {"content": lookup, "dest": "app.conf-{{ inventory_hostname }}"}
    results = watch.run(
        given,
        {**state("planned", first), "check_mode": True},
        state("made", first),
        *locked(wrong),
        state("changed", second),
        {"ansible.builtin.copy": {**conf, "mode": "0600"}, "no_log": True},
        state("gone", second, state="absent"),
    )
    for result in results.values():
        assert {name for name, one in result.items() if one["failed"]} == {"refused"}
    for host in given:
        conf = (watch.folder / f"app.conf-{host}").read_text()
        assert watch.cores["deep_second"] in conf
        watch.learn(f"made for {host}", json.loads(conf)["made"])
    assert watch.leaks() == []
    assert watch.told_by(*(server.folder / "log" for server in cluster.servers)) == []


def test_what_fails(cluster: Cluster, watch: Watch) -> None:
    """Refused tokens, and values that an error might repeat."""
    given = hosts(cluster, watch)
    sound = declared(watch, "only")
    keys, token = sound["keys"], sound["given"]
    own = {"made": sound["made"]}
    wrong = watch.plant("wrong", core=str(uuid.uuid4()))
    unfit = {
        "no-mapping": {**keys, "sensitive_keys": [watch.plant("listed", PEM)]},
        "no-uuid": {**token, "policies": [], "secret_id": watch.plant("no_uuid")},
        "a-typo": {**keys, "sensitive_kys": {"a": watch.plant("typo")}},
        "no-type": {"type": "acl_tokn", "secret_id": watch.plant("untyped")},
        "twice": {**keys, "keys": {"pem": "shown"}},
    }
    login = {
        "type": "acl_auth_method",
        "name": "{{ mark }}",
        "method_type": "jwt",
        "config": {"BoundIssuer": "x"},
        "sensitive_config": {"JWTValidationPubKeys": [watch.plant("key", PEM)]},
    }
    missing = "{{ lookup('vigie.run.consul_kv', 'none', consul_token=wrong) }}"
    results = watch.run(
        given,
        state("denied", {**own, "keys": keys}, consul_token=wrong),
        state("unfit", {**own, **unfit}),
        state("limit", {**own, "keys": keys}, parallel=0),
        state("long", {**own, "keys": keys}, value_limit=8),
        state("refused", {"login": login}),
        {
            "ansible.builtin.debug": {"msg": missing},
            "register": "missing",
            "ignore_errors": True,
        },
    )
    for result in results.values():
        assert all(one["failed"] for one in result.values())
        assert all(f"- {name}" in result["unfit"]["msg"] for name in unfit)
    assert watch.leaks() == []
    assert watch.told_by(*(server.folder / "log" for server in cluster.servers)) == []
