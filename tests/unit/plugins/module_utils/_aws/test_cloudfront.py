# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A distribution's configuration, in and out of the API's wrappings."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.vigie.run.plugins.module_utils._aws.cloudfront import (
    completed,
    unwrap,
    wrap,
)
from ansible_collections.vigie.run.plugins.module_utils._aws.types.distribution import (
    _laid,
)
from botocore.session import get_session
from botocore.validate import ParamValidator

ACM = "arn:aws:acm:us-east-1:000000000000:certificate/x"
CONFIG = {
    "CallerReference": "x",
    "Comment": "",
    "Enabled": True,
    "Aliases": {"Quantity": 1, "Items": ["www.example.ca"]},
    "Origins": {
        "Quantity": 1,
        "Items": [
            {
                "Id": "site",
                "DomainName": "origin.example.ca",
                "CustomHeaders": {"Quantity": 0},
                "CustomOriginConfig": {
                    "HTTPPort": 8080,
                    "HTTPSPort": 443,
                    "OriginProtocolPolicy": "http-only",
                    "OriginSslProtocols": {"Quantity": 1, "Items": ["TLSv1.2"]},
                },
            }
        ],
    },
    "OriginGroups": {"Quantity": 0},
    "DefaultCacheBehavior": {
        "TargetOriginId": "site",
        "ViewerProtocolPolicy": "https-only",
        "TrustedKeyGroups": {"Enabled": True, "Quantity": 1, "Items": ["k"]},
        "TrustedSigners": {"Enabled": False, "Quantity": 0},
        "AllowedMethods": {
            "Quantity": 3,
            "Items": ["GET", "HEAD", "OPTIONS"],
            "CachedMethods": {"Quantity": 2, "Items": ["GET", "HEAD"]},
        },
        "ForwardedValues": {
            "QueryString": True,
            "Cookies": {
                "Forward": "whitelist",
                "WhitelistedNames": {"Quantity": 1, "Items": ["fe_typo_user"]},
            },
            "Headers": {"Quantity": 1, "Items": ["Host"]},
        },
    },
    "Restrictions": {
        "GeoRestriction": {
            "RestrictionType": "whitelist",
            "Quantity": 1,
            "Items": ["CA"],
        }
    },
}


@pytest.fixture(scope="module")
def model() -> Any:
    """Amazon's model of the service."""
    return get_session().get_service_model("cloudfront")


def test_what_is_unwrapped_is_wrapped_again() -> None:
    assert wrap(unwrap(CONFIG)) == CONFIG


@pytest.mark.parametrize("domain", ["files.s3.amazonaws.com", "www.example.ca"])
def test_little_is_completed_to_what_the_model_asks_for(
    model: Any, domain: str
) -> None:
    behavior = {"TargetOriginId": "a", "ViewerProtocolPolicy": "allow-all"}
    plain = {
        "Origins": [{"Id": "a", "DomainName": domain}],
        "DefaultCacheBehavior": behavior,
        "CacheBehaviors": [{**behavior, "PathPattern": "/x"}],
        "CallerReference": "x",
    }
    config = wrap(completed(plain))
    said = ParamValidator().validate(config, model.shape_for("DistributionConfig"))
    assert not said.has_errors(), said.generate_report()
    (origin,) = config["Origins"]["Items"]
    assert ("S3OriginConfig" in origin) == ("s3" in domain)
    assert ("CustomOriginConfig" in origin) == ("s3" not in domain)


def test_a_cache_policy_ends_what_was_set_before_there_were_any() -> None:
    behavior = {"cache_policy_id": "p"}
    laid = completed(_laid(unwrap(CONFIG), {"default_cache_behavior": behavior}))
    assert "ForwardedValues" not in laid["DefaultCacheBehavior"]
    assert laid["DefaultCacheBehavior"]["TrustedKeyGroups"] == ["k"]


def test_settings_of_an_origin_that_are_not_declared_stay() -> None:
    origin = {
        "id": "site",
        "domain_name": "origin.example.ca",
        "custom_origin_config": {"https_port": 8443},
    }
    laid = completed(_laid(unwrap(CONFIG), {"origins": [origin]}))
    ports = laid["Origins"][0]["CustomOriginConfig"]
    assert (ports["HTTPPort"], ports["HTTPSPort"]) == (8080, 8443)


DEFAULT = {"CloudFrontDefaultCertificate": True, "MinimumProtocolVersion": "TLSv1"}
OWN = {
    "ACMCertificateArn": "old",
    "SSLSupportMethod": "vip",
    "MinimumProtocolVersion": "TLSv1.1_2016",
}


@pytest.mark.parametrize(
    ("raw", "declared", "sent"),
    [
        (
            DEFAULT,
            {"acm_certificate_arn": ACM},
            {
                "ACMCertificateArn": ACM,
                "SSLSupportMethod": "sni-only",
                "MinimumProtocolVersion": "TLSv1.2_2021",
            },
        ),
        (OWN, {"acm_certificate_arn": ACM}, {**OWN, "ACMCertificateArn": ACM}),
        (
            OWN,
            {"minimum_protocol_version": "TLSv1.2_2021"},
            {**OWN, "MinimumProtocolVersion": "TLSv1.2_2021"},
        ),
        (
            OWN,
            {"cloudfront_default_certificate": True},
            {"CloudFrontDefaultCertificate": True},
        ),
    ],
)
def test_one_certificate_takes_the_place_of_another(
    raw: dict, declared: dict, sent: dict
) -> None:
    plain = {**unwrap(CONFIG), "ViewerCertificate": raw}
    laid = completed(_laid(plain, {"viewer_certificate": declared}))
    assert laid["ViewerCertificate"] == sent
