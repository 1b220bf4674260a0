# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ECS clusters, task definitions and services; ECR repositories."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.integration.aws.stacks import Stack, example, live_through, refused

PULL = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "Pull",
            "Effect": "Allow",
            "Principal": {"AWS": "123456789012"},
            "Action": ["ecr:BatchGetImage"],
        }
    ],
}


def named(stack: Stack, name: str) -> dict[str, Any]:
    """An example, with names of the stack's own."""
    resources = example(name)
    for kind, field in (
        ("ecs_cluster", "cluster_name"),
        ("ecs_task_definition", "family"),
        ("ecr_repository", "repository_name"),
        ("iam_role", "role_name"),
    ):
        for properties in resources.values():
            if properties["type"] == kind:
                properties[field] = stack.name
    return resources


def test_the_life_of_a_cluster(stack: Stack) -> None:
    def by_hand(stack: Stack, outputs: dict) -> None:
        stack.client("ecs").update_cluster(
            cluster=stack.name,
            settings=[{"name": "containerInsights", "value": "enabled"}],
        )

    spot = [{"capacity_provider": "FARGATE_SPOT", "weight": 1}]
    live_through(
        stack,
        named(stack, "ecs_cluster"),
        changes=[
            {
                "portal": {
                    "settings": [{"name": "containerInsights", "value": "disabled"}],
                    "configuration": {
                        "execute_command_configuration": {"logging": "NONE"}
                    },
                    "capacity_providers": ["FARGATE_SPOT"],
                    "default_capacity_provider_strategy": spot,
                    "tags": {"team": None, "cost": "12"},
                }
            }
        ],
        drift=by_hand,
        replacing={"portal": {"cluster_name": f"{stack.name}-2"}},
    )


def test_the_life_of_a_task_definition(stack: Stack) -> None:
    resources = named(stack, "ecs_task_definition")
    container = resources["web_task"]["container_definitions"][0]
    image = {**container, "image": "registry.example.org/portal:13.4.3"}
    side = {"name": "proxy", "image": "registry.example.org/proxy:1"}

    def registered_by_hand(stack: Stack, outputs: dict) -> None:
        """As a pipeline does it: without our mark."""
        stack.client("ecs").register_task_definition(
            family=stack.name,
            containerDefinitions=[{"name": "web", "image": "other", "memory": 128}],
        )

    live_through(
        stack,
        resources,
        changes=[
            {"web_task": {"container_definitions": [image, side], "memory": 4096}},
            {"web_task": {"tags": {"team": "portal"}}},
        ],
        drift=registered_by_hand,
        replacing={"web_task": {"family": f"{stack.name}-2"}},
    )


def test_only_the_newest_revision_stays_active(stack: Stack) -> None:
    resources = named(stack, "ecs_task_definition")
    stack.apply(resources)
    resources["web_task"]["cpu"] = 2048
    outputs = stack.apply(resources).outputs["web_task"]
    active = stack.client("ecs").list_task_definitions(
        familyPrefix=stack.name, status="ACTIVE"
    )
    assert active["taskDefinitionArns"] == [outputs["arn"]]
    assert outputs["revision"] == 2


def test_values_of_variables_are_never_shown(moto: Stack) -> None:
    resources = named(moto, "ecs_task_definition")
    container = resources["web_task"]["container_definitions"][0]
    container["environment"] = [{"name": "KEY", "value": "s3cr3t"}]
    shown = [repr(moto.apply(resources, dry_run=True)), repr(moto.apply(resources))]
    container["environment"] = [{"name": "KEY", "value": "0th3r"}]
    outcome = moto.apply(resources)
    shown.append(repr(outcome))
    assert not any(value in text for text in shown for value in ("s3cr3t", "0th3r"))
    paths = [c["path"] for step in outcome.plan for c in step["changes"]]
    assert paths == ["container_definitions[web].environment[KEY].value"]


def test_the_life_of_a_service(ministack: Stack) -> None:
    """Its deployments: new tasks replace the old ones, and the run waits for them."""
    resources = named(ministack, "ecs_service")
    service = resources["web"]
    network = service["network_configuration"]["awsvpc_configuration"]

    def by_hand(stack: Stack, outputs: dict) -> None:
        stack.client("ecs").update_service(
            cluster=stack.name, service="web", healthCheckGracePeriodSeconds=99
        )

    live_through(
        ministack,
        resources,
        changes=[
            {
                "web_task": {"memory": 4096},
                "web": {
                    "deployment_configuration": {"minimum_healthy_percent": 50},
                    "enable_execute_command": True,
                    "health_check_grace_period_seconds": 20,
                    "network_configuration": {
                        "awsvpc_configuration": {
                            **network,
                            "assign_public_ip": "ENABLED",
                        }
                    },
                    "tags": {"team": "portal"},
                },
            },
            {"web": {"desired_count": 2}},
        ],
        drift=by_hand,
        replacing={"web": {"service_name": "web-2"}},
    )


