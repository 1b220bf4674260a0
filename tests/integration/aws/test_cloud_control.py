# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Types of CloudFormation through Cloud Control.

ministack has Cloud Control without the registry of types: no schema, everything at
once. What follows from a schema, and requests that take their time or fail, are
shown with botocore's stubber. moto has neither.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.vigie.run.plugins.module_utils._aws.base import Aws
from ansible_collections.vigie.run.plugins.module_utils._aws.registry import Table
from ansible_collections.vigie.run.plugins.module_utils._converge.compare import compare
from ansible_collections.vigie.run.plugins.module_utils._converge.conform import conform
from ansible_collections.vigie.run.plugins.module_utils._converge.provider import (
    Change,
    Desired,
    Reading,
)
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from botocore.stub import Stubber

from tests.integration.aws.stacks import Stack, example, live_through

QUEUE = "AWS::SQS::Queue"
URL = "https://sqs.example.org/jobs"
SCHEMA = {
    "typeName": QUEUE,
    "primaryIdentifier": ["/properties/QueueUrl"],
    "readOnlyProperties": ["/properties/QueueUrl", "/properties/Arn"],
    "createOnlyProperties": ["/properties/QueueName", "/properties/FifoQueue"],
    "writeOnlyProperties": ["/properties/Secret"],
    "required": ["QueueName"],
    "tagging": {"taggable": True, "tagProperty": "/properties/Tags"},
    "properties": {
        "QueueUrl": {"type": "string"},
        "Arn": {"type": "string"},
        "QueueName": {"type": "string"},
        "FifoQueue": {"type": "boolean"},
        "DelaySeconds": {"type": "integer"},
        "Secret": {"type": "string"},
        "Policy": {"type": ["object", "string"]},
        "Redrive": {"$ref": "#/definitions/Redrive"},
        "Sources": {
            "type": "array",
            "insertionOrder": False,
            "items": {"type": "string"},
        },
        "Tags": {"type": "array", "items": {"$ref": "#/definitions/Tag"}},
    },
    "definitions": {
        "Redrive": {
            "type": "object",
            "properties": {
                "Target": {"type": "string"},
                "Count": {"type": "integer"},
                "Next": {"$ref": "#/definitions/Redrive"},
            },
        },
        "Tag": {
            "type": "object",
            "properties": {"Key": {"type": "string"}, "Value": {"type": "string"}},
        },
    },
}
MARKS = [
    {"Key": "vigie:stack", "Value": "portal"},
    {"Key": "vigie:resource", "Value": "jobs"},
]


@pytest.fixture
def registry(aws: Aws) -> Iterator[Stubber]:
    """CloudFormation's registry, asked once."""
    with Stubber(aws.client("cloudformation")) as stub:
        stub.add_response(
            "describe_type",
            {"Schema": json.dumps(SCHEMA)},
            {"Type": "RESOURCE", "TypeName": QUEUE},
        )
        yield stub
        stub.assert_no_pending_responses()


@pytest.fixture
def control(aws: Aws) -> Iterator[Stubber]:
    """The calls that are expected, each with its answer, all of them used."""
    with Stubber(aws.client("cloudcontrol")) as stub:
        yield stub
        stub.assert_no_pending_responses()


def event(status: str, **more: str) -> dict[str, Any]:
    base = {"TypeName": QUEUE, "RequestToken": "token", "Identifier": URL}
    return {"ProgressEvent": {**base, "OperationStatus": status, **more}}


def description(**more: Any) -> dict[str, Any]:
    properties = {"QueueUrl": URL, "Arn": "arn:q", "QueueName": "jobs", **more}
    return {"Identifier": URL, "Properties": json.dumps(properties)}


def got(**more: Any) -> dict[str, Any]:
    return {"TypeName": QUEUE, "ResourceDescription": description(**more)}


