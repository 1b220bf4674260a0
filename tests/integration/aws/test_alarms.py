# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Alarms, on metrics and on other alarms.

Neither emulator has alarms in its index of tags, so there every one is found by its
name; what the index tells, such as that an alarm was renamed, is shown with
botocore's stubber.
"""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.vigie.run.plugins.module_utils._aws.base import Aws
from ansible_collections.vigie.run.plugins.module_utils._aws.registry import Table
from ansible_collections.vigie.run.plugins.module_utils._converge.compare import compare
from ansible_collections.vigie.run.plugins.module_utils._converge.provider import (
    Desired,
    Reading,
)
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError

from lab.emulators import REGION
from tests.integration.aws.conftest import Stubs
from tests.integration.aws.stacks import Stack, example, live_through

ALARMS = f"arn:aws:cloudwatch:{REGION}:111122223333:alarm"
MINE = [
    {"Key": "vigie:stack", "Value": "portal"},
    {"Key": "vigie:resource", "Value": "slow"},
]


# ministack's DescribeAlarms leaves out statistics, periods, dimensions and actions.
def test_the_life_of_an_alarm(moto: Stack) -> None:
    def threshold_by_hand(stack: Stack, outputs: dict) -> None:
        cloudwatch = stack.client("cloudwatch")
        found = cloudwatch.describe_alarms(AlarmNames=["portal-slow"])
        alarm = found["MetricAlarms"][0]
        model = cloudwatch.meta.service_model.operation_model("PutMetricAlarm")
        kept = {k: v for k, v in alarm.items() if k in model.input_shape.members}
        cloudwatch.put_metric_alarm(**{**kept, "Threshold": 30})

    resources = example("alarm")
    metrics = [dict(each) for each in resources["failing"]["metrics"]]
    metrics[0]["expression"] = "200 * errors / requests"
    live_through(
        moto,
        resources,
        changes=[
            {"slow": {"threshold": 2, "evaluation_periods": 6}},
            {"slow": {"alarm_description": "Slow", "actions_enabled": False}},
            {"slow": {"ok_actions": ["${on_call.arn}"]}},
            {"slow": {"extended_statistic": None, "statistic": "Average"}},
            {"slow": {"dimensions": [{"name": "LoadBalancer", "value": "app/b/1"}]}},
            {"slow": {"tags": {"team": "portal"}}},
            {"failing": {"metrics": metrics}},
        ],
        drift=threshold_by_hand,
    )


def test_what_an_alarm_has_and_nobody_declared_stays(moto: Stack) -> None:
    resources = example("alarm")
    moto.apply(resources)
    del resources["slow"]["alarm_actions"], resources["slow"]["treat_missing_data"]
    resources["slow"]["threshold"] = 3

    moto.apply(resources)

    found = moto.client("cloudwatch").describe_alarms(AlarmNames=["portal-slow"])
    [alarm] = found["MetricAlarms"]
    assert alarm["Threshold"] == 3
    assert len(alarm["AlarmActions"]) == 1
    assert alarm["TreatMissingData"] == "notBreaching"
    moto.apply(resources, state="absent")


def test_an_alarm_of_somebody_else_is_not_taken_over(moto: Stack) -> None:
    cloudwatch = moto.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName="portal-slow",
        Namespace="Theirs",
        MetricName="Theirs",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )

    with pytest.raises(RunError, match=r"portal-slow.*tag it vigie:stack"):
        moto.run(example("alarm"))

    cloudwatch.delete_alarms(AlarmNames=["portal-slow"])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"metric_name": None}, "metric_name or metrics"),
        ({"period": None}, "period is missing"),
        ({"statistic": "Sum"}, "statistic or extended_statistic"),
        ({"threshold": None}, "threshold or threshold_metric_id"),
        ({"datapoints_to_alarm": 6}, "6 of 5 evaluation_periods"),
        ({"alarm_name": "a" * 256}, "1 to 255"),
    ],
)
def test_an_alarm_that_aws_would_refuse(moto: Stack, change: Any, said: str) -> None:
    resources = example("alarm")
    resources["slow"].update(change)

    with pytest.raises(RunError, match=said):
        moto.run(resources)
    assert moto.operations == []


# moto has no call for them.
def test_the_life_of_a_composite_alarm(ministack: Stack) -> None:
    live_through(
        ministack,
        example("composite_alarm"),
        changes=[
            {"overloaded": {"alarm_rule": 'ALARM("portal-slow")'}},
            {"overloaded": {"alarm_description": "Slow"}},
            {"overloaded": {"tags": {"team": "portal"}}},
        ],
    )


def test_all_alarms_of_a_stack_take_two_calls(aws: Aws, stubs: Stubs) -> None:
    names = [f"slow-{number}" for number in range(60)]
    stubs["resourcegroupstaggingapi"].add_response(
        "get_resources",
        {
            "ResourceTagMappingList": [
                {"ResourceARN": f"{ALARMS}:{name}", "Tags": MINE} for name in names
            ]
        },
        {
            "ResourceTypeFilters": ["cloudwatch:alarm"],
            "ResourcesPerPage": 100,
            "TagFilters": [{"Key": "vigie:stack", "Values": ["portal"]}],
        },
    )
    alarms = [{"AlarmName": n, "AlarmArn": f"{ALARMS}:{n}"} for n in names]
    stubs["cloudwatch"].add_response(
        "describe_alarms",
        {"MetricAlarms": alarms},
        {
            "AlarmNames": sorted(names),
            "AlarmTypes": ["MetricAlarm"],
            "MaxRecords": 100,
        },
    )
    desired = [Desired(name, "alarm", {"alarm_name": name}) for name in names]

    lives = Table(aws)["alarm"].read(Reading(desired, {}))

    assert len(lives) == 60
    assert all(live.owned for live in lives)


def test_a_new_alarm_that_is_not_in_the_index_yet_is_found(
    aws: Aws, stubs: Stubs
) -> None:
    new = f"{ALARMS}:portal-slow"
    stubs["resourcegroupstaggingapi"].add_response(
        "get_resources", {"ResourceTagMappingList": []}
    )
    stubs["cloudwatch"].add_response(
        "describe_alarms",
        {"MetricAlarms": [{"AlarmName": "portal-slow", "AlarmArn": new}]},
    )
    stubs["cloudwatch"].add_response(
        "list_tags_for_resource", {"Tags": MINE}, {"ResourceARN": new}
    )
    desired = Desired("slow", "alarm", {"alarm_name": "portal-slow"})

    [live] = Table(aws)["alarm"].read(Reading([desired], {}))

    assert live.resource == "slow"


def test_an_alarm_that_is_renamed_is_found_by_its_mark(aws: Aws, stubs: Stubs) -> None:
    old = {"AlarmName": "portal-slow", "AlarmArn": f"{ALARMS}:portal-slow"}
    mapping = {"ResourceARN": old["AlarmArn"], "Tags": MINE}
    stubs["resourcegroupstaggingapi"].add_response(
        "get_resources", {"ResourceTagMappingList": [mapping]}
    )
    stubs["cloudwatch"].add_response(
        "describe_alarms",
        {"MetricAlarms": [old]},
        {
            "AlarmNames": ["portal-late", "portal-slow"],
            "AlarmTypes": ["MetricAlarm"],
            "MaxRecords": 100,
        },
    )
    desired = Desired("slow", "alarm", {"alarm_name": "portal-late"})
    alarm = Table(aws)["alarm"]

    [live] = alarm.read(Reading([desired], {}))

    assert live.resource == "slow"
    [change] = compare(alarm.fields, desired.properties, live.properties)
    assert (change.path, change.immutable) == ("alarm_name", True)


def test_an_alarm_in_the_index_that_is_gone_does_not_live(
    aws: Aws, stubs: Stubs
) -> None:
    gone = {"ResourceARN": f"{ALARMS}:gone", "Tags": MINE}
    stubs["resourcegroupstaggingapi"].add_response(
        "get_resources", {"ResourceTagMappingList": [gone]}
    )
    stubs["cloudwatch"].add_response("describe_alarms", {"MetricAlarms": []})

    assert Table(aws)["alarm"].read(Reading([], {}, everything=True)) == []
