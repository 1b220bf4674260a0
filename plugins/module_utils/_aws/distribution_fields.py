# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""The properties of a CloudFront distribution."""

from __future__ import annotations

from .._converge.fields import flag, group, many, number, text
from .dns import domain
from .tags import TAGS

BEHAVIOR = {
    "target_origin_id": text("The origin, or group of origins.", required=True),
    "viewer_protocol_policy": text(
        "What viewers may speak.",
        required=True,
        choices=("allow-all", "redirect-to-https", "https-only"),
    ),
    "cache_policy_id": text(
        "What is cached by; 658327ea-f89d-4fab-a63d-7e88639e58f6 is"
        " Managed-CachingOptimized, 4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
        " Managed-CachingDisabled.",
        required=True,
    ),
    "origin_request_policy_id": text(
        "What is sent on to the origin; 216adef6-5c7f-47e4-b989-5492eafa07d3 is"
        " Managed-AllViewer."
    ),
    "response_headers_policy_id": text("Headers added to responses."),
    "allowed_methods": many(
        text("A method."), "GET and HEAD where nothing is said.", order="set"
    ),
    "cached_methods": many(
        text("A method."), "GET and HEAD, or with OPTIONS.", order="set"
    ),
    "compress": flag("Compress what can be; true where nothing is said."),
    "function_associations": many(
        group(
            {
                "event_type": text(
                    "When.",
                    required=True,
                    choices=("viewer-request", "viewer-response"),
                ),
                "function_arn": text("The function.", required=True, api="FunctionARN"),
            },
            "A function.",
        ),
        "CloudFront functions.",
        order="key",
        key="event_type",
    ),
    "lambda_function_associations": many(
        group(
            {
                "event_type": text("When, such as origin-request.", required=True),
                "lambda_function_arn": text(
                    "A version of the function, in us-east-1.",
                    required=True,
                    api="LambdaFunctionARN",
                ),
                "include_body": flag("Hand it the request's body."),
            },
            "A function.",
        ),
        "Lambda@Edge functions.",
        order="key",
        key="event_type",
    ),
    "trusted_key_groups": many(
        text("A key group's id."), "Who signs URLs and cookies.", order="set"
    ),
    "realtime_log_config_arn": text("Real-time logging."),
}
ORIGIN = {
    "id": text("Its name within the distribution.", required=True),
    "domain_name": text("Where it is.", required=True, normal=domain),
    "origin_path": text("A path put before that of every request."),
    "custom_headers": many(
        group(
            {
                "header_name": text("The header.", required=True, normal=str.lower),
                "header_value": text("Its value.", required=True, sensitive=True),
            },
            "A header.",
        ),
        "Headers sent to the origin, such as a secret that shows who is asking.",
        order="key",
        key="header_name",
    ),
    "custom_origin_config": group(
        {
            "http_port": number("For HTTP; 80 where nothing is said.", api="HTTPPort"),
            "https_port": number(
                "For HTTPS; 443 where nothing is said.", api="HTTPSPort"
            ),
            "origin_protocol_policy": text(
                "How CloudFront asks; https-only where nothing is said.",
                choices=("http-only", "match-viewer", "https-only"),
            ),
            "origin_ssl_protocols": many(
                text("A version."), "TLSv1.2 where nothing is said.", order="set"
            ),
            "origin_read_timeout": number("Seconds to wait for a response."),
            "origin_keepalive_timeout": number("Seconds to keep a connection."),
        },
        "How a web server is asked; the default for what is no S3 bucket.",
    ),
    "s3_origin_config": group(
        {"origin_access_identity": text("An identity of former days; else empty.")},
        "How a bucket is asked; the default for S3 buckets.",
        api="S3OriginConfig",
    ),
    "vpc_origin_config": group(
        {
            "vpc_origin_id": text("The VPC origin.", required=True),
            "origin_read_timeout": number("Seconds to wait for a response."),
            "origin_keepalive_timeout": number("Seconds to keep a connection."),
        },
        "How something inside a VPC is asked.",
    ),
    "origin_access_control_id": text("Who CloudFront is to the origin."),
    "connection_attempts": number("How often to try, 1 to 3."),
    "connection_timeout": number("Seconds, 1 to 10."),
    "origin_shield": group(
        {
            "enabled": flag("Turn it on.", required=True),
            "origin_shield_region": text("Its region."),
        },
        "One more cache in front of the origin.",
    ),
}
FIELDS = {
    "comment": text("What it is for."),
    "enabled": flag("Serve; true where nothing is said."),
    "aliases": many(
        text("A name.", normal=domain), "Names that it answers to.", order="set"
    ),
    "origins": many(
        group(ORIGIN, "An origin."),
        "Where content comes from.",
        required=True,
        order="key",
        key="id",
    ),
    "origin_groups": many(
        group(
            {
                "id": text("Its name within the distribution.", required=True),
                "failover_criteria": group(
                    {
                        "status_codes": many(
                            number("A status."), "Such as 502.", order="set"
                        )
                    },
                    "When the second is asked.",
                    required=True,
                ),
                "members": many(
                    group(
                        {"origin_id": text("An origin.", required=True)}, "A member."
                    ),
                    "The first origin and the one that stands in for it.",
                    required=True,
                ),
            },
            "A group.",
        ),
        "Pairs of origins, the second of which stands in for the first.",
        order="key",
        key="id",
    ),
    "default_cache_behavior": group(
        BEHAVIOR, "What is done with requests that nothing else fits.", required=True
    ),
    "cache_behaviors": many(
        group(
            {"path_pattern": text("Such as /files/*.", required=True), **BEHAVIOR},
            "A behaviour.",
        ),
        "What is done with requests by their path; the first that fits.",
    ),
    "custom_error_responses": many(
        group(
            {
                "error_code": number("The origin's status.", required=True),
                "response_page_path": text("The page sent instead."),
                "response_code": text("The status sent with it."),
                "error_caching_min_ttl": number(
                    "Seconds for which an error is kept.", api="ErrorCachingMinTTL"
                ),
            },
            "An error.",
        ),
        "What is made of the origins' errors.",
        order="key",
        key="error_code",
    ),
    "viewer_certificate": group(
        {
            "acm_certificate_arn": text(
                "A certificate of ACM in us-east-1.", api="ACMCertificateArn"
            ),
            "iam_certificate_id": text("One of IAM.", api="IAMCertificateId"),
            "cloudfront_default_certificate": flag(
                "CloudFront's own, for its own name.",
                api="CloudFrontDefaultCertificate",
            ),
            "ssl_support_method": text(
                "How it is chosen; sni-only where nothing is said.",
                choices=("sni-only", "vip", "static-ip"),
                api="SSLSupportMethod",
            ),
            "minimum_protocol_version": text(
                "The oldest; TLSv1.2_2021 where nothing is said."
            ),
        },
        "The certificate that viewers see.",
    ),
    "logging": group(
        {
            "enabled": flag("Turn it on.", required=True),
            "bucket": text("A bucket's domain name, such as logs.s3.amazonaws.com."),
            "prefix": text("What the logs' names start with."),
            "include_cookies": flag("Log cookies as well."),
        },
        "Access logs.",
    ),
    "restrictions": group(
        {
            "geo_restriction": group(
                {
                    "restriction_type": text(
                        "Who.",
                        required=True,
                        choices=("none", "blacklist", "whitelist"),
                    ),
                    "locations": many(text("Such as CA."), "Countries.", order="set"),
                },
                "By country.",
                required=True,
            )
        },
        "Who may look.",
    ),
    "default_root_object": text("What / stands for, such as index.html."),
    "http_version": text(
        "The highest version that viewers may speak.",
        choices=("http1.1", "http2", "http3", "http2and3"),
        normal=str.lower,
    ),
    "is_ipv6_enabled": flag("Answer over IPv6.", api="IsIPV6Enabled"),
    "price_class": text(
        "Where it is served from.",
        choices=("PriceClass_100", "PriceClass_200", "PriceClass_All"),
    ),
    "web_acl_id": text("The ARN of a web ACL of scope CLOUDFRONT.", api="WebACLId"),
    "tags": TAGS,
}
