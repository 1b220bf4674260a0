# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""A set of addresses for the rules of web ACLs.

A rule names it in `ip_set_reference_statement: {arn: ${blocked.arn}}`.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any

from ..._converge.fields import many, text
from ..wafv2 import NAMED, WafType


def _refused(address: str) -> str | None:
    try:
        if "/" in address:
            ipaddress.ip_network(address)
            return None
    except ValueError:
        pass
    return f"{address!r} is no address range: write 192.0.2.7/32 or 2001:db8::/32"


class IpSet(WafType):
    """API: CreateIPSet, GetIPSet, UpdateIPSet, ListIPSets."""

    name = "ip_set"
    noun = "IPSet"
    listing = "IPSets"
    fields = {
        **NAMED,
        "ip_address_version": text(
            "Which addresses.",
            required=True,
            choices=("IPV4", "IPV6"),
            immutable=True,
        ),
        "addresses": many(
            text("A range, such as 192.0.2.0/24.", normal=str.lower, check=_refused),
            "The addresses.",
            required=True,
            order="set",
        ),
    }
    attributes = {"id": "The set's id.", "arn": "Its ARN."}

    def built(
        self, raw: Mapping[str, Any], properties: Mapping[str, Any]
    ) -> dict[str, Any]:
        """An update replaces the addresses as a whole, at once."""
        parameters: dict[str, Any] = {"Addresses": list(properties["addresses"])}
        description = properties.get("description", raw.get("Description"))
        if description:
            parameters["Description"] = description
        if not raw:
            parameters["IPAddressVersion"] = properties["ip_address_version"]
        return parameters


TYPE = IpSet
