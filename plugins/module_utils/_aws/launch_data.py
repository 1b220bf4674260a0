# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""What a launch template says of an instance: its fields, in and out of the API."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from .._converge.fields import Field, flag, group, many, mapping, number, text
from .._converge.overlay import overlay
from .._converge.shape import from_api
from .tags import pairs, read_tags

USER_DATA_LIMIT = 16384


def _too_long(script: str) -> str | None:
    if len(script.encode()) > USER_DATA_LIMIT:
        return "is over EC2's 16 KiB: fetch the rest from S3 when the instance starts"
    return None


def _range(doc: str, **more: Any) -> Field:
    bounds = {"min": number("At least."), "max": number("At most.")}
    return group(bounds, doc, **more)


EBS = {
    "volume_size": number("Its size in GiB."),
    "volume_type": text("Such as gp3."),
    "iops": number("Operations a second."),
    "throughput": number("MiB a second (gp3)."),
    "encrypted": flag("Encrypt it."),
    "kms_key_id": text("The key to encrypt it with."),
    "snapshot_id": text("The snapshot that it is made of."),
    "delete_on_termination": flag("Delete it together with the instance."),
}
NETWORK_INTERFACE = {
    "device_index": number("Its place; 0 is the first.", required=True),
    "associate_public_ip_address": flag("Give it a public address."),
    "subnet_id": text("Its subnet; an auto scaling group brings its own."),
    "groups": many(text("A security group's id."), "Its security groups.", order="set"),
    "description": text("What it is for."),
    "delete_on_termination": flag("Delete it together with the instance."),
    "interface_type": text("Such as efa."),
    "ipv6_address_count": number("How many IPv6 addresses it gets."),
}
METADATA = {
    "http_tokens": text(
        "required: only version 2, with a session token.",
        choices=("required", "optional"),
    ),
    "http_endpoint": text("Offer it.", choices=("enabled", "disabled")),
    "http_put_response_hop_limit": number(
        "Hops that an answer may travel; containers need 2."
    ),
    "http_protocol_ipv6": text("Over IPv6.", choices=("enabled", "disabled")),
    "instance_metadata_tags": text(
        "With the instance's tags.", choices=("enabled", "disabled")
    ),
}
SPOT = {
    "max_price": text("The most to pay for an hour; best left out."),
    "spot_instance_type": text("The kind.", choices=("one-time", "persistent")),
    "instance_interruption_behavior": text(
        "What an interruption does.", choices=("hibernate", "stop", "terminate")
    ),
}
REQUIREMENTS: dict[str, Field] = {
    "vcpu_count": _range("Virtual processors.", required=True, api="VCpuCount"),
    "memory_mib": _range("Memory in MiB.", required=True, api="MemoryMiB"),
    "cpu_manufacturers": many(
        text("amazon-web-services (Graviton), intel or amd."), "Makers.", order="set"
    ),
    "instance_generations": many(
        text("current or previous."), "Generations.", order="set"
    ),
    "burstable_performance": text(
        "Instances with CPU credits.", choices=("included", "required", "excluded")
    ),
    "bare_metal": text("Bare metal.", choices=("included", "required", "excluded")),
    "local_storage": text(
        "Instance store.", choices=("included", "required", "excluded")
    ),
    "allowed_instance_types": many(
        text("Such as m7g.*."), "Only these types.", order="set"
    ),
    "excluded_instance_types": many(
        text("Such as t3.*."), "None of these types.", order="set"
    ),
}
DATA: dict[str, Field] = {
    "image_id": text(
        "The image; also resolve:ssm: and a public parameter, for the newest one."
    ),
    "instance_type": text("Such as m7g.large."),
    "instance_requirements": group(
        REQUIREMENTS, "In place of a type: what any fitting type must have."
    ),
    "key_name": text("The SSH key pair."),
    "security_group_ids": many(
        text("A security group's id."), "Its security groups.", order="set"
    ),
    "iam_instance_profile": group(
        {"name": text("Its name."), "arn": text("Or its ARN.")},
        "The instance profile that gives it a role.",
    ),
    "user_data": text(
        "What the instance runs when it first starts, as plain text. It often holds"
        " tokens to join something, so it is only shown as changed.",
        sensitive=True,
        check=_too_long,
    ),
    "ebs_optimized": flag("A network of its own for its volumes."),
    "block_device_mappings": many(
        group(
            {
                "device_name": text("Such as /dev/xvda.", required=True),
                "ebs": group(EBS, "An EBS volume."),
                "virtual_name": text("An instance store volume, such as ephemeral0."),
                "no_device": text("Leave out this device of the image: empty text."),
            },
            "A volume.",
        ),
        "Its volumes, told apart by device_name.",
        order="key",
        key="device_name",
    ),
    "network_interfaces": many(
        group(NETWORK_INTERFACE, "A network interface."),
        "Its network interfaces; their groups then take the place of"
        " security_group_ids.",
        order="key",
        key="device_index",
    ),
    "metadata_options": group(METADATA, "The instance metadata service."),
    "monitoring": group(
        {"enabled": flag("Every minute instead of every five.")}, "Metrics."
    ),
    "credit_specification": group(
        {"cpu_credits": text("Which.", choices=("standard", "unlimited"))},
        "Of burstable types.",
    ),
    "cpu_options": group(
        {
            "core_count": number("Cores."),
            "threads_per_core": number("1 switches hyper-threading off."),
        },
        "The processor.",
    ),
    "placement": group(
        {
            "availability_zone": text("The zone."),
            "group_name": text("The placement group."),
            "tenancy": text(
                "Whose hardware.", choices=("default", "dedicated", "host")
            ),
        },
        "Where it runs.",
    ),
    "instance_market_options": group(
        {
            "market_type": text("How it is bought.", choices=("spot",)),
            "spot_options": group(SPOT, "Of a spot instance."),
        },
        "Spot instances; a mixed instances policy is the better place.",
    ),
    "instance_initiated_shutdown_behavior": text(
        "What a shutdown from inside does.", choices=("stop", "terminate")
    ),
    "disable_api_termination": flag("Refuse to terminate it through the API."),
    "disable_api_stop": flag("Refuse to stop it through the API."),
    "maintenance_options": group(
        {"auto_recovery": text("After a failure.", choices=("default", "disabled"))},
        "Maintenance.",
    ),
    "private_dns_name_options": group(
        {
            "hostname_type": text("Which.", choices=("ip-name", "resource-name")),
            "enable_resource_name_dns_a_record": flag(
                "Resolve it.", api="EnableResourceNameDnsARecord"
            ),
        },
        "Its host name.",
    ),
    "enclave_options": group({"enabled": flag("Offer them.")}, "Nitro enclaves."),
    "tag_specifications": many(
        group(
            {
                "resource_type": text("Such as instance or volume.", required=True),
                "tags": mapping(text("A tag's value."), "The tags.", whole=True),
            },
            "Tags of one kind of thing.",
        ),
        "Tags of what is launched.",
        order="key",
        key="resource_type",
    ),
}


