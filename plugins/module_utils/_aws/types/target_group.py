# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""A target group: who answers what a load balancer forwards, and who is healthy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..._converge.fields import flag, group, many, number, text
from ..._converge.provider import Desired, Live
from ..._converge.shape import from_api, to_api
from ..elbv2 import NAME, ElbType, attributes_field, between
from ..tags import TAGS
from ..targets import health, marked, parameters, register

HEALTH_CHECK = (
    "health_check_enabled",
    "health_check_protocol",
    "health_check_port",
    "health_check_path",
    "health_check_interval_seconds",
    "health_check_timeout_seconds",
    "healthy_threshold_count",
    "unhealthy_threshold_count",
    "matcher",
)
PROTOCOLS = ("HTTP", "HTTPS", "TCP", "TLS", "UDP", "TCP_UDP", "QUIC", "TCP_QUIC")

TARGET = {
    "id": text(
        "An instance, an address, a function or a load balancer.", required=True
    ),
    "port": number("Its port, where it is not the group's.", check=between(1, 65535)),
    "availability_zone": text("`all` for an address outside the VPC."),
}


class TargetGroup(ElbType):
    """API: CreateTargetGroup, ModifyTargetGroup, RegisterTargets, DeregisterTargets."""

    name = "target_group"
    noun = "TargetGroup"
    uses = ("vpc",)
    unique = ("name",)
    later = ("attributes", "targets")
    fields = {
        "name": NAME,
        "target_type": text(
            "What its targets are; AWS takes `instance` where it is left out.",
            choices=("instance", "ip", "lambda", "alb"),
            immutable=True,
        ),
        "protocol": text(
            "How targets are spoken to.", choices=PROTOCOLS, immutable=True
        ),
        "protocol_version": text(
            "Of HTTP and HTTPS.", choices=("HTTP1", "HTTP2", "GRPC"), immutable=True
        ),
        "port": number(
            "The port of targets that have none of their own.",
            immutable=True,
            check=between(1, 65535),
        ),
        "vpc_id": text("The VPC that the targets are in.", immutable=True),
        "ip_address_type": text(
            "The kind of its targets' addresses.",
            choices=("ipv4", "ipv6"),
            immutable=True,
        ),
        "health_check_enabled": flag("Only a group of functions can do without."),
        "health_check_protocol": text("How targets are checked.", choices=PROTOCOLS),
        "health_check_port": text("A port, or `traffic-port`."),
        "health_check_path": text("The path that is asked for."),
        "health_check_interval_seconds": number(
            "Seconds between two checks.", check=between(5, 300)
        ),
        "health_check_timeout_seconds": number(
            "Seconds after which no answer is a failure.", check=between(2, 120)
        ),
        "healthy_threshold_count": number(
            "Successes in a row that make it healthy.", check=between(2, 10)
        ),
        "unhealthy_threshold_count": number(
            "Failures in a row that make it unhealthy.", check=between(2, 10)
        ),
        "matcher": group(
            {
                "http_code": text("Such as `200` or `200-299,301`."),
                "grpc_code": text("Such as `0` or `0-99`."),
            },
            "The answers that are a success.",
        ),
        "attributes": attributes_field(
            "What can be set besides, under AWS's own keys, such as"
            " `deregistration_delay.timeout_seconds`. Those that are not named are left"
            " alone.",
            flags=(
                "deregistration_delay.connection_termination.enabled",
                "lambda.multi_value_headers.enabled",
                "preserve_client_ip.enabled",
                "proxy_protocol_v2.enabled",
                "stickiness.enabled",
                "target_health_state.unhealthy.connection_termination.enabled",
            ),
            numbers=(
                "deregistration_delay.timeout_seconds",
                "slow_start.duration_seconds",
                "stickiness.app_cookie.duration_seconds",
                "stickiness.lb_cookie.duration_seconds",
                "target_health_state.unhealthy.draining_interval_seconds",
            ),
            # The four of target_group_health may be the word `off`.
            texts=(
                "stickiness.app_cookie.cookie_name",
                *(
                    f"target_group_health.{what}.minimum_healthy_targets.{unit}"
                    for what in ("dns_failover", "unhealthy_state_routing")
                    for unit in ("count", "percentage")
                ),
            ),
            load_balancing__algorithm__anomaly_mitigation=("on", "off"),
            load_balancing__algorithm__type=(
                "round_robin",
                "least_outstanding_requests",
                "weighted_random",
            ),
            load_balancing__cross_zone__enabled=(
                "true",
                "false",
                "use_load_balancer_configuration",
            ),
            stickiness__type=(
                "lb_cookie",
                "app_cookie",
                "source_ip",
                "source_ip_dest_ip",
                "source_ip_dest_ip_proto",
            ),
        ),
        "targets": many(
            group(TARGET, "A target."),
            "Its targets, all of them. Left out, they are whoever is registered: by an"
            " auto scaling group, a service or a deployment.",
            order="set",
        ),
        "tags": TAGS,
    }
    attributes = {
        "id": "Its ARN.",
        "arn": "Its ARN.",
        "name": "Its name.",
        "full_name": "`targetgroup/NAME/ID`, the dimension TargetGroup of its metrics.",
    }

    def check(self, properties: Mapping[str, Any]) -> Sequence[str]:
        """What AWS needs of a group with a network, and refuses of one without."""
        network = ("protocol", "port", "vpc_id")
        if properties.get("target_type") == "lambda":
            given = [name for name in network if properties.get(name) is not None]
            return [f"{name}: a group of functions has none; drop it" for name in given]
        missing = [name for name in network if properties.get(name) is None]
        return [f"{name} is missing; only a lambda group has none" for name in missing]

    def more(self, raw: Mapping[str, Any]) -> Mapping[str, Any]:
        """What listeners, groups and metrics refer to."""
        arn = raw["TargetGroupArn"]
        name = raw.get("TargetGroupName")
        return {"arn": arn, "name": name, "full_name": arn.rsplit(":", 1)[-1]}

    def complete(self, live: Live, declared: Mapping[str, Any]) -> Live:
        """With its targets too, where they are declared."""
        live = super().complete(live, declared)
        if declared.get("targets") is None:
            return live
        targets = self._targets(live.id)
        wanted = declared["targets"] or ()
        targets += [
            out
            for out in self._out(live.id)
            # One that nobody declares is in nobody's way while it is out.
            if any(isinstance(want, Mapping) and _is(want, out) for want in wanted)
            and not any(_is({"id": out["id"], "port": out["port"]}, t) for t in targets)
        ]
        return replace(live, properties={**live.properties, "targets": targets})

    def make(self, desired: Desired) -> Live:
        """Create it, then what a creation does not take."""
        parameters = {**self.parameters(desired), "Name": self.named(desired)}
        raw = self.created(desired, **parameters)
        arn = raw["TargetGroupArn"]
        want = desired.properties
        if want.get("attributes"):
            self.set_attributes(arn, want["attributes"])
        if want.get("targets"):
            self.settled(lambda: self._set_targets(arn, want["targets"]))
        return self.complete(self.lives([raw])[0], want)

    def change(self, live: Live, desired: Desired, changed: frozenset[str]) -> None:
        """Its health check, its attributes, its targets."""
        want = desired.properties
        checks = {
            name: want[name]
            for name in HEALTH_CHECK
            if name in changed and want[name] is not None
        }
        if checks:
            parameters = to_api(self.fields, checks)
            self.client.modify_target_group(TargetGroupArn=live.id, **parameters)
        if "attributes" in changed and want["attributes"]:
            self.set_attributes(live.id, want["attributes"])
        if "targets" in changed:
            self._set_targets(live.id, want["targets"] or ())

    def _targets(self, arn: str) -> list[dict[str, Any]]:
        """Who is registered, without those that are on their way out."""
        return [
            from_api(TARGET, each["Target"])
            for each in self.settled(lambda: health(self.client, arn))
            if each.get("TargetHealth", {}).get("State") != "draining"
        ]

    def _out(self, arn: str) -> list[dict[str, Any]]:
        """Who was drained by vigie.run.aws_target, which puts them back as well.

        They count as registered: a run of the stack must not send requests to a host
        that is being worked on.
        """
        tags = self._tags([arn]).get(arn, {})
        return [
            {"id": spec.id, "port": spec.port, "availability_zone": zone or None}
            for spec, _since, zone in marked(tags)
        ]

    def _set_targets(self, arn: str, wanted: Sequence[Mapping[str, Any]]) -> None:
        """Newcomers first, so that the group is not without targets for a moment."""
        there, out = self._targets(arn), self._out(arn)
        new = [w for w in wanted if not any(_is(w, live) for live in (*there, *out))]
        old = [live for live in there if not any(_is(w, live) for w in wanted)]
        if new:
            register(self.client, arn, [to_api(TARGET, target) for target in new])
        if old:
            surplus = [
                parameters(
                    live["id"], live.get("port"), live.get("availability_zone", "")
                )
                for live in old
            ]
            self.client.deregister_targets(TargetGroupArn=arn, Targets=surplus)


def _is(want: Mapping[str, Any], live: Mapping[str, Any]) -> bool:
    return all(
        value is None or str(value) == str(live.get(name))
        for name, value in want.items()
    )


TYPE = TargetGroup
