# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""A hosted zone of Route 53: a domain, for the world or inside VPCs only."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..._converge.fields import flag, group, many, text
from ..._converge.provider import UNKNOWN, Desired, Live, Reading
from ..._errors import RunError
from ..base import AwsType
from ..calls import settled
from ..dns import domain, refused, zone_id
from ..errors import code
from ..session import UncertainCreationError
from ..tagged import with_tags
from ..tags import RESOURCE, STACK, TAGS, pairs, read_tags

# ListTagsForResources takes ten zones a call.
AT_ONCE = 10
VALIDATION = ".acm-validations.aws"


class HostedZone(AwsType):
    """API: CreateHostedZone, ListHostedZones, GetHostedZone, DeleteHostedZone.

    A creation takes no tags but a caller reference, which ListHostedZones gives back:
    it carries the mark until the tags are set, so that no zone is ever unmarked.
    """

    name = "hosted_zone"
    service = "route53"
    uses = ("vpc",)
    fields = {
        "name": text(
            "The domain, such as example.ca.",
            required=True,
            immutable=True,
            normal=domain,
            check=refused,
        ),
        "comment": text("What it is for."),
        "private_zone": flag(
            "Answer inside VPCs only. True where `vpcs` are named.", immutable=True
        ),
        "vpcs": many(
            group(
                {
                    "vpc_id": text("The VPC.", required=True, api="VPCId"),
                    "vpc_region": text("Its region, where it is not the stack's."),
                },
                "A VPC.",
            ),
            "The VPCs in which a private zone answers; at least one.",
            order="key",
            key="vpc_id",
        ),
        "delegation_set_id": text(
            "A reusable delegation set, whose name servers it gets.",
            immutable=True,
            normal=zone_id,
        ),
        "tags": TAGS,
    }
    attributes = {
        "id": "The zone's id.",
        "arn": "Its ARN.",
        "name_servers": "The name servers to delegate the domain to (a list).",
    }

    def check(self, properties: Mapping[str, Any]) -> Sequence[str]:
        """Private zones have VPCs, public ones have none."""
        private, vpcs = properties.get("private_zone"), properties.get("vpcs")
        if private is UNKNOWN or vpcs is UNKNOWN:
            return []
        if private and not vpcs:
            return ["vpcs: a private zone needs at least one VPC"]
        if private is False and vpcs:
            return ["vpcs: only a private zone has VPCs; leave private_zone out"]
        if "vpcs" in properties and not vpcs:
            return ["vpcs: a private zone keeps at least one VPC; name it"]
        return []

    def identity(self, properties: Mapping[str, Any]) -> str | None:
        """Route 53 allows two public zones of one name; one of them gets no questions.

        Private zones of one name live side by side, in different VPCs.
        """
        name = properties.get("name")
        private = properties.get("vpcs") or properties.get("private_zone")
        if name in (None, UNKNOWN) or private or private is UNKNOWN:
            return None
        return domain(name)

    def find(self, reading: Reading) -> Iterable[Live]:
        """All zones, their tags ten a call, and the details of those of the stack."""
        wanted = {
            domain(desired.properties["name"])
            for desired in reading.desired
            if desired.properties.get("name") not in (None, UNKNOWN)
        }

        def likely(raw: Mapping[str, Any]) -> bool:
            return domain(raw["Name"]) in wanted or self._referred(raw) is not None

        found = with_tags(self._all(), self._tags, likely, self.aws.stack, reading)
        for raw, tags in found:
            marks = self._marks(raw, tags)
            if marks.get(STACK) == self.aws.stack:
                yield self._detailed(zone_id(raw["Id"]), marks)

    def strangers(self, missing: Sequence[Desired], reading: Reading) -> Iterable[Live]:
        """Public zones of the same name that are not the stack's."""
        names = {domain(desired.properties["name"]) for desired in missing}
        zones = [raw for raw in self._all() if domain(raw["Name"]) in names]
        for raw, tags in zip(zones, self._tags(zones)):
            if self._marks(raw, tags).get(STACK) != self.aws.stack:
                yield self._seen(raw, tags)

    def make(self, desired: Desired) -> Live:
        """Create it with its first VPC, tag it, then associate the other VPCs."""
        wanted = desired.properties
        vpcs = wanted.get("vpcs") or []
        config = {"Comment": wanted.get("comment") or "", "PrivateZone": bool(vpcs)}
        parameters: dict[str, Any] = {}
        if vpcs:
            parameters["VPC"] = self._vpc(vpcs[0])
        if wanted.get("delegation_set_id"):
            parameters["DelegationSetId"] = wanted["delegation_set_id"]
        client = self.aws.client("route53")
        try:
            answer = settled(
                self.aws,
                lambda: client.create_hosted_zone(
                    Name=wanted["name"],
                    CallerReference=self._reference(desired.resource),
                    HostedZoneConfig=config,
                    **parameters,
                ),
                _vpc_unknown,
            )
            id_ = zone_id(answer["HostedZone"]["Id"])
        except UncertainCreationError:
            found = self._found_again(desired)
            if found is None:
                raise
            id_ = found.id
        self._tag(id_, self.aws.marks(desired, named=True))
        for vpc in vpcs[1:]:
            self._associate(id_, vpc)
        return self._detailed(id_, self.aws.marks(desired, named=True))

    def change(self, live: Live, desired: Desired, changed: frozenset[str]) -> None:
        """The comment, and the VPCs one by one: new ones first."""
        if "comment" in changed:
            self.aws.client("route53").update_hosted_zone_comment(
                Id=live.id, Comment=desired.properties["comment"] or ""
            )
        if "vpcs" in changed:
            wanted = {vpc["vpc_id"]: vpc for vpc in desired.properties["vpcs"]}
            there = {vpc["vpc_id"]: vpc for vpc in live.properties.get("vpcs", ())}
            if not there:
                raise RunError(
                    f"{live.id} is a public zone, which cannot answer inside VPCs only:"
                    " declare a second zone for the VPCs"
                )
            for id_ in wanted.keys() - there.keys():
                self._associate(live.id, wanted[id_])
            for id_ in there.keys() - wanted.keys():
                self.aws.client("route53").disassociate_vpc_from_hosted_zone(
                    HostedZoneId=live.id, VPC=self._vpc(there[id_])
                )

    def remove(self, live: Live) -> None:
        """Delete it, and with it the records that validated certificates."""
        client = self.aws.client("route53")
        try:
            client.delete_hosted_zone(Id=live.id)
        except Exception as error:
            if code(error) != "HostedZoneNotEmpty":
                raise
            self._clear(live)
            client.delete_hosted_zone(Id=live.id)

    def fetch(self, live: Live) -> Live:
        """With the tags as they are now."""
        (tags,) = self._tags([{"Id": live.id}])
        marks = {STACK: self.aws.stack, RESOURCE: live.resource or "", **tags}
        return self._detailed(live.id, marks)

    def retag(
        self, live: Live, wanted: Mapping[str, str], unwanted: Sequence[str]
    ) -> None:
        """Set and remove tags in one call."""
        self._tag(live.id, wanted, unwanted)

    def _clear(self, live: Live) -> None:
        """Delete what nobody misses; say what else is in the way."""
        left = [
            raw
            for raw in self.aws.pages(
                "route53",
                "list_resource_record_sets",
                "ResourceRecordSets",
                HostedZoneId=live.id,
            )
            if not is_apex(raw, live.properties["name"])
        ]
        foreign = [raw for raw in left if not is_validation(raw)]
        if foreign:
            names = ", ".join(f"{domain(r['Name'])} {r['Type']}" for r in foreign[:5])
            more = f" and {len(foreign) - 5} more" if len(foreign) > 5 else ""
            raise RunError(
                f"The zone {live.properties['name']} ({live.id}) still holds records:"
                f" {names}{more}. Delete them, or keep the zone."
            )
        changes = [{"Action": "DELETE", "ResourceRecordSet": raw} for raw in left]
        self.aws.client("route53").change_resource_record_sets(
            HostedZoneId=live.id, ChangeBatch={"Changes": changes}
        )

    def _all(self) -> list[dict[str, Any]]:
        return self.aws.pages("route53", "list_hosted_zones", "HostedZones")

    def _tags(self, zones: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
        client = self.aws.client("route53")
        ids = [zone_id(raw["Id"]) for raw in zones]
        tags: dict[str, dict[str, str]] = {}
        for at in range(0, len(ids), AT_ONCE):
            answer = client.list_tags_for_resources(
                ResourceType="hostedzone", ResourceIds=ids[at : at + AT_ONCE]
            )
            for each in answer["ResourceTagSets"]:
                tags[zone_id(each["ResourceId"])] = read_tags(each["Tags"])
        return [tags.get(id_, {}) for id_ in ids]

    def _reference(self, resource: str) -> str:
        # Unique for each creation: Route 53 refuses one that it has seen.
        reference = f"vigie:{self.aws.stack}:{resource}:{uuid.uuid4().hex[:12]}"
        return reference if len(reference) <= 128 else uuid.uuid4().hex

    def _referred(self, raw: Mapping[str, Any]) -> str | None:
        """The logical name in a caller reference of this stack."""
        parts = raw.get("CallerReference", "").split(":")
        ours = len(parts) == 4 and parts[:2] == ["vigie", self.aws.stack]
        return parts[2] if ours else None

    def _marks(self, raw: Mapping[str, Any], tags: Mapping[str, str]) -> dict[str, str]:
        """The tags; a zone whose tags were not set yet is known by its reference."""
        resource = self._referred(raw)
        if STACK in tags or resource is None:
            return dict(tags)
        return {**tags, STACK: self.aws.stack, RESOURCE: resource}

    def _tag(
        self, id_: str, wanted: Mapping[str, str], unwanted: Sequence[str] = ()
    ) -> None:
        parameters: dict[str, Any] = {}
        if wanted:
            parameters["AddTags"] = pairs(wanted)
        if unwanted:
            parameters["RemoveTagKeys"] = list(unwanted)
        self.aws.client("route53").change_tags_for_resource(
            ResourceType="hostedzone", ResourceId=id_, **parameters
        )

    def _vpc(self, vpc: Mapping[str, Any]) -> dict[str, str]:
        region = vpc.get("vpc_region") or self.aws.session.region
        return {"VPCId": vpc["vpc_id"], "VPCRegion": region}

    def _associate(self, id_: str, vpc: Mapping[str, Any]) -> None:
        client = self.aws.client("route53")
        settled(
            self.aws,
            lambda: client.associate_vpc_with_hosted_zone(
                HostedZoneId=id_, VPC=self._vpc(vpc)
            ),
            _vpc_unknown,
        )

    def _detailed(self, id_: str, tags: Mapping[str, str]) -> Live:
        """Name servers and VPCs are in no list: one call for each of our zones."""
        answer = self.aws.client("route53").get_hosted_zone(Id=id_)
        raw = {**answer["HostedZone"], "VPCs": answer.get("VPCs") or []}
        raw["DelegationSet"] = answer.get("DelegationSet") or {}
        return self._seen(raw, tags)

    def _seen(self, raw: Mapping[str, Any], tags: Mapping[str, str]) -> Live:
        config = raw.get("Config", {})
        delegation = raw.get("DelegationSet", {})
        properties = {
            "name": domain(raw["Name"]),
            "comment": config.get("Comment", ""),
            "private_zone": config.get("PrivateZone", False),
            "vpcs": [
                {"vpc_id": vpc["VPCId"], "vpc_region": vpc["VPCRegion"]}
                for vpc in raw.get("VPCs", ())
            ],
        }
        if delegation.get("Id"):
            properties["delegation_set_id"] = zone_id(delegation["Id"])
        id_ = zone_id(raw["Id"])
        return self.live(
            id_,
            properties,
            tags,
            raw,
            arn=f"arn:aws:route53:::hostedzone/{id_}",
            name_servers=list(delegation.get("NameServers") or ()),
        )


def _vpc_unknown(error: Exception) -> bool:
    """Just created, a VPC may be unknown to Route 53 for a moment."""
    return code(error) == "InvalidVPCId"


def is_apex(raw: Mapping[str, Any], zone: str) -> bool:
    """The records that Route 53 makes with the zone itself."""
    return raw["Type"] in ("NS", "SOA") and domain(raw["Name"]) == domain(zone)


def is_validation(raw: Mapping[str, Any]) -> bool:
    """A record that shows ACM whose domain it is; made by the type certificate."""
    values = [record["Value"] for record in raw.get("ResourceRecords", ())]
    return (
        raw["Type"] == "CNAME"
        and bool(values)
        and all(domain(value).endswith(VALIDATION) for value in values)
    )


TYPE = HostedZone
