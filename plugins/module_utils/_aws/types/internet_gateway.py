# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""An internet gateway: the way between one VPC and the internet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ..._converge.fields import text
from ..._converge.provider import Desired, Live, Reading
from ..ec2 import Ec2Type
from ..errors import code
from ..tags import TAGS


class InternetGateway(Ec2Type):
    """API: CreateInternetGateway, AttachInternetGateway, DetachInternetGateway."""

    name = "internet_gateway"
    noun = "InternetGateway"
    tag_type = "internet-gateway"
    parents = ("vpc",)
    uses = ("vpc",)
    # A VPC takes one.
    unique = ("vpc_id",)
    later = ("vpc_id",)
    fields = {
        "vpc_id": text("The VPC it is attached to.", required=True),
        "tags": TAGS,
    }
    attributes = {"id": "The gateway's id."}

    def seen(self, raw: Any) -> Live:
        """The attachment is a list of which AWS fills one entry."""
        attached = [each["VpcId"] for each in raw.get("Attachments") or ()]
        return super().seen({**raw, "VpcId": attached[0] if attached else None})

    def strangers(self, missing: Sequence[Desired], reading: Reading) -> Iterable[Live]:
        """The gateway that a VPC already has."""
        vpcs = sorted({d.properties["vpc_id"] for d in missing})
        return self.described(Filters=[{"Name": "attachment.vpc-id", "Values": vpcs}])

    def change(self, live: Live, desired: Desired, changed: frozenset[str]) -> None:
        """Attach it where it belongs; a gateway moves from VPC to VPC."""
        self._detach(live)
        self.aws.client("ec2").attach_internet_gateway(
            InternetGatewayId=live.id, VpcId=desired.properties["vpc_id"]
        )

    def remove(self, live: Live) -> None:
        """Detach, then delete."""
        self._detach(live)
        super().remove(live)

    def _detach(self, live: Live) -> None:
        """AWS refuses while something in the VPC still has a public address."""
        vpc = live.properties.get("vpc_id")
        if not vpc:
            return
        detach = self.aws.client("ec2").detach_internet_gateway

        def detached() -> None:
            try:
                detach(InternetGatewayId=live.id, VpcId=vpc)
            except Exception as error:
                if code(error) != "Gateway.NotAttached":
                    raise

        self.once_unused(live, detached)


TYPE = InternetGateway
