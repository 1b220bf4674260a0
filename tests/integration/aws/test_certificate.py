# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ACM: certificates, validated through a zone of the same stack.

moto issues a certificate a second after it was asked for, whatever its records say;
ministack at once.
"""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.vigie.run.plugins.module_utils._converge.provider import (
    Desired,
)
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError

from tests.integration.aws.stacks import Stack, example, live_through, refused
from tests.integration.aws.stubs import Calls

ARN = "arn:aws:acm:ca-central-1:000000000000:certificate/0"
WANTED = Desired(
    "certificate",
    "certificate",
    {
        "domain_name": "example.ca",
        "subject_alternative_names": ["*.example.ca", "www.example.fr"],
        "validation_zone_id": "Z1",
        "validation_zones": {"example.fr": "Z2"},
    },
)


def described(calls: Calls, status: str, ready: bool = True, **more: Any) -> None:
    """ACM is asked how far it is."""
    options = []
    for name in ("example.ca", "*.example.ca", "www.example.fr"):
        base = name.removeprefix("*.")
        record = {"Name": f"_x.{base}.", "Type": "CNAME", "Value": f"_y.{base}."}
        option = {"DomainName": name, "ValidationStatus": "PENDING_VALIDATION"}
        options.append({**option, "ResourceRecord": record} if ready else option)
    certificate = {
        "CertificateArn": ARN,
        "DomainName": "example.ca",
        "Status": status,
        "DomainValidationOptions": options,
        **more,
    }
    calls.expect(
        "describe_certificate", {"Certificate": certificate}, CertificateArn=ARN
    )


def requested(calls: Calls) -> None:
    """It is asked for, and its records are set: one for a name and its wildcard."""
    names = ["*.example.ca", "www.example.fr"]
    calls.expect(
        "request_certificate",
        {"CertificateArn": ARN},
        DomainName="example.ca",
        SubjectAlternativeNames=names,
        ValidationMethod="DNS",
        Tags=[
            {"Key": "Name", "Value": "portal-certificate"},
            {"Key": "vigie:stack", "Value": "portal"},
            {"Key": "vigie:resource", "Value": "certificate"},
        ],
    )
    # Just requested, its records are not known yet.
    described(calls, "PENDING_VALIDATION", ready=False)
    described(calls, "PENDING_VALIDATION")
    change = {"Id": "/change/C1", "Status": "PENDING", "SubmittedAt": 0}
    for zone, base in (("Z1", "example.ca"), ("Z2", "www.example.fr")):
        record = {
            "Name": f"_x.{base}.",
            "Type": "CNAME",
            "TTL": 300,
            "ResourceRecords": [{"Value": f"_y.{base}."}],
        }
        upsert = {"Action": "UPSERT", "ResourceRecordSet": record}
        calls.expect(
            "change_resource_record_sets",
            {"ChangeInfo": change},
            service="route53",
            HostedZoneId=zone,
            ChangeBatch={"Changes": [upsert]},
        )


def test_each_name_is_validated_in_its_zone() -> None:
    calls = Calls("certificate", "acm", "route53")
    requested(calls)
    described(calls, "PENDING_VALIDATION")
    described(calls, "ISSUED")
    described(calls, "ISSUED")
    assert calls.type.create(WANTED).attributes["status"] == "ISSUED"
    calls.done()


def test_what_acm_does_not_issue_says_why() -> None:
    calls = Calls("certificate", "acm", "route53")
    requested(calls)
    described(calls, "FAILED", FailureReason="CAA_ERROR")
    with pytest.raises(RunError, match=r"FAILED \(CAA_ERROR\).*CAA records"):
        calls.type.create(WANTED)
    calls.done()


def test_the_life_of_certificates(moto: Stack) -> None:
    def untagged_by_hand(stack: Stack, outputs: dict) -> None:
        stack.client("acm").remove_tags_from_certificate(
            CertificateArn=outputs["certificate"]["arn"], Tags=[{"Key": "team"}]
        )

    live_through(
        moto,
        example("certificate"),
        changes=[{"certificate": {"tags": {"team": "run"}}}],
        drift=untagged_by_hand,
        replacing={"certificate": {"domain_name": "shop.${zone.name}"}},
    )


def test_the_life_of_a_certificate_validated_elsewhere(stack: Stack) -> None:
    live_through(
        stack,
        {"certificate": {"type": "certificate", "domain_name": "www.example.ca"}},
        changes=[{"certificate": {"tags": {"team": "run"}}}],
        replacing={"certificate": {"subject_alternative_names": ["b.example.ca"]}},
    )


def test_its_records_are_set_and_it_is_issued(moto: Stack) -> None:
    declared = example("certificate")
    declared["zone"]["name"] = f"{moto.name}.example.ca"
    outputs = moto.apply(declared).outputs
    assert outputs["certificate"]["status"] == "ISSUED"
    assert ":us-east-1:" in outputs["edge_certificate"]["arn"]
    listed = moto.client("route53").list_resource_record_sets(
        HostedZoneId=outputs["zone"]["id"]
    )["ResourceRecordSets"]
    names = {each["Name"].rstrip(".") for each in listed if each["Type"] == "CNAME"}
    for name in ("certificate", "edge_certificate"):
        assert outputs[name]["validation_records"]
        assert {r["name"] for r in outputs[name]["validation_records"]} <= names
    # They are nobody's leftovers: pruning keeps them, since renewals need them.
    assert moto.actions(declared, prune=True) == {}
    moto.apply(declared, state="absent")


def test_a_validation_record_that_was_deleted_is_drift(moto: Stack) -> None:
    declared = example("certificate")
    declared["zone"]["name"] = f"{moto.name}.example.ca"
    del declared["edge_certificate"]
    outputs = moto.apply(declared).outputs
    client = moto.client("route53")
    zone = outputs["zone"]["id"]
    listed = client.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    record = next(each for each in listed if each["Type"] == "CNAME")
    client.change_resource_record_sets(
        HostedZoneId=zone,
        ChangeBatch={"Changes": [{"Action": "DELETE", "ResourceRecordSet": record}]},
    )
    # The next renewal would fail without it.
    assert moto.actions(declared) == {"certificate": "update"}
    moto.apply(declared)
    assert moto.actions(declared) == {}
    moto.apply(declared, state="absent")


def test_names_and_zones_are_checked_first(moto: Stack) -> None:
    said = refused(
        moto,
        {
            "one": {
                "type": "certificate",
                "domain_name": "a.ca",
                "subject_alternative_names": ["A.ca"],
            },
            "two": {
                "type": "certificate",
                "domain_name": "a.ca",
                "subject_alternative_names": ["b.ca"],
                "validation_zones": {"a.ca": "Z1"},
            },
            "three": {"type": "certificate", "domain_name": "a_/b.ca"},
        },
    )
    assert "leave A.ca out" in said or "leave a.ca out" in said
    assert "some names lie in none of validation_zones" in said
    assert "'a_/b.ca' is no domain name" in said
    assert moto.operations == []
