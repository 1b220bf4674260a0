# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster's keys and ACLs beside the same with one module call for each.

    make bench NAME=consul

200 keys, 20 policies, 20 roles and 20 tokens: made, made again, and made with values
of ten keys changed. Each subject has a real cluster of three servers of its own, new
in each round. Calls are requests in the log of the server that is asked. The rival
takes a role's policies by name for a change each time, and writes the role again.
"""

from __future__ import annotations

import argparse
import json
import shutil
import uuid
from pathlib import Path
from typing import Any

from lab.play import ROOT, environment
from tests.bench.clusters import Requests, access, new_cluster
from tests.bench.measure import OURS, Row, measure, write

RIVAL = "community.general"
WORK = ROOT / "build" / "bench" / "consul"
PLAYS = Path(__file__).parent / "plays"
SUBJECTS = ((OURS, "state_consul"), (RIVAL, "plain_consul"))
# Each case, and how many keys have another value in it than they had at first.
CASES = (("create", 0), ("unchanged", 0), ("ten changes", 10))
RULES = 'key_prefix "bench/" { policy = "read" }'


def declared(keys: int, others: int, changed: int) -> dict[str, Any]:
    """The variables of both plays."""
    values = {
        f"bench/config/key-{number:03}": f"value {number}"
        + (" changed" if number < changed else "")
        for number in range(keys)
    }
    policies = [f"bench-policy-{number:02}" for number in range(others)]
    roles = [
        {"name": f"bench-role-{number:02}", "policy": policy}
        for number, policy in enumerate(policies)
    ]
    tokens = [
        {
            "description": f"bench-token-{number:02}",
            "accessor_id": str(uuid.uuid5(uuid.NAMESPACE_DNS, f"bench-{number}")),
            "role": role["name"],
        }
        for number, role in enumerate(roles)
    ]
    return {
        "bench_keys": values,
        "bench_policies": policies,
        "bench_rules": RULES,
        "bench_roles": roles,
        "bench_tokens": tokens,
        "bench_resources": resources(values, policies, roles, tokens),
    }


def resources(
    values: dict[str, str],
    policies: list[str],
    roles: list[dict[str, str]],
    tokens: list[dict[str, str]],
) -> dict[str, Any]:
    """The same as one declaration."""
    prefix = "bench/config/"
    keys = {key.removeprefix(prefix): value for key, value in values.items()}
    found: dict[str, Any] = {
        "config": {"type": "kv_tree", "prefix": prefix, "keys": keys}
    }
    for policy in policies:
        found[policy] = {"type": "acl_policy", "rules": RULES}
    for role in roles:
        found[role["name"]] = {
            "type": "acl_role",
            "policies": [f"${{{role['policy']}.name}}"],
        }
    for token in tokens:
        found[token["description"]] = {
            "type": "acl_token",
            "description": token["description"],
            "accessor_id": token["accessor_id"],
            "roles": [f"${{{token['role']}.name}}"],
        }
    return found


def play(
    case: str,
    subject: str,
    playbook: str,
    given: dict[str, Any],
    requests: Requests,
) -> Row:
    """One measured ansible-playbook."""
    variables = WORK / f"{case.replace(' ', '-')}-{playbook}.json"
    variables.write_text(json.dumps(given))
    argv = [
        "ansible-playbook",
        *(str(PLAYS / f"{playbook}.yml"), f"--extra-vars=@{variables}"),
    ]
    before = requests.so_far()
    log = variables.with_suffix(".log")
    spent = measure(argv, ROOT, environment(WORK / "journal"), log)
    return Row(case, subject, *spent, calls=requests.so_far() - before)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--keys", type=int, default=200)
    parser.add_argument("--others", type=int, default=20, help="of each other kind")
    parser.add_argument("--only-ours", action="store_true", help="leave the rival out")
    options = parser.parse_args()
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    rows = []
    for number in range(1, options.rounds + 1):
        for subject, playbook in SUBJECTS[: 1 if options.only_ours else None]:
            with new_cluster(WORK / f"{number}-{playbook}") as cluster:
                requests = Requests(cluster)
                for case, changed in CASES:
                    given = declared(options.keys, options.others, changed)
                    given |= access(cluster)
                    rows.append(play(case, subject, playbook, given, requests))
                    print(f"round {number}: {rows[-1]}", flush=True)
    write("consul", rows, ROOT / "build" / "bench")


if __name__ == "__main__":
    main()
