# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ten thousand nodes of a real Consul catalog as an inventory.

    make bench NAME=consul_inventory

None of the collections of the ansible package has an inventory of Consul, so what it
stands beside is Ansible itself: the same hosts with the same groups and variables in a
static file, and their bare names. Three ways to use it: `read` is the inventory alone,
as each ansible-playbook begins with it, `hosts` all of `ansible-playbook --list-hosts`,
`list` all of `ansible-inventory --list`, which prints every variable of every host.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from lab.play import ROOT, environment
from tests.bench.clusters import access, fill, new_cluster
from tests.bench.measure import OURS, Row, measure, write

STATIC = "static file"
BARE = "bare names"
WORK = ROOT / "build" / "bench" / "consul_inventory"
READER = Path(__file__).with_name("read_inventory.py")
SIZES = (1000, 10000)


def read(case: str, subject: str, source: Path) -> Row:
    """The inventory alone, in a process that does nothing else."""
    log = WORK / "read.log"
    argv = [sys.executable, str(READER), str(source)]
    with log.open("w") as file:
        subprocess.run(argv, cwd=ROOT, env=settings(), stdout=file, check=True)
    return Row(case, subject, **json.loads(log.read_text().splitlines()[-1]))


def whole(
    case: str, subject: str, argv: Sequence[str], source: Path, calls: int
) -> Row:
    """A whole command on the inventory."""
    log = WORK / "whole.log"
    wall, cpu, peak = measure([*argv, "-i", str(source)], ROOT, settings(), log)
    return Row(case, subject, wall, cpu, peak, calls)


def settings() -> dict[str, str]:
    """The checkout's settings; an inventory that fails fails the measurement."""
    told = {"ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true"}
    return {**environment(WORK / "journal"), **told}


def sources(reach: Mapping[str, str], size: int) -> dict[str, Path]:
    """The inventories of so many hosts, by subject."""
    ours = WORK / "consul.yml"
    ours.write_text(json.dumps({"plugin": "vigie.run.consul", **reach}))
    argv = ["ansible-inventory", "-i", str(ours), "--list"]
    said = subprocess.run(
        argv, cwd=ROOT, env=settings(), capture_output=True, text=True, check=True
    )
    listed = json.loads(said.stdout)
    static = WORK / f"static-{size}.json"
    static.write_text(json.dumps(as_file(listed)))
    bare = WORK / f"bare-{size}.json"
    names = dict.fromkeys(listed["_meta"]["hostvars"])
    bare.write_text(json.dumps({"all": {"hosts": names}}))
    return {OURS: ours, STATIC: static, BARE: bare}


def as_file(listed: Mapping[str, Any]) -> dict[str, Any]:
    """What `ansible-inventory --list` said, as an inventory file says it."""
    groups = {
        name: {"hosts": dict.fromkeys(group["hosts"])}
        for name, group in listed.items()
        if "hosts" in group and name != "_meta"
    }
    hosts = plain(listed["_meta"]["hostvars"])
    return {"all": {"hosts": hosts, "children": groups}}


def plain(value: Any) -> Any:
    """Without the marks that `ansible-inventory` gives what is no template."""
    if isinstance(value, dict):
        if set(value) == {"__ansible_unsafe"}:
            return value["__ansible_unsafe"]
        return {key: plain(one) for key, one in value.items()}
    return [plain(one) for one in value] if isinstance(value, list) else value


def race(rounds: int, size: int, found: Mapping[str, Path]) -> list[Row]:
    """Every way with every inventory, in turn."""
    rows: list[Row] = []
    play = WORK / "play.yml"
    play.write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": []}]))
    ways = {
        "hosts": ["ansible-playbook", "--list-hosts", str(play)],
        "list": ["ansible-inventory", "--list"],
    }
    for number in range(1, rounds + 1):
        for subject, source in found.items():
            rows.append(read(f"read {size}", subject, source))
            say(number, rows[-1])
            calls = rows[-1].calls
            for way, argv in ways.items():
                rows.append(whole(f"{way} {size}", subject, argv, source, calls))
                say(number, rows[-1])
    return rows


def say(number: int, row: Row) -> None:
    """One line as soon as it is measured."""
    print(
        f"round {number}: {row.case}: {row.subject} {row.wall_s:.2f} s,"
        f" {row.cpu_s:.2f} s of CPU, {row.peak_mb:.0f} MB, {row.calls} calls",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES)
    options = parser.parse_args()
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    rows: list[Row] = []
    with new_cluster(WORK) as cluster:
        there = 0
        for size in sorted(options.sizes):
            fill(cluster, there, size)
            there = size
            # Elsewhere: what this process takes would count as its children's.
            with ProcessPoolExecutor(1, get_context("spawn")) as pool:
                found = pool.submit(sources, access(cluster), size).result()
            rows += race(options.rounds, size, found)
    write("consul_inventory", rows, ROOT / "build" / "bench")


if __name__ == "__main__":
    main()
