# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The reference portal on the AWS emulators, through its whole life.

    python -m lab cloud

Each phase is a run of playbooks/provision.yml against inventories/typo3_aws, and says
how many resources it must change. Leaves `build/cloud.json` and the logs of phases,
plays and emulators under `build/cloud/`.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import botocore.session

from lab.cloud import cloud
from lab.emulators import REGION
from lab.play import ROOT, PlayResult, run_play

BUILD = ROOT / "build"
LOGS = BUILD / "cloud"
INVENTORY = "inventories/typo3_aws"
KNOWN = "lab/portal_on_emulators.yml"
TOLD = re.compile(r"portal: (\d+) resources, (\d+)\s+changed\s+with (\d+) calls")

Client = Callable[[str], Any]


def by_hand(client: Client) -> None:
    """What somebody does at night: a door opened, a tag and an alarm removed."""
    ec2 = client("ec2")
    named = [{"Name": "group-name", "Values": ["portal-app"]}]
    group = ec2.describe_security_groups(Filters=named)["SecurityGroups"][0]
    ssh = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22}
    ec2.authorize_security_group_ingress(
        GroupId=group["GroupId"],
        IpPermissions=[{**ssh, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}],
    )
    ec2.delete_tags(Resources=[group["VpcId"]], Tags=[{"Key": "team"}])
    client("cloudwatch").delete_alarms(AlarmNames=["portal-failing"])


@dataclass(frozen=True)
class Phase:
    """One run: what is done before it, its variables, how much it must change.

    changes: a number, or None for everything that there is.
    """

    name: str
    variables: Mapping[str, Any] = field(default_factory=dict)
    changes: int | None = 0
    before: Callable[[Client], None] | None = None


OPEN = {"portal_protect": False}
LARGER = {"portal_hosts_max": 80}
FEWER = {**LARGER, "portal_without": ["refused"]}
ON_ECS = {"portal_compute": "ecs"}
# Each life on emulators of its own: moto names a cluster's snapshots by the minute, and
# refuses a second one of the same name within it.
LIVES = (
    (
        Phase("create", changes=None),
        Phase("unchanged"),
        Phase("drift repaired", changes=3, before=by_hand),
        Phase("one change", LARGER, changes=1),
        Phase("prune", {**FEWER, "provision_prune": True}, changes=1),
        Phase("unprotect", {**FEWER, **OPEN}, changes=2),
        Phase("destroy", {**FEWER, **OPEN, "provision_state": "absent"}, changes=None),
    ),
    (
        Phase("create on ECS", ON_ECS, changes=None),
        Phase("unchanged on ECS", ON_ECS),
    ),
)


@dataclass(frozen=True)
class Outcome:
    """What `build/cloud.json` says of a phase; `wrong` is empty when all went well."""

    name: str
    seconds: float
    resources: int
    changed: int
    calls: int
    wrong: list[str]


def judge(phase: Phase, play: PlayResult) -> Outcome:
    """Hold what the run said against what it had to do."""
    told = TOLD.search(" ".join(play.output.split()))
    resources, changed, calls = map(int, told.groups()) if told else (0, 0, 0)
    wanted = resources if phase.changes is None else phase.changes
    wrong = []
    if play.code != 0:
        wrong.append(f"ansible-playbook ended with {play.code}")
    elif not told:
        wrong.append("the run did not say what it changed")
    elif changed != wanted:
        wrong.append(f"{changed} resources changed, not {wanted}")
    seconds = round(play.seconds, 1)
    return Outcome(phase.name, seconds, resources, changed, calls, wrong)


def say(line: str) -> None:
    """Progress goes to the screen at once, whoever reads it."""
    print(line, flush=True)


def fly() -> int:
    """Live every life, until something goes wrong. Returns 0 when nothing did."""
    shutil.rmtree(LOGS, ignore_errors=True)
    outcomes: list[Outcome] = []
    for number, phases in enumerate(LIVES, 1):
        with cloud(LOGS / f"emulators-{number}") as door:
            outcomes += live(phases, number, door.url)
        if any(outcome.wrong for outcome in outcomes):
            break
    result = {"phases": [asdict(outcome) for outcome in outcomes]}
    (BUILD / "cloud.json").write_text(json.dumps(result, indent=2) + "\n")
    return 1 if any(outcome.wrong for outcome in outcomes) else 0


def live(phases: Sequence[Phase], life: int, url: str) -> Iterator[Outcome]:
    """Run the phases one after the other; none after one that went wrong."""
    for number, phase in enumerate(phases, 1):
        if phase.before:
            phase.before(_clients(url))
        stem = LOGS / f"{life}-{number}-{phase.name.replace(' ', '-')}.log"
        variables = {"aws_endpoint_url": url, **phase.variables}
        options = ("-i", INVENTORY, "-e", f"@{KNOWN}")
        play = run_play("provision", variables, stem, LOGS / "journal", options=options)
        outcome = judge(phase, play)
        say(f"[{number}/{len(phases)}] {describe(outcome)}")
        yield outcome
        if outcome.wrong:
            say(f"  see {stem}")
            return


def describe(outcome: Outcome) -> str:
    """One line for the screen."""
    text = (
        f"{outcome.name}: {outcome.changed} of {outcome.resources} resources changed"
        f" in {outcome.seconds:.0f} s with {outcome.calls} calls"
    )
    return f"{text}. {'; '.join(outcome.wrong)}" if outcome.wrong else text


def _clients(url: str) -> Client:
    session = botocore.session.Session()

    def client(service: str) -> Any:
        return session.create_client(
            service,
            region_name=REGION,
            endpoint_url=url,
            aws_access_key_id="lab",
            aws_secret_access_key="lab",
        )

    return client
