# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""An S3 bucket, with the settings that decide who sees what and for how long."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ..._converge.fields import flag, text
from ..._converge.provider import UNKNOWN, Desired, Live, Reading
from ..._errors import RunError
from ..errors import DENIED, code, is_absent
from ..kept import KeepingType
from ..s3 import FIELDS, SETTINGS, read_setting, write_setting
from ..tags import STACK, TAGS, pairs, read_tags

# S3 takes thousands of requests a second; more threads than this gain nothing.
AT_ONCE = 8
BATCH = 1000

_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+")
_RESERVED = (
    ("xn--", "sthree-", "amzn-s3-demo-"),
    ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"),
)


def _refused(name: str) -> str | None:
    if not _NAME.fullmatch(name) or ".." in name or _ADDRESS.fullmatch(name):
        return (
            f"is {name!r}; S3 takes 3 to 63 small letters, digits, hyphens and single"
            " dots, a letter or digit first and last, and no IP address"
        )
    if name.startswith(_RESERVED[0]) or name.endswith(_RESERVED[1]):
        return f"is {name!r}, whose beginning or end AWS keeps for itself"
    return None


class S3Bucket(KeepingType):
    """API: CreateBucket, DeleteBucket, Get/Put/DeleteBucketTagging, and a get, a put
    and a delete for each setting.

    S3 lists buckets without their tags and takes one bucket a call for everything
    else. So a declared bucket is asked for by its name, and for what is declared of
    it only; others of the stack are named by the tagging API, in one paged call.
    """

    name = "s3_bucket"
    service = "s3"
    unique = ("bucket",)
    kept = ("force_destroy",)
    fields = {
        "bucket": text(
            "Its name, unique in all of AWS.",
            required=True,
            immutable=True,
            check=_refused,
        ),
        **FIELDS,
        "force_destroy": flag(
            "Delete the bucket even if it holds objects, and them with it. Without"
            " it the deletion of a bucket that is not empty is refused. Kept as a tag"
            " of the bucket, so apply it before you delete the bucket."
        ),
        "tags": TAGS,
    }
    attributes = {
        "id": "The bucket's name.",
        "arn": "Its ARN.",
        "domain_name": "Its global host name.",
        "regional_domain_name": "Its host name in the region, for CloudFront.",
    }

    def check(self, properties: Mapping[str, Any]) -> Sequence[str]:
        """What S3 cannot take away again."""
        always = {
            "server_side_encryption_configuration": "sse_algorithm: AES256",
            "ownership_controls": "object_ownership: BucketOwnerEnforced",
            "versioning_configuration": "status: Suspended",
        }
        return [
            f"{name} cannot be null: S3 has no way back to none; declare {instead}"
            for name, instead in always.items()
            if name in properties and properties[name] is None
        ]

    # -- reading ----------------------------------------------------------------

    def find(self, reading: Reading) -> Iterable[Live]:
        """The declared names; then, where one is missing, what else carries marks."""
        named = {
            desired.properties["bucket"]: desired
            for desired in reading.desired
            if desired.properties["bucket"] is not UNKNOWN
        }
        lives = self._look(list(named))
        here = {live.resource for live in lives if live.owned}
        if reading.everything or {d.resource for d in reading.desired} - here:
            lives += self._look([one for one in self._marked() if one not in named])
        declared = {desired.resource: desired for desired in reading.desired}
        wanted = [
            (live, name)
            for live in lives
            if live.owned and live.resource in declared
            for name in SETTINGS
            if name in declared[live.resource].properties
        ]
        for (live, name), value in zip(wanted, self._at_once(self._setting, wanted)):
            if value is not None:
                live.properties[name] = value
        return lives

    def _marked(self) -> list[str]:
        """Names of the stack's buckets. The tagging API lags behind, so what it says
        is looked at again; what it does not know yet is found by its name."""
        found = self.aws.pages(
            "resourcegroupstaggingapi",
            "get_resources",
            "ResourceTagMappingList",
            TagFilters=[{"Key": STACK, "Values": [self.aws.stack]}],
            ResourceTypeFilters=["s3"],
        )
        arns = [entry["ResourceARN"] for entry in found]
        # Access points and the like have a region and an account in theirs.
        return [arn.partition(":::")[2] for arn in arns if ":::" in arn]

    def _look(self, names: Sequence[str]) -> list[Live]:
        return [live for live in self._at_once(self._one, names) if live is not None]

    @staticmethod
    def _at_once(work: Callable[[Any], Any], items: Sequence[Any]) -> list[Any]:
        if len(items) < 2:
            return [work(item) for item in items]
        with ThreadPoolExecutor(min(AT_ONCE, len(items))) as pool:
            return list(pool.map(work, items))

    def _setting(self, wanted: tuple[Live, str]) -> Any:
        live, name = wanted
        return read_setting(self.aws.client("s3"), live.id, name)

    def _one(self, bucket: str) -> Live | None:
        try:
            tags = self._tags(bucket)
        except Exception as error:
            if is_absent(error):
                return None
            if any(part in code(error) for part in DENIED):
                raise RunError(
                    f"The bucket {bucket} exists, and its tags may not be read. If it"
                    " is another account's, choose another name; if it is yours, the"
                    " credentials lack s3:GetBucketTagging.",
                    code=code(error),
                ) from error
            raise
        partition = self.aws.client("s3").meta.partition
        region = self.aws.session.region
        return self.live(
            bucket,
            {"bucket": bucket},
            tags,
            arn=f"arn:{partition}:s3:::{bucket}",
            domain_name=f"{bucket}.s3.amazonaws.com",
            regional_domain_name=f"{bucket}.s3.{region}.amazonaws.com",
        )

    def _tags(self, bucket: str) -> dict[str, str]:
        try:
            answer = self.aws.client("s3").get_bucket_tagging(Bucket=bucket)
        except Exception as error:
            if code(error) == "NoSuchTagSet":
                return {}
            raise
        return read_tags(answer["TagSet"])

    def fetch(self, live: Live) -> Live:
        """Its marks again."""
        found = self._one(live.id)
        if found is None:
            raise RunError(f"The bucket {live.id} is gone: run again to make it.")
        return found

    # -- writing ----------------------------------------------------------------

    def make(self, desired: Desired) -> Live:
        """The bucket with its marks, then its settings one after the other."""
        bucket, marks = desired.properties["bucket"], self.marks(desired)
        self._create(bucket, desired, marks)
        tags = self._patiently(bucket, lambda: self._tags(bucket))
        if not marks.items() <= tags.items():
            # Not every endpoint knows tags in the creation.
            self.aws.client("s3").put_bucket_tagging(
                Bucket=bucket, Tagging={"TagSet": pairs(marks)}
            )
        return self._with_settings(desired)

    def _with_settings(self, desired: Desired) -> Live:
        live = self.live(desired.properties["bucket"], {})
        given = {n for n in SETTINGS if desired.properties.get(n) is not None}
        self.change(live, desired, frozenset(given))
        return self._patiently(live.id, lambda: self.fetch(live))

    def _found_again(self, desired: Desired) -> Live | None:
        """What a creation without an answer made: without its settings yet."""
        found = super()._found_again(desired)
        return found and self._with_settings(desired)

    def _create(self, bucket: str, desired: Desired, marks: Mapping[str, str]) -> None:
        place: dict[str, Any] = {"Tags": pairs(marks)}
        if self.aws.session.region != "us-east-1":
            place["LocationConstraint"] = self.aws.session.region
        more: dict[str, Any] = {}
        owner = desired.properties.get("ownership_controls")
        if owner:
            # Said at once: a bucket never lives under other rules.
            more["ObjectOwnership"] = owner["rules"][0]["object_ownership"]

        def create() -> bool:
            try:
                self.aws.client("s3").create_bucket(
                    Bucket=bucket, CreateBucketConfiguration=place, **more
                )
            except Exception as error:
                # The name is still being freed after a deletion.
                if code(error) == "OperationAborted":
                    return False
                if code(error) == "BucketAlreadyExists":
                    raise RunError(
                        f"The bucket name {bucket} is taken by another account."
                        " Names are unique in all of AWS: choose another.",
                        code=code(error),
                    ) from error
                raise
            return True

        self.aws.wait(f"the bucket name {bucket} to be free", create)

    def _patiently(self, bucket: str, call: Callable[[], Any]) -> Any:
        """A call on a bucket so new that not all of S3 knows it yet."""

        def known() -> Any:
            try:
                return (call(),)
            except Exception as error:
                if code(error) in ("NoSuchBucket", "OperationAborted"):
                    return None
                raise

        return self.aws.wait(f"the bucket {bucket} to be known", known)[0]

    def change(self, live: Live, desired: Desired, changed: frozenset[str]) -> None:
        """A setting is one write, so there is no moment without it."""
        s3 = self.aws.client("s3")
        for name in SETTINGS:
            if name in changed:
                had, wanted = live.properties.get(name), desired.properties[name]
                self._patiently(
                    live.id,
                    lambda n=name, w=wanted, h=had: write_setting(s3, live.id, n, w, h),
                )

    def retag(
        self, live: Live, wanted: Mapping[str, str], unwanted: Sequence[str]
    ) -> None:
        """S3 takes the whole set of tags: the present one is read first."""
        tags = {**self._tags(live.id), **wanted}
        rest = {name: value for name, value in tags.items() if name not in unwanted}
        self.aws.client("s3").put_bucket_tagging(
            Bucket=live.id, Tagging={"TagSet": pairs(rest)}
        )

    def remove(self, live: Live) -> None:
        """Delete it; empty it first where `force_destroy` says so."""
        s3 = self.aws.client("s3")

        def gone() -> bool:
            try:
                s3.delete_bucket(Bucket=live.id)
            except Exception as error:
                if is_absent(error):
                    return True
                if code(error) == "OperationAborted":
                    return False
                if code(error) != "BucketNotEmpty":
                    raise
                self._empty(live)
                return False
            return True

        self.aws.wait(f"the bucket {live.id} to be deleted", gone)

    def _empty(self, live: Live) -> None:
        if not live.properties.get("force_destroy"):
            raise RunError(
                f"The bucket {live.id} holds objects and is kept. Empty it, or"
                " declare force_destroy: true and apply that before you delete it.",
                code="BucketNotEmpty",
            )
        s3 = self.aws.client("s3")
        for page in s3.get_paginator("list_object_versions").paginate(
            Bucket=live.id, PaginationConfig={"PageSize": BATCH}
        ):
            entries = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
            names = [{"Key": e["Key"], "VersionId": e["VersionId"]} for e in entries]
            if not names:
                continue
            answer = s3.delete_objects(
                Bucket=live.id, Delete={"Objects": names, "Quiet": True}
            )
            for failed in answer.get("Errors", ()):
                raise RunError(
                    f"The bucket {live.id} could not be emptied: {failed['Key']}:"
                    f" {failed.get('Message', failed.get('Code'))}."
                )


TYPE = S3Bucket
