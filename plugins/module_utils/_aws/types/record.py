# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""A record of a hosted zone: values, or an alias of another AWS resource.

A record carries no tags: it is known by its zone, name, type and set identifier. In
a zone of the stack all records are the stack's, so that `prune` deletes those that
are not declared (but for the zone's own NS and SOA, and what validates
certificates). In any other zone only declared records are touched.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..._converge.fields import flag, group, many, number, text
from ..._converge.provider import UNKNOWN, Change, Desired, Live, Reading
from ..._converge.shape import api_name, from_api, to_api
from ..._errors import RunError
from ..base import Aws, AwsType
from ..dns import domain, refused, txt_value, value_text, zone_id
from ..errors import code, explain
from ..zonewriter import REFUSED, ZoneWriter
from .hosted_zone import is_apex, is_validation

KINDS = (
    *("A", "AAAA", "CAA", "CNAME", "DS", "HTTPS", "MX", "NAPTR", "NS", "PTR", "SOA"),
    *("SPF", "SRV", "SSHFP", "SVCB", "TLSA", "TXT"),
)
ROUTING = ("weight", "region", "failover", "geo_location", "multi_value_answer")
KEY = ("zone_id", "name", "record_type", "set_identifier")
DEFAULT_TTL = 300


class Record(AwsType):
    """API: ListResourceRecordSets, ChangeResourceRecordSets, GetChange.

    An update deletes the record as it was read and creates the new one, in one
    batch: Route 53 takes both or neither, and refuses where the record is no longer
    what was read.
    """

    name = "record"
    service = "route53"
    markable = False
    parents = ("hosted_zone",)
    uses = ("distribution", "load_balancer", "elastic_ip", "certificate")
    unique = KEY
    fields = {
        "zone_id": text(
            "The hosted zone's id, of this stack or another.",
            required=True,
            immutable=True,
            normal=zone_id,
        ),
        "name": text(
            "Its full name, such as www.example.ca.",
            required=True,
            immutable=True,
            normal=domain,
            check=refused,
        ),
        "record_type": text(
            "The DNS type.", required=True, immutable=True, choices=KINDS, api="Type"
        ),
        "set_identifier": text(
            "Tells apart records of one name and type that are chosen among.",
            immutable=True,
        ),
        "ttl": number(
            f"Seconds that resolvers keep it; {DEFAULT_TTL} where nothing is said.",
            api="TTL",
        ),
        "values": many(
            text("A value; TXT with or without quotes.", normal=value_text),
            "The values, as in a zone file.",
            order="set",
        ),
        "alias_target": group(
            {
                "hosted_zone_id": text(
                    "The zone of the target, as the target tells it.", required=True
                ),
                "dns_name": text(
                    "The target's name.", required=True, api="DNSName", normal=domain
                ),
                "evaluate_target_health": flag(
                    "Leave it out of answers while the target is unhealthy."
                ),
            },
            "The AWS resource that it stands for, instead of `values`.",
        ),
        "weight": number("Its share of the answers, 0 to 255."),
        "region": text("Answer with it where this region is nearest."),
        "failover": text("Its role.", choices=("PRIMARY", "SECONDARY")),
        "geo_location": group(
            {
                "continent_code": text("Such as NA."),
                "country_code": text("Such as CA; * for all that is left."),
                "subdivision_code": text("Such as QC; of the United States only."),
            },
            "Answer with it where the question comes from here.",
        ),
        "multi_value_answer": flag("One of up to eight healthy answers."),
        "health_check_id": text("Answer with it only while this check is healthy."),
    }
    attributes = {"id": "Zone, name, type and set identifier.", "fqdn": "Its name."}

    def __init__(self, aws: Aws) -> None:
        super().__init__(aws)
        self._writer = ZoneWriter(aws)

    def check(self, properties: Mapping[str, Any]) -> Sequence[str]:
        """Values or an alias; a way to choose needs a set identifier."""
        said = []
        given = {name for name, value in properties.items() if value is not None}
        if ("values" in given) == ("alias_target" in given):
            said.append("values: give either values or alias_target")
        if "alias_target" in given and "ttl" in given:
            said.append("ttl: an alias has the TTL of its target; leave it out")
        chosen = [name for name in ROUTING if name in given]
        if len(chosen) > 1:
            said.append(f"{chosen[1]}: give only one of {', '.join(chosen)}")
        if chosen and "set_identifier" not in given:
            said.append(f"set_identifier: {chosen[0]} needs one, unique for the name")
        if "set_identifier" in given and not chosen:
            said.append(f"set_identifier: goes with one of {', '.join(ROUTING)}")
        return said

    def identity(self, properties: Mapping[str, Any]) -> str | None:
        """In the one spelling of each part."""
        parts = [properties.get(name) for name in KEY]
        if UNKNOWN in parts or None in parts[:3]:
            return None
        zone, name, kind, chosen = parts
        return "/".join((zone_id(zone), domain(name), kind, chosen or ""))

    def find(self, reading: Reading) -> Iterable[Live]:
        """The records of zones in use: one paged call a zone."""
        declared = {self.identity(each.properties) for each in reading.desired}
        zones = {
            zone_id(each.properties["zone_id"])
            for each in reading.desired
            if each.properties.get("zone_id") not in (None, UNKNOWN)
        }
        own = {
            zone.id: zone
            for zone in reading.parents.get("hosted_zone", ())
            if zone.owned
        }
        for zone in sorted(zones | own.keys() if reading.everything else zones):
            for raw in self._listed(zone):
                live = self._seen(zone, raw, zone in own)
                if self.identity(live.properties) in declared or (
                    zone in own
                    and not is_apex(raw, own[zone].properties["name"])
                    and not is_validation(raw)
                ):
                    yield live

    def make(self, desired: Desired) -> Live:
        """Create it, and wait until Route 53's servers answer with it."""
        raw = self._built(desired.properties, {})
        zone = zone_id(desired.properties["zone_id"])
        try:
            self._writer.send(zone, [_do("CREATE", raw)])
        except Exception as error:
            # The first of two attempts of botocore may have been taken after all.
            if code(error) != REFUSED or not _alike(self._look(zone, raw), raw):
                raise
        return self._seen(zone, raw, False)

    def update(self, live: Live, desired: Desired, changes: Sequence[Change]) -> Live:
        """Put the new record in the place of the one that was read."""
        zone = zone_id(live.properties["zone_id"])
        try:
            raw = self._replace(zone, live.raw, desired)
        except Exception as error:
            raise explain(error) from error
        return self._seen(zone, raw, live.owned)

    def remove(self, live: Live) -> None:
        """Delete it as it was read; as it is now, where somebody changed it since."""
        zone = zone_id(live.properties["zone_id"])
        try:
            self._writer.send(zone, [_do("DELETE", live.raw)], wait=False)
        except Exception as error:
            if code(error) != REFUSED:
                raise
            now = self._look(zone, live.raw)
            if now is not None:
                self._writer.send(zone, [_do("DELETE", now)], wait=False)

    def _replace(self, zone: str, old: Mapping[str, Any], desired: Desired) -> Any:
        raw = self._built(desired.properties, old)
        try:
            self._writer.send(zone, [_do("DELETE", old), _do("CREATE", raw)])
        except Exception as error:
            if code(error) != REFUSED:
                raise
            now = self._look(zone, old)
            if now is None or _alike(now, old):
                # It is as it was read, so that the new one is what is refused.
                raise
            if not _alike(now, raw):
                raise RunError(
                    f"The record {raw['Name']} {raw['Type']} was changed by somebody"
                    " else just now: run again to plan with what it is."
                ) from error
        return raw

    def _listed(self, zone: str) -> list[dict[str, Any]]:
        return self.aws.pages(
            "route53",
            "list_resource_record_sets",
            "ResourceRecordSets",
            HostedZoneId=zone,
        )

    def _look(self, zone: str, like: Mapping[str, Any]) -> dict[str, Any] | None:
        """The record with the name, type and set identifier of another."""
        found = self.aws.client("route53").list_resource_record_sets(
            HostedZoneId=zone,
            StartRecordName=like["Name"],
            StartRecordType=like["Type"],
        )
        for raw in found["ResourceRecordSets"]:
            if _key(raw) == _key(like):
                return raw
        return None

    def _built(
        self, properties: Mapping[str, Any], old: Mapping[str, Any]
    ) -> dict[str, Any]:
        """The record set of a declaration; what it leaves open stays as it was."""
        given = {k: v for k, v in properties.items() if k not in ("zone_id", "values")}
        raw = {**old, **to_api(self.fields, given), "Name": domain(given["name"])}
        for name, value in given.items():
            if value is None:
                raw.pop(api_name(name, self.fields[name]), None)
        if properties.get("alias_target"):
            raw["AliasTarget"].setdefault("EvaluateTargetHealth", False)
            raw.pop("TTL", None)
            raw.pop("ResourceRecords", None)
        elif properties.get("values"):
            quoted = properties["record_type"] in ("TXT", "SPF")
            raw["ResourceRecords"] = [
                {"Value": txt_value(value) if quoted else value}
                for value in properties["values"]
            ]
            raw.setdefault("TTL", DEFAULT_TTL)
            raw.pop("AliasTarget", None)
        return raw

    def _seen(self, zone: str, raw: Mapping[str, Any], ours: bool) -> Live:
        properties = from_api(self.fields, raw)
        properties.update(zone_id=zone, name=domain(raw["Name"]))
        if "ResourceRecords" in raw:
            properties["values"] = [each["Value"] for each in raw["ResourceRecords"]]
        id_ = "/".join(part for part in (zone, *_key(raw)) if part)
        return Live(
            id=id_,
            properties=properties,
            attributes={"id": id_, "fqdn": domain(raw["Name"])},
            owned=ours,
            raw=raw,
        )


def _do(action: str, raw: Mapping[str, Any]) -> dict[str, Any]:
    return {"Action": action, "ResourceRecordSet": dict(raw)}


def _key(raw: Mapping[str, Any]) -> tuple[str, str, str]:
    return domain(raw["Name"]), raw["Type"], raw.get("SetIdentifier", "")


def _alike(one: Mapping[str, Any] | None, other: Mapping[str, Any]) -> bool:
    """The same record, however names are spelled and values are ordered."""
    return one is not None and _plain(one) == _plain(other)


def _plain(raw: Mapping[str, Any]) -> dict[str, Any]:
    plain = {**raw, "Name": domain(raw["Name"])}
    if "ResourceRecords" in raw:
        values = [each["Value"] for each in raw["ResourceRecords"]]
        plain["ResourceRecords"] = sorted(values)
    if "AliasTarget" in raw:
        target = raw["AliasTarget"]
        plain["AliasTarget"] = {**target, "DNSName": domain(target["DNSName"])}
    return plain


TYPE = Record
