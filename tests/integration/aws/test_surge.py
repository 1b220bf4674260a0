# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An announced event on an auto scaling group, by the module's own entrance."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from ansible_collections.vigie.run.plugins.module_utils._aws.surge_run import run_surge
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError

from tests.integration.aws.stacks import Stack, example

# One of the images that moto begins with.
IMAGE = "ami-12c6146b"
DEFAULTS = {
    "state": "present",
    "requests_per_second": 100.0,
    "instance_capacity": 100.0,
    "margin": 0.0,
    "zones_lost": 1,
    "headroom": 50.0,
    "start": None,
    "end": None,
    "ignore_limits": False,
    "wait": True,
    "wait_timeout": 5.0,
    "profile": None,
    "session_token": None,
    "assume_role": None,
    "external_id": None,
    "ca_bundle": None,
    "validate_certs": True,
}


class Event:
    """A group of one to three instances in two zones, and runs of the module on it."""

    def __init__(self, stack: Stack) -> None:
        self.stack, self.name = stack, stack.name
        self.client = stack.client("autoscaling")
        ec2 = stack.client("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
        subnets = [
            ec2.create_subnet(
                VpcId=vpc,
                CidrBlock=f"10.9.{n}.0/28",
                AvailabilityZone=f"ca-central-1{z}",
            )["Subnet"]["SubnetId"]
            for n, z in enumerate("ab")
        ]
        ec2.create_launch_template(
            LaunchTemplateName=self.name,
            LaunchTemplateData={"ImageId": IMAGE, "InstanceType": "t3.micro"},
        )
        self.client.create_auto_scaling_group(
            AutoScalingGroupName=self.name,
            LaunchTemplate={"LaunchTemplateName": self.name, "Version": "$Latest"},
            MinSize=1,
            DesiredCapacity=1,
            MaxSize=3,
            VPCZoneIdentifier=",".join(subnets),
        )
        self.warnings: list[str] = []

    def run(self, dry_run: bool = False, **options: Any) -> dict[str, Any]:
        to = self.stack.connection
        where = {
            "region": to.region,
            "access_key": to.access_key,
            "secret_key": to.secret_key,
            "endpoint_url": to.endpoint_url,
        }
        params = {**DEFAULTS, **where, "group": self.name, **options}
        return run_surge(params, dry_run, self.warnings.append)

    def sizes(self) -> tuple[int, int, int]:
        raw = self.client.describe_auto_scaling_groups(
            AutoScalingGroupNames=[self.name]
        )["AutoScalingGroups"][0]
        return raw["MinSize"], raw["DesiredCapacity"], raw["MaxSize"]

    def actions(self) -> dict[str, dict[str, Any]]:
        found = self.client.describe_scheduled_actions(AutoScalingGroupName=self.name)
        return {
            a["ScheduledActionName"]: a for a in found["ScheduledUpdateGroupActions"]
        }


@pytest.fixture
def event(moto: Stack) -> Event:
    return Event(moto)


def test_now_and_back_by_hand(event: Event) -> None:
    assert event.run(dry_run=True)["changed"]
    assert event.sizes() == (1, 1, 3)
    result = event.run()
    assert result["size"] == {"min_size": 2, "desired_capacity": 2, "max_size": 3}
    assert result["normal"] == {"min_size": 1, "desired_capacity": 1, "max_size": 3}
    assert event.sizes() == (2, 2, 3)
    assert not event.run()["changed"], "the second run changes nothing"
    # A second event on top of the first still knows what normal was.
    assert event.run(requests_per_second=300.0)["normal"]["desired_capacity"] == 1
    assert event.sizes() == (6, 6, 9)
    assert event.run(state="absent", dry_run=True)["changed"]
    assert event.run(state="absent")["changed"]
    assert event.sizes() == (1, 1, 3)
    assert not event.run(state="absent")["changed"]


def test_scheduled_and_back_by_itself(event: Event) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    start, end = now + timedelta(hours=1), now + timedelta(hours=3)
    times = {"start": start.isoformat(), "end": end.isoformat()}
    assert event.run(**times)["changed"]
    assert event.sizes() == (1, 1, 3), "not before its time"
    actions = event.actions()
    assert actions["vigie-surge-start"]["DesiredCapacity"] == 2
    assert actions["vigie-surge-start"]["StartTime"] == start
    assert actions["vigie-surge-end"]["DesiredCapacity"] == 1
    assert not event.run(**times)["changed"]
    assert event.run(**{**times, "end": (end + timedelta(hours=1)).isoformat()})[
        "changed"
    ]
    event.run(state="absent")
    assert event.actions() == {}


def test_policies_of_the_group_bring_it_down_after_the_event(event: Event) -> None:
    event.client.put_scaling_policy(
        AutoScalingGroupName=event.name,
        PolicyName="cpu",
        PolicyType="TargetTrackingScaling",
        TargetTrackingConfiguration={
            "PredefinedMetricSpecification": {
                "PredefinedMetricType": "ASGAverageCPUUtilization"
            },
            "TargetValue": 50.0,
        },
    )
    end = datetime.now(UTC) + timedelta(hours=3)
    event.run(end=end.isoformat())
    assert "DesiredCapacity" not in event.actions()["vigie-surge-end"]


def test_a_grown_group_loses_nothing(event: Event) -> None:
    event.run()
    event.client.set_desired_capacity(
        AutoScalingGroupName=event.name, DesiredCapacity=3
    )
    assert not event.run()["changed"]
    assert event.sizes() == (2, 3, 3)


def test_what_stands_in_the_way_is_said_before_anything(event: Event) -> None:
    with pytest.raises(RunError, match=r"free addresses in ca-central-1a: 1?[0-9], 20"):
        event.run(requests_per_second=2000.0)
    assert event.sizes() == (1, 1, 3)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"group": "nobody"}, "'nobody' is no auto scaling group"),
        ({"start": "tomorrow"}, "start: 'tomorrow' is no moment"),
        ({"end": "2026-12-01T10:00:00"}, "with a time zone"),
        ({"end": "2020-01-01T10:00:00Z"}, "has passed"),
        ({"zones_lost": 2}, "leaves none to serve"),
    ],
)
def test_bad_input_is_refused(event: Event, options: dict, said: str) -> None:
    with pytest.raises(RunError, match=said):
        event.run(**options)
    assert event.sizes() == (1, 1, 3)


def test_a_stack_does_not_undo_a_surge(moto: Stack) -> None:
    declared = example("auto_scaling_group")
    declared["web_hosts"]["auto_scaling_group_name"] = moto.name
    del declared["web_hosts"]["default_instance_warmup"]  # moto forgets it
    moto.apply(declared)
    event = Event.__new__(Event)
    event.stack, event.name, event.warnings = moto, moto.name, []
    event.client = moto.client("autoscaling")
    event.run(requests_per_second=500.0, wait=False)
    assert moto.actions(declared) == {}, "the declared size is the normal one"
    declared["web_hosts"]["min_size"] = 3
    outcome = moto.run(declared)
    assert "prepared for an event" in outcome.message
    assert event.sizes()[0] == 10
    event.run(state="absent")
    moto.apply(declared)
    assert event.sizes()[0] == 3