def seen_data(raw: Mapping[str, Any]) -> dict[str, Any]:
    """A version's data as properties."""
    return from_api(DATA, _opened(raw))


def sent_data(raw: Mapping[str, Any], declared: Mapping[str, Any]) -> dict[str, Any]:
    """The data of a new version: that of the last one under what is declared."""
    data = overlay(DATA, _opened(raw), declared)
    if declared.get("user_data"):
        data["UserData"] = base64.b64encode(data["UserData"].encode()).decode()
    elif "user_data" not in declared and "UserData" in raw:
        data["UserData"] = raw["UserData"]
    for each in data.get("TagSpecifications", ()):
        each["Tags"] = pairs(each.get("Tags") or {})
    return data


def _opened(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The data with its user data as text and its tags as mappings."""
    data = dict(raw)
    if data.get("UserData"):
        data["UserData"] = _decoded(data["UserData"])
    if "TagSpecifications" in data:
        data["TagSpecifications"] = [
            {**each, "Tags": read_tags(each.get("Tags"))}
            for each in data["TagSpecifications"]
        ]
    return data


def _decoded(user_data: str) -> str:
    try:
        return base64.b64decode(user_data, validate=True).decode()
    except ValueError:
        # Compressed by somebody else: no text that we could have declared.
        return user_data
