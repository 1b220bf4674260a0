# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""A VPC: the network that everything else of a platform lives in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ..._converge.fields import flag, text
from ..._converge.provider import Desired, Live, Reading
from ..ec2 import Ec2Type
from ..tags import TAGS

# Set and read one a call: our field, the parameter and the key of the answer.
SWITCHES = {
    "enable_dns_support": "EnableDnsSupport",
    "enable_dns_hostnames": "EnableDnsHostnames",
}


class Vpc(Ec2Type):
    """API: CreateVpc, DescribeVpcs, ModifyVpcAttribute, DescribeVpcAttribute."""

    name = "vpc"
    noun = "Vpc"
    tag_type = "vpc"
    later = tuple(SWITCHES)
    fields = {
        "cidr_block": text(
            "The network's IPv4 addresses, a /16 to a /28.",
            required=True,
            immutable=True,
        ),
        "instance_tenancy": text(
            "Where its instances run.", choices=("default", "dedicated"), immutable=True
        ),
        "enable_dns_support": flag("Resolve names through Amazon's server."),
        "enable_dns_hostnames": flag("Give instances with a public address a name."),
        "tags": TAGS,
    }
    attributes = {"id": "The VPC's id."}

    def find(self, reading: Reading) -> Iterable[Live]:
        """The networks; their switches too, where somebody declared one."""
        declared = {d.resource: d.properties for d in reading.desired}
        for live in super().find(reading):
            names = [n for n in SWITCHES if n in declared.get(live.resource or "", {})]
            yield self._with_switches(live, names)

    def fetch(self, live: Live) -> Live:
        """With its switches."""
        return self._with_switches(super().fetch(live), list(SWITCHES))

    def change(self, live: Live, desired: Desired, changed: frozenset[str]) -> None:
        """AWS takes one switch a call."""
        client = self.aws.client("ec2")
        for name in sorted(changed):
            value = {SWITCHES[name]: {"Value": desired.properties[name]}}
            client.modify_vpc_attribute(VpcId=live.id, **value)

    def _with_switches(self, live: Live, names: list[str]) -> Live:
        properties = dict(live.properties)
        for name in names:
            key = SWITCHES[name]
            answer = self.aws.client("ec2").describe_vpc_attribute(
                VpcId=live.id, Attribute=key[0].lower() + key[1:]
            )
            properties[name] = answer[key]["Value"]
        return replace(live, properties=properties)


TYPE = Vpc
