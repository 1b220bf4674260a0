# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A web stack of 35 resources beside the same stack with one module a resource.

    make bench NAME=aws

Both make, keep, change and delete the same resources, in turn, each on an emulator
(moto) of its own and new, since moto slows as it fills. Calls are requests in the
emulator's own log. Then our unchanged runs at 35, 150 and 600 resources; there the
module's process is measured besides, without the start of ansible-playbook. moto
lists parameters ten a page and tags in pages of a hundred tags, so larger stacks cost
more calls on it than on AWS.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.emulators import emulator
from lab.play import ROOT, environment
from tests.bench.measure import OURS, Row, measure, write

HAND = "modules"
WORK = ROOT / "build" / "bench" / "aws"
PLAYS = Path(__file__).parent / "plays"
TIMED = Path(__file__).with_name("timed.py")
BASE = 35
SIZES = (BASE, 150, 600)
# What each subject runs, in this order, on one emulator.
CASES = (
    ("create", {"state": "present", "retention": 30}),
    ("unchanged", {"state": "present", "retention": 30}),
    ("one change", {"state": "present", "retention": 60}),
    ("destroy", {"state": "absent", "retention": 60}),
)
SUBJECTS = ((OURS, "stack_aws"), (HAND, "plain_aws"))
REQUEST = re.compile(r'" \d{3} ')


@dataclass
class Cloud:
    """A new emulator and its log."""

    url: str
    log: Path

    def requests(self) -> int:
        """How many it has answered."""
        return len(REQUEST.findall(self.log.read_text("utf-8", "replace")))


@contextmanager
def new_cloud(name: str) -> Iterator[Cloud]:
    """A moto of its own for each subject and round."""
    log = WORK / f"{name}-moto.log"
    with emulator("moto", log) as url:
        yield Cloud(url, log)


def play(
    cloud: Cloud,
    case: str,
    subject: str,
    playbook: str,
    variables: Mapping[str, Any],
    timed: Path | None = None,
) -> Row:
    """One measured `ansible-playbook`; `timed` gets what its module's process took."""
    stem = f"{cloud.log.stem}-{case.replace(' ', '-')}"
    given = WORK / f"{stem}.json"
    env = environment(WORK / "journal")
    extra = {**variables, "endpoint_url": cloud.url}
    if timed:
        env["VIGIE_TIMED"] = str(timed)
        extra["module_python"] = str(interpreter())
    given.write_text(json.dumps(extra))
    before = cloud.requests()
    wall, cpu, peak = measure(
        ["ansible-playbook", str(PLAYS / f"{playbook}.yml"), f"--extra-vars=@{given}"],
        ROOT,
        env,
        WORK / f"{stem}.log",
    )
    return Row(case, subject, wall, cpu, peak, cloud.requests() - before)


def interpreter() -> Path:
    """The Python that measures, as one executable file."""
    path = WORK / "python"
    path.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{TIMED}" "$@"\n')
    path.chmod(0o755)
    return path


def race(rounds: int, subjects: Sequence[tuple[str, str]]) -> list[Row]:
    """All cases of each subject in turn."""
    rows = []
    for number in range(1, rounds + 1):
        for subject, playbook in subjects:
            with new_cloud(f"{number}-{playbook}") as cloud:
                for case, variables in CASES:
                    rows.append(play(cloud, case, subject, playbook, variables))
                    say(number, rows[-1])
    return rows


def grow(rounds: int, sizes: Iterable[int]) -> list[Row]:
    """Our unchanged runs by size: the whole, and the module's process alone."""
    rows = []
    for size in sizes:
        given = {**CASES[0][1], "more": services(size - BASE)}
        with new_cloud(f"size-{size}") as cloud:
            play(cloud, "create", OURS, "stack_aws", given)
            for number in range(1, rounds + 1):
                rows.append(play(cloud, f"keep {size}", OURS, "stack_aws", given))
                say(number, rows[-1])
                rows.append(module(cloud, f"module {size}", given))
                say(number, rows[-1])
    return rows


def module(cloud: Cloud, case: str, variables: Mapping[str, Any]) -> Row:
    """The module's process alone, as Ansible runs it."""
    timed = WORK / "timed.json"
    timed.unlink(missing_ok=True)
    calls = play(cloud, case, OURS, "stack_aws", variables, timed).calls
    return Row(case, OURS, **json.loads(timed.read_text()), calls=calls)


def say(number: int, row: Row) -> None:
    """One line as soon as it is measured."""
    print(
        f"round {number}: {row.case}: {row.subject} {row.wall_s:.1f} s,"
        f" {row.cpu_s:.1f} s of CPU, {row.calls} calls",
        flush=True,
    )


# --- What a growing platform adds ------------------------------------------------

METRICS = ("RequestCount", "TargetResponseTime", "HTTPCode_Target_5XX_Count")


def services(count: int) -> dict[str, Any]:
    """`count` resources: a set for each service, and subnets for what is left."""
    found: dict[str, Any] = {}
    number = 0
    while count - len(found) >= len(service(number)):
        found.update(service(number))
        number += 1
    for index in range(count - len(found)):
        found[f"subnet_{index}"] = {
            "type": "subnet",
            "vpc_id": "${network.id}",
            "cidr_block": f"10.30.{100 + index}.0/24",
        }
    return found


