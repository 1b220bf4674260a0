# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""A bucket's settings: S3 reads, writes and deletes each by calls of its own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .._converge.fields import Field, document, flag, group, many, number, text
from .._converge.shape import from_api, to_api
from .errors import code, is_absent
from .policies import normal_policy


@dataclass(frozen=True)
class Setting:
    """One setting: `get_NOUN`, `put_NOUN`, `delete_NOUN` and the parameter of `put`.

    inside: the answer of `get` holds the setting under the parameter's name; where
    it does not, the answer is the setting. cleared: what to write where S3 has no
    call that deletes it.
    """

    noun: str
    parameter: str
    inside: bool = True
    delete: str | None = None
    cleared: Mapping[str, Any] | None = None


# In the order in which they are written: who may see the bucket comes first, and
# a policy is refused as long as a block stands against it.
SETTINGS = {
    "ownership_controls": Setting("bucket_ownership_controls", "OwnershipControls"),
    "public_access_block_configuration": Setting(
        "public_access_block", "PublicAccessBlockConfiguration"
    ),
    "server_side_encryption_configuration": Setting(
        "bucket_encryption", "ServerSideEncryptionConfiguration"
    ),
    "versioning_configuration": Setting(
        "bucket_versioning", "VersioningConfiguration", inside=False
    ),
    "policy": Setting("bucket_policy", "Policy"),
    "lifecycle_configuration": Setting(
        "bucket_lifecycle_configuration",
        "LifecycleConfiguration",
        inside=False,
        delete="delete_bucket_lifecycle",
    ),
    "cors_configuration": Setting("bucket_cors", "CORSConfiguration", inside=False),
    "bucket_logging_status": Setting(
        "bucket_logging", "BucketLoggingStatus", inside=False, cleared={}
    ),
}

