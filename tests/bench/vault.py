# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Vault's configuration beside the same with one module call for each thing.

    make bench NAME=vault

10 KV engines, 100 secrets, 30 policies and 20 AppRoles: made, made again, and made with
ten secrets changed. Each subject has a real OpenBao of three nodes of its own, new in
each round. Calls are answers in the nodes' audit logs. The rival's `vault_write` cannot
tell a change and always writes; an engine that is there already is an error to it, and
forgiven; `vault_kv2_write` is told to read first, and so writes what differs.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path
from typing import Any

from lab.bao_cluster import Bao, bao
from lab.play import ROOT, environment
from tests.bench.measure import OURS, Row, measure, write

RIVAL = "community.hashi_vault"
WORK = ROOT / "build" / "bench" / "vault"
PLAYS = Path(__file__).parent / "plays"
SUBJECTS = ((OURS, "state_vault"), (RIVAL, "plain_vault"))
# Each case, and how many secrets have another value in it than they had at first.
CASES = (("create", 0), ("unchanged", 0), ("ten changes", 10))
ENGINES, SECRETS, POLICIES, ROLES = 10, 100, 30, 20
RULES = 'path "bench-0/data/*" {\n  capabilities = ["read"]\n}\n'


def declared(changed: int) -> dict[str, Any]:
    """The variables of both plays."""
    engines = [f"bench-{number}" for number in range(ENGINES)]
    secrets = [
        {
            "mount": engines[number % ENGINES],
            "path": f"app/secret-{number:03}",
            "value": f"value {number}" + (" changed" if number < changed else ""),
        }
        for number in range(SECRETS)
    ]
    policies = [f"bench-policy-{number:02}" for number in range(POLICIES)]
    roles = [
        {"name": f"bench-role-{number:02}", "policy": policies[number]}
        for number in range(ROLES)
    ]
    found: dict[str, Any] = {
        "bench-approle": {"type": "auth_method", "method": "approle"}
    }
    for engine in engines:
        found[engine] = {"type": "secret_engine", "engine": "kv-v2"}
    for number, one in enumerate(secrets):
        found[f"secret-{number:03}"] = {
            "type": "kv_secret",
            "mount": one["mount"],
            "path": one["path"],
            "data": {"value": one["value"]},
        }
    for policy in policies:
        found[policy] = {"type": "policy", "policy": RULES}
    for role in roles:
        found[role["name"]] = {
            "type": "approle_role",
            "mount": "bench-approle",
            "token_policies": [role["policy"]],
            "token_ttl": "20m",
        }
    return {
        "bench_engines": engines,
        "bench_secrets": secrets,
        "bench_policies": policies,
        "bench_rules": RULES,
        "bench_roles": roles,
        "bench_resources": found,
    }


def answered(cluster: Bao) -> int:
    """How many requests the nodes have answered."""
    logs = (server.audit for server in cluster.servers)
    return sum(log.read_text().count('"type":"response"') for log in logs)


def play(
    case: str, subject: str, playbook: str, given: dict[str, Any], cluster: Bao
) -> Row:
    """One measured ansible-playbook."""
    variables = WORK / f"{case.replace(' ', '-')}-{playbook}.json"
    variables.write_text(json.dumps(given))
    argv = [
        "ansible-playbook",
        *(str(PLAYS / f"{playbook}.yml"), f"--extra-vars=@{variables}"),
    ]
    before = answered(cluster)
    log = variables.with_suffix(".log")
    spent = measure(argv, ROOT, environment(WORK / "journal"), log)
    return Row(case, subject, *spent, calls=answered(cluster) - before)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only-ours", action="store_true", help="leave the rival out")
    options = parser.parse_args()
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    rows = []
    for number in range(1, options.rounds + 1):
        for subject, playbook in SUBJECTS[: 1 if options.only_ours else None]:
            with bao(WORK / f"{number}-{playbook}") as cluster:
                access = {
                    "vault_url": cluster.leader().url,
                    "vault_ca_path": str(cluster.ca),
                    "vault_token": cluster.token,
                }
                for case, changed in CASES:
                    # The rival takes minutes, for which nothing else is said.
                    print(f"round {number}: {case}, {subject} …", flush=True)
                    given = {**declared(changed), **access}
                    rows.append(play(case, subject, playbook, given, cluster))
                    print(f"round {number}: {rows[-1]}", flush=True)
    write("vault", rows, ROOT / "build" / "bench")


if __name__ == "__main__":
    main()
