# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""The configuration of a CloudFront distribution, without the API's wrappings.

The API puts every list into `{Quantity, Items}` and wants the whole configuration
with each update. `unwrap` makes plain lists of an answer; `completed` fills in what
the API asks for and nobody declared; `wrap` puts it back into the API's shape.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# With a cache policy these settings of former days are refused.
LEGACY = ("ForwardedValues", "MinTTL", "DefaultTTL", "MaxTTL")
# `TLSv1.2_2021` is what AWS recommends; the default certificate knows TLSv1 only.
CERTIFICATE = {"SSLSupportMethod": "sni-only", "MinimumProtocolVersion": "TLSv1.2_2021"}
NO_LOGGING = {"Enabled": False, "IncludeCookies": False, "Bucket": "", "Prefix": ""}


def unwrap(value: Any) -> Any:
    """An answer with plain lists; `AllowedMethods` apart from `CachedMethods`."""
    if isinstance(value, list):
        return [unwrap(entry) for entry in value]
    if not isinstance(value, Mapping):
        return value
    if "Quantity" in value:
        return unwrap(value.get("Items") or [])
    plain = {}
    for name, entry in value.items():
        if name == "AllowedMethods":
            plain["CachedMethods"] = unwrap(entry.get("CachedMethods") or [])
        if name == "GeoRestriction":
            kind = entry["RestrictionType"]
            plain[name] = {"RestrictionType": kind, "Locations": unwrap(entry)}
        elif entry is not None:
            plain[name] = unwrap(entry)
    return plain


def wrap(value: Any) -> Any:
    """A plain configuration in the API's shape."""
    if isinstance(value, list):
        items = [wrap(entry) for entry in value]
        return {"Quantity": len(items), **({"Items": items} if items else {})}
    if not isinstance(value, Mapping):
        return value
    wrapped = {}
    for name, entry in value.items():
        if name == "AllowedMethods":
            cached = wrap(value.get("CachedMethods") or ["GET", "HEAD"])
            wrapped[name] = {**wrap(entry), "CachedMethods": cached}
        elif name in ("TrustedKeyGroups", "TrustedSigners"):
            wrapped[name] = {"Enabled": bool(entry), **wrap(entry)}
        elif name == "GeoRestriction":
            kind = entry.get("RestrictionType", "none")
            wrapped[name] = {
                "RestrictionType": kind,
                **wrap(entry.get("Locations", [])),
            }
        elif name != "CachedMethods":
            wrapped[name] = wrap(entry)
    return wrapped


def completed(plain: Mapping[str, Any]) -> dict[str, Any]:
    """A configuration with all that an update must name."""
    whole = {
        "Aliases": [],
        "DefaultRootObject": "",
        "OriginGroups": [],
        "CacheBehaviors": [],
        "CustomErrorResponses": [],
        "Comment": "",
        "Enabled": True,
        "WebACLId": "",
        **plain,
    }
    whole["Logging"] = {**NO_LOGGING, **plain.get("Logging", {})}
    whole["Restrictions"] = {
        "GeoRestriction": {"RestrictionType": "none"},
        **plain.get("Restrictions", {}),
    }
    whole["Origins"] = [_origin(origin) for origin in plain["Origins"]]
    whole["DefaultCacheBehavior"] = _behavior(plain["DefaultCacheBehavior"])
    whole["CacheBehaviors"] = [_behavior(each) for each in whole["CacheBehaviors"]]
    whole["ViewerCertificate"] = _certificate(plain.get("ViewerCertificate", {}))
    return whole


def _origin(origin: Mapping[str, Any]) -> dict[str, Any]:
    whole = {
        "OriginPath": "",
        "CustomHeaders": [],
        "ConnectionAttempts": 3,
        "ConnectionTimeout": 10,
        "OriginShield": {"Enabled": False},
        "OriginAccessControlId": "",
        **origin,
    }
    kinds = ("S3OriginConfig", "CustomOriginConfig", "VpcOriginConfig")
    if not any(kind in origin for kind in kinds):
        bucket = (
            ".s3" in origin["DomainName"] and "amazonaws.com" in origin["DomainName"]
        )
        whole["S3OriginConfig" if bucket else "CustomOriginConfig"] = {}
    if "S3OriginConfig" in whole:
        whole["S3OriginConfig"] = {
            "OriginAccessIdentity": "",
            **whole["S3OriginConfig"],
        }
    if "CustomOriginConfig" in whole:
        whole["CustomOriginConfig"] = {
            "HTTPPort": 80,
            "HTTPSPort": 443,
            "OriginProtocolPolicy": "https-only",
            "OriginSslProtocols": ["TLSv1.2"],
            "OriginReadTimeout": 30,
            "OriginKeepaliveTimeout": 5,
            **whole["CustomOriginConfig"],
        }
    return whole


def _behavior(behavior: Mapping[str, Any]) -> dict[str, Any]:
    kept = behavior
    if behavior.get("CachePolicyId"):
        kept = {name: v for name, v in behavior.items() if name not in LEGACY}
    whole = {
        "Compress": True,
        "SmoothStreaming": False,
        "FieldLevelEncryptionId": "",
        "TrustedSigners": [],
        "TrustedKeyGroups": [],
        "LambdaFunctionAssociations": [],
        "FunctionAssociations": [],
        **kept,
    }
    if not whole.get("AllowedMethods"):
        whole["AllowedMethods"] = ["GET", "HEAD"]
    return whole


def _certificate(certificate: Mapping[str, Any]) -> dict[str, Any]:
    """Of one's own, or CloudFront's; whatever else the API told is derived."""
    for name in ("ACMCertificateArn", "IAMCertificateId"):
        if certificate.get(name):
            kept = {
                key: certificate[key] for key in CERTIFICATE if certificate.get(key)
            }
            return {name: certificate[name], **CERTIFICATE, **kept}
    return {"CloudFrontDefaultCertificate": True}
