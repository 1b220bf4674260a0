# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The six-host roll-out beside the same roll-out written by hand.

    make bench NAME=rollout

Both run on the same lab, in turn, with the same Ansible, the same journal and the
same releases; before each run the other's service is stopped and a former release
serves, so that both do the same work: stage, drain, maintenance, switch, restart,
prove, put back. Calls are module calls on managed hosts, from the journal.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from pathlib import Path

from lab.play import ROOT, command, environment
from lab.releases import build_release
from tests.bench.measure import OURS, Row, measure, write

CASE = "roll-out"
HAND = "hand-written"
HOSTS = ("web-a1", "web-a2", "web-b1", "web-b2", "web-c1", "web-c2")
WORK = ROOT / "build" / "bench" / "rollout"
PLAIN = "../tests/bench/plays/plain_rollout"
SETUP = "../tests/bench/plays/switch_service"

# Actions that run on the controller and reach no host.
ON_CONTROLLER = {
    "assert",
    "debug",
    "host_variables",
    "import_role",
    "include_role",
    "set_fact",
    "validate_argument_spec",
    "wave_plan",
}


def calls_in(journal: Path) -> int:
    """Module calls that reached a managed host, as the run's journal tells."""
    events = (json.loads(line) for line in journal.read_text().splitlines())
    return sum(
        event["event"] == "task"
        and event["action"].rsplit(".", 1)[-1] not in ON_CONTROLLER
        and event.get("delegated_to") != "localhost"
        for event in events
    )


def run(subject: str, playbook: str, version: str, number: int) -> Row:
    """One measured roll-out of `version`."""
    journal = WORK / f"journal-{number}-{subject}"
    wall, cpu, peak = measure(
        command(playbook, {"app_version": version}),
        ROOT,
        environment(journal),
        WORK / f"{number}-{subject}.log",
    )
    (path,) = journal.glob("*.jsonl")
    return Row(CASE, subject, wall, cpu, peak, calls_in(path))


def serve_with(service: str, number: int) -> None:
    """Let the given service answer on every web host, the other be stopped."""
    measure(
        command(SETUP, {"service": service}),
        ROOT,
        environment(WORK / "setup"),
        WORK / f"{number}-setup.log",
    )


def prepare() -> None:
    """A lab that is up and configured; not measured."""
    up = [sys.executable, "-m", "lab", "up"]
    measure(up, ROOT, environment(WORK / "setup"), WORK / "lab.log")
    measure(
        command("configure", {}),
        ROOT,
        environment(WORK / "setup"),
        WORK / "configure.log",
    )


def race(rounds: int) -> list[Row]:
    """Alternate both subjects; each round rolls a release out that no host knows."""
    subjects = (
        (OURS, "deploy", "portal.service"),
        (HAND, PLAIN, "plain.service"),
    )
    prepare()
    build_release("10.0.0")
    run(OURS, "deploy", "10.0.0", 0)  # a former release for both; not measured
    rows = []
    for number in range(1, rounds + 1):
        version = f"10.{number}.0"
        build_release(version)
        for subject, playbook, service in subjects:
            serve_with(service, number)
            rows.append(run(subject, playbook, version, number))
            print(f"round {number}: {subject} {rows[-1].wall_s:.1f} s", flush=True)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    write("rollout", race(rounds), ROOT / "build" / "bench")


if __name__ == "__main__":
    main()
