# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Route 53: zones and records.

moto knows zones and their tags, but refuses to create a record anew that it has seen
before; ministack knows how records change, but not ListTagsForResources.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from ansible_collections.vigie.run.plugins.module_utils._aws.provider import AwsProvider
from ansible_collections.vigie.run.plugins.module_utils._aws.zonewriter import (
    ZoneWriter,
)
from ansible_collections.vigie.run.plugins.module_utils._converge.provider import (
    Desired,
    Reading,
)
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError

from tests.integration.aws.stacks import Stack, example, live_through, refused


def upsert(stack: Stack, zone: str, name: str, *values: str, kind: str = "A") -> None:
    """Set a record past the collection."""
    record = {
        "Name": name,
        "Type": kind,
        "TTL": 30,
        "ResourceRecords": [{"Value": value} for value in values],
    }
    stack.client("route53").change_resource_record_sets(
        HostedZoneId=zone,
        ChangeBatch={"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record}]},
    )


def names_in(stack: Stack, zone: str) -> list[str]:
    """What a zone holds, but for what it was made with."""
    listed = stack.client("route53").list_resource_record_sets(HostedZoneId=zone)
    return [
        record["Name"]
        for record in listed["ResourceRecordSets"]
        if record["Type"] not in ("NS", "SOA")
    ]


@pytest.fixture
def company_zone(ministack: Stack) -> Iterator[str]:
    """A zone that is nobody's stack."""
    client = ministack.client("route53")
    name = f"{ministack.name}.example.ca"
    zone = client.create_hosted_zone(Name=name, CallerReference=name)["HostedZone"]
    yield zone["Id"].rsplit("/", 1)[-1]
    for record in client.list_resource_record_sets(HostedZoneId=zone["Id"])[
        "ResourceRecordSets"
    ]:
        if record["Type"] not in ("NS", "SOA"):
            change = {"Action": "DELETE", "ResourceRecordSet": record}
            client.change_resource_record_sets(
                HostedZoneId=zone["Id"], ChangeBatch={"Changes": [change]}
            )
    client.delete_hosted_zone(Id=zone["Id"])


def test_the_life_of_zones(moto: Stack) -> None:
    def by_hand(stack: Stack, outputs: dict) -> None:
        client = stack.client("route53")
        client.update_hosted_zone_comment(Id=outputs["zone"]["id"], Comment="mine now")
        client.associate_vpc_with_hosted_zone(
            HostedZoneId=outputs["inside"]["id"],
            VPC={"VPCId": "vpc-12345678", "VPCRegion": "us-east-1"},
        )

    resources = example("hosted_zone")
    resources["second"] = {"type": "vpc", "cidr_block": "10.30.0.0/16"}
    live_through(
        moto,
        resources,
        changes=[
            {"zone": {"tags": {"team": "portal", "cost": 12}}},
            {"zone": {"comment": "The portal of the province"}},
            {
                "inside": {
                    "vpcs": [{"vpc_id": "${network.id}"}, {"vpc_id": "${second.id}"}]
                }
            },
            {"inside": {"vpcs": [{"vpc_id": "${second.id}"}]}},
        ],
        drift=by_hand,
        replacing={"zone": {"name": "portal2.example.ca"}},
    )


def test_a_zone_tells_its_name_servers(moto: Stack) -> None:
    outputs = moto.apply(example("hosted_zone")).outputs
    assert len(outputs["zone"]["name_servers"]) == 4
    assert "/" not in outputs["zone"]["id"]
    moto.apply({}, state="absent")


def test_the_zone_of_somebody_else_is_not_taken_over(moto: Stack) -> None:
    name = f"{moto.name}.example.ca"
    moto.client("route53").create_hosted_zone(Name=name, CallerReference=name)
    said = refused(moto, {"zone": {"type": "hosted_zone", "name": f"{name.upper()}."}})
    assert "does not belong" in said
    assert "vigie:resource=zone" in said


def test_a_zone_whose_tags_were_not_set_yet_is_not_made_twice(moto: Stack) -> None:
    name = f"{moto.name}.example.ca"
    moto.client("route53").create_hosted_zone(
        Name=name, CallerReference=f"vigie:{moto.name}:zone:0123456789ab"
    )
    resources = {"zone": {"type": "hosted_zone", "name": name, "tags": {"a": "b"}}}
    assert moto.actions(resources) == {"zone": "update"}
    moto.apply(resources)
    assert moto.actions(resources) == {}
    moto.apply(resources, state="absent")


def test_a_zone_with_the_records_of_others_says_which(moto: Stack) -> None:
    zone = {"zone": {"type": "hosted_zone", "name": f"{moto.name}.example.ca"}}
    id_ = moto.apply(zone).outputs["zone"]["id"]
    upsert(moto, id_, f"legacy.{moto.name}.example.ca", "192.0.2.1")
    validation = "_x.jkddzztszm.acm-validations.aws."
    upsert(moto, id_, f"_y.{moto.name}.example.ca", validation, kind="CNAME")
    types = AwsProvider(moto.aws()).types
    (live,) = types["hosted_zone"].read(Reading([], {}, everything=True))
    # moto deletes any zone; Route 53 and ministack answer HostedZoneNotEmpty.
    with pytest.raises(RunError, match=r"still holds records: legacy\.\S+ A\. Delete"):
        types["hosted_zone"]._clear(live)
    upsert(moto, id_, f"legacy.{moto.name}.example.ca", "192.0.2.2")
    moto.apply(zone, state="absent")


def test_the_life_of_records(moto: Stack) -> None:
    alias = {"hosted_zone_id": "Z2FDTNDATAQYW2", "dns_name": "D1.CloudFront.net"}
    live_through(
        moto,
        example("record"),
        changes=[
            {"www": {"ttl": 61}},
            {"www": {"values": ["192.0.2.11", "192.0.2.12"]}},
            {"www": {"values": None, "ttl": None, "alias_target": alias}},
            {"mail_policy": {"values": ["v=spf1 mx -all", "x" * 300]}},
            {"blue": {"weight": 0}, "green": {"weight": 100}},
        ],
    )


def test_a_record_changed_by_hand_is_repaired(
    ministack: Stack, company_zone: str
) -> None:
    name = f"www.{ministack.name}.example.ca"
    record = {
        "type": "record",
        "zone_id": f"/hostedzone/{company_zone}",
        "name": f"{name.upper()}.",
        "record_type": "A",
        "values": ["192.0.2.1", "192.0.2.2"],
    }
    wild = {**record, "name": rf"\052.{name}", "values": ["192.0.2.9"]}
    declared = {"www": record, "wild": wild}
    ministack.apply(declared)
    upsert(ministack, company_zone, f"other.{name}", "192.0.2.7")
    upsert(ministack, company_zone, name, "192.0.2.2", "192.0.2.3")
    assert ministack.actions(declared) == {"www": "update"}
    ministack.apply(declared)
    # Turning the values around, or what somebody else has in the zone, is no drift.
    upsert(ministack, company_zone, name, "192.0.2.2", "192.0.2.1")
    assert ministack.actions(declared) == {}


def test_what_somebody_changed_meanwhile_is_not_overwritten(
    ministack: Stack, company_zone: str
) -> None:
    name = f"www.{ministack.name}.example.ca"
    properties: dict[str, Any] = {
        "zone_id": company_zone,
        "name": name,
        "record_type": "A",
        "values": ["192.0.2.1"],
    }
    records = AwsProvider(ministack.aws()).types["record"]
    desired = Desired("www", "record", properties)
    live = records.create(desired)
    with pytest.raises(RunError, match="already exists"):
        records.create(Desired("www", "record", {**properties, "ttl": 5}))
    # The same creation once more, as after a lost answer, is no failure.
    assert records.create(desired).id == live.id
    upsert(ministack, company_zone, name, "198.51.100.1")
    wanted = Desired("www", "record", {**properties, "values": ["192.0.2.2"]})
    with pytest.raises(RunError, match="changed by somebody else"):
        records.update(live, wanted, [])
    records.delete(live)
    records.delete(live)
    assert names_in(ministack, company_zone) == []


def test_many_records_are_few_calls(moto: Stack) -> None:
    zone = {"type": "hosted_zone", "name": f"{moto.name}.example.ca"}
    records = {
        f"host{number}": {
            "type": "record",
            "zone_id": "${zone.id}",
            "name": f"host{number}.${{zone.name}}",
            "record_type": "A",
            "values": [f"192.0.2.{number}"],
        }
        for number in range(48)
    }
    declared = {"zone": zone, **records}
    moto.apply(declared)
    assert moto.operations.count("ChangeResourceRecordSets") <= 16
    moto.operations.clear()
    assert moto.actions(declared) == {}
    assert len(moto.operations) == 4, moto.operations
    moto.apply(declared, state="absent")


def test_one_refused_record_does_not_hold_up_the_others(
    ministack: Stack, company_zone: str
) -> None:
    writer = ZoneWriter(ministack.aws())
    zone = f"{ministack.name}.example.ca"
    upsert(ministack, company_zone, f"host3.{zone}", "192.0.2.99")

    def create(number: int) -> str:
        record = {
            "Name": f"host{number}.{zone}",
            "Type": "A",
            "TTL": 60,
            "ResourceRecords": [{"Value": "192.0.2.1"}],
        }
        change = {"Action": "CREATE", "ResourceRecordSet": record}
        try:
            writer.send(company_zone, [change])
        except Exception as error:
            return str(error)
        return ""

    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(create, range(8)))
    assert [bool(each) for each in said] == [number == 3 for number in range(8)]
    assert "host3" in said[3]


