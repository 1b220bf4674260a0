# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""A NAT gateway: the way out for subnets without public addresses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..._converge.fields import many, text
from ..._converge.provider import Desired, Live
from ..._errors import RunError
from ..ec2 import Ec2Type
from ..errors import is_absent
from ..tags import TAGS

# What an address that is leaving a gateway says of itself.
GOING = ("unassigning", "disassociating", "failed")


class NatGateway(Ec2Type):
    """API: CreateNatGateway, DescribeNatGateways, AssociateNatGatewayAddress."""

    name = "nat_gateway"
    noun = "NatGateway"
    tag_type = "natgateway"
    uses = ("subnet", "elastic_ip", "internet_gateway")
    # An address serves one gateway, so a successor waits until it is free.
    unique = ("allocation_id",)
    fields = {
        "subnet_id": text("The subnet it stands in.", required=True, immutable=True),
        "allocation_id": text("The Elastic IP of a public gateway.", immutable=True),
        "connectivity_type": text(
            "Whether it leads to the internet or to other private networks.",
            choices=("public", "private"),
            immutable=True,
        ),
        "private_ip_address": text("Its own address in the subnet.", immutable=True),
        "secondary_allocation_ids": many(
            text("An Elastic IP."),
            "More addresses, for more connections at once to one destination.",
            order="set",
        ),
        "tags": TAGS,
    }
    attributes = {
        "id": "The gateway's id.",
        "public_ip": "The address that others see.",
        "private_ip": "Its address in the subnet.",
    }

    def check(self, properties: Mapping[str, Any]) -> Sequence[str]:
        """A public gateway needs an address; a private one takes none."""
        private = properties.get("connectivity_type") == "private"
        if private and properties.get("allocation_id") is not None:
            return ["allocation_id: a private gateway takes none; leave it out"]
        if not private and properties.get("allocation_id") is None:
            return ["allocation_id is missing: declare an elastic_ip and name its id"]
        return ()

    def described(self, **parameters: Any) -> list[Live]:
        """This call spells its filters in the singular."""
        if "Filters" in parameters:
            parameters["Filter"] = parameters.pop("Filters")
        return super().described(**parameters)

    def exists(self, raw: Mapping[str, Any]) -> bool:
        """A gateway that failed is of no use, and AWS deletes it by itself."""
        return raw.get("State") not in ("deleted", "deleting", "failed")

    def seen(self, raw: Mapping[str, Any]) -> Live:
        """The first address is the gateway's own, the others are secondary."""
        mine, others = _addresses(raw)
        own = {
            "AllocationId": mine.get("AllocationId"),
            "PrivateIpAddress": mine.get("PrivateIp"),
            "SecondaryAllocationIds": [
                each["AllocationId"]
                for each in others
                if each.get("AllocationId") and each.get("Status") not in GOING
            ],
        }
        return super().seen({**raw, **own})

    def more(self, raw: Mapping[str, Any]) -> Mapping[str, Any]:
        """Its addresses."""
        mine, _others = _addresses(raw)
        return {"public_ip": mine.get("PublicIp"), "private_ip": mine.get("PrivateIp")}

    def ready(self, id_: str) -> Live:
        """Wait until it carries traffic; stop with AWS's reason when it failed."""

        def look() -> Live | None:
            for raw in self._raw(id_):
                if raw["State"] == "failed":
                    raise RunError(
                        f"NAT gateway {id_} failed: {raw.get('FailureMessage')}"
                        f" ({raw.get('FailureCode')}). AWS removes it by itself; put"
                        " that right and run again."
                    )
                if raw["State"] == "available":
                    return self.seen(raw)
            return None

        return self.aws.wait(f"NAT gateway {id_} to be available", look)

    def change(self, live: Live, desired: Desired, changed: frozenset[str]) -> None:
        """Only the secondary addresses can change: one call to add, one to take."""
        client = self.aws.client("ec2")
        wanted = set(desired.properties.get("secondary_allocation_ids") or ())
        present = set(live.properties.get("secondary_allocation_ids") or ())
        if wanted - present:
            client.associate_nat_gateway_address(
                NatGatewayId=live.id, AllocationIds=sorted(wanted - present)
            )
        if present - wanted:
            _mine, others = _addresses(live.raw)
            client.disassociate_nat_gateway_address(
                NatGatewayId=live.id,
                AssociationIds=[
                    each["AssociationId"]
                    for each in others
                    if each.get("AllocationId") in present - wanted
                ],
            )

    def remove(self, live: Live) -> None:
        """Until it is gone it holds its address and its subnet."""
        self.aws.client("ec2").delete_nat_gateway(NatGatewayId=live.id)

        def gone() -> bool:
            return all(raw["State"] == "deleted" for raw in self._raw(live.id))

        self.aws.wait(f"NAT gateway {live.id} to be deleted", gone)

    def _raw(self, id_: str) -> list[Mapping[str, Any]]:
        """The gateway, also when it has gone; nothing while AWS does not know it."""
        try:
            return self.aws.pages(
                "ec2", "describe_nat_gateways", "NatGateways", NatGatewayIds=[id_]
            )
        except Exception as error:
            if is_absent(error):
                return []
            raise


def _addresses(
    raw: Mapping[str, Any],
) -> tuple[Mapping[str, Any], list[Mapping[str, Any]]]:
    """The gateway's own address and its secondary ones."""
    addresses = list(raw.get("NatGatewayAddresses") or ())
    if not addresses:
        return {}, []
    mine = next((each for each in addresses if each.get("IsPrimary")), addresses[0])
    return mine, [each for each in addresses if each is not mine]


TYPE = NatGateway
