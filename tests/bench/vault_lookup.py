# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A thousand secrets of a real OpenBao, looked up beside community.hashi_vault.

    make bench NAME=vault_lookup

`together`: one lookup of all secrets. `each`: a lookup for each of them, in one text.
`loop`: the same in the loop of a task, most of which is what Ansible does for an item.
`hosts`: one lookup on each of a hundred hosts, for which Ansible forks a process each.
All over TLS, as an AppRole; ours has to log in once for a run. Calls are answers in the
nodes' audit logs. Beside `each` stand what no sequence of lookups can do without: the
same reads in a bare process (`reads`), and a play that looks up nothing (`nothing`).
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import hvac

from lab.bao_cluster import Bao, bao
from lab.play import ROOT, environment
from lab.processes import await_true
from tests.bench.measure import OURS, Row, measure, write

RIVAL = "community.hashi_vault"
WORK = ROOT / "build" / "bench" / "vault_lookup"
PLAYS = Path(__file__).parent / "plays"
SUBJECTS = ((OURS, "lookup_vault"), (RIVAL, "plain_lookup_vault"))
# What `each` cannot do without, both together.
LEAST = ("reads", "nothing")
CASES = ("together", "each", "loop", "hosts")
SECRETS = 1000
HOSTS = 100
ANSWER = '"type":"response"'
LOGIN = '"path":"auth/approle/login"'


def prepare(cluster: Bao) -> dict[str, Any]:
    """The secrets, each with its own name in it, and the variables of both plays."""
    names = [f"secret-{number:04}" for number in range(SECRETS)]
    url = cluster.leader().url
    adapter = hvac.Client(url, cluster.token, verify=str(cluster.ca)).adapter

    def post(path: str, **body: Any) -> Any:
        return adapter.post(f"/v1/{path}", json=body)

    def put(name: str) -> Any:
        return post(f"bench/data/{name}", data={"name": name})

    post("sys/mounts/bench", type="kv", options={"version": "2"})
    await_true("the engine", lambda: _is_ready(put, names[0]))
    for name in names:
        put(name)
    post("sys/policies/acl/bench", policy='path "bench/*" { capabilities = ["read"] }')
    post("sys/auth/approle", type="approle")
    role = "auth/approle/role/bench"
    post(role, token_policies="bench", token_ttl="20m")
    return {
        "bench_names": names,
        "vault_url": url,
        "vault_ca_path": str(cluster.ca),
        "vault_auth": "approle",
        "vault_role_id": adapter.get(f"/v1/{role}/role-id")["data"]["role_id"],
        "vault_secret_id": post(f"{role}/secret-id")["data"]["secret_id"],
    }


def _is_ready(put: Callable[[str], Any], name: str) -> bool:
    """A new engine refuses writes for a moment."""
    try:
        return bool(put(name))
    except hvac.exceptions.VaultError:
        return False


def inventory(hosts: int) -> Path:
    """So many hosts that are this machine; nothing is run on them."""
    path = WORK / f"hosts-{hosts}.json"
    told = {f"h{number}": {"ansible_connection": "local"} for number in range(hosts)}
    path.write_text(json.dumps({"all": {"hosts": told}}))
    return path


def answers(cluster: Bao, kind: str = "") -> int:
    """How many requests the nodes have answered, of all or of one kind."""
    logs = (server.audit.read_text() for server in cluster.servers)
    lines = (line for log in logs for line in log.splitlines())
    return sum(ANSWER in line and kind in line for line in lines)


def play(case: str, subject: str, playbook: str, given: Path, cluster: Bao) -> Row:
    """One measured ansible-playbook. RuntimeError where ours logs in more than once."""
    hosts = HOSTS if case == "hosts" else 1
    argv = [
        *("ansible-playbook", "-i", str(inventory(hosts))),
        *(str(PLAYS / f"{playbook}.yml"), f"--extra-vars=@{given}"),
        *("-e", f"bench_case={case}"),
    ]
    logins = answers(cluster, LOGIN)
    row = run(argv, case, subject, cluster)
    logins = answers(cluster, LOGIN) - logins
    if subject == OURS and case in CASES and logins != 1:
        raise RuntimeError(f"{case}: a run logged in {logins} times, not once")
    return row


def run(argv: list[str], case: str, subject: str, cluster: Bao) -> Row:
    """One measured process."""
    calls = answers(cluster)
    log = WORK / f"{case}-{subject}.log"
    spent = measure(argv, ROOT, environment(WORK / "journal"), log)
    row = Row(case, subject, *spent, calls=answers(cluster) - calls)
    print(row, flush=True)
    return row


def least(given: Path, cluster: Bao) -> list[Row]:
    """The parts of `each` that are nobody's lookups."""
    argv = [sys.executable, "-m", "tests.bench.bare_reads", str(given)]
    reads, nothing = LEAST
    _ours, playbook = SUBJECTS[0]
    return [
        run(argv, "each", reads, cluster),
        replace(
            play(nothing, OURS, playbook, given, cluster), case="each", subject=nothing
        ),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--case", choices=CASES, action="append", help="only these")
    parser.add_argument("--only-ours", action="store_true", help="leave the rival out")
    options = parser.parse_args()
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    rows = []
    with bao(WORK / "cluster") as cluster:
        given = WORK / "given.json"
        given.write_text(json.dumps(prepare(cluster)))
        for number in range(1, options.rounds + 1):
            for case in options.case or CASES:
                print(f"round {number}: {case} …", flush=True)
                for subject, playbook in SUBJECTS[: 1 if options.only_ours else None]:
                    rows.append(play(case, subject, playbook, given, cluster))
                if case == "each":
                    rows += least(given, cluster)
    write("vault_lookup", rows, ROOT / "build" / "bench")


if __name__ == "__main__":
    main()
