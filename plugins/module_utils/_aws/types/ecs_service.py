# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""An ECS service: so many tasks of a definition, replaced in a rolling way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..._converge.fields import flag, group, many, number, text
from ..._converge.overlay import overlay
from ..._converge.provider import UNKNOWN, Desired, Live, Reading
from ..._converge.shape import from_api
from ..calls import said, settled
from ..deployment import await_steady, described, primary, under_way
from ..ecs import PROVIDER, EcsType, wrong_name
from ..errors import code
from ..fitting import fitting
from ..tags import TAGS

# As many as DescribeServices takes.
AT_ONCE = 10
# What is given to tasks when they start: those that run are replaced for it.
AT_START = {
    "capacity_provider_strategy",
    "enable_execute_command",
    "enable_ecs_managed_tags",
    "propagate_tags",
}
# How ECS spells that there is none.
CLEARED: Mapping[str, Any] = {
    "load_balancers": [],
    "service_registries": [],
    "placement_constraints": [],
    "placement_strategy": [],
    "capacity_provider_strategy": [],
    "health_check_grace_period_seconds": 0,
    "service_connect_configuration": {"enabled": False},
}
PASSING = (
    "does not have an associated load balancer",
    "unable to assume",
    "service linked role",
    "still draining",
)
# A load balancer takes minutes to come up, and its listener follows it.
LISTENER_WITHIN = 600.0

ROLLING = {
    "minimum_healthy_percent": number("How much of the tasks keeps running."),
    "maximum_percent": number("How far it may grow meanwhile."),
    "deployment_circuit_breaker": group(
        {
            "enable": flag(
                "Stop a deployment whose tasks keep failing.", required=True
            ),
            "rollback": flag("Then go back to the last one.", required=True),
        },
        "What ends a failing deployment.",
    ),
    "alarms": group(
        {
            "alarm_names": many(text("Its name."), "Any of these.", order="set"),
            "enable": flag("Whether they count.", required=True),
            "rollback": flag("Then go back to the last one.", required=True),
        },
        "Alarms that end a deployment.",
    ),
}
NETWORK = {
    "subnets": many(text("A subnet's id."), "Where.", required=True, order="set"),
    "security_groups": many(text("A group's id."), "Its groups.", order="set"),
    "assign_public_ip": text("A public address.", choices=("ENABLED", "DISABLED")),
}
BALANCER = {
    "target_group_arn": text("The target group.", required=True),
    "container_name": text("The container.", required=True),
    "container_port": number("Its port.", required=True),
}
REGISTRY = {
    "registry_arn": text("The Cloud Map service.", required=True),
    "container_name": text("The container."),
    "container_port": number("Its port."),
    "port": number("The port of an SRV record."),
}
CONNECT = {
    "enabled": flag("Whether.", required=True),
    "namespace": text("The Cloud Map namespace."),
    "services": many(
        group(
            {
                "port_name": text("The name in port_mappings.", required=True),
                "discovery_name": text("Its name in the namespace."),
                "client_aliases": many(
                    group(
                        {
                            "port": number("The port.", required=True),
                            "dns_name": text("The name."),
                        },
                        "An alias.",
                    ),
                    "How clients call it.",
                ),
            },
            "A service.",
        ),
        "What it offers.",
        order="key",
        key="port_name",
    ),
}


def _last(name: str) -> str:
    """A cluster by its name, and a task definition by family and revision, are meant
    by their ARNs as well."""
    return name.rsplit("/", 1)[-1]


