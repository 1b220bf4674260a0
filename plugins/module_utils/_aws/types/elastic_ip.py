# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""An Elastic IP: a public IPv4 address that stays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..._converge.fields import text
from ..._converge.provider import Desired, Live
from ..._converge.shape import to_api
from ..ec2 import Ec2Type
from ..errors import code, is_absent, is_in_use
from ..tags import TAGS


class ElasticIp(Ec2Type):
    """API: AllocateAddress, DescribeAddresses, ReleaseAddress."""

    name = "elastic_ip"
    noun = "Address"
    tag_type = "elastic-ip"
    fields = {
        "public_ipv4_pool": text(
            "The pool of your own addresses to take it from; Amazon's otherwise.",
            immutable=True,
        ),
        "network_border_group": text(
            "The zones, or the Local Zone, that announce it.", immutable=True
        ),
        "tags": TAGS,
    }
    attributes = {
        "id": "The allocation's id, which a NAT gateway takes as allocation_id.",
        "public_ip": "The address.",
    }

    _id = "AllocationId"

    def described(self, **parameters: Any) -> list[Live]:
        """By this API's own names: an address is described by its allocation."""
        found = self.aws.pages("ec2", "describe_addresses", "Addresses", **parameters)
        return [self.seen(raw) for raw in found if raw.get("AllocationId")]

    def more(self, raw: Mapping[str, Any]) -> Mapping[str, Any]:
        """The address itself."""
        return {"public_ip": raw.get("PublicIp")}

    def make(self, desired: Desired) -> Live:
        """Allocate it with its tags."""
        given = {k: v for k, v in desired.properties.items() if k != "tags"}
        answer = self.aws.client("ec2").allocate_address(
            Domain="vpc",
            **to_api(self.fields, given),
            TagSpecifications=self.specification(desired),
        )
        return self.ready(answer["AllocationId"])

    def remove(self, live: Live) -> None:
        """Give it back as soon as nothing holds it."""
        release = self.aws.client("ec2").release_address

        def released() -> bool:
            try:
                release(AllocationId=live.id)
            except Exception as error:
                if is_absent(error):
                    return True
                # While a NAT gateway or a load balancer that is being deleted still
                # holds the address, AWS speaks of a missing permission.
                held = code(error) == "AuthFailure" and self._held(live)
                if is_in_use(error) or held:
                    return False
                raise
            return True

        self.aws.wait(f"elastic_ip {live.id} to be free of its user", released)

    def _held(self, live: Live) -> bool:
        return any(
            "AssociationId" in each.raw
            for each in self.described(AllocationIds=[live.id])
        )


TYPE = ElasticIp