def service(number: int) -> dict[str, Any]:
    """What one more service behind the load balancer takes: eleven resources.

    No log group: moto's index of tags does not know them, unlike AWS's, so each would
    cost a call that it does not cost on AWS.
    """
    name = f"s{number}"
    targets = {
        "type": "target_group",
        "name": f"plain-{name}",
        "vpc_id": "${network.id}",
        "protocol": "HTTP",
        "port": 9000 + number,
        "health_check_path": "/healthz",
    }
    rule = {
        "type": "listener_rule",
        "listener_arn": "${http.arn}",
        "priority": 10 + number,
        "conditions": [{"field": "host-header", "values": [f"{name}.plain.example"]}],
        "actions": [{"type": "forward", "target_group_arn": f"${{{name}_web.arn}}"}],
    }
    group = {
        "type": "security_group",
        "group_name": f"plain-{name}",
        "description": f"Service {number}",
        "vpc_id": "${network.id}",
        "ingress": [
            {"port": 9000 + number, "referenced_group_ids": ["${to_balancer.id}"]}
        ],
    }
    password = {
        "type": "secret",
        "name": f"plain/{name}/password",
        "secret_string": f"not-a-secret-{number}",
        "recovery_window_in_days": 0,
    }
    found = {"web": targets, "rule": rule, "group": group, "password": password}
    for key, value in (("release", "2.0.0"), ("workers", "4")):
        found[key] = {
            "type": "ssm_parameter",
            "name": f"/plain/{name}/{key}",
            "parameter_type": "String",
            "value": value,
        }
    for metric in METRICS:
        found[metric] = alarm(name, metric)
    for host in ("", "admin."):
        found[f"record_{host}"[:-1]] = {
            "type": "record",
            "zone_id": "${zone.id}",
            "name": f"{host}{name}.plain.example",
            "record_type": "CNAME",
            "ttl": 60,
            "values": ["${balancer.dns_name}"],
        }
    return {f"{name}_{key}": declared for key, declared in found.items()}


def alarm(name: str, metric: str) -> dict[str, Any]:
    """An alarm on a metric of a service's target group."""
    return {
        "type": "alarm",
        "alarm_name": f"plain-{name}-{metric}",
        "namespace": "AWS/ApplicationELB",
        "metric_name": metric,
        "dimensions": [
            {"name": "TargetGroup", "value": f"${{{name}_web.full_name}}"},
        ],
        "statistic": "Sum",
        "period": 60,
        "evaluation_periods": 3,
        "threshold": 10,
        "comparison_operator": "GreaterThanThreshold",
        "alarm_actions": ["${on_call.arn}"],
    }


# --- Terraform -------------------------------------------------------------------


def terraform(rounds: int, folder: Path | None) -> list[Row]:
    """The same cases by the Terraform configuration in `folder`, where there is one.

    It takes the variables `endpoint_url` and `retention`.
    """
    tool = shutil.which("terraform") or shutil.which("tofu")
    if tool is None or folder is None:
        lacking = "--terraform FOLDER" if tool else "terraform or tofu"
        print(f"Terraform is left out: there is no {lacking}.")
        return []
    log = WORK / "init.log"
    prepared = [tool, "init", "-input=false", "-no-color"]
    try:
        measure(prepared, folder, environment(WORK / "journal"), log)
    except RuntimeError as error:
        print(f"Terraform is left out, its AWS provider cannot be had: {error}")
        return []
    rows = []
    for number in range(1, rounds + 1):
        state = WORK / f"{number}.tfstate"
        with new_cloud(f"{number}-terraform") as cloud:
            for case, variables in CASES:
                rows.append(applied(cloud, case, tool, folder, state, variables))
                say(number, rows[-1])
    return rows


def applied(
    cloud: Cloud,
    case: str,
    tool: str,
    folder: Path,
    state: Path,
    variables: Mapping[str, Any],
) -> Row:
    """One measured `terraform apply` or `destroy`."""
    argv = [
        *(tool, "apply" if variables["state"] == "present" else "destroy"),
        *("-auto-approve", "-input=false", "-no-color", f"-state={state}"),
        *("-var", f"endpoint_url={cloud.url}"),
        *("-var", f"retention={variables['retention']}"),
    ]
    before = cloud.requests()
    log = state.with_name(f"{state.stem}-{case.replace(' ', '-')}-terraform.log")
    spent = measure(argv, folder, environment(WORK / "journal"), log)
    return Row(case, Path(tool).name, *spent, calls=cloud.requests() - before)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES)
    parser.add_argument("--only-ours", action="store_true", help="leave the rival out")
    parser.add_argument("--terraform", type=Path, help="its configuration, a folder")
    options = parser.parse_args()
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    subjects = SUBJECTS[:1] if options.only_ours else SUBJECTS
    rows = race(options.rounds, subjects)
    rows += terraform(options.rounds, options.terraform)
    rows += grow(options.rounds, options.sizes)
    write("aws", rows, ROOT / "build" / "bench")


if __name__ == "__main__":
    main()
