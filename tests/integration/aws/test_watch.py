# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Log groups, topics, dashboards."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.vigie.run.plugins.module_utils._aws.base import Aws
from ansible_collections.vigie.run.plugins.module_utils._aws.registry import Table
from ansible_collections.vigie.run.plugins.module_utils._converge.provider import (
    Desired,
    Live,
    Reading,
)
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError

from lab.emulators import REGION
from tests.integration.aws.conftest import Stubs
from tests.integration.aws.stacks import Stack, example, live_through

MINE = [
    {"Key": "vigie:stack", "Value": "portal"},
    {"Key": "vigie:resource", "Value": "slow"},
]


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
