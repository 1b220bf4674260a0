# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CloudFront: distributions and invalidations.

moto forgets functions and access controls of origins, takes any ETag, and makes a new
invalidation for a caller reference that it knows; all of that runs on ministack.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.vigie.run.plugins.module_utils._aws.cloudfront import (
    completed,
    wrap,
)
from ansible_collections.vigie.run.plugins.module_utils._aws.invalidation import (
    invalidate,
)
from ansible_collections.vigie.run.plugins.module_utils._aws.provider import AwsProvider
from ansible_collections.vigie.run.plugins.module_utils._aws.types.distribution import (
    _laid,
)
from ansible_collections.vigie.run.plugins.module_utils._converge.provider import (
    Desired,
    Live,
)
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError

from tests.integration.aws.stacks import Stack, example, live_through, refused
from tests.integration.aws.stubs import Calls

OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
BEHAVIOR = {
    "target_origin_id": "site",
    "viewer_protocol_policy": "https-only",
    "cache_policy_id": OPTIMIZED,
}
EDGE = {
    "type": "distribution",
    "comment": "The portal",
    "origins": [{"id": "site", "domain_name": "origin.example.ca"}],
    "default_cache_behavior": BEHAVIOR,
}
EDGE_PROPERTIES = {name: value for name, value in EDGE.items() if name != "type"}


def config_of(stack: Stack, id_: str) -> dict[str, Any]:
    """The configuration as CloudFront has it."""
    answer = stack.client("cloudfront").get_distribution_config(Id=id_)
    return answer["DistributionConfig"]


def by_hand(stack: Stack, id_: str, **settings: Any) -> None:
    """Change settings past the collection."""
    client = stack.client("cloudfront")
    now = client.get_distribution_config(Id=id_)
    config = {**now["DistributionConfig"], **settings}
    client.update_distribution(Id=id_, IfMatch=now["ETag"], DistributionConfig=config)


def test_the_life_of_a_distribution_and_its_name(moto: Stack) -> None:
    resources = example("distribution")
    edge = resources["edge"]
    files = {**edge["cache_behaviors"][0], "compress": False}
    feeds = {**BEHAVIOR, "path_pattern": "/feeds/*", "compress": True}
    live_through(
        moto,
        resources,
        changes=[
            {"edge": {"tags": {"team": "run"}}},
            {"edge": {"cache_behaviors": [feeds, files]}},
            {"edge": {"http_version": "http2", "price_class": "PriceClass_All"}},
        ],
        drift=lambda stack, outputs: by_hand(
            stack, outputs["edge"]["id"], Comment="mine now"
        ),
    )


def test_the_life_of_a_distribution(stack: Stack) -> None:
    origin = {
        "id": "site",
        "domain_name": "origin.example.ca",
        "origin_path": "/portal",
        "connection_attempts": 2,
        "custom_headers": [{"header_name": "X-Secret", "header_value": "a"}],
        "custom_origin_config": {"origin_read_timeout": 45},
    }
    spare = {"id": "spare", "domain_name": "spare.example.ca"}
    pair = {
        "id": "pair",
        "failover_criteria": {"status_codes": [502, 503]},
        "members": [{"origin_id": "site"}, {"origin_id": "spare"}],
    }
    logging = {"enabled": True, "bucket": "logs.s3.amazonaws.com", "prefix": "edge/"}
    sorry = {"error_code": 503, "error_caching_min_ttl": 5}
    countries = {"restriction_type": "whitelist", "locations": ["CA", "US"]}
    live_through(
        stack,
        {"edge": EDGE},
        changes=[
            {"edge": {"comment": "Ours", "tags": {"team": "run"}}},
            {"edge": {"origins": [origin, spare]}},
            {"edge": {"origin_groups": [pair]}},
            {"edge": {"default_cache_behavior": {**BEHAVIOR, "compress": False}}},
            {"edge": {"logging": logging, "default_root_object": "index.html"}},
            {"edge": {"custom_error_responses": [sorry]}},
            {"edge": {"restrictions": {"geo_restriction": countries}}},
            {"edge": {"enabled": False, "is_ipv6_enabled": False}},
            {"edge": {"origin_groups": [], "custom_error_responses": []}},
            {"edge": {"origins": [origin]}},
        ],
        drift=lambda stack, outputs: by_hand(
            stack, outputs["edge"]["id"], Comment="mine now"
        ),
    )


