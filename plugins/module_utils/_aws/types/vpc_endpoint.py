# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""A VPC endpoint: the way to an AWS service that does not leave the network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..._converge.fields import document, flag, group, many, text
from ..._converge.provider import Desired, Live
from ..._converge.shape import to_api
from ..._errors import RunError
from ..ec2 import Ec2Type
from ..errors import is_absent
from ..policies import normal_policy
from ..tags import TAGS

# Lists that change by additions and removals: our name and AWS's.
MEMBERS = {
    "route_table_ids": "RouteTableIds",
    "subnet_ids": "SubnetIds",
    "security_group_ids": "SecurityGroupIds",
}
# Which of them a kind of endpoint takes.
TAKES = {
    "Gateway": {"route_table_ids"},
    "Interface": {"subnet_ids", "security_group_ids"},
    "GatewayLoadBalancer": {"subnet_ids"},
}
USABLE = ("available", "pendingacceptance")


class VpcEndpoint(Ec2Type):
    """API: CreateVpcEndpoint, ModifyVpcEndpoint, DeleteVpcEndpoints."""

    name = "vpc_endpoint"
    noun = "VpcEndpoint"
    tag_type = "vpc-endpoint"
    uses = ("vpc", "subnet", "route_table", "security_group")
    fields = {
        "vpc_id": text("The VPC it is part of.", required=True, immutable=True),
        "service_name": text(
            "The service, such as com.amazonaws.ca-central-1.s3.",
            required=True,
            immutable=True,
        ),
        "vpc_endpoint_type": text(
            "Gateway (S3 and DynamoDB, through route tables, free of charge; what is"
            " meant where this is left out), Interface (an address in each subnet) or"
            " GatewayLoadBalancer.",
            choices=tuple(TAKES),
            immutable=True,
        ),
        "policy_document": document(
            "What may be asked of the service through it.", normal=normal_policy
        ),
        "route_table_ids": many(
            text("A route table."),
            "Of a gateway endpoint: the tables that get a route to it.",
            order="set",
        ),
        "subnet_ids": many(
            text("A subnet."), "Where it has an address, one a zone.", order="set"
        ),
        "security_group_ids": many(
            text("A security group."),
            "Of an interface endpoint: who may reach it.",
            order="set",
        ),
        "private_dns_enabled": flag(
            "Of an interface endpoint: the service's usual name leads to it."
        ),
        "ip_address_type": text(
            "The kinds of its addresses.", choices=("ipv4", "dualstack", "ipv6")
        ),
        "dns_options": group(
            {
                "dns_record_ip_type": text(
                    "The kinds of addresses that its names have.",
                    choices=("ipv4", "dualstack", "ipv6", "service-defined"),
                ),
                "private_dns_only_for_inbound_resolver_endpoint": flag(
                    "Private names only for what comes in through Route 53 Resolver."
                ),
            },
            "How its names answer.",
        ),
        "tags": TAGS,
    }
    attributes = {
        "id": "The endpoint's id.",
        "dns_name": "Its own name in DNS, where it has one.",
        "hosted_zone_id": "The zone of that name, for an alias record.",
        "network_interface_ids": "Its network interfaces.",
    }

    def check(self, properties: Mapping[str, Any]) -> Sequence[str]:
        """A gateway stands in route tables, the others in subnets."""
        kind = properties.get("vpc_endpoint_type") or "Gateway"
        return [
            f"{name}: a {kind} endpoint takes none; it takes"
            f" {' and '.join(sorted(TAKES[kind]))}"
            for name in MEMBERS
            if kind in TAKES and properties.get(name) and name not in TAKES[kind]
        ]

    def exists(self, raw: Mapping[str, Any]) -> bool:
        """A rejected or failed endpoint is listed until it is deleted."""
        return raw.get("State", "").lower() not in ("deleted", "deleting")

    def seen(self, raw: Mapping[str, Any]) -> Live:
        """Security groups come with their names."""
        groups = [each["GroupId"] for each in raw.get("Groups") or ()]
        live = super().seen({**raw, "SecurityGroupIds": groups})
        return replace(live, raw=raw)

    def more(self, raw: Mapping[str, Any]) -> Mapping[str, Any]:
        """The name for every zone is the first of its names."""
        names = raw.get("DnsEntries") or [{}]
        return {
            "dns_name": names[0].get("DnsName"),
            "hosted_zone_id": names[0].get("HostedZoneId"),
            "network_interface_ids": list(raw.get("NetworkInterfaceIds") or ()),
        }

    def ready(self, id_: str) -> Live:
        """Wait until it answers, or until its service has to accept it."""

        def look() -> Live | None:
            for live in self._now(id_):
                state = live.raw.get("State", "").lower()
                if state in ("failed", "rejected", "expired"):
                    why = live.raw.get("FailureReason") or "AWS gives no reason"
                    raise RunError(
                        f"VPC endpoint {id_} is {state}: {why}."
                        " Delete it, put that right and run again."
                    )
                if state in USABLE:
                    return live
            return None

        return self.aws.wait(f"VPC endpoint {id_} to be available", look)

    def change(self, live: Live, desired: Desired, changed: frozenset[str]) -> None:
        """One call: members as additions and removals, the rest as it shall be."""
        arguments: dict[str, Any] = {}
        for name in changed & MEMBERS.keys():
            wanted = set(desired.properties.get(name) or ())
            present = set(live.properties.get(name) or ())
            for verb, ids in (("Add", wanted - present), ("Remove", present - wanted)):
                if ids:
                    arguments[verb + MEMBERS[name]] = sorted(ids)
        plain = {n: desired.properties.get(n) for n in changed - MEMBERS.keys()}
        arguments.update(to_api(self.fields, plain))
        if "policy_document" in plain and plain["policy_document"] is None:
            arguments["ResetPolicy"] = True
        self.aws.client("ec2").modify_vpc_endpoint(VpcEndpointId=live.id, **arguments)
        self.ready(live.id)

    def remove(self, live: Live) -> None:
        """Until it is gone its interfaces hold subnets and security groups."""
        answer = self.aws.client("ec2").delete_vpc_endpoints(VpcEndpointIds=[live.id])
        for refused in answer.get("Unsuccessful") or ():
            error = refused.get("Error", {})
            if "NotFound" not in error.get("Code", ""):
                raise RunError(
                    f"VPC endpoint {live.id} was not deleted: {error.get('Message')}"
                )
        self.aws.wait(
            f"VPC endpoint {live.id} to be gone", lambda: not self._listed(live.id)
        )

    def _now(self, id_: str) -> list[Live]:
        return [self.seen(raw) for raw in self._listed(id_)]

    def _listed(self, id_: str) -> list[Mapping[str, Any]]:
        """The endpoint while anything of it is left."""
        try:
            found = self.aws.pages(
                "ec2", "describe_vpc_endpoints", "VpcEndpoints", VpcEndpointIds=[id_]
            )
        except Exception as error:
            if is_absent(error):
                return []
            raise
        return [raw for raw in found if raw.get("State", "").lower() != "deleted"]


TYPE = VpcEndpoint
