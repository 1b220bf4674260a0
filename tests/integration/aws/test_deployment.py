# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Deployments of an ECS service that fail, are rolled back, or are interrupted.

With botocore's stubber, which checks every call and answer against Amazon's own
models: the emulators' tasks never fail to start.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from ansible_collections.vigie.run.plugins.module_utils._aws.base import Aws
from ansible_collections.vigie.run.plugins.module_utils._aws.provider import AwsProvider
from ansible_collections.vigie.run.plugins.module_utils._converge.compare import compare
from ansible_collections.vigie.run.plugins.module_utils._converge.provider import (
    Change,
    Desired,
)
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from botocore.stub import ANY, Stubber

CLUSTER = "arn:aws:ecs:ca-central-1:1:cluster/portal"
ARN = "arn:aws:ecs:ca-central-1:1:service/portal/web"
OLD, NEW = (f"arn:aws:ecs:ca-central-1:1:task-definition/web:{n}" for n in (1, 2))
DECLARED = {"cluster": CLUSTER, "service_name": "web", "task_definition": NEW}


@pytest.fixture
def stub(stubs: Mapping[str, Stubber]) -> Stubber:
    """The calls to ECS that are expected, in their order."""
    return stubs["ecs"]


def deployment(
    id_: str, task: str, state: str = "COMPLETED", status: str = "PRIMARY", **more: Any
) -> dict[str, Any]:
    return {
        "id": id_,
        "taskDefinition": task,
        "rolloutState": state,
        "status": status,
        **more,
    }


def service(*deployments: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "serviceArn": ARN,
        "serviceName": "web",
        "clusterArn": CLUSTER,
        "status": "ACTIVE",
        "taskDefinition": deployments[0]["taskDefinition"],
        "desiredCount": 2,
        "runningCount": 2,
        "pendingCount": 0,
        "deployments": list(deployments),
        **more,
    }


STEADY = service(deployment("d2", NEW))
BEFORE = service(deployment("d1", OLD))
ROLLING = service(
    deployment("d2", NEW, "IN_PROGRESS"),
    deployment("d1", OLD, status="ACTIVE"),
    runningCount=1,
    pendingCount=1,
)


def expect_service(stub: Stubber, *looks: dict[str, Any]) -> None:
    for look in looks:
        stub.add_response(
            "describe_services",
            {"services": [look]},
            {"cluster": CLUSTER, "services": [ARN], "include": ["TAGS"]},
        )


def expect_stopped(stub: Stubber, *tasks: dict[str, Any]) -> None:
    arns = [f"arn:aws:ecs:ca-central-1:1:task/portal/{n}" for n in range(len(tasks))]
    stub.add_response(
        "list_tasks",
        {"taskArns": arns},
        {"cluster": CLUSTER, "serviceName": "web", "desiredStatus": "STOPPED"},
    )
    if tasks:
        stub.add_response(
            "describe_tasks",
            {"tasks": list(tasks)},
            {"cluster": CLUSTER, "tasks": arns},
        )


def expect_update(stub: Stubber, answer: dict, force: bool, **sent: Any) -> None:
    stub.add_response(
        "update_service",
        {"service": answer},
        {"cluster": CLUSTER, "service": ARN, "forceNewDeployment": force, **sent},
    )


def change(aws: Aws, live: dict[str, Any], *paths: str, **declared: Any) -> Any:
    """Update the service as the engine does."""
    type_ = AwsProvider(aws).types["ecs_service"]
    want = Desired("web", "ecs_service", {**DECLARED, **declared})
    return type_.update(type_._seen(live), want, [Change(p, 0, 1) for p in paths])


def test_the_run_waits_until_the_last_old_task_has_gone(
    aws: Aws, stub: Stubber
) -> None:
    expect_update(stub, ROLLING, force=False, taskDefinition=NEW)
    draining = service(
        deployment("d2", NEW), deployment("d1", OLD, status="ACTIVE", runningCount=1)
    )
    expect_service(stub, ROLLING, draining, STEADY, STEADY)
    change(aws, BEFORE, "task_definition")


def test_an_interrupted_run_waits_for_the_same_deployment(
    aws: Aws, stub: Stubber
) -> None:
    """Until it has come to its good end, the service still runs the old tasks."""
    type_ = AwsProvider(aws).types["ecs_service"]
    seen = type_._seen(ROLLING).properties
    assert [c.path for c in compare(type_.fields, DECLARED, seen)] == [
        "task_definition"
    ]
    expect_service(stub, ROLLING, STEADY, STEADY)
    change(aws, ROLLING, "task_definition")