def test_functions_and_access_controls_are_kept(ministack: Stack) -> None:
    origin = {
        "id": "site",
        "domain_name": "files.s3.ca-central-1.amazonaws.com",
        "origin_access_control_id": "E2QWRUHAPOMQZL",
    }
    function = {
        "event_type": "viewer-request",
        "function_arn": "arn:aws:cloudfront::000000000000:function/rewrite",
    }
    behavior = {**BEHAVIOR, "function_associations": [function]}
    live_through(
        ministack,
        {"edge": {**EDGE, "origins": [origin], "default_cache_behavior": behavior}},
        changes=[
            {
                "edge": {
                    "default_cache_behavior": {**behavior, "function_associations": []}
                }
            }
        ],
    )


def test_what_is_not_declared_of_a_distribution_stays(ministack: Stack) -> None:
    id_ = ministack.apply({"edge": EDGE}).outputs["edge"]["id"]
    now = config_of(ministack, id_)
    origin = {**now["Origins"]["Items"][0], "OriginPath": "/by-hand"}
    by_hand(
        ministack,
        id_,
        PriceClass="PriceClass_200",
        Origins={"Quantity": 1, "Items": [origin]},
    )
    assert ministack.actions({"edge": EDGE}) == {}
    ministack.apply({"edge": {**EDGE, "comment": "New"}})
    now = config_of(ministack, id_)
    assert now["PriceClass"] == "PriceClass_200"
    assert now["Origins"]["Items"][0]["OriginPath"] == "/by-hand"
    ministack.apply({}, state="absent")


def test_a_stale_etag_is_read_again(ministack: Stack) -> None:
    id_ = ministack.apply({"edge": EDGE}).outputs["edge"]["id"]
    aws = ministack.aws()
    client, disturbed = aws.client("cloudfront"), []

    def somebody_is_faster(params: dict, **_event: object) -> None:
        if not disturbed:
            disturbed.append(True)
            by_hand(ministack, id_, PriceClass="PriceClass_200")

    event = "provide-client-params.cloudfront.UpdateDistribution"
    client.meta.events.register(event, somebody_is_faster)
    type_ = AwsProvider(aws).types["distribution"]
    wanted = Desired("edge", "distribution", {**EDGE_PROPERTIES, "comment": "New"})
    try:
        type_.change(type_._got(id_, {}), wanted, frozenset({"comment"}))
    finally:
        client.meta.events.unregister(event, somebody_is_faster)
    now = config_of(ministack, id_)
    assert (now["Comment"], now["PriceClass"]) == ("New", "PriceClass_200")
    ministack.apply({}, state="absent")


def test_a_reference_that_cloudfront_remembers_is_not_used_again(moto: Stack) -> None:
    client = moto.client("cloudfront")
    id_ = moto.apply({"edge": EDGE}).outputs["edge"]["id"]
    assert config_of(moto, id_)["CallerReference"] == f"vigie-{moto.name}-edge"
    arn = client.get_distribution(Id=id_)["Distribution"]["ARN"]
    # As if it had been deleted: nobody's any more, but its reference is known.
    client.untag_resource(
        Resource=arn, TagKeys={"Items": ["vigie:stack", "vigie:resource"]}
    )
    second = moto.apply({"edge": EDGE}).outputs["edge"]["id"]
    assert second != id_
    assert config_of(moto, second)["CallerReference"] == f"vigie-{moto.name}-edge-2"
    moto.apply({}, state="absent")
    client.delete_distribution(Id=id_, IfMatch="x")


def test_it_is_disabled_and_deployed_before_it_is_deleted() -> None:
    calls = Calls("distribution", "cloudfront")
    id_ = "E2QWRUHAPOMQZL"
    config = wrap(completed(_laid({"CallerReference": "x"}, EDGE_PROPERTIES)))

    def is_read(status: str, enabled: bool, etag: str) -> None:
        distribution = {
            "Id": id_,
            "ARN": f"arn:aws:cloudfront::1:distribution/{id_}",
            "Status": status,
            "LastModifiedTime": 0,
            "InProgressInvalidationBatches": 0,
            "DomainName": "d1.cloudfront.net",
            "DistributionConfig": {**config, "Enabled": enabled},
        }
        answer = {"Distribution": distribution, "ETag": etag}
        calls.expect("get_distribution", answer, Id=id_)

    is_read("Deployed", True, "E1")
    calls.expect(
        "get_distribution_config",
        {"DistributionConfig": config, "ETag": "E1"},
        Id=id_,
    )
    calls.expect(
        "update_distribution",
        {},
        Id=id_,
        IfMatch="E1",
        DistributionConfig={**config, "Enabled": False},
    )
    is_read("InProgress", False, "E2")
    for _time in range(2):
        is_read("Deployed", False, "E2")
    calls.expect("delete_distribution", {}, Id=id_, IfMatch="E2")
    calls.type.delete(Live(id_, {}))
    calls.done()