_TAG = {
    "key": text("The tag's name.", required=True),
    "value": text("Its value.", required=True),
}
_FILTER = {
    "prefix": text("Keys that start with this."),
    "tag": group(_TAG, "Objects with this tag."),
    "object_size_greater_than": number("Objects larger than this many bytes."),
    "object_size_less_than": number("Objects smaller than this many bytes."),
    "and": group(
        {
            "prefix": text("Keys that start with this."),
            "tags": many(group(_TAG, "A tag."), "All these tags.", order="set"),
            "object_size_greater_than": number("Larger than this many bytes."),
            "object_size_less_than": number("Smaller than this many bytes."),
        },
        "Several conditions that must all be met.",
        whole=True,
    ),
}
_STORAGE = text("The storage class they move to.", required=True)
_RULE = {
    "id": text("The rule's name.", required=True, api="ID"),
    "status": text(
        "Whether it applies.", required=True, choices=("Enabled", "Disabled")
    ),
    "filter": group(
        _FILTER, "The objects it is about; without it, all of them.", whole=True
    ),
    "expiration": group(
        {
            "days": number("Days after their creation."),
            "expired_object_delete_marker": flag("Remove markers of nothing."),
        },
        "When objects are deleted.",
        whole=True,
    ),
    "transitions": many(
        group(
            {"days": number("Days after creation."), "storage_class": _STORAGE},
            "A move.",
        ),
        "When objects move to cheaper storage.",
        order="key",
        key="storage_class",
    ),
    "noncurrent_version_expiration": group(
        {
            "noncurrent_days": number("Days after they were overwritten."),
            "newer_noncurrent_versions": number("How many of them to keep."),
        },
        "When old versions are deleted.",
        whole=True,
    ),
    "noncurrent_version_transitions": many(
        group(
            {
                "noncurrent_days": number("Days after they were overwritten."),
                "newer_noncurrent_versions": number("How many of them to keep."),
                "storage_class": _STORAGE,
            },
            "A move of old versions.",
        ),
        "When old versions move to cheaper storage.",
        order="key",
        key="storage_class",
    ),
    "abort_incomplete_multipart_upload": group(
        {"days_after_initiation": number("Days after their start.", required=True)},
        "When uploads that were never completed are dropped.",
    ),
}
_CORS = {
    "id": text("The rule's name.", api="ID"),
    "allowed_headers": many(text("A header."), "Headers it allows.", order="set"),
    "allowed_methods": many(
        text("A method."), "Methods it allows.", order="set", required=True
    ),
    "allowed_origins": many(
        text("An origin."), "Sites it allows.", order="set", required=True
    ),
    "expose_headers": many(text("A header."), "Headers it shows.", order="set"),
    "max_age_seconds": number("How long a browser may remember the answer."),
}
FIELDS: dict[str, Field] = {
    "versioning_configuration": group(
        {"status": text("Keep old versions.", choices=("Enabled", "Suspended"))},
        "Versions of objects. Once enabled they can only be suspended.",
    ),
    "server_side_encryption_configuration": group(
        {
            "rules": many(
                group(
                    {
                        "apply_server_side_encryption_by_default": group(
                            {
                                "sse_algorithm": text(
                                    "With which keys.",
                                    required=True,
                                    choices=("AES256", "aws:kms", "aws:kms:dsse"),
                                    api="SSEAlgorithm",
                                ),
                                "kms_master_key_id": text(
                                    "The KMS key's ARN.", api="KMSMasterKeyID"
                                ),
                            },
                            "What new objects are encrypted with.",
                        ),
                        "bucket_key_enabled": flag("Ask KMS once for many objects."),
                    },
                    "A rule.",
                ),
                "One rule.",
                required=True,
            )
        },
        "Encryption of new objects.",
    ),
    "policy": document("The bucket policy.", normal=normal_policy),
    "public_access_block_configuration": group(
        {
            "block_public_acls": flag("Refuse ACLs that open it."),
            "ignore_public_acls": flag("Ignore ACLs that open it."),
            "block_public_policy": flag("Refuse policies that open it."),
            "restrict_public_buckets": flag("Let no policy open it to others."),
        },
        "What keeps the bucket private. AWS sets all four on new buckets.",
    ),
    "lifecycle_configuration": group(
        {
            "rules": many(
                group(_RULE, "A rule.", whole=True),
                "The rules, told apart by `id`.",
                required=True,
                order="key",
                key="id",
            )
        },
        "When objects move to other storage, and when they are deleted.",
    ),
    "cors_configuration": group(
        {
            "cors_rules": many(
                group(_CORS, "A rule.", whole=True),
                "The rules; the first that fits counts.",
                required=True,
                api="CORSRules",
            )
        },
        "Which sites' scripts may use the bucket from a browser.",
        api="CORSConfiguration",
    ),
    "bucket_logging_status": group(
        {
            "logging_enabled": group(
                {
                    "target_bucket": text("The bucket for the logs.", required=True),
                    "target_prefix": text("What their keys start with.", required=True),
                },
                "Where access is logged.",
            )
        },
        "Access logs.",
    ),
    "ownership_controls": group(
        {
            "rules": many(
                group(
                    {
                        "object_ownership": text(
                            "BucketOwnerEnforced switches ACLs off.",
                            required=True,
                            choices=(
                                "BucketOwnerEnforced",
                                "BucketOwnerPreferred",
                                "ObjectWriter",
                            ),
                        )
                    },
                    "A rule.",
                ),
                "One rule.",
                required=True,
            )
        },
        "Who owns what others upload.",
    ),
}


def read_setting(s3: Any, bucket: str, name: str) -> Any:
    """A setting in our shape; None where the bucket has none."""
    setting = SETTINGS[name]
    try:
        answer = getattr(s3, f"get_{setting.noun}")(Bucket=bucket)
    except Exception as error:
        # A bucket without the setting, not a setting without its bucket.
        if is_absent(error) and code(error) != "NoSuchBucket":
            return None
        raise
    if name == "policy":
        return json.loads(answer["Policy"])
    shown = answer.get(setting.parameter, {}) if setting.inside else answer
    shown = from_api(FIELDS[name].fields, shown)
    for rule in shown.get("rules", ()) if name == "lifecycle_configuration" else ():
        # A rule about everything says so with an empty prefix.
        if rule.get("filter") in ({}, {"prefix": ""}):
            del rule["filter"]
    return shown or None


def write_setting(s3: Any, bucket: str, name: str, wanted: Any, had: Any) -> None:
    """Put a setting whole: what is not declared of it stays as it was."""
    setting = SETTINGS[name]
    if wanted is None:
        if setting.cleared is None:
            delete = setting.delete or f"delete_{setting.noun}"
            getattr(s3, delete)(Bucket=bucket)
            return
        value: Any = setting.cleared
    elif name == "policy":
        value = wanted if isinstance(wanted, str) else json.dumps(wanted)
    else:
        merged = {**(had if isinstance(had, Mapping) else {}), **wanted}
        value = to_api(FIELDS[name].fields, merged)
    if name == "lifecycle_configuration":
        for rule in (value or {}).get("Rules", ()):
            rule.setdefault("Filter", {"Prefix": ""})
    getattr(s3, f"put_{setting.noun}")(Bucket=bucket, **{setting.parameter: value})
