# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""A deployment of an ECS service: waiting until it is steady, or saying why not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._errors import RunError
from .base import Aws

# What of the newest stopped tasks is told.
TOLD = 3


def primary(service: Mapping[str, Any]) -> dict[str, Any]:
    """The deployment that is to serve; empty where there is none."""
    found = service.get("deployments") or ()
    return next((one for one in found if one.get("status") == "PRIMARY"), {})


def under_way(service: Mapping[str, Any]) -> bool:
    """Whether the deployment has not come to its good end. Only rolling ones say."""
    return primary(service).get("rolloutState") in ("IN_PROGRESS", "FAILED")


def described(aws: Aws, cluster: str, arn: str) -> dict[str, Any] | None:
    """The service as AWS has it; None where it is gone."""
    found = aws.client("ecs").describe_services(
        cluster=cluster, services=[arn], include=["TAGS"]
    )["services"]
    return found[0] if found and found[0]["status"] != "INACTIVE" else None


def await_steady(aws: Aws, service: Mapping[str, Any]) -> None:
    """Wait until the service's deployment has replaced all others and all tasks run.

    Raises RunError with what ECS says of its tasks when it fails, or at the limit.
    """
    watch = _Watch(aws, service)
    what = f"ECS service {service['serviceName']} to be steady"
    try:
        aws.wait(what, watch.steady)
    except RunError as error:
        if watch.gave_up:
            raise
        why = watch.why()
        raise RunError(f"{error} {why}" if why else str(error)) from error


class _Watch:
    def __init__(self, aws: Aws, service: Mapping[str, Any]) -> None:
        self.aws = aws
        self.name = service["serviceName"]
        self.arn = service["serviceArn"]
        self.cluster = service["clusterArn"]
        self.deployment = primary(service).get("id")
        self.gave_up = False
        self._events: list[dict[str, Any]] = []

    def steady(self) -> bool:
        """Whether all is done; stops where the deployment has failed."""
        service = described(self.aws, self.cluster, self.arn)
        if service is None:
            return False
        self._events = service.get("events") or []
        now = primary(service)
        if now.get("rolloutState") == "FAILED" or now.get("id") != self.deployment:
            self._fail(service)
        done = now.get("rolloutState") in ("COMPLETED", None)
        alone = len(service.get("deployments") or ()) <= 1
        running = service["runningCount"] == service["desiredCount"]
        return done and alone and running and not service["pendingCount"]

    def _fail(self, service: Mapping[str, Any]) -> None:
        """The circuit breaker puts another deployment into the place of a failed
        one."""
        self.gave_up = True
        mine = [one for one in service["deployments"] if one["id"] == self.deployment]
        reason = mine[0].get("rolloutStateReason") if mine else None
        reason = (reason or "another deployment has taken its place").rstrip(".")
        raise RunError(
            f"The deployment of ECS service {self.name} failed: {reason}."
            f" {self.why()}".rstrip()
        )

    def why(self) -> str:
        """What ECS says of the tasks that stopped; else of the service."""
        client = self.aws.client("ecs")
        arns = client.list_tasks(
            cluster=self.cluster, serviceName=self.name, desiredStatus="STOPPED"
        )["taskArns"]
        tasks = []
        if arns:
            tasks = client.describe_tasks(cluster=self.cluster, tasks=arns[:100])
            tasks = tasks["tasks"]
        mine = [one for one in tasks if one.get("startedBy") == self.deployment]
        mine.sort(key=lambda one: str(one.get("stoppedAt", "")), reverse=True)
        told = dict.fromkeys(_ended(one) for one in mine)
        if told:
            return f"Its tasks ended: {'; '.join(list(told)[:TOLD])}."
        return self._events[0]["message"] if self._events else ""


def _ended(task: Mapping[str, Any]) -> str:
    """Why a task stopped, and which of its containers with what."""
    said = [str(task.get("stoppedReason") or "stopped").rstrip(".")]
    for one in task.get("containers") or ():
        if one.get("reason"):
            said.append(f"{one['name']}: {one['reason']}".rstrip("."))
        elif one.get("exitCode"):
            said.append(f"{one['name']} exited with {one['exitCode']}")
    return ", ".join(said)