def test_an_unchanged_distribution_is_three_calls(moto: Stack) -> None:
    other = {
        **EDGE,
        "comment": "Another",
        "origins": [{"id": "site", "domain_name": "another.example.ca"}],
    }
    moto.apply({"edge": EDGE, "other": other})
    moto.operations.clear()
    assert moto.actions({"edge": EDGE}) == {}
    assert moto.operations.count("ListTagsForResource") == 1
    assert len(moto.operations) == 3
    moto.apply({}, state="absent")


def test_wrong_distributions_are_refused(moto: Stack) -> None:
    arn = "arn:aws:acm:ca-central-1:000000000000:certificate/x"
    said = refused(
        moto,
        {
            "a": {**EDGE, "aliases": ["www.example.ca"]},
            "b": {**EDGE, "viewer_certificate": {"acm_certificate_arn": arn}},
            "c": {
                **EDGE,
                "default_cache_behavior": {**BEHAVIOR, "target_origin_id": "sight"},
                "logging": None,
            },
        },
    )
    for part in (
        "aliases need one",
        "us-east-1 only",
        "'sight' is none of site",
        "say enabled: false",
    ):
        assert part in said
    assert moto.operations == []


@pytest.fixture
def edge(ministack: Stack) -> Iterator[dict[str, Any]]:
    """The module's parameters for a distribution."""
    id_ = ministack.apply({"edge": EDGE}).outputs["edge"]["id"]
    reach = {
        name: getattr(ministack.connection, name)
        for name in (
            "profile",
            "access_key",
            "secret_key",
            "session_token",
            "assume_role",
            "external_id",
            "endpoint_url",
            "ca_bundle",
            "validate_certs",
        )
    }
    yield {
        **reach,
        "region": None,
        "distribution_id": id_,
        "paths": ["/", "/assets/*", "/"],
        "reference": "2026.11.3",
        "wait": True,
        "wait_timeout": 5.0,
    }
    ministack.apply({}, state="absent")


def test_a_release_invalidates_once(edge: dict[str, Any], ministack: Stack) -> None:
    planned = invalidate(edge, True)
    assert planned["changed"]
    assert planned["invalidation"]["id"] == ""
    first = invalidate(edge, False)
    assert first["changed"]
    assert first["invalidation"]["status"] == "Completed"
    assert first["invalidation"]["paths"] == ["/", "/assets/*"]
    again = invalidate(edge, False)
    assert not again["changed"]
    assert again["invalidation"]["id"] == first["invalidation"]["id"]
    assert not invalidate(edge, True)["changed"]
    following = invalidate({**edge, "reference": "2026.11.4"}, False)
    assert following["changed"]
    listed = ministack.client("cloudfront").list_invalidations(
        DistributionId=edge["distribution_id"]
    )
    assert listed["InvalidationList"]["Quantity"] == 2


def test_without_a_reference_each_run_invalidates(edge: dict[str, Any]) -> None:
    ids = set()
    for _run in range(2):
        result = invalidate({**edge, "reference": None}, False)
        assert result["changed"]
        ids.add(result["invalidation"]["id"])
    assert len(ids) == 2


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_reference_stands_for_its_paths(edge: dict[str, Any], dry_run: bool) -> None:
    invalidate(edge, False)
    with pytest.raises(RunError, match=r"'2026\.11\.3' was used for other paths"):
        invalidate({**edge, "paths": ["/other"]}, dry_run)


def test_a_distribution_that_does_not_exist_is_named(edge: dict[str, Any]) -> None:
    with pytest.raises(RunError, match="there is no distribution E000"):
        invalidate({**edge, "distribution_id": "E000"}, False)
