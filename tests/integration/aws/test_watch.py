# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Alarms, log groups, topics, dashboards.

Neither emulator has alarms or log groups in its index of tags, so there every thing
is found by its name; what the index tells, such as that a thing was renamed, is shown
with botocore's stubber.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from ansible_collections.vigie.run.plugins.module_utils._aws.base import Aws
from ansible_collections.vigie.run.plugins.module_utils._aws.registry import Table
from ansible_collections.vigie.run.plugins.module_utils._aws.session import (
    Connection,
    Session,
)
from ansible_collections.vigie.run.plugins.module_utils._converge.compare import compare
from ansible_collections.vigie.run.plugins.module_utils._converge.provider import (
    Desired,
    Live,
    Reading,
)
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from botocore.stub import Stubber

from lab.emulators import REGION
from tests.integration.aws.stacks import Stack, example, live_through

ALARMS = f"arn:aws:cloudwatch:{REGION}:111122223333:alarm"
MINE = [
    {"Key": "vigie:stack", "Value": "portal"},
    {"Key": "vigie:resource", "Value": "slow"},
]


@pytest.fixture
def aws() -> Aws:
    """A stack whose calls go nowhere."""
    connection = Connection(region=REGION, access_key="test", secret_key="test")
    return Aws(Session(connection), "portal", wait_timeout=5, interval=0)


class Stubs:
    """The stubber of each service that is asked for, in use."""

    def __init__(self, aws: Aws, stack: ExitStack) -> None:
        self._aws, self._stack = aws, stack
        self._stubs: dict[str, Stubber] = {}

    def __getitem__(self, service: str) -> Stubber:
        if service not in self._stubs:
            stub = Stubber(self._aws.client(service))
            self._stubs[service] = self._stack.enter_context(stub)
        return self._stubs[service]

    def all_used(self) -> None:
        for stub in self._stubs.values():
            stub.assert_no_pending_responses()


@pytest.fixture
def stubs(aws: Aws) -> Iterator[Stubs]:
    """The calls that are expected, each with its answer, all of them used."""
    with ExitStack() as stack:
        stubs = Stubs(aws, stack)
        yield stubs
        stubs.all_used()


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


def test_the_life_of_a_log_group(stack: Stack) -> None:
    def kept_for_ever_by_hand(stack: Stack, outputs: dict) -> None:
        stack.client("logs").delete_retention_policy(logGroupName="/portal/app")

    live_through(
        stack,
        example("log_group"),
        changes=[
            {"app_log": {"retention_in_days": 30}},
            {"app_log": {"retention_in_days": None}},
            {"app_log": {"retention_in_days": 7, "tags": {"team": "portal"}}},
        ],
        drift=kept_for_ever_by_hand,
    )


def test_a_log_group_of_somebody_else_is_not_taken_over(stack: Stack) -> None:
    logs = stack.client("logs")
    logs.create_log_group(logGroupName="/portal/app")

    with pytest.raises(RunError, match=r"/portal/app.*tag it vigie:stack"):
        stack.run(example("log_group"))

    logs.delete_log_group(logGroupName="/portal/app")


# Neither emulator encrypts log groups or protects them.
def test_the_key_and_the_protection_of_a_log_group(aws: Aws, stubs: Stubs) -> None:
    logs = stubs["logs"]
    name = {"logGroupName": "/portal/app"}
    logs.add_response("associate_kms_key", {}, {**name, "kmsKeyId": "arn:key"})
    protection = {"logGroupIdentifier": "/portal/app"}
    logs.add_response(
        "put_log_group_deletion_protection",
        {},
        {**protection, "deletionProtectionEnabled": True},
    )
    logs.add_response("disassociate_kms_key", {}, name)
    log_group = Table(aws)["log_group"]
    live = Live("arn", {"log_group_name": "/portal/app"})

    wanted = {"kms_key_id": "arn:key", "deletion_protection_enabled": True}
    log_group.change(live, Desired("app", "log_group", wanted), frozenset(wanted))
    none = {"kms_key_id": None}
    log_group.change(live, Desired("app", "log_group", none), frozenset(none))


def test_the_life_of_a_topic(stack: Stack) -> None:
    def unsubscribed_by_hand(stack: Stack, outputs: dict) -> None:
        sns = stack.client("sns")
        found = sns.list_subscriptions_by_topic(TopicArn=outputs["on_call"]["arn"])
        for each in found["Subscriptions"]:
            if each["Protocol"] == "sqs":
                sns.unsubscribe(SubscriptionArn=each["SubscriptionArn"])

    resources = example("sns_topic")
    mail, queue = resources["on_call"]["subscriptions"]
    live_through(
        stack,
        resources,
        changes=[
            {"on_call": {"display_name": "The portal"}},
            {
                "on_call": {
                    "subscriptions": [
                        mail,
                        {**queue, "filter_policy": {"severity": ["high", "low"]}},
                    ]
                }
            },
            {"on_call": {"subscriptions": [{**queue, "raw_message_delivery": False}]}},
            {"on_call": {"tags": {"team": "portal"}}},
        ],
        drift=unsubscribed_by_hand,
        replacing={"on_call": {"name": "on-call-2"}},
    )


