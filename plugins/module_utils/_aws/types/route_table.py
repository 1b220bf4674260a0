# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""A route table: where packets of its subnets go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..._converge.fields import group, many, text
from ..._converge.provider import Desired, Live
from ..._converge.shape import from_api, to_api
from ..ec2 import Ec2Type
from ..errors import is_absent
from ..tags import TAGS

DESTINATIONS = {
    "destination_cidr_block": text("IPv4 addresses, such as 0.0.0.0/0."),
    "destination_ipv6_cidr_block": text("IPv6 addresses, such as ::/0."),
    "destination_prefix_list_id": text("The addresses of a prefix list."),
}
TARGETS = {
    "gateway_id": text("An internet gateway or a virtual private gateway."),
    "nat_gateway_id": text("A NAT gateway."),
    "egress_only_internet_gateway_id": text("The way out for IPv6 only."),
    "transit_gateway_id": text("A transit gateway."),
    "vpc_peering_connection_id": text("A peering connection."),
    "vpc_endpoint_id": text("A Gateway Load Balancer's endpoint."),
    "network_interface_id": text("A network interface."),
    "local_gateway_id": text("A local gateway."),
    "carrier_gateway_id": text("A carrier gateway."),
    "core_network_arn": text("A core network."),
}
ROUTE = {**DESTINATIONS, **TARGETS}
Route = Mapping[str, Any]


def _wrong(route: Route) -> str | None:
    for what, names in (("destination", DESTINATIONS), ("target", TARGETS)):
        given = [name for name in names if route.get(name) is not None]
        if len(given) != 1:
            said = " and ".join(given) if given else "none"
            return f"a route has one {what}, not {said}; give one of {', '.join(names)}"
    return None


class RouteTable(Ec2Type):
    """API: CreateRoute, ReplaceRoute, DeleteRoute, AssociateRouteTable."""

    name = "route_table"
    noun = "RouteTable"
    tag_type = "route-table"
    uses = ("vpc", "subnet", "internet_gateway", "nat_gateway")
    later = ("routes", "subnet_ids")
    fields = {
        "vpc_id": text("The VPC it is part of.", required=True, immutable=True),
        "routes": many(
            group(ROUTE, "One route."),
            "All its routes, but for those that AWS makes: into the VPC itself, of"
            " gateway endpoints, and propagated ones.",
            order="set",
        ),
        "subnet_ids": many(text("A subnet."), "Its subnets, all of them.", order="set"),
        "tags": TAGS,
    }
    attributes = {"id": "The route table's id."}

    def check(self, properties: Mapping[str, Any]) -> Sequence[str]:
        """Each route has one destination and one target."""
        routes = properties.get("routes") or ()
        wrong = [(at, _wrong(route)) for at, route in enumerate(routes) if route]
        return [f"routes[{at}]: {said}" for at, said in wrong if said]

    def seen(self, raw: Mapping[str, Any]) -> Live:
        """Routes and subnets as a declaration gives them."""
        routes = [_named(r) for r in raw.get("Routes") or () if _ours(r)]
        subnets = [each["SubnetId"] for each in _associations(raw)]
        live = super().seen({**raw, "Routes": (), "SubnetIds": subnets})
        return replace(live, properties={**live.properties, "routes": routes}, raw=raw)

    def change(self, live: Live, desired: Desired, changed: frozenset[str]) -> None:
        """Only what differs, so that no destination is without a route meanwhile."""
        if "routes" in changed:
            self._change_routes(live, desired.properties.get("routes") or ())
        if "subnet_ids" in changed:
            self._change_subnets(live, desired.properties.get("subnet_ids") or ())

    def remove(self, live: Live) -> None:
        """Its subnets go back to the VPC's main table first."""
        self._change_subnets(live, ())
        super().remove(live)

    def _change_routes(self, live: Live, wanted: Sequence[Route]) -> None:
        client = self.aws.client("ec2")
        present = {_destination(r): r for r in live.properties.get("routes") or ()}
        for route in wanted:
            given = {name: value for name, value in route.items() if value is not None}
            old = present.pop(_destination(route), None)
            if old is None:
                client.create_route(RouteTableId=live.id, **to_api(ROUTE, given))
            elif given != old:
                client.replace_route(RouteTableId=live.id, **to_api(ROUTE, given))
        for route in present.values():
            where = {name: v for name, v in route.items() if name in DESTINATIONS}
            try:
                client.delete_route(RouteTableId=live.id, **to_api(ROUTE, where))
            except Exception as error:
                if not is_absent(error):
                    raise

    def _change_subnets(self, live: Live, wanted: Sequence[str]) -> None:
        client = self.aws.client("ec2")
        present = {each["SubnetId"]: each for each in _associations(live.raw)}
        missing = [subnet for subnet in wanted if subnet not in present]
        elsewhere = self._elsewhere(missing)
        for subnet in missing:
            if subnet in elsewhere:
                # At no time is the subnet without a table of its own.
                client.replace_route_table_association(
                    AssociationId=elsewhere[subnet], RouteTableId=live.id
                )
            else:
                client.associate_route_table(RouteTableId=live.id, SubnetId=subnet)
        for subnet in present.keys() - set(wanted):
            association = present[subnet]["RouteTableAssociationId"]
            try:
                client.disassociate_route_table(AssociationId=association)
            except Exception as error:
                # Another table has taken the subnet over.
                if not is_absent(error):
                    raise

    def _elsewhere(self, subnets: Sequence[str]) -> dict[str, str]:
        """The associations that subnets have with other tables."""
        if not subnets:
            return {}
        here = {"Name": "association.subnet-id", "Values": sorted(subnets)}
        return {
            each["SubnetId"]: each["RouteTableAssociationId"]
            for live in self.described(Filters=[here])
            for each in _associations(live.raw)
            if each["SubnetId"] in subnets
        }


def _destination(route: Route) -> tuple[str, str]:
    return next((n, route[n]) for n in DESTINATIONS if route.get(n) is not None)


def _ours(route: Mapping[str, Any]) -> bool:
    """A route that somebody gave, where AWS lists its own as well."""
    of_endpoint = route.get("DestinationPrefixListId") and str(
        route.get("GatewayId")
    ).startswith("vpce-")
    local = route.get("GatewayId") == "local"
    given = route.get("Origin", "CreateRoute") == "CreateRoute"
    return given and not local and not of_endpoint


def _named(route: Mapping[str, Any]) -> dict[str, Any]:
    """AWS takes a load balancer's endpoint by one name and returns it by another."""
    named = from_api(ROUTE, route)
    if str(named.get("gateway_id")).startswith("vpce-"):
        named["vpc_endpoint_id"] = named.pop("gateway_id")
    return named


def _associations(raw: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Those with a subnet that last."""
    return [
        each
        for each in raw.get("Associations") or ()
        if each.get("SubnetId")
        and each.get("AssociationState", {}).get("State")
        not in ("disassociating", "disassociated", "failed")
    ]


TYPE = RouteTable
