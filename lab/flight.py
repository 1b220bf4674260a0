# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The flight: everything that a run team does, on the lab, under a constant load.

    python -m lab flight

Configures the platform, deploys, rolls out, meets a release that never becomes
healthy, rolls back, patches. Leaves `build/flight.json`, `build/report.html`, and
the log, journal and load of each phase under `build/flight/`.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from lab.play import ROOT, PlayResult, run_play

BUILD = ROOT / "build"
FLIGHT = BUILD / "flight"
RATE = 50  # requests a second; the lab, the load and Ansible share two cores
AWAY_LIMIT = 2  # members of the portal; as in inventories/lab/group_vars/all.yml
LONGEST = 1200  # seconds after which the load stops by itself
AFTERMATH = 2.0  # seconds of load after the playbook, to see what it leaves behind


@dataclass(frozen=True)
class Phase:
    """One playbook and what it must do."""

    name: str
    playbook: str
    variables: Mapping[str, str] = field(default_factory=dict)
    under_load: bool = False
    fails_saying: str = ""  # empty: it must succeed


PHASES = (
    Phase("configure", "configure"),
    Phase("first release", "deploy", {"app_version": "1.0.0"}),
    Phase("roll-out", "deploy", {"app_version": "2.0.0"}, under_load=True),
    Phase(
        "bad release",
        "deploy",
        {"app_version": "3.0.0"},
        under_load=True,
        fails_saying="gate 'health'",
    ),
    Phase("roll back", "rollback", under_load=True),
    Phase("patch", "patch", under_load=True),
)


@dataclass(frozen=True)
class Outcome:
    """What `build/flight.json` says of a phase; `wrong` is empty when all went well."""

    name: str
    seconds: float
    requests: int
    failures: int
    away_at_most: int
    outcome: str
    wrong: list[str]


def judge(phase: Phase, play: PlayResult, load: Mapping[str, Any]) -> Outcome:
    """Hold what happened against what had to happen."""
    wrong = []
    if phase.fails_saying:
        if play.code == 0:
            wrong.append("it should have failed and did not")
        if phase.fails_saying not in play.output:
            wrong.append(f"it did not say {phase.fails_saying!r}")
    elif play.code != 0:
        wrong.append(f"ansible-playbook ended with {play.code}")
    requests, failures = load.get("requests", 0), load.get("failures", 0)
    away = max((change["away"] for change in load.get("away", [])), default=0)
    if phase.under_load:
        if not requests:
            wrong.append("the load made no request")
        if not load.get("away"):
            wrong.append("nobody watched the load balancer")
        if failures:
            wrong.append(f"{failures} failed requests: {load['by_kind']}")
        if away > AWAY_LIMIT:
            wrong.append(f"{away} hosts away at once, the limit is {AWAY_LIMIT}")
    return Outcome(
        name=phase.name,
        seconds=round(play.seconds, 1),
        requests=requests,
        failures=failures,
        away_at_most=away,
        outcome="failed" if wrong else "passed",
        wrong=wrong,
    )


@contextmanager
def constant_load(address: str, out: Path, password: str) -> Iterator[None]:
    """Requests through the load balancer at a constant rate; its members watched."""
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "lab.load", "--url", f"http://{address}/"),
            *("--rate", str(RATE), "--seconds", str(LONGEST)),
            *("--expect", "^portal ", "--out", str(out)),
            *("--watch-url", f"http://{address}:8404/stats;csv"),
            *("--watch-backend", "portal", "--watch-user", "lookout"),
        ],
        cwd=ROOT,
        env={**os.environ, "LAB_STATS_PASSWORD": password},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    try:
        yield
        time.sleep(AFTERMATH)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)


def await_front_door(address: str, limit: float = 30.0) -> None:
    """Wait until the platform answers, so that the load meets a site that is up."""
    deadline = time.monotonic() + limit
    while True:
        try:
            with urllib.request.urlopen(f"http://{address}/", timeout=2) as reply:
                if reply.status == 200:
                    return
        except OSError as error:
            if time.monotonic() > deadline:
                message = f"http://{address}/ did not answer within {limit:.0f} s"
                raise RuntimeError(f"{message}: {error}") from error
            time.sleep(0.2)


def fly_phase(phase: Phase, number: int, address: str, password: str) -> Outcome:
    """Run one phase, with its load, and judge it."""
    stem = f"{number}-{phase.name.replace(' ', '-')}"
    log, load = FLIGHT / f"{stem}.log", FLIGHT / f"{stem}.load.json"
    journal = FLIGHT / "journal"
    if not phase.under_load:
        play = run_play(phase.playbook, phase.variables, log, journal, say)
        return judge(phase, play, {})
    await_front_door(address)
    with constant_load(address, load, password):
        play = run_play(phase.playbook, phase.variables, log, journal, say)
    return judge(phase, play, json.loads(load.read_text()))


def draw_report() -> Path:
    """One page for the whole flight."""
    dest = BUILD / "report.html"
    variables = {
        "report_journals": [str(p) for p in sorted((FLIGHT / "journal").iterdir())],
        "report_load": [str(p) for p in sorted(FLIGHT.glob("*.load.json"))],
        "report_title": "First flight",
        "report_dest": str(dest),
    }
    result = run_play(
        "report", variables, FLIGHT / "report.log", FLIGHT / "report-journal"
    )
    if result.code != 0:
        raise RuntimeError(f"the report was not drawn: see {FLIGHT / 'report.log'}")
    return dest


def say(line: str) -> None:
    """Progress goes to the screen at once, whoever reads it."""
    print(line, flush=True)


def fly(phases: tuple[Phase, ...] = PHASES) -> int:
    """Fly on a lab that is up. Returns the exit status: 0 when every phase passed."""
    shutil.rmtree(FLIGHT, ignore_errors=True)
    FLIGHT.mkdir(parents=True)
    hosts = json.loads((BUILD / "lab" / "lab.json").read_text())["hosts"]
    secrets = json.loads((BUILD / "lab" / "secrets.json").read_text())
    address = hosts["lb-a1"]["address"]
    started = time.time()
    outcomes: list[Outcome] = []
    for number, phase in enumerate(phases, 1):
        say(f"[{number}/{len(phases)}] {phase.name}")
        outcome = fly_phase(phase, number, address, secrets["haproxy_stats_password"])
        outcomes.append(outcome)
        say(f"[{number}/{len(phases)}] {describe(outcome)}")
        if outcome.wrong:
            say(f"  see {FLIGHT}/{number}-{phase.name.replace(' ', '-')}.log")
            break
    report = draw_report()
    passed = len(outcomes) == len(phases) and not any(o.wrong for o in outcomes)
    flight = {
        "started": started,
        "seconds": round(time.time() - started, 1),
        "outcome": "passed" if passed else "failed",
        "phases": [asdict(outcome) for outcome in outcomes],
    }
    (BUILD / "flight.json").write_text(json.dumps(flight, indent=2) + "\n")
    say(f"{flight['outcome']} in {flight['seconds']:.0f} s; the report is {report}")
    return 0 if passed else 1


def describe(outcome: Outcome) -> str:
    """One line for the screen."""
    text = f"{outcome.name}: {outcome.outcome} in {outcome.seconds:.0f} s"
    if outcome.requests:
        text += (
            f", {outcome.requests} requests, {outcome.failures} failed,"
            f" {outcome.away_at_most} hosts away at most"
        )
    return f"{text}. {'; '.join(outcome.wrong)}" if outcome.wrong else text
