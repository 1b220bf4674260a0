# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""S3 buckets: their settings, their deletion, their names."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.aws.stacks import Stack, example, live_through


def _files(**properties: Any) -> dict:
    return {"files": properties}


def _settings_by_hand(stack: Stack, outputs: dict) -> None:
    s3, bucket = stack.client("s3"), outputs["files"]["id"]
    s3.delete_public_access_block(Bucket=bucket)
    s3.put_bucket_versioning(
        Bucket=bucket, VersioningConfiguration={"Status": "Suspended"}
    )
    marks = {"vigie:stack": stack.name, "vigie:resource": "files"}
    s3.put_bucket_tagging(
        Bucket=bucket,
        Tagging={"TagSet": [{"Key": k, "Value": v} for k, v in marks.items()]},
    )


def test_the_life_of_a_bucket(stack: Stack) -> None:
    resources = example("s3_bucket")
    archive = resources["files"]["lifecycle_configuration"]["rules"][0]
    forget = {"id": "forget", "status": "Enabled", "expiration": {"days": 400}}
    plain = {"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}
    open_to_all = {"allowed_methods": ["GET", "HEAD"], "allowed_origins": ["*"]}
    by_whom = {"object_ownership": "BucketOwnerPreferred"}
    live_through(
        stack,
        resources,
        changes=[
            _files(tags={"data": "internal"}),
            _files(versioning_configuration={"status": "Suspended"}),
            _files(server_side_encryption_configuration={"rules": [plain]}),
            _files(public_access_block_configuration={"ignore_public_acls": False}),
            _files(ownership_controls={"rules": [by_whom]}),
            _files(
                lifecycle_configuration={
                    "rules": [{**archive, "status": "Disabled"}, forget]
                }
            ),
            _files(cors_configuration={"cors_rules": [open_to_all]}),
            _files(bucket_logging_status=None),
            _files(cors_configuration=None, policy=None),
            _files(lifecycle_configuration=None),
            {"logs": {"tags": {"data": "internal"}}},
        ],
        replacing=_files(bucket="example-portal-archive"),
    )


def test_settings_changed_by_hand_are_repaired(stack: Stack) -> None:
    live_through(stack, example("s3_bucket"), drift=_settings_by_hand)


def test_what_is_not_declared_of_a_setting_stays(stack: Stack) -> None:
    bucket = {"type": "s3_bucket", "bucket": f"{stack.name}-files"}
    every = dict.fromkeys(
        (
            "block_public_acls",
            "ignore_public_acls",
            "block_public_policy",
            "restrict_public_buckets",
        ),
        True,
    )
    stack.apply({"files": {**bucket, "public_access_block_configuration": every}})

    less = {"block_public_policy": False}
    stack.apply({"files": {**bucket, "public_access_block_configuration": less}})

    block = stack.client("s3").get_public_access_block(Bucket=bucket["bucket"])
    assert block["PublicAccessBlockConfiguration"] == {
        "BlockPublicAcls": True,
        "IgnorePublicAcls": True,
        "BlockPublicPolicy": False,
        "RestrictPublicBuckets": True,
    }


def test_an_action_dropped_from_a_rule_is_dropped_from_the_bucket(
    stack: Stack,
) -> None:
    def with_rule(**rule: Any) -> dict:
        return {
            "files": {
                "type": "s3_bucket",
                "bucket": f"{stack.name}-files",
                "lifecycle_configuration": {
                    "rules": [{"id": "one", "status": "Enabled", **rule}]
                },
            }
        }

    uploads = {"abort_incomplete_multipart_upload": {"days_after_initiation": 3}}
    stack.apply(with_rule(expiration={"days": 9}, **uploads))
    assert stack.actions(with_rule(**uploads)) == {"files": "update"}

    stack.apply(with_rule(**uploads))

    (rule,) = stack.client("s3").get_bucket_lifecycle_configuration(
        Bucket=f"{stack.name}-files"
    )["Rules"]
    assert "Expiration" not in rule


def test_only_declared_settings_are_asked_for(stack: Stack) -> None:
    resources = {
        name: {
            "type": "s3_bucket",
            "bucket": f"{stack.name}-{name}",
            "versioning_configuration": {"status": "Enabled"},
        }
        for name in ("one", "two")
    }
    stack.apply(resources)
    stack.operations.clear()

    assert stack.actions(resources) == {}

    assert sorted(stack.operations) == [
        *["GetBucketTagging"] * 2,
        *["GetBucketVersioning"] * 2,
    ]


def _filled(stack: Stack, bucket: str) -> None:
    s3 = stack.client("s3")
    for body in (b"one", b"two"):
        s3.put_object(Bucket=bucket, Key="report.pdf", Body=body)
    s3.delete_object(Bucket=bucket, Key="report.pdf")
    s3.put_object(Bucket=bucket, Key="other", Body=b"three")


@pytest.mark.parametrize("how", ["absent", "prune"])
def test_a_bucket_that_is_not_empty_is_kept_unless_told(stack: Stack, how: str) -> None:
    bucket = {
        "type": "s3_bucket",
        "bucket": f"{stack.name}-files",
        "versioning_configuration": {"status": "Enabled"},
    }

    def end(resource: dict) -> Any:
        if how == "prune":
            return stack.run({}, prune=True)
        return stack.run({"files": resource}, state="absent")

    stack.apply({"files": bucket})
    _filled(stack, bucket["bucket"])

    refused = end(bucket)

    assert refused.failed
    assert "holds objects and is kept" in refused.message
    assert "force_destroy: true" in refused.message
    stack.apply({"files": {**bucket, "force_destroy": True}})
    # What counts is what the bucket was given, not what a deletion no longer says.
    assert not end(bucket).failed
    names = [b["Name"] for b in stack.client("s3").list_buckets()["Buckets"]]
    assert bucket["bucket"] not in names


def test_a_bucket_found_by_its_marks_when_its_name_changes(stack: Stack) -> None:
    before = {"type": "s3_bucket", "bucket": f"{stack.name}-before"}
    stack.apply({"files": before})

    after = {**before, "bucket": f"{stack.name}-after"}

    assert stack.actions({"files": after}, allow_replace=("files",)) == {
        "files": "replace"
    }


def test_somebody_elses_bucket_stops_the_plan(stack: Stack) -> None:
    name = f"{stack.name}-theirs"
    stack.client("s3").create_bucket(
        Bucket=name, CreateBucketConfiguration={"LocationConstraint": "ca-central-1"}
    )
    with pytest.raises(Exception, match="vigie:stack"):
        stack.run({"files": {"type": "s3_bucket", "bucket": name}})


@pytest.mark.parametrize(
    "name", ["Upper", "ab", "under_score", "two..dots", "192.168.1.1", "xn--a", "-a-b"]
)
def test_a_name_that_s3_would_refuse(moto: Stack, name: str) -> None:
    with pytest.raises(Exception, match="files") as error:
        moto.run({"files": {"type": "s3_bucket", "bucket": name}})
    assert name in str(error.value)
    assert moto.operations == []