def test_the_life_of_a_queue(ministack: Stack) -> None:
    def delay_by_hand(stack: Stack, outputs: dict) -> None:
        patch = [{"op": "replace", "path": "/DelaySeconds", "value": 99}]
        stack.client("cloudcontrol").update_resource(
            TypeName=QUEUE,
            Identifier=outputs["jobs"]["id"],
            PatchDocument=json.dumps(patch),
        )

    live_through(
        ministack,
        example("cloud_control"),
        changes=[
            {"jobs": {"DelaySeconds": 5}},
            {"jobs": {"VisibilityTimeout": None}},
            {"jobs": {"Tags": [{"Key": "team", "Value": "portal"}]}},
        ],
        drift=delay_by_hand,
    )


def test_a_name_that_is_no_type(ministack: Stack) -> None:
    with pytest.raises(RunError, match="AWS:SQS:Queue"):
        ministack.run({"jobs": {"type": "AWS:SQS:Queue"}})


@pytest.mark.usefixtures("registry")
def test_a_declaration_is_held_against_the_schema(aws: Aws) -> None:
    queue = Table(aws)[QUEUE]
    problems: list[tuple[str, str]] = []
    declared = {"DelaySecond": 5, "Arn": "arn:mine", "Redrive": {"Cuont": 1}}

    conform(queue.fields, declared, problems)

    said = dict(problems)
    assert "did you mean 'DelaySeconds'?" in said["DelaySecond"]
    assert "Arn" in said, "what the service sets cannot be declared"
    assert "did you mean 'Count'?" in said["Redrive.Cuont"]
    assert queue.check({}) == [f"QueueName is missing: {QUEUE} needs it"]
    assert set(queue.attributes) == {"id", "QueueUrl", "Arn"}


@pytest.mark.usefixtures("registry")
@pytest.mark.parametrize(
    ("declared", "living", "paths"),
    [
        ({"DelaySeconds": "5"}, {"DelaySeconds": 5}, []),
        ({"QueueName": "b"}, {"QueueName": "a"}, ["QueueName"]),
        ({"Secret": "b"}, {}, []),
        ({"Redrive": {"Target": "a"}}, {"Redrive": {"Target": "a", "Count": 3}}, []),
        ({"Redrive": {"Count": 4}}, {"Redrive": {"Count": 3}}, ["Redrive.Count"]),
        ({"Sources": ["a", "b"]}, {"Sources": ["b", "a"]}, []),
        (
            {"Tags": [{"Key": "a", "Value": 1}, {"Key": "b", "Value": "2"}]},
            {"Tags": [{"Key": "b", "Value": "2"}, {"Key": "a", "Value": "1"}]},
            [],
        ),
        ({"Tags": []}, {"Tags": [{"Key": "a", "Value": "1"}]}, ["Tags"]),
    ],
)
def test_what_is_a_difference(
    aws: Aws, declared: dict, living: dict, paths: list[str]
) -> None:
    changes = compare(Table(aws)[QUEUE].fields, declared, living)

    assert [change.path for change in changes] == paths
    assert all(change.immutable == (change.path == "QueueName") for change in changes)


@pytest.mark.usefixtures("registry")
def test_a_creation_is_marked_and_awaited(aws: Aws, control: Stubber) -> None:
    cost = {"Key": "cost", "Value": "12"}
    wanted = {"QueueName": "jobs", "Secret": "s", "Tags": [cost], "DelaySeconds": None}
    sent = {"QueueName": "jobs", "Secret": "s", "Tags": [cost, *MARKS]}
    control.add_response(
        "create_resource",
        event("IN_PROGRESS", Operation="CREATE"),
        {"TypeName": QUEUE, "DesiredState": json.dumps(sent)},
    )
    control.add_response("get_resource_request_status", event("IN_PROGRESS"))
    control.add_response("get_resource_request_status", event("SUCCESS"))
    control.add_client_error("get_resource", "ResourceNotFoundException")
    control.add_response("get_resource", got(Tags=[cost, *MARKS]))

    live = Table(aws)[QUEUE].create(Desired("jobs", QUEUE, wanted))

    assert (live.id, live.resource, live.owned) == (URL, "jobs", True)
    assert live.attributes == {"id": URL, "QueueUrl": URL, "Arn": "arn:q"}
    assert live.properties["Tags"] == [cost]


