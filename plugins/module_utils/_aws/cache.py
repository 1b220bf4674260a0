# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""What an ElastiCache replication group is, declared and as it lives."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .._converge.fields import Field, flag, group, many, number, text
from .._converge.provider import Live
from .._converge.shape import from_api
from .tags import TAGS

_NAME = re.compile(r"[a-z](-?[a-z0-9])*")


def _refused(name: str) -> str | None:
    if _NAME.fullmatch(name) and len(name) <= 40:
        return None
    return (
        f"is {name!r}; ElastiCache takes at most 40 small letters, digits and single"
        " hyphens, a letter first and no hyphen last"
    )


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


_LOG = {
    "log_type": text("Which log.", required=True, choices=("slow-log", "engine-log")),
    "destination_type": text(
        "Where to.", required=True, choices=("cloudwatch-logs", "kinesis-firehose")
    ),
    "destination_details": group(
        {
            "cloud_watch_logs_details": group(
                {"log_group": text("The log group.", required=True)}, "CloudWatch."
            ),
            "kinesis_firehose_details": group(
                {"delivery_stream": text("The stream.", required=True)}, "Firehose."
            ),
        },
        "Which one there.",
        required=True,
    ),
    "log_format": text("Its format.", required=True, choices=("json", "text")),
}
FIELDS: dict[str, Field] = {
    "replication_group_id": text(
        "Its name.", required=True, immutable=True, check=_refused
    ),
    "replication_group_description": text("What it is for.", required=True),
    "engine": text(
        "The engine. From redis to valkey it changes in place.",
        required=True,
        choices=("redis", "valkey"),
    ),
    "engine_version": text("Its version; `8` accepts any 8, `8.0` only that one."),
    "cache_node_type": text(
        "The size of its nodes, such as cache.r7g.large.", required=True
    ),
    "num_node_groups": number(
        "Its shards. More than one take a parameter group with cluster mode."
    ),
    "replicas_per_node_group": number("Replicas in each shard, 0 to 5."),
    "automatic_failover_enabled": flag("A replica takes over by itself."),
    "multi_az_enabled": flag("Keep replicas in other zones.", api="MultiAZEnabled"),
    "cluster_mode": text(
        "To change it go by `compatible`.",
        choices=("enabled", "compatible", "disabled"),
    ),
    "cache_parameter_group_name": text("Its parameter group.", normal=_lower),
    "cache_subnet_group_name": text("Its subnet group.", immutable=True, normal=_lower),
    "security_group_ids": many(
        text("A security group."), "Its security groups.", order="set"
    ),
    "port": number("The port it listens on.", immutable=True),
    "transit_encryption_enabled": flag("Talk TLS."),
    "transit_encryption_mode": text(
        "`preferred` takes both; the step between none and TLS only.",
        choices=("preferred", "required"),
    ),
    "at_rest_encryption_enabled": flag("Encrypt its storage.", immutable=True),
    "kms_key_id": text("The KMS key's ARN.", immutable=True),
    "auth_token": text(
        "The password of its clients. AWS never shows it, so a new one is sent"
        " with `auth_token_update_strategy`, together with another change.",
        sensitive=True,
        write_only=True,
    ),
    "auth_token_update_strategy": text(
        "What a change does with the token: ROTATE adds it, SET makes it the"
        " only one, DELETE needs none any more.",
        choices=("ROTATE", "SET", "DELETE"),
        write_only=True,
    ),
    "user_group_ids": many(text("A user group."), "Who may do what.", order="set"),
    "preferred_maintenance_window": text(
        "When it is maintained, such as sun:04:00-sun:05:00.", normal=_lower
    ),
    "snapshot_retention_limit": number("Days that snapshots are kept; 0: none."),
    "snapshot_window": text("When it is taken, such as 03:00-04:00."),
    "auto_minor_version_upgrade": flag("Take new minor versions by itself."),
    "notification_topic_arn": text("The topic told about its events."),
    "log_delivery_configurations": many(
        group(_LOG, "A log."), "Where its logs go.", order="key", key="log_type"
    ),
    "data_tiering_enabled": flag("Keep cold data on disk (r6gd).", immutable=True),
    "network_type": text(
        "Addresses.", choices=("ipv4", "ipv6", "dual_stack"), immutable=True
    ),
    "ip_discovery": text("What it answers.", choices=("ipv4", "ipv6")),
    "apply_immediately": flag(
        "Change size and version at once and wait for it. Without it AWS does so"
        " in the maintenance window; until then it is pending, no difference."
        " Replicas and shards always change at once.",
        write_only=True,
    ),
    "final_snapshot_identifier": text(
        "Take a last snapshot of this name when it is deleted. Kept as a tag:"
        " what counts at a deletion is what was applied before."
    ),
    "tags": TAGS,
}


def shaped(raw: Mapping[str, Any], member: Mapping[str, Any]) -> dict[str, Any]:
    """A group and one of its nodes in our shape."""
    ours = ("auth_token", "auth_token_update_strategy", "apply_immediately")
    shown = {**from_api(FIELDS, member), **from_api(FIELDS, raw)}
    shown = {name: value for name, value in shown.items() if name not in ours}
    nodes = raw.get("NodeGroups") or []
    sizes = [len(each.get("NodeGroupMembers", ())) - 1 for each in nodes]
    shown.update(
        replication_group_description=raw.get("Description"),
        automatic_failover_enabled=raw.get("AutomaticFailover")
        in ("enabled", "enabling"),
        multi_az_enabled=raw.get("MultiAZ") == "enabled",
        data_tiering_enabled=raw.get("DataTiering") == "enabled",
        num_node_groups=len(nodes),
        replicas_per_node_group=min(sizes, default=0),
        security_group_ids=[
            each["SecurityGroupId"] for each in member.get("SecurityGroups", ())
        ],
    )
    parameters = member.get("CacheParameterGroup") or {}
    shown["cache_parameter_group_name"] = parameters.get("CacheParameterGroupName")
    topic = member.get("NotificationConfiguration") or {}
    shown["notification_topic_arn"] = topic.get("TopicArn")
    place = raw.get("ConfigurationEndpoint") or (
        nodes[0].get("PrimaryEndpoint") if nodes else None
    )
    shown["port"] = (place or {}).get("Port")
    return {name: value for name, value in shown.items() if value is not None}


def as_declared(live: Live, wanted: Mapping[str, Any]) -> Live:
    """What waits for the maintenance window, and a version said in less detail."""
    shown = dict(live.properties)
    pending = live.raw["member"].get("PendingModifiedValues") or {}
    if wanted.get("apply_immediately") is not True:
        names = {"cache_node_type": "CacheNodeType", "engine_version": "EngineVersion"}
        shown.update({k: pending[key] for k, key in names.items() if key in pending})
    version = wanted.get("engine_version")
    if str(shown.get("engine_version")).startswith(f"{version}."):
        shown["engine_version"] = version
    return replace(live, properties=shown)
