# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""A public certificate of ACM, validated through DNS and renewed by AWS.

Name the hosted zone in `validation_zone_id` and the certificate is usable once it is
made: the records that show ACM whose domain it is are set in that zone, and the wait
lasts until the certificate is issued. The records stay for the renewals; they are the
same for every certificate of that name, and go with the zone. Without a zone the
certificate is only requested, and `validation_records` tells what to set elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..._converge.conform import known
from ..._converge.fields import many, mapping, text
from ..._converge.provider import UNKNOWN, Desired, Live, Reading
from ..._errors import RunError
from ..base import AwsType
from ..calls import settled
from ..dns import domain, refused, zone_id
from ..errors import is_absent
from ..session import UncertainCreationError
from ..tagged import one_by_one, with_tags
from ..tags import RESOURCE, TAGS, pairs, read_tags

# CloudFront takes certificates of this region only.
CLOUDFRONT = "us-east-1"
# Without it ListCertificates leaves out all but RSA of 1024 and 2048 bits.
KEYS = (
    *("RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096"),
    *("EC_prime256v1", "EC_secp384r1", "EC_secp521r1"),
)
# Never usable again: to be replaced, and taken away with what is not declared.
DEAD = ("EXPIRED", "FAILED", "REVOKED", "VALIDATION_TIMED_OUT")
LOGGING = "certificate_transparency_logging_preference"
ZONES = frozenset(("validation_zone_id", "validation_zones"))