class EcsService(EcsType):
    """API: CreateService, UpdateService, DescribeServices.

    While a deployment has not come to its good end, the service has not taken its
    task definition: so a run after an interruption waits for the same deployment.
    """

    name = "ecs_service"
    parents = ("ecs_cluster",)
    uses = (
        "ecs_cluster",
        "ecs_task_definition",
        "target_group",
        "listener",
        "subnet",
        "security_group",
    )
    fields = {
        "cluster": text(
            "The cluster, by ARN or name.", required=True, immutable=True, normal=_last
        ),
        "service_name": text(
            "Its name.", required=True, immutable=True, check=wrong_name
        ),
        "task_definition": text(
            "What runs: `${task.arn}`, or family:revision.",
            required=True,
            normal=_last,
        ),
        "desired_count": number(
            "How many tasks. Leave it out where something scales the service; it"
            " starts with 1 then."
        ),
        "launch_type": text(
            "What it runs on.", choices=("FARGATE", "EC2", "EXTERNAL"), immutable=True
        ),
        "capacity_provider_strategy": many(
            PROVIDER,
            "In place of launch_type: how tasks are spread.",
            order="key",
            key="capacity_provider",
        ),
        "platform_version": text("Of Fargate, such as 1.4.0."),
        "scheduling_strategy": text(
            "DAEMON: one task on each instance.",
            choices=("REPLICA", "DAEMON"),
            immutable=True,
        ),
        "deployment_configuration": group(ROLLING, "How tasks are replaced."),
        "network_configuration": group(
            {"awsvpc_configuration": group(NETWORK, "With awsvpc.", required=True)},
            "How its tasks are connected.",
        ),
        "load_balancers": many(
            group(BALANCER, "A target group."),
            "Where its tasks are registered. Their listeners may be made at the same"
            " time: ECS is asked again until it knows them.",
            order="set",
        ),
        "health_check_grace_period_seconds": number(
            "Seconds before the balancer's first verdict counts."
        ),
        "service_registries": many(
            group(REGISTRY, "A registry."), "Cloud Map services.", order="set"
        ),
        "service_connect_configuration": group(CONNECT, "Service Connect."),
        "placement_constraints": many(
            group(
                {
                    "type": text("Which.", choices=("distinctInstance", "memberOf")),
                    "expression": text("In the cluster query language."),
                },
                "A constraint.",
            ),
            "On which instances tasks may run.",
            order="set",
        ),
        "placement_strategy": many(
            group(
                {
                    "type": text("Which.", choices=("random", "spread", "binpack")),
                    "field": text("By what."),
                },
                "A rule.",
            ),
            "How tasks are spread over instances.",
        ),
        "availability_zone_rebalancing": text(
            "Move tasks when zones are uneven.", choices=("ENABLED", "DISABLED")
        ),
        "enable_execute_command": flag("Allow ECS Exec."),
        "enable_ecs_managed_tags": flag(
            "Tag tasks with cluster and service.", api="enableECSManagedTags"
        ),
        "propagate_tags": text(
            "Whose tags tasks get.", choices=("TASK_DEFINITION", "SERVICE", "NONE")
        ),
        "tags": TAGS,
    }
    attributes = {"id": "Its ARN.", "arn": "Its ARN.", "name": "Its name."}

    def check(self, properties: Mapping[str, Any]) -> Sequence[str]:
        """What ECS takes only one of."""
        both = ("launch_type", "capacity_provider_strategy")
        if all(properties.get(name) for name in both):
            return ["launch_type or capacity_provider_strategy, not both"]
        return ()

    def identity(self, properties: Mapping[str, Any]) -> str | None:
        """Its name in its cluster, however the cluster is given."""
        cluster, name = properties.get("cluster"), properties.get("service_name")
        if cluster in (None, UNKNOWN) or name in (None, UNKNOWN):
            return None
        return f"{_last(str(cluster))}/{name}"

    def find(self, reading: Reading) -> Iterable[Live]:
        """The services of our clusters and of declared ones, ten a call."""
        clusters = {
            _last(live.id): live.id for live in reading.parents.get("ecs_cluster", ())
        }
        for one in reading.desired:
            cluster = one.properties.get("cluster")
            if isinstance(cluster, str):
                clusters.setdefault(_last(cluster), cluster)
        declared = {self.identity(one.properties) for one in reading.desired}
        for cluster in clusters.values():
            for live in self._of(cluster):
                if live.owned or self.identity(live.properties) in declared:
                    yield live

    def _of(self, cluster: str) -> Iterable[Live]:
        try:
            arns = self.aws.pages(
                "ecs", "list_services", "serviceArns", cluster=cluster
            )
        except Exception as error:
            if code(error) == "ClusterNotFoundException":
                return
            raise
        for start in range(0, len(arns), AT_ONCE):
            found = self.aws.client("ecs").describe_services(
                cluster=cluster,
                services=arns[start : start + AT_ONCE],
                include=["TAGS"],
            )
            for raw in found["services"]:
                if raw["status"] == "ACTIVE":
                    yield self._seen(raw)

    def _seen(self, service: Mapping[str, Any]) -> Live:
        now = primary(service)
        raw = {**service, "cluster": service["clusterArn"]}
        # Only the deployment says.
        if "serviceConnectConfiguration" in now:
            raw["serviceConnectConfiguration"] = now["serviceConnectConfiguration"]
        properties = from_api(self.fields, raw, lower=True)
        if under_way(service):
            properties["task_definition"] = _served(service)
        arn = service["serviceArn"]
        more = {"arn": arn, "name": service["serviceName"]}
        return self.live(arn, properties, service.get("tags"), raw, **more)

    def fetch(self, live: Live) -> Live:
        """As it is now; a new service takes a moment to show."""
        cluster = live.raw["clusterArn"]
        return self._seen(
            self.aws.wait(
                f"ECS service {live.id} to show",
                lambda: described(self.aws, cluster, live.id),
            )
        )

    def make(self, desired: Desired) -> Live:
        """Create it and wait until all of its tasks run."""
        client = self.aws.client("ecs")
        given = {
            name: value
            for name, value in desired.properties.items()
            if value is not None and name != "tags"
        }
        if given.get("scheduling_strategy") != "DAEMON":
            given.setdefault("desired_count", 1)
        parameters = overlay(self.fields, {}, given, lower=True)
        made = settled(
            self.aws,
            lambda: client.create_service(**parameters, tags=self.tags_of(desired)),
            lambda error: any(part in said(error) for part in PASSING),
            limit=LISTENER_WITHIN,
        )
        await_steady(self.aws, made["service"])
        return self.fetch(self._seen(made["service"]))

    def change(self, live: Live, desired: Desired, changed: frozenset[str]) -> None:
        """One call, which starts a deployment where tasks are concerned."""
        client, want = self.aws.client("ecs"), desired.properties
        names = set(changed)
        force = bool(names & AT_START)
        if _last(live.raw["taskDefinition"]) == _last(want["task_definition"]):
            # Deployed already, and not done: a failed one has to be started again.
            names.discard("task_definition")
            force = force or primary(live.raw).get("rolloutState") == "FAILED"
        service: Mapping[str, Any] = live.raw
        if names or force:
            sent = {n: CLEARED.get(n) if want[n] is None else want[n] for n in names}
            whole = overlay(self.fields, live.raw, sent, lower=True)
            only = {key for key in whole if whole[key] is not live.raw.get(key)}
            operation = client.meta.service_model.operation_model("UpdateService")
            parameters = fitting(
                operation.input_shape, {key: whole[key] for key in only}
            )
            service = client.update_service(
                cluster=live.raw["clusterArn"],
                service=live.id,
                forceNewDeployment=force,
                **parameters,
            )["service"]
        await_steady(self.aws, service)

    def remove(self, live: Live) -> None:
        """Its tasks leave their target groups and end."""
        cluster = live.raw["clusterArn"]
        self.aws.client("ecs").delete_service(
            cluster=cluster, service=live.id, force=True
        )
        self.aws.wait(
            f"ECS service {live.id} to be gone",
            lambda: described(self.aws, cluster, live.id) is None,
        )


def _served(service: Mapping[str, Any]) -> str | None:
    """The task definition of the last good deployment, where it was another one."""
    for one in service.get("deployments") or ():
        other = one.get("taskDefinition") != service.get("taskDefinition")
        if other and one.get("rolloutState") == "COMPLETED":
            return one["taskDefinition"]
    return None


TYPE = EcsService