@pytest.mark.usefixtures("registry")
def test_a_request_that_fails_says_why(aws: Aws, control: Stubber) -> None:
    control.add_response("create_resource", event("IN_PROGRESS", Operation="CREATE"))
    why = {"ErrorCode": "ServiceLimitExceeded", "StatusMessage": "too many queues"}
    control.add_response("get_resource_request_status", event("FAILED", **why))

    with pytest.raises(RunError, match="ServiceLimitExceeded: too many queues"):
        Table(aws)[QUEUE].create(Desired("jobs", QUEUE, {"QueueName": "jobs"}))


@pytest.mark.usefixtures("registry")
def test_a_change_keeps_the_marks_and_sends_what_is_write_only(
    aws: Aws, control: Stubber
) -> None:
    control.add_response("get_resource", got(Tags=MARKS))
    queue = Table(aws)[QUEUE]
    [live] = queue._read([URL])
    team = {"Key": "team", "Value": "run"}
    patch = [
        {"op": "remove", "path": "/DelaySeconds"},
        {"op": "add", "path": "/Secret", "value": "s"},
        {"op": "add", "path": "/Tags", "value": [team, *MARKS]},
    ]
    control.add_response(
        "update_resource",
        event("SUCCESS"),
        {
            "TypeName": QUEUE,
            "Identifier": URL,
            "PatchDocument": json.dumps(patch),
        },
    )
    control.add_response("get_resource", got(Tags=[team, *MARKS]))
    desired = {"QueueName": "jobs", "Secret": "s", "Tags": [team]}

    queue.update(
        live,
        Desired("jobs", QUEUE, {**desired, "DelaySeconds": None}),
        [Change("DelaySeconds", 5, None), Change("Tags", None, [team])],
    )


@pytest.mark.usefixtures("registry")
def test_a_deletion_of_what_is_gone_is_fine(aws: Aws, control: Stubber) -> None:
    control.add_response("get_resource", got(Tags=MARKS))
    control.add_response("delete_resource", event("IN_PROGRESS", Operation="DELETE"))
    control.add_response(
        "get_resource_request_status",
        event("FAILED", Operation="DELETE", ErrorCode="NotFound"),
    )
    queue = Table(aws)[QUEUE]

    queue.delete(queue._read([URL])[0])


@pytest.mark.usefixtures("registry")
def test_only_what_is_ours_is_taken_from_a_list(aws: Aws, control: Stubber) -> None:
    control.add_response(
        "list_resources",
        {"ResourceDescriptions": [description()]},
        {"TypeName": QUEUE},
    )
    control.add_response("get_resource", got(Tags=[{"Key": "team", "Value": "x"}]))

    lives = Table(aws)[QUEUE].read(Reading([], {}, everything=True))

    assert [(live.owned, live.resource) for live in lives] == [(False, None)]


def test_what_could_not_be_found_again_is_refused(aws: Aws) -> None:
    schema = {**SCHEMA, "tagging": {"taggable": False}, "required": []}
    with Stubber(aws.client("cloudformation")) as stub:
        stub.add_response("describe_type", {"Schema": json.dumps(schema)})

        [said] = Table(aws)[QUEUE].check({"QueueName": "jobs"})

    assert said.startswith("QueueUrl tells such things apart")


def test_a_type_that_does_not_exist(aws: Aws) -> None:
    with Stubber(aws.client("cloudformation")) as stub:
        stub.add_client_error("describe_type", "TypeNotFoundException")

        with pytest.raises(RunError, match="is no type of CloudFormation"):
            Table(aws)["AWS::SQS::Queu"].check({})