def test_prune_empties_the_stacks_own_zone_of_what_is_not_declared(moto: Stack) -> None:
    declared = example("record")
    declared["zone"] = {"type": "hosted_zone", "name": f"{moto.name}.example.ca"}
    id_ = moto.apply(declared).outputs["zone"]["id"]
    validation = "_x.jkddzztszm.acm-validations.aws."
    upsert(moto, id_, f"_y.{moto.name}.example.ca", validation, kind="CNAME")
    kept = {name: declared[name] for name in ("zone", "www")}
    moto.apply(kept, prune=True)
    left = [name.split(".", 1)[0] for name in names_in(moto, id_)]
    assert sorted(left) == ["_y", "www"]
    moto.apply(kept, state="absent")


def test_wrong_records_are_refused_together(moto: Stack) -> None:
    record = {"type": "record", "zone_id": "Z1", "name": "www.example.ca"}
    said = refused(
        moto,
        {
            "one": {**record, "name": "a b.example.ca", "record_type": "B"},
            "two": {**record, "record_type": "A"},
            "three": {**record, "record_type": "A", "values": ["x"], "weight": 1},
            "four": {"type": "hosted_zone", "name": "x.ca", "private_zone": True},
        },
    )
    for part in (
        "'a b.example.ca' is no domain name",
        "choose one of A, AAAA",
        "give either values or alias_target",
        "weight needs one",
        "a private zone needs at least one VPC",
    ):
        assert part in said
    assert moto.operations == []
