# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values by a real ansible-playbook: decoding, calls, connections, trouble."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.vigie.run.plugins.lookup.consul_kv import EXAMPLES

from lab.consul_cluster import Cluster, await_true
from tests.integration.consul.inventories import environment, limited
from tests.integration.front import front


@dataclass
class Asker:
    """Evaluates expressions in a play, `kv` being the lookup's name in them.

    `variables` are the play's.
    """

    cluster: Cluster
    folder: Path
    variables: dict[str, Any] = field(default_factory=dict)
    env: dict[str, str] = field(default_factory=dict)

    def ask(self, *expressions: str, hosts: int = 1) -> list[Any]:
        """What they evaluate to, one after the other, on each of the hosts."""
        done, out = self.run(expressions, hosts)
        assert done.returncode == 0, done.stdout + done.stderr
        return [json.loads(line) for line in out.read_text().splitlines()]

    def refused(self, expression: str) -> str:
        """Why an expression fails, in one line."""
        done, _out = self.run([expression], 1)
        assert done.returncode != 0, done.stdout
        return " ".join((done.stdout + done.stderr).split())

    def run(
        self, expressions: Sequence[str], hosts: int
    ) -> tuple[subprocess.CompletedProcess[str], Path]:
        """Each expression's value as a line of JSON in a file."""
        out = self.folder / "out"
        out.unlink(missing_ok=True)
        name = "vigie.run.consul_kv"
        task = {
            "name": "Ask",
            "ansible.builtin.shell": f"cat >> {out}",
            "args": {"stdin": "{{ item | to_json }}"},
            "loop": [f"{{{{ {one.replace('kv', name, 1)} }}}}" for one in expressions],
        }
        return self.play([task], hosts), out

    def play(
        self, tasks: list[dict[str, Any]], hosts: int = 1
    ) -> subprocess.CompletedProcess[str]:
        """A real ansible-playbook on hosts that are this machine."""
        play = {"hosts": "all", "gather_facts": False, "tasks": tasks}
        play["vars"] = {
            "consul_url": self.cluster.url,
            "consul_ca_path": str(self.cluster.ca),
            # Evaluated by the lookup: Ansible gives it as it is written here.
            "consul_token": "{{ secret }}",
            "secret": self.cluster.token,
            **self.variables,
        }
        local = {
            "ansible_connection": "local",
            "ansible_python_interpreter": sys.executable,
        }
        inventory = {"all": {"hosts": {f"h{n}": local for n in range(hosts)}}}
        (self.folder / "hosts.json").write_text(json.dumps(inventory))
        (self.folder / "play.json").write_text(json.dumps([play]))
        return subprocess.run(
            [
                str(Path(sys.executable).with_name("ansible-playbook")),
                *("-i", "hosts.json", "play.json"),
            ],
            cwd=self.folder,
            env={**environment(self.folder), **self.env},
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def asker(cluster: Cluster, tmp_path: Path) -> Iterator[Asker]:
    """Keys below `look/`."""
    put(cluster, "look/host", "db-a1")
    put(cluster, "look/port", "5432")
    put(cluster, "look/empty", "")
    put(cluster, "look/json", '{"search": true, "of": [1, 2]}')
    put(cluster, "look/yaml", "search: yes\nof: [1, 2]\n")
    put(cluster, "look/bytes", b"\xff\x00")
    put(cluster, "look/template", "{{ secret }}")
    put(cluster, "look/deep/a", "1")
    put(cluster, "look/deep/b/c", "2")
    put(cluster, "look/deeper/a", "3")
    cluster.ask("kv/look/deep/", "PUT", b"")
    yield Asker(cluster, tmp_path)
    cluster.ask("kv/look/?recurse", "DELETE")


def put(cluster: Cluster, key: str, value: str | bytes) -> None:
    cluster.ask(f"kv/{key}", "PUT", value.encode() if isinstance(value, str) else value)


def test_keys_folders_and_documents(asker: Asker) -> None:
    one, several, tree, trees, document, same, raw, empty = asker.ask(
        "lookup('kv', 'look/host')",
        "query('kv', 'look/port', 'look/host', 'look/port')",
        "lookup('kv', 'look/deep', recurse=true)",
        "query('kv', 'look/deep/', 'look/deeper', recurse=true)",
        "lookup('kv', 'look/json', decode='json')",
        "lookup('kv', 'look/yaml', decode='yaml')",
        "lookup('kv', 'look/bytes', decode='base64')",
        "query('kv', 'look/empty')",
    )
    assert (one, several) == ("db-a1", ["5432", "db-a1", "5432"])
    assert tree == {"a": "1", "b/c": "2"}
    assert trees == [tree, {"a": "3"}]
    assert document == same == {"search": True, "of": [1, 2]}
    assert (raw, empty) == ("/wA=", [""])


def test_defaults_details_and_data_that_is_no_template(asker: Asker) -> None:
    default, none, folder, details, template = asker.ask(
        "query('kv', 'look/host', 'look/none', default='x')",
        "query('kv', 'look/none', default=none)",
        "query('kv', 'look/none', recurse=true, default={})",
        "lookup('kv', 'look/host', details=true)",
        "query('kv', 'look/template')",
    )
    assert (default, none, folder) == (["db-a1", "x"], [None], [{}])
    assert template == ["{{ secret }}"]
    index = details.pop("modify_index")
    assert index == details.pop("create_index") > 0
    assert details == {"key": "look/host", "value": "db-a1", "flags": 0, "session": ""}


def test_what_is_missing_or_wrong_is_named(asker: Asker) -> None:
    said = asker.refused("query('kv', 'look/host', 'look/x', '/look/y')")
    assert "Consul has no key 'look/x', '/look/y'; give a default if that is" in said
    assert "Keys of Consul begin without a slash" in said
    said = asker.refused("query('kv', 'look/dee', recurse=true)")
    assert "Consul has no key in the folder 'look/dee/'" in said
    said = asker.refused("query('kv', 'look/host', recursive=true)")
    assert "recursive: there is no such option; there are consul_ca_path" in said
    said = asker.refused("query('kv', 'look/template', decode='json')")
    assert "key 'look/template': its value is no JSON: Expecting property" in said
    assert "secret }}" not in said.replace("{{ secret }} }}", "")
    assert "its value is no text" in asker.refused("query('kv', 'look/bytes')")
    assert "'' is no key" in asker.refused("query('kv', '')")


def one(number: int) -> dict[str, Any]:
    """The operation that sets one of many keys to its number."""
    value = base64.b64encode(str(number).encode()).decode()
    return {"KV": {"Verb": "set", "Key": f"look/many/{number}", "Value": value}}


def test_many_keys_are_one_call_and_a_task_one_connection(asker: Asker) -> None:
    cluster = asker.cluster
    for start in (0, 50):
        cluster.ask("txn", "PUT", [one(n) for n in range(start, start + 50)])
    keys = "range(100) | map('string') | map('regex_replace', '^', 'look/many/')"
    with front(cluster) as way:
        asker.variables = {"consul_url": way.url, "consul_ca_path": ""}
        (values,) = asker.ask(f"query('kv', *({keys}))")
        assert values == [str(number) for number in range(100)]
        # 64 keys a call.
        assert [path for _method, path in way.seen] == ["/v1/txn"] * 2
        way.seen, way.connections = [], 0
        asker.ask(*(f"lookup('kv', 'look/many/{n}')" for n in range(30)))
        assert len(way.seen) == 30
        assert way.connections == 1
        way.connections = 0
        asker.ask("lookup('kv', 'look/host')", "lookup('kv', 'look/port')", hosts=4)
        assert way.connections == 4


def test_the_token_may_come_from_a_file_and_is_never_shown(
    asker: Asker, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    file.write_text(asker.cluster.token)
    asker.variables = {"consul_token": None, "consul_token_file": str(file)}
    assert asker.ask("lookup('kv', 'look/host')") == ["db-a1"]
    asker.variables = {"consul_token": "11111111-2222-3333-4444-555555555555"}
    said = asker.refused("query('kv', 'look/host')")
    assert "does not know the token in consul_token" in said
    assert "11111111-2222" not in said


def test_a_denial_names_the_rule(asker: Asker) -> None:
    token = limited(asker.cluster, 'key_prefix "look/deep/" { policy = "read" }')
    asker.variables = {"secret": token}
    (tree,) = asker.ask("lookup('kv', 'look/deep', recurse=true)")
    assert tree == {"a": "1", "b/c": "2"}
    said = asker.refused("query('kv', 'look/deep/a', 'look/host')")
    assert 'it takes the rule key "look/host" { policy = "read" }' in said
    said = asker.refused("query('kv', 'look/deeper', recurse=true)")
    assert 'it takes the rule key_prefix "look/deeper/" { policy = "read" }' in said


def test_the_examples_work(asker: Asker) -> None:
    keys = {
        "portal/release": "4.2.1",
        "portal/database/host": "db-a1",
        "portal/database/port": "5432",
        "portal/features": '{"search": true}',
    }
    for key, value in keys.items():
        put(asker.cluster, key, value)
    tasks = yaml.safe_load(EXAMPLES)
    for task in tasks:
        task.pop("vars", {}).pop("consul_url", None)
    tasks[1]["vars"] = {"names": ["host", "port"], "keys": list(keys)[1:3]}
    done = asker.play(tasks)
    assert done.returncode == 0, done.stdout
    assert '"msg": "4.2.1"' in done.stdout


def test_trouble_is_told(asker: Asker) -> None:
    servers = asker.cluster.servers
    asker.variables = {"consul_timeout": 1}
    servers[0].freeze()
    started = time.monotonic()
    said = asker.refused("query('kv', 'look/host')")
    assert "cannot be reached: no answer within 1 s" in said
    assert time.monotonic() - started < 10
    servers[0].thaw()
    asker.cluster.await_healthy()
    for server in servers[1:]:
        server.kill()
    await_true("no leader", lambda: asker.cluster.ask("status/leader") == "")
    asker.variables = {}
    assert "has no cluster leader" in asker.refused("query('kv', 'look/host')")
    for server in servers[1:]:
        server.start()
    asker.cluster.await_healthy()
