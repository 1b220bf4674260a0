# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""A CloudFront distribution: the cache at the edge, in front of origins.

Its certificate and its web ACL are those of us-east-1. Making, changing and deleting
one takes CloudFront minutes, which the run waits for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ..._converge.overlay import overlay
from ..._converge.provider import UNKNOWN, Desired, Live, Reading
from ..._converge.shape import from_api, to_api
from ..._errors import RunError
from ..base import AwsType
from ..cloudfront import completed, unwrap, wrap
from ..distribution_fields import FIELDS
from ..errors import code
from ..tagged import one_by_one, with_tags
from ..tags import pairs, read_tags

# Alias records point to this zone, whatever the distribution.
HOSTED_ZONE = "Z2FDTNDATAQYW2"
# Somebody else changed the distribution between our reading and our writing.
STALE = ("PreconditionFailed", "InvalidIfMatchVersion")
CERTIFICATES = {
    "acm_certificate_arn": "ACMCertificateArn",
    "iam_certificate_id": "IAMCertificateId",
}


class Distribution(AwsType):
    """API: CreateDistributionWithTags, GetDistribution, UpdateDistribution."""

    name = "distribution"
    service = "cloudfront"
    uses = ("certificate", "web_acl", "load_balancer", "s3_bucket")
    fields = FIELDS
    attributes = {
        "id": "The distribution's id.",
        "arn": "Its ARN.",
        "domain_name": "Its own name, such as d111111abcdef8.cloudfront.net.",
        "hosted_zone_id": "What alias records need besides the name.",
    }

    def check(self, properties: Mapping[str, Any]) -> Sequence[str]:
        """Behaviours name origins that exist; names of one's own need a certificate."""
        said = [
            f"{name}: null says nothing; {remedy}"
            for name, remedy in (
                ("logging", "say enabled: false"),
                ("restrictions", "say restriction_type: none"),
                ("viewer_certificate", "say cloudfront_default_certificate: true"),
            )
            if name in properties and properties[name] is None
        ]
        certificate = properties.get("viewer_certificate")
        if properties.get("aliases") and not certificate and certificate is not UNKNOWN:
            said.append(
                "viewer_certificate: aliases need one; give acm_certificate_arn"
            )
        arn = (certificate or {}).get("acm_certificate_arn")
        if isinstance(arn, str) and ":us-east-1:" not in arn:
            said.append(
                "viewer_certificate.acm_certificate_arn: CloudFront takes certificates"
                " of us-east-1 only; declare the certificate with region: us-east-1"
            )
        return [*said, *_lost_targets(properties)]

    def find(self, reading: Reading) -> Iterable[Live]:
        """All distributions, their tags one by one, the whole of the stack's.

        A listing lacks the tags, the logging and the root object.
        """
        looks = [_looks(desired.properties) for desired in reading.desired]

        def likely(summary: Mapping[str, Any]) -> bool:
            here = _looks(from_api(FIELDS, unwrap(summary)))
            return any(here & declared for declared in looks)

        client = self.aws.client("cloudfront")
        pages = client.get_paginator("list_distributions").paginate()
        summaries = [
            summary
            for page in pages
            for summary in page["DistributionList"].get("Items") or ()
        ]
        read = one_by_one(lambda summary: self._tags(summary["ARN"]))
        for summary, tags in with_tags(
            summaries, read, likely, self.aws.stack, reading
        ):
            if self.live("", {}, tags).owned:
                yield self._got(summary["Id"], tags)

    def make(self, desired: Desired) -> Live:
        """Create it with its tags, and wait until it is deployed.

        The caller reference follows from stack and resource, so that CloudFront
        itself refuses a second one. It may remember the reference of one that was
        deleted: then the next number is tried.
        """
        tags = self.aws.marks(desired, named=True)
        config = completed(_laid({}, desired.properties))
        client = self.aws.client("cloudfront")
        for number_ in range(1, 20):
            config["CallerReference"] = self._reference(desired.resource, number_)
            try:
                answer = client.create_distribution_with_tags(
                    DistributionConfigWithTags={
                        "DistributionConfig": wrap(config),
                        "Tags": {"Items": pairs(tags)},
                    }
                )
            except Exception as error:
                if code(error) != "DistributionAlreadyExists":
                    raise
                for live in self.find(Reading([desired], {})):
                    if live.resource == desired.resource:
                        self._deployed(live.id)
                        return live
            else:
                id_ = answer["Distribution"]["Id"]
                self._deployed(id_)
                return self._got(id_, tags)
        raise RunError(
            f"CloudFront refuses the caller references of {desired.resource}: they were"
            " used by distributions that are gone. Give the resource another name."
        )

    def change(self, live: Live, desired: Desired, changed: frozenset[str]) -> None:
        """Lay what is declared over the configuration as it is at this moment."""
        self._put(live.id, lambda plain: _laid(plain, desired.properties))

    def remove(self, live: Live) -> None:
        """Disable it, wait until that is deployed, delete it."""
        client = self.aws.client("cloudfront")
        answer = client.get_distribution(Id=live.id)
        if answer["Distribution"]["DistributionConfig"]["Enabled"]:
            self._put(live.id, lambda plain: {**plain, "Enabled": False})
        else:
            self._deployed(live.id)
        etag = client.get_distribution(Id=live.id)["ETag"]
        client.delete_distribution(Id=live.id, IfMatch=etag)

    def fetch(self, live: Live) -> Live:
        """The whole of it, with its tags."""
        return self._got(live.id, self._tags(live.attributes["arn"]))

    def retag(
        self, live: Live, wanted: Mapping[str, str], unwanted: Sequence[str]
    ) -> None:
        """Set and remove tags: one call each."""
        client = self.aws.client("cloudfront")
        arn = live.attributes["arn"]
        if wanted:
            client.tag_resource(Resource=arn, Tags={"Items": pairs(wanted)})
        if unwanted:
            client.untag_resource(Resource=arn, TagKeys={"Items": list(unwanted)})

    def _put(self, id_: str, edit: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        """Update it; read and try again where somebody else was faster."""
        client = self.aws.client("cloudfront")
        for again in (True, True, False):
            now = client.get_distribution_config(Id=id_)
            config = completed(edit(unwrap(now["DistributionConfig"])))
            try:
                client.update_distribution(
                    Id=id_, IfMatch=now["ETag"], DistributionConfig=wrap(config)
                )
                break
            except Exception as error:
                if not again or code(error) not in STALE:
                    raise
        self._deployed(id_)

    def _deployed(self, id_: str) -> None:
        client = self.aws.client("cloudfront")

        def deployed() -> bool:
            answer = client.get_distribution(Id=id_)
            return answer["Distribution"]["Status"] == "Deployed"

        self.aws.wait(f"CloudFront to deploy the distribution {id_}", deployed)

    def _reference(self, resource: str, number_: int) -> str:
        name = f"vigie-{self.aws.stack}-{resource}"
        if len(name) > 120:
            name = "vigie-" + hashlib.sha256(name.encode()).hexdigest()
        return name if number_ == 1 else f"{name}-{number_}"

    def _tags(self, arn: str) -> dict[str, str]:
        answer = self.aws.client("cloudfront").list_tags_for_resource(Resource=arn)
        return read_tags(answer["Tags"].get("Items"))

    def _got(self, id_: str, tags: Mapping[str, str]) -> Live:
        raw = self.aws.client("cloudfront").get_distribution(Id=id_)["Distribution"]
        return self.live(
            id_,
            from_api(FIELDS, unwrap(raw["DistributionConfig"])),
            tags,
            arn=raw["ARN"],
            domain_name=raw["DomainName"],
            hosted_zone_id=HOSTED_ZONE,
        )


def _laid(plain: Mapping[str, Any], properties: Mapping[str, Any]) -> dict[str, Any]:
    """Declared properties laid over a plain configuration."""
    declared = {k: v for k, v in properties.items() if k != "tags"}
    certificate = declared.pop("viewer_certificate", None)
    behaviors = declared.pop("cache_behaviors", None)
    laid = overlay(FIELDS, plain, declared)
    if "cache_behaviors" in properties:
        there = {raw["PathPattern"]: raw for raw in plain.get("CacheBehaviors", ())}
        fields = FIELDS["cache_behaviors"].inner.fields
        laid["CacheBehaviors"] = [
            overlay(fields, there.get(each["path_pattern"], {}), each)
            for each in behaviors or ()
        ]
    if certificate:
        laid["ViewerCertificate"] = _laid_certificate(
            plain.get("ViewerCertificate", {}), certificate
        )
    return laid


def _laid_certificate(
    raw: Mapping[str, Any], declared: Mapping[str, Any]
) -> dict[str, Any]:
    """A certificate in the place of another; a default's protocols do not stay."""
    wanted = to_api(FIELDS["viewer_certificate"].fields, declared)
    if declared.get("cloudfront_default_certificate"):
        return wanted
    own = any(raw.get(api) for api in CERTIFICATES.values())
    kept = dict(raw) if own else {}
    if any(declared.get(name) for name in CERTIFICATES):
        kept = {k: v for k, v in kept.items() if k not in CERTIFICATES.values()}
    return {**kept, **wanted}


def _looks(properties: Mapping[str, Any]) -> set[str]:
    """By what a distribution is probably recognised: names, comment, origins."""
    found = {properties.get("comment"), *(properties.get("aliases") or ())}
    origins = properties.get("origins") or ()
    found |= {origin.get("domain_name") for origin in origins if origin}
    return {each for each in found if isinstance(each, str) and each}


def _lost_targets(properties: Mapping[str, Any]) -> list[str]:
    """Behaviours whose origin is not declared."""
    places = [
        *(properties.get("origins") or ()),
        *(properties.get("origin_groups") or ()),
    ]
    ids = {place.get("id") for place in places if place is not UNKNOWN}
    behaviors = [
        ("default_cache_behavior", properties.get("default_cache_behavior")),
        *(
            (f"cache_behaviors[{at}]", each)
            for at, each in enumerate(properties.get("cache_behaviors") or ())
        ),
    ]
    said = []
    for name, behavior in behaviors:
        target = (behavior or {}).get("target_origin_id")
        if isinstance(target, str) and UNKNOWN not in ids and target not in ids:
            known = ", ".join(sorted(ids - {None}))
            said.append(f"{name}.target_origin_id: {target!r} is none of {known}")
    return said


TYPE = Distribution