class Certificate(AwsType):
    """API: RequestCertificate, DescribeCertificate, ListTagsForCertificate."""

    name = "certificate"
    service = "acm"
    # Its zone must be known to tell whether the records are still there.
    parents = ("hosted_zone",)
    fields = {
        "domain_name": text(
            "The name that it is for, such as example.ca or *.example.ca.",
            required=True,
            immutable=True,
            normal=domain,
            check=refused,
        ),
        "subject_alternative_names": many(
            text("A name.", normal=domain, check=refused),
            "Further names.",
            order="set",
            immutable=True,
        ),
        "validation_zone_id": text(
            "The hosted zone of its names; records are set there until it is issued.",
            normal=zone_id,
        ),
        "validation_zones": mapping(
            text("A hosted zone's id."),
            "Domains that lie in other zones, each with the zone's id.",
        ),
        "key_algorithm": text(
            "Its key; RSA_2048 where nothing is said.",
            choices=KEYS[1:],
            immutable=True,
            # DescribeCertificate spells it RSA-2048.
            normal=lambda value: value.replace("-", "_"),
        ),
        LOGGING: text(
            "Whether it is entered in the public logs; browsers want that.",
            choices=("ENABLED", "DISABLED"),
        ),
        "region": text(
            f"Its region, where it is not the stack's: {CLOUDFRONT} for CloudFront.",
            immutable=True,
        ),
        "tags": TAGS,
    }
    attributes = {
        "id": "The certificate's ARN.",
        "arn": "Its ARN.",
        "status": "Such as ISSUED or PENDING_VALIDATION.",
        "validation_records": "What to set in DNS: lists of domain, name, type, value.",
    }
    volatile = ("status",)

    def check(self, properties: Mapping[str, Any]) -> Sequence[str]:
        """Each name has a zone, or none has."""
        first = properties.get("domain_name")
        others = properties.get("subject_alternative_names") or []
        if UNKNOWN in (first, others) or first is None:
            return []
        names = [domain(name) for name in others if name is not UNKNOWN]
        if domain(first) in names:
            return [f"subject_alternative_names: leave {first} out, it is the first"]
        if properties.get("validation_zones") and not all(
            _zone(name, properties) for name in (domain(first), *names)
        ):
            return [
                "validation_zone_id: some names lie in none of validation_zones;"
                " give the zone of all others here"
            ]
        return []

    def find(self, reading: Reading) -> Iterable[Live]:
        """Certificates by name, their tags one by one, details of the stack's."""
        declared = {desired.resource: desired.properties for desired in reading.desired}
        regions = {self._region(properties) for properties in declared.values()}
        if reading.everything:
            regions |= {self.aws.session.region, CLOUDFRONT}
        for region in sorted(regions):
            for live in self._found(region, reading):
                wanted = declared.get(live.resource or "", {})
                zones = {name: wanted[name] for name in ZONES & wanted.keys()}
                if zones and known(zones) and self._validated(live, zones):
                    live.properties.update(zones)
                yield live

    def make(self, desired: Desired) -> Live:
        """Request it with its tags; then show ACM whose domain it is."""
        given = desired.properties
        parameters: dict[str, Any] = {}
        if given.get("subject_alternative_names"):
            names = given["subject_alternative_names"]
            parameters["SubjectAlternativeNames"] = sorted(map(domain, names))
        if given.get("key_algorithm"):
            parameters["KeyAlgorithm"] = given["key_algorithm"]
        if given.get(LOGGING):
            parameters["Options"] = _options(given)
        tags = self.aws.marks(desired, named=True)
        try:
            arn = self.aws.client("acm", self._region(given)).request_certificate(
                DomainName=domain(given["domain_name"]),
                ValidationMethod="DNS",
                Tags=pairs(tags),
                **parameters,
            )["CertificateArn"]
        except UncertainCreationError:
            found = self._found_again(desired)
            if found is None:
                raise
            arn = found.id
        self._validate(arn, given)
        return self._seen(self._described(arn), tags)

    def change(self, live: Live, desired: Desired, changed: frozenset[str]) -> None:
        """Go on with a validation that was cut short; the logging switch."""
        if changed & ZONES:
            self._validate(live.id, desired.properties)
        if LOGGING in changed:
            self._client(live.id).update_certificate_options(
                CertificateArn=live.id, Options=_options(desired.properties)
            )

    def remove(self, live: Live) -> None:
        """Delete it as soon as nothing serves it any more."""
        client = self._client(live.id)
        self.once_unused(
            live, lambda: client.delete_certificate(CertificateArn=live.id)
        )

    def fetch(self, live: Live) -> Live:
        """Described again, with its tags."""
        return self._seen(self._described(live.id), self._tags(live.id))

    def retag(
        self, live: Live, wanted: Mapping[str, str], unwanted: Sequence[str]
    ) -> None:
        """Set and remove tags: one call each."""
        client = self._client(live.id)
        if wanted:
            client.add_tags_to_certificate(CertificateArn=live.id, Tags=pairs(wanted))
        if unwanted:
            client.remove_tags_from_certificate(
                CertificateArn=live.id, Tags=[{"Key": name} for name in unwanted]
            )

    def _found(self, region: str, reading: Reading) -> Iterable[Live]:
        wanted = {
            domain(desired.properties["domain_name"])
            for desired in reading.desired
            if desired.properties.get("domain_name") not in (None, UNKNOWN)
        }
        summaries = self.aws.pages(
            "acm",
            "list_certificates",
            "CertificateSummaryList",
            region,
            Includes={"keyTypes": list(KEYS)},
        )
        found = with_tags(
            summaries,
            one_by_one(lambda raw: self._tags(raw["CertificateArn"])),
            lambda raw: domain(raw["DomainName"]) in wanted,
            self.aws.stack,
            reading,
        )
        for summary, tags in found:
            if self.live("", {}, tags).owned:
                yield self._seen(self._described(summary["CertificateArn"]), tags)

    def _validate(self, arn: str, properties: Mapping[str, Any]) -> None:
        """Set the records in their zones, and wait until the certificate is issued."""
        if not (
            properties.get("validation_zone_id") or properties.get("validation_zones")
        ):
            return
        options = self.aws.wait(
            f"ACM to say how to validate {arn}",
            lambda: _options_of(self._described(arn)),
        )
        changes: dict[str, dict[str, Any]] = {}
        for option in options:
            zone = _zone(domain(option["DomainName"]), properties)
            record = option["ResourceRecord"]
            # A name and its wildcard share one record.
            changes.setdefault(zone, {})[record["Name"]] = {
                "Action": "UPSERT",
                "ResourceRecordSet": {
                    "Name": record["Name"],
                    "Type": record["Type"],
                    "TTL": 300,
                    "ResourceRecords": [{"Value": record["Value"]}],
                },
            }
        for zone, records in changes.items():
            self.aws.client("route53").change_resource_record_sets(
                HostedZoneId=zone, ChangeBatch={"Changes": list(records.values())}
            )
        self.aws.wait(f"ACM to issue {arn}", lambda: self._issued(arn))

    def _validated(self, live: Live, zones: Mapping[str, Any]) -> bool:
        """Issued, and able to be renewed: its records are still in their zones."""
        client = self.aws.client("route53")
        if live.attributes["status"] != "ISSUED":
            return False
        for record in live.attributes["validation_records"]:
            answer = client.list_resource_record_sets(
                HostedZoneId=_zone(record["domain"], zones),
                StartRecordName=record["name"],
                StartRecordType=record["type"],
                MaxItems="1",
            )["ResourceRecordSets"]
            if not answer or domain(answer[0]["Name"]) != record["name"]:
                return False
        return True

    def _issued(self, arn: str) -> bool:
        raw = self._described(arn)
        if raw["Status"] in DEAD:
            reason = raw.get("FailureReason", "no reason given")
            raise RunError(
                f"ACM did not issue the certificate for {raw['DomainName']}:"
                f" {raw['Status']} ({reason}). Does the zone answer for the domain, and"
                " do its CAA records allow amazon.com?"
            )
        return raw["Status"] == "ISSUED"

    def _described(self, arn: str) -> dict[str, Any]:
        # Just requested, a certificate may be unknown for a moment.
        return settled(
            self.aws,
            lambda: self._client(arn).describe_certificate(CertificateArn=arn),
            is_absent,
            limit=20,
        )["Certificate"]

    def _tags(self, arn: str) -> dict[str, str]:
        answer = self._client(arn).list_tags_for_certificate(CertificateArn=arn)
        return read_tags(answer["Tags"])

    def _client(self, arn: str) -> Any:
        return self.aws.client("acm", arn.split(":")[3])

    def _region(self, properties: Mapping[str, Any]) -> str:
        region = properties.get("region")
        return self.aws.session.region if region in (None, UNKNOWN) else region

    def _seen(self, raw: Mapping[str, Any], tags: Mapping[str, str]) -> Live:
        arn = raw["CertificateArn"]
        first = domain(raw["DomainName"])
        names = [domain(name) for name in raw.get("SubjectAlternativeNames", ())]
        properties = {
            "domain_name": first,
            "subject_alternative_names": [name for name in names if name != first],
            "key_algorithm": raw.get("KeyAlgorithm"),
            "region": arn.split(":")[3],
        }
        logging = raw.get("Options", {}).get("CertificateTransparencyLoggingPreference")
        if logging:
            properties[LOGGING] = logging
        records = {
            option["ResourceRecord"]["Name"]: {
                "domain": domain(option["DomainName"]),
                "name": domain(option["ResourceRecord"]["Name"]),
                "type": option["ResourceRecord"]["Type"],
                "value": option["ResourceRecord"]["Value"],
            }
            for option in raw.get("DomainValidationOptions", ())
            if option.get("ResourceRecord")
        }
        return self.live(
            arn,
            properties,
            # Without its name a dead certificate stands for nothing declared.
            tags if raw["Status"] not in DEAD else _nameless(tags),
            raw,
            arn=arn,
            status=raw["Status"],
            validation_records=list(records.values()),
        )


def _options(properties: Mapping[str, Any]) -> dict[str, str]:
    return {"CertificateTransparencyLoggingPreference": properties[LOGGING]}


def _options_of(raw: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What each name is to be validated with, once all are known."""
    options = raw.get("DomainValidationOptions") or []
    return options if all("ResourceRecord" in option for option in options) else []


def _zone(name: str, properties: Mapping[str, Any]) -> str | None:
    """The zone that a name lies in: that of the longest domain which it ends with."""
    zones = properties.get("validation_zones") or {}
    if zones is UNKNOWN:
        return UNKNOWN
    fitting = [given for given in zones if f".{name}".endswith(f".{domain(given)}")]
    zone = zones[max(fitting, key=len)] if fitting else None
    zone = zone or properties.get("validation_zone_id")
    return zone_id(zone) if isinstance(zone, str) else zone


def _nameless(tags: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in tags.items() if name != RESOURCE}


TYPE = Certificate
