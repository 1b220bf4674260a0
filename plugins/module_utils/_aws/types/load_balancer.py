# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""A load balancer: application (HTTP) or network (TCP, TLS, UDP)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..._converge.fields import group, many, text
from ..._converge.provider import Desired, Live
from ..._errors import RunError
from ..elbv2 import NAME, ElbType, attributes_field
from ..errors import code, is_absent
from ..tags import TAGS

APPLICATION_ONLY = (
    "idle_timeout.",
    "client_keep_alive.",
    "connection_logs.",
    "health_check_logs.",
    "routing.",
    "waf.",
)
NETWORK_ONLY = ("dns_record.", "secondary_ips.")
LOGS = ("access_logs", "connection_logs", "health_check_logs")

MAPPING = {
    "subnet_id": text("The subnet.", required=True),
    "allocation_id": text("The Elastic IP of a network load balancer there."),
    "private_ipv4_address": text(
        "The address of an internal network load balancer there.",
        api="PrivateIPv4Address",
    ),
    "ipv6_address": text("Its IPv6 address there.", api="IPv6Address"),
}


class LoadBalancer(ElbType):
    """API: CreateLoadBalancer, SetSubnets, SetSecurityGroups, SetIpAddressType."""

    name = "load_balancer"
    noun = "LoadBalancer"
    uses = ("subnet", "security_group", "elastic_ip", "internet_gateway", "s3_bucket")
    unique = ("name",)
    fields = {
        "name": NAME,
        "load_balancer_type": text(
            "For HTTP, or for TCP, TLS and UDP. AWS calls it `Type`, which here is the"
            " resource's own. AWS takes `application` where it is left out.",
            api="Type",
            choices=("application", "network"),
            immutable=True,
        ),
        "scheme": text(
            "Whether clients come from the internet.",
            choices=("internet-facing", "internal"),
            immutable=True,
        ),
        "ip_address_type": text(
            "Which addresses its clients use.",
            choices=("ipv4", "dualstack", "dualstack-without-public-ipv4"),
        ),
        "subnets": many(
            text("A subnet's id."),
            "Where it stands, one subnet a zone; an application load balancer needs"
            " two. This or `subnet_mappings`.",
            order="set",
        ),
        "subnet_mappings": many(
            group(MAPPING, "A subnet with addresses."),
            "Where it stands, with addresses of your choice.",
            order="key",
            key="subnet_id",
        ),
        "security_groups": many(
            text("A security group's id."),
            "Its security groups. A network load balancer that was created without any"
            " cannot get one later.",
            order="set",
        ),
        "attributes": attributes_field(
            "What can be set besides, under AWS's own keys, such as"
            " `idle_timeout.timeout_seconds`. Those that are not named are left alone.",
            flags=(
                "deletion_protection.enabled",
                "ipv6.deny_all_igw_traffic",
                "load_balancing.cross_zone.enabled",
                "routing.http.drop_invalid_header_fields.enabled",
                "routing.http.preserve_host_header.enabled",
                "routing.http.x_amzn_tls_version_and_cipher_suite.enabled",
                "routing.http.xff_client_port.enabled",
                "routing.http2.enabled",
                "waf.fail_open.enabled",
                "zonal_shift.config.enabled",
                *(f"{log}.s3.enabled" for log in LOGS),
            ),
            numbers=(
                "client_keep_alive.seconds",
                "idle_timeout.timeout_seconds",
                "secondary_ips.auto_assigned.per_subnet",
            ),
            texts=(
                *(f"{log}.s3.bucket" for log in LOGS),
                *(f"{log}.s3.prefix" for log in LOGS),
            ),
            routing__http__desync_mitigation_mode=("monitor", "defensive", "strictest"),
            routing__http__xff_header_processing__mode=(
                "append",
                "preserve",
                "remove",
            ),
            dns_record__client_routing_policy=(
                "availability_zone_affinity",
                "partial_availability_zone_affinity",
                "any_availability_zone",
            ),
        ),
        "tags": TAGS,
    }
    attributes = {
        "id": "Its ARN.",
        "arn": "Its ARN.",
        "name": "Its name.",
        "full_name": "`app/NAME/ID`, the dimension LoadBalancer of its metrics.",
        "dns_name": "The name that clients resolve.",
        "canonical_hosted_zone_id": "The zone of that name, for an alias record.",
        "vpc_id": "The VPC it stands in.",
    }

    def check(self, properties: Mapping[str, Any]) -> Sequence[str]:
        """One way to say where; no attribute of the other kind."""
        said = []
        places = [properties.get(name) for name in ("subnets", "subnet_mappings")]
        if sum(place is not None for place in places) != 1:
            said.append("subnets: declare either subnets or subnet_mappings")
        network = properties.get("load_balancer_type") == "network"
        foreign = APPLICATION_ONLY if network else NETWORK_ONLY
        kind = "a network" if network else "an application"
        attributes = properties.get("attributes")
        for key in attributes if isinstance(attributes, Mapping) else ():
            if key.startswith(foreign):
                said.append(
                    f"attributes[{key}]: {kind} load balancer has none; drop it"
                )
        return said

    def properties(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """With its places in both spellings."""
        zones = raw.get("AvailabilityZones") or ()
        mappings = [_mapping(zone) for zone in zones]
        return {
            **super().properties(raw),
            "subnets": [each["subnet_id"] for each in mappings],
            "subnet_mappings": mappings,
        }

    def more(self, raw: Mapping[str, Any]) -> Mapping[str, Any]:
        """What DNS records, metrics and listeners refer to."""
        arn = raw["LoadBalancerArn"]
        return {
            "arn": arn,
            "name": raw.get("LoadBalancerName"),
            "full_name": arn.split(":loadbalancer/", 1)[-1],
            "dns_name": raw.get("DNSName"),
            "canonical_hosted_zone_id": raw.get("CanonicalHostedZoneId"),
            "vpc_id": raw.get("VpcId"),
        }

    def make(self, desired: Desired) -> Live:
        """Create it, set its attributes, wait until it takes requests."""
        parameters = {**self.parameters(desired), "Name": self.named(desired)}
        arn = self.created(desired, **parameters)["LoadBalancerArn"]
        attributes = desired.properties.get("attributes")
        if attributes:
            self.set_attributes(arn, attributes)
        return self.complete(self.active(arn), desired.properties)

    def active(self, arn: str) -> Live:
        """Wait until it takes requests; fail with AWS's reason where it never will."""

        def look() -> Live | None:
            try:
                raw = self.described(LoadBalancerArns=[arn])[0]
            except Exception as error:
                if is_absent(error):
                    return None
                raise
            state = raw.get("State", {})
            if state.get("Code") == "failed":
                raise RunError(
                    f"Load balancer {arn} failed: {state.get('Reason', 'no reason')}."
                    " Remedy that, delete it, and run again."
                )
            up = state.get("Code") in ("active", "active_impaired")
            return next(iter(self.lives([raw])), None) if up else None

        return self.aws.wait(f"load balancer {arn} to be active", look)

    def change(self, live: Live, desired: Desired, changed: frozenset[str]) -> None:
        """One call for each kind of property."""
        want = desired.properties
        one = {"LoadBalancerArn": live.id}
        if "attributes" in changed and want["attributes"]:
            self.set_attributes(live.id, want["attributes"])
        if "ip_address_type" in changed and want["ip_address_type"]:
            self.client.set_ip_address_type(
                **one, IpAddressType=want["ip_address_type"]
            )
        if "security_groups" in changed:
            groups = list(want["security_groups"] or ())
            self.client.set_security_groups(**one, SecurityGroups=groups)
        places = changed & {"subnets", "subnet_mappings"}
        if places:
            given = self.parameters(desired)
            names = {"Subnets", "SubnetMappings"} & given.keys()
            self.client.set_subnets(**one, **{name: given[name] for name in names})
            self.active(live.id)

    def remove(self, live: Live) -> None:
        """Delete it with its listeners, and wait until it is gone."""
        try:
            super().remove(live)
        except Exception as error:
            if code(error) != "OperationNotPermitted":
                raise
            raise RunError(
                f"Load balancer {live.id} is protected against deletion: apply it with"
                " attributes deletion_protection.enabled: false first.",
                code=code(error),
            ) from error
        self.aws.wait(
            f"load balancer {live.id} to be gone", lambda: self._gone(live.id)
        )

    def _gone(self, arn: str) -> bool:
        try:
            return not self.described(LoadBalancerArns=[arn])
        except Exception as error:
            if is_absent(error):
                return True
            raise


def _mapping(zone: Mapping[str, Any]) -> dict[str, Any]:
    mapping = {"subnet_id": zone["SubnetId"]}
    for address in zone.get("LoadBalancerAddresses") or ():
        for name, key in (
            ("allocation_id", "AllocationId"),
            ("private_ipv4_address", "PrivateIPv4Address"),
            ("ipv6_address", "IPv6Address"),
        ):
            if address.get(key):
                mapping[name] = address[key]
    return mapping


TYPE = LoadBalancer