def test_the_life_of_a_service_without_tasks(moto: Stack) -> None:
    """moto starts no tasks, and drops how they are replaced."""
    resources = named(moto, "ecs_service")
    del resources["web"]["deployment_configuration"]
    resources["web"]["desired_count"] = 0
    live_through(
        moto,
        resources,
        changes=[{"web_task": {"memory": 4096}, "web": {"tags": {"team": "portal"}}}],
        replacing={"web": {"service_name": "web-2"}},
    )


def test_how_many_tasks_is_left_alone(ministack: Stack) -> None:
    resources = named(ministack, "ecs_service")
    ministack.apply(resources)
    ecs = ministack.client("ecs")
    ecs.update_service(cluster=ministack.name, service="web", desiredCount=3)
    assert ministack.actions(resources) == {}
    resources["web"]["health_check_grace_period_seconds"] = 5
    ministack.apply(resources)
    there = ecs.describe_services(cluster=ministack.name, services=["web"])
    assert there["services"][0]["desiredCount"] == 3


def test_the_life_of_a_repository(stack: Stack) -> None:
    def by_hand(stack: Stack, outputs: dict) -> None:
        ecr = stack.client("ecr")
        ecr.put_image_tag_mutability(
            repositoryName=stack.name, imageTagMutability="IMMUTABLE"
        )
        ecr.delete_repository_policy(repositoryName=stack.name)

    live_through(
        stack,
        named(stack, "ecr_repository"),
        changes=[
            {
                "web_images": {
                    "image_tag_mutability": "MUTABLE",
                    "image_scanning_configuration": {"scan_on_push": False},
                    "lifecycle_policy": None,
                    "repository_policy": PULL,
                    "force_delete": True,
                    "tags": {"team": "portal"},
                }
            }
        ],
        drift=by_hand,
        replacing={
            "web_images": {"encryption_configuration": {"encryption_type": "KMS"}}
        },
    )


def push(stack: Stack) -> None:
    kind = "application/vnd.oci.image.manifest.v1+json"
    stack.client("ecr").put_image(
        repositoryName=stack.name,
        imageManifest=json.dumps({"schemaVersion": 2, "mediaType": kind}),
        imageManifestMediaType=kind,
        imageTag="1",
    )


def test_images_are_not_lost_by_accident(moto: Stack) -> None:
    resources = named(moto, "ecr_repository")
    moto.apply(resources)
    push(moto)
    outcome = moto.run(resources, state="absent")
    assert outcome.failed
    assert "holds images and is kept" in outcome.message
    resources["web_images"]["force_delete"] = True
    moto.apply(resources)
    # The declaration need not say it any more when the time has come.
    del resources["web_images"]["force_delete"]
    moto.apply(resources, state="absent")


@pytest.mark.parametrize(
    ("kind", "resource"),
    [
        ("ecs_cluster", "portal"),
        ("ecs_task_definition", "web_task"),
        ("ecr_repository", "web_images"),
    ],
)
def test_what_is_of_somebody_else_is_not_taken_over(
    stack: Stack, kind: str, resource: str
) -> None:
    if kind == "ecs_cluster":
        stack.client("ecs").create_cluster(clusterName=stack.name)
    elif kind == "ecs_task_definition":
        stack.client("ecs").register_task_definition(
            family=stack.name,
            containerDefinitions=[{"name": "web", "image": "x", "memory": 128}],
        )
    else:
        stack.client("ecr").create_repository(repositoryName=stack.name)
    assert f"vigie:resource={resource}" in refused(stack, named(stack, kind))


def test_a_service_of_somebody_else_is_not_taken_over(moto: Stack) -> None:
    resources = named(moto, "ecs_service")
    cluster = {"portal": resources["portal"], "web_task": resources["web_task"]}
    arn = moto.apply(cluster).outputs["web_task"]["arn"]
    moto.client("ecs").create_service(
        cluster=moto.name, serviceName="web", taskDefinition=arn, desiredCount=0
    )
    assert "vigie:resource=web" in refused(moto, resources)


@pytest.mark.parametrize(
    ("kind", "resource", "change", "said"),
    [
        ("ecs_cluster", "portal", {"cluster_name": "a b"}, "1 to 255 letters"),
        ("ecs_task_definition", "web_task", {"memory": None}, "memory is missing"),
        ("ecs_task_definition", "web_task", {"network_mode": "host"}, "needs awsvpc"),
        (
            "ecs_service",
            "web",
            {"capacity_provider_strategy": [{"capacity_provider": "FARGATE"}]},
            "launch_type or capacity_provider_strategy, not both",
        ),
        ("ecr_repository", "web_images", {"repository_name": "Web"}, "lower-case"),
    ],
)
def test_what_aws_would_refuse(
    moto: Stack, kind: str, resource: str, change: dict, said: str
) -> None:
    resources = example(kind)
    resources[resource].update(change)
    assert said in refused(moto, resources)
    assert moto.operations == []
