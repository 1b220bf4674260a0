# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long the wave planner takes: `python tests/bench/bench_planner.py`.

No rival: the aim is a plan for ten thousand hosts in under a second. Prints a
table and writes build/bench/planner.json.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "build" / "collections"))

RUNS = 3
HOSTS = 10_000
Case = tuple[list[dict[str, Any]], dict[str, Any]]


def web(limit: Any, **more: Any) -> Case:
    """One service in three zones."""
    hosts = [
        {"name": f"web-{n}", "zone": "abc"[n % 3], "services": ["web"]}
        for n in range(HOSTS)
    ]
    zones = {"order": ["a", "b", "c"]}
    return hosts, {
        "services": {"web": {"max_unavailable": limit}},
        "zones": zones,
        **more,
    }


def platform() -> Case:
    """What a large site looks like: tiers, roles, zones, a canary, an order."""
    tiers = {"web": 7000, "api": 2000, "db": 600, "cache": 300, "lb": 100}
    hosts = []
    for tier, number in tiers.items():
        for n in range(number):
            role = ("primary" if n % 3 == 0 else "replica") if tier == "db" else ""
            services = [tier, "consul"] if n % 100 == 0 else [tier]
            zone = "abcd"[n // 5 % 4]
            hosts.append(
                {
                    "name": f"{tier}-{n}",
                    "zone": zone,
                    "services": services,
                    "role": role,
                }
            )
    services = {
        "web": {"max_unavailable": "10%"},
        "api": {"max_unavailable": "25%"},
        "db": {"max_unavailable": "5%"},
        "cache": {"max_unavailable": 5},
        "lb": {"max_unavailable": "20%", "after": ["web", "api"]},
        "consul": {"max_unavailable": 2},
    }
    return hosts, {"services": services, "canary": [1, "1%"]}


def many_classes() -> Case:
    """Three hundred services with hosts that belong to two each, and weights."""
    hosts = [
        {
            "name": f"h-{n}",
            "zone": "abc"[n % 3],
            "services": [f"s{n % 300}", f"t{n % 7}"],
            "weight": 1 + n % 2,
        }
        for n in range(HOSTS)
    ]
    services = {f"t{n}": {"max_unavailable": "5%"} for n in range(7)}
    return hosts, {"services": services, "default_max_unavailable": 3}


def one_by_one() -> Case:
    """Three hundred kinds of host in one service, one host at a time."""
    hosts = [
        {"name": f"h-{n}", "services": ["all", f"s{n % 300}"]} for n in range(HOSTS)
    ]
    return hosts, {}


def returning() -> Case:
    """Half of the hosts were left out of service by an earlier run."""
    hosts, policy = web("10%")
    return [dict(host, away=n % 2 == 0) for n, host in enumerate(hosts)], policy


CASES: dict[str, Callable[[], Case]] = {
    "limit 1": lambda: web(1),
    "limit 10%": lambda: web("10%", canary=[1]),
    "platform of 6 services": platform,
    "307 services, weights": many_classes,
    "300 kinds, one by one": one_by_one,
    "half away already": returning,
}


def main() -> None:
    """Time each case, print a table, write the figures."""
    from ansible_collections.vigie.run.plugins.module_utils._rotation.planner import (
        plan_waves,
    )

    rows = []
    print(f"{'case':26}{'seconds':>9}{'waves':>8}  fewest proved")
    for name, make in CASES.items():
        hosts, policy = make()
        taken = []
        for _run in range(RUNS):
            start = time.process_time()
            plan = plan_waves(hosts, policy)
            taken.append(round(time.process_time() - start, 3))
        median = statistics.median(taken)
        print(f"{name:26}{median:9.2f}{len(plan.waves):8}  {plan.fewest}")
        rows.append({"case": name, "subject": "vigie.run", "cpu_s": taken})
    out = ROOT / "build" / "bench" / "planner.json"
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps({"rows": rows, "ratios": []}, indent=2) + "\n")


if __name__ == "__main__":
    main()
