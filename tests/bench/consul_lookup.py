# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A thousand keys of a real Consul, looked up beside community.general.consul_kv.

    make bench NAME=consul_lookup

`together`: one lookup of all keys. `each`: a lookup for each of them, in one task.
`hosts`: one lookup on each of a hundred hosts, for which Ansible forks a process each.
All over TLS, with a token. Calls are requests in the server's own log.
"""

from __future__ import annotations

import argparse
import base64
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

from lab.consul_cluster import Cluster
from lab.play import ROOT, environment
from tests.bench.clusters import OPERATIONS, Requests, access, new_cluster
from tests.bench.measure import OURS, Row, measure, write

RIVAL = "community.general"
WORK = ROOT / "build" / "bench" / "consul_lookup"
PLAYS = Path(__file__).parent / "plays"
SUBJECTS = ((OURS, "lookup_consul"), (RIVAL, "plain_lookup_consul"))
KEYS = 1000
HOSTS = 100


def prepare(cluster: Cluster) -> list[str]:
    """The keys, each with its own name as its value."""
    keys = [f"bench/{number:04}" for number in range(KEYS)]
    for batch in batches(keys):
        told = [
            {
                "Verb": "set",
                "Key": key,
                "Value": base64.b64encode(key.encode()).decode(),
            }
            for key in batch
        ]
        cluster.ask("txn", "PUT", [{"KV": one} for one in told])
    return keys


def batches(keys: list[str]) -> Iterator[list[str]]:
    """As many as a transaction takes."""
    for start in range(0, len(keys), OPERATIONS):
        yield keys[start : start + OPERATIONS]


def inventory(hosts: int) -> Path:
    """So many hosts that are this machine; nothing is run on them."""
    path = WORK / f"hosts-{hosts}.json"
    told = {f"h{number}": {"ansible_connection": "local"} for number in range(hosts)}
    path.write_text(json.dumps({"all": {"hosts": told}}))
    return path


def play(
    case: str, subject: str, playbook: str, given: Path, requests: Requests
) -> Row:
    """One measured ansible-playbook."""
    hosts = HOSTS if case == "hosts" else 1
    argv = [
        *("ansible-playbook", "-i", str(inventory(hosts))),
        *(str(PLAYS / f"{playbook}.yml"), f"--extra-vars=@{given}"),
        *("-e", f"bench_case={case}"),
    ]
    log = WORK / f"{case}-{playbook}.log"
    before = requests.so_far()
    spent = measure(argv, ROOT, environment(WORK / "journal"), log)
    return Row(case, subject, *spent, calls=requests.so_far() - before)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    rows = []
    with new_cluster(WORK) as cluster:
        keys = prepare(cluster)
        requests = Requests(cluster)
        given = WORK / "given.json"
        given.write_text(json.dumps({**access(cluster), "bench_keys": keys}))
        for number in range(1, options.rounds + 1):
            for case in ("together", "each", "hosts"):
                for subject, playbook in SUBJECTS:
                    rows.append(play(case, subject, playbook, given, requests))
                    print(f"round {number}: {rows[-1]}", flush=True)
    write("consul_lookup", rows, ROOT / "build" / "bench")


if __name__ == "__main__":
    main()