def test_a_failed_deployment_is_started_again(aws: Aws, stub: Stubber) -> None:
    failed = service(deployment("d2", NEW, "FAILED"), runningCount=0)
    again = service(deployment("d3", NEW, "IN_PROGRESS"))
    expect_update(stub, again, force=True)
    done = service(deployment("d3", NEW))
    expect_service(stub, done, done)
    change(aws, failed, "task_definition")


STOPPED = {
    "startedBy": "d2",
    "stoppedReason": "Essential container in task exited",
    "containers": [{"name": "web", "exitCode": 78}],
}
UNPULLED = {
    "startedBy": "d2",
    "stoppedReason": "Task failed to start",
    "containers": [{"name": "web", "reason": "CannotPullContainerError: no such tag"}],
}


def test_a_failed_deployment_tells_why_its_tasks_ended(aws: Aws, stub: Stubber) -> None:
    expect_update(stub, ROLLING, force=False, taskDefinition=NEW)
    reason = "ECS deployment circuit breaker: tasks failed to start."
    failed = deployment("d2", NEW, "FAILED", rolloutStateReason=reason)
    expect_service(stub, service(failed, deployment("d1", OLD, status="ACTIVE")))
    expect_stopped(stub, STOPPED, STOPPED, UNPULLED, {**STOPPED, "startedBy": "d1"})
    with pytest.raises(RunError) as error:
        change(aws, BEFORE, "task_definition")
    assert str(error.value) == (
        "The deployment of ECS service web failed: ECS deployment circuit breaker:"
        " tasks failed to start. Its tasks ended: Essential container in task exited,"
        " web exited with 78; Task failed to start, web: CannotPullContainerError: no"
        " such tag."
    )


def test_a_deployment_that_was_rolled_back_has_failed(aws: Aws, stub: Stubber) -> None:
    """Another deployment, of the old tasks, has taken its place by then."""
    expect_update(stub, ROLLING, force=False, taskDefinition=NEW)
    expect_service(stub, service(deployment("d3", OLD)))
    expect_stopped(stub)
    with pytest.raises(RunError, match="another deployment has taken its place"):
        change(aws, BEFORE, "task_definition")


def test_at_the_limit_it_is_told_what_ecs_says(aws: Aws, stub: Stubber) -> None:
    aws.wait_timeout = -1.0
    expect_update(stub, ROLLING, force=False, taskDefinition=NEW)
    said = "(service web) was unable to place a task."
    expect_service(stub, {**ROLLING, "events": [{"message": said}]})
    expect_stopped(stub)
    with pytest.raises(RunError, match="unable to place a task"):
        change(aws, BEFORE, "task_definition")


def test_what_is_not_declared_is_sent_again(aws: Aws, stub: Stubber) -> None:
    """ECS replaces these groups as a whole."""
    there = {
        "deploymentConfiguration": {"maximumPercent": 150, "minimumHealthyPercent": 100}
    }
    kept = {"maximumPercent": 150, "minimumHealthyPercent": 50}
    expect_update(
        stub,
        STEADY,
        force=True,
        deploymentConfiguration=kept,
        loadBalancers=[],
        enableExecuteCommand=True,
    )
    expect_service(stub, STEADY, STEADY)
    change(
        aws,
        {**STEADY, **there},
        "deployment_configuration.minimum_healthy_percent",
        "load_balancers",
        "enable_execute_command",
        deployment_configuration={"minimum_healthy_percent": 50},
        load_balancers=None,
        enable_execute_command=True,
    )


def test_a_listener_may_be_made_at_the_same_time(aws: Aws, stub: Stubber) -> None:
    arn = "arn:aws:elasticloadbalancing:ca-central-1:1:targetgroup/web/1"
    stub.add_client_error(
        "create_service",
        "InvalidParameterException",
        f"The target group with targetGroupArn {arn} does not have an associated load"
        " balancer.",
    )
    balancer = {"containerName": "web", "containerPort": 80, "targetGroupArn": arn}
    sent = {"cluster": CLUSTER, "serviceName": "web", "taskDefinition": NEW}
    stub.add_response(
        "create_service",
        {"service": STEADY},
        {**sent, "desiredCount": 1, "loadBalancers": [balancer], "tags": ANY},
    )
    expect_service(stub, STEADY, STEADY)
    type_ = AwsProvider(aws).types["ecs_service"]
    declared = {
        "target_group_arn": arn,
        "container_name": "web",
        "container_port": 80,
    }
    want = {**DECLARED, "load_balancers": [declared]}
    assert type_.create(Desired("web", "ecs_service", want)).id == ARN