def test_a_topic_of_somebody_else_is_not_taken_over(stack: Stack) -> None:
    sns = stack.client("sns")
    arn = sns.create_topic(Name="on-call")["TopicArn"]

    with pytest.raises(RunError, match=r"on-call.*tag it vigie:stack"):
        stack.run(example("sns_topic"))

    sns.delete_topic(TopicArn=arn)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": "on call"}, "takes 1 to 256"),
        ({"name": "on-call.fifo", "fifo_topic": False}, "ends in .fifo"),
        ({"name": "on-call", "fifo_topic": True}, "ends in .fifo"),
    ],
)
def test_a_topic_that_aws_would_refuse(moto: Stack, change: Any, said: str) -> None:
    resources = example("sns_topic")
    resources["on_call"].update(change)

    with pytest.raises(RunError, match=said):
        moto.run(resources)


# moto confirms subscriptions by itself, and neither gives AWS's word for one that
# waits.
def test_a_subscription_that_waits_to_be_confirmed_is_left_alone(
    aws: Aws, stubs: Stubs
) -> None:
    topic = f"arn:aws:sns:{REGION}:111122223333:on-call"
    wanted = {
        "protocol": "https",
        "endpoint": "https://example.org/hook",
        "raw_message_delivery": True,
    }
    waiting = {
        "SubscriptionArn": "PendingConfirmation",
        "TopicArn": topic,
        "Protocol": "https",
        "Endpoint": "https://example.org/hook",
    }
    mapping = {"ResourceARN": topic, "Tags": MINE}
    stubs["resourcegroupstaggingapi"].add_response(
        "get_resources", {"ResourceTagMappingList": [mapping]}
    )
    sns = stubs["sns"]
    sns.add_response("list_subscriptions", {"Subscriptions": [waiting]})
    sns.add_response("list_topics", {"Topics": [{"TopicArn": topic}]})
    declared = {"name": "on-call", "subscriptions": [wanted]}
    desired = Desired("slow", "sns_topic", declared)

    [live] = Table(aws)["sns_topic"].read(Reading([desired], {}))

    assert live.properties["subscriptions"] == [wanted]
    # Not wanted any more: AWS has no call that would end it, and none is made.
    Table(aws)["sns_topic"].change(
        live,
        Desired("slow", "sns_topic", {"subscriptions": []}),
        frozenset({"subscriptions"}),
    )


# Neither emulator keeps the tags of a dashboard.
def test_the_life_of_a_dashboard(aws: Aws, stubs: Stubs) -> None:
    arn = "arn:aws:cloudwatch::111122223333:dashboard/portal"
    cloudwatch = stubs["cloudwatch"]
    own = [{"Key": "team", "Value": "run"}]
    body = '{"widgets": []}'
    shown = {"DashboardName": "portal", "DashboardArn": arn}
    whole = {**shown, "DashboardBody": body}
    name = {"DashboardName": "portal"}
    wanted = {
        "dashboard_name": "portal",
        "dashboard_body": {"widgets": []},
        "tags": {"team": "run"},
    }
    desired = Desired("slow", "dashboard", wanted)
    cloudwatch.add_response(
        "put_dashboard", {}, {**name, "DashboardBody": body, "Tags": [*own, *MINE]}
    )
    cloudwatch.add_response("get_dashboard", whole, name)
    cloudwatch.add_response("list_tags_for_resource", {"Tags": [*own, *MINE]})
    dashboard = Table(aws)["dashboard"]
    made = dashboard.create(desired)
    assert (made.id, made.resource) == (arn, "slow")

    cloudwatch.add_response("list_dashboards", {"DashboardEntries": [shown]})
    cloudwatch.add_response("list_tags_for_resource", {"Tags": [*own, *MINE]})
    cloudwatch.add_response("get_dashboard", whole, name)
    [found] = dashboard.read(Reading([desired], {}))
    assert found.properties == {**wanted, "dashboard_body": body}

    cloudwatch.add_response("put_dashboard", {}, {**name, "DashboardBody": body})
    dashboard.change(found, desired, frozenset({"dashboard_body"}))
    cloudwatch.add_response("delete_dashboards", {}, {"DashboardNames": ["portal"]})
    dashboard.delete(found)


def test_a_dashboard_of_somebody_else_is_seen(aws: Aws, stubs: Stubs) -> None:
    arn = "arn:aws:cloudwatch::111122223333:dashboard/portal"
    shown = {"DashboardName": "portal", "DashboardArn": arn}
    stubs["cloudwatch"].add_response("list_dashboards", {"DashboardEntries": [shown]})
    stubs["cloudwatch"].add_response("list_tags_for_resource", {"Tags": []})
    desired = Desired("slow", "dashboard", {"dashboard_name": "portal"})

    [found] = Table(aws)["dashboard"].read(Reading([desired], {}))

    assert (found.resource, found.owned) == (None, False)


def test_a_widget_that_cannot_be_shown_is_an_error(aws: Aws, stubs: Stubs) -> None:
    said = {"DataPath": "/widgets/0", "Message": "Should have a type"}
    stubs["cloudwatch"].add_response(
        "put_dashboard", {"DashboardValidationMessages": [said]}
    )
    wanted = {"dashboard_name": "portal", "dashboard_body": {"widgets": [{}]}}

    with pytest.raises(RunError, match="/widgets/0: Should have a type"):
        Table(aws)["dashboard"].create(Desired("slow", "dashboard", wanted))
