# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""The credentials with which an AWS method asks AWS who somebody is."""

from __future__ import annotations

from ..._converge.fields import flag, number, text
from ..common import mount, secret, texts
from ..paths import AuthPathType


class AwsAuthConfig(AuthPathType):
    name = "aws_auth_config"
    kinds = ("aws",)
    path = "auth/{mount}/config/client"
    unique = ("mount",)
    replaces = True
    kept_secret = ("secret_key",)
    commas = ("allowed_sts_header_values",)
    fields = {
        "mount": mount("method", "aws"),
        "access_key": text("The access key; without it, what the server itself has."),
        "secret_key": secret("The secret to that."),
        "endpoint": text("Where EC2 is, if elsewhere."),
        "iam_endpoint": text("Where IAM is, if elsewhere."),
        "sts_endpoint": text("Where STS is, if elsewhere."),
        "sts_region": text("The region of that."),
        "use_sts_region_from_client": flag(
            "The region is the one that the request says.", default=False
        ),
        "iam_server_id_header_value": text(
            "What a login must say in X-Vault-AWS-IAM-Server-ID."
        ),
        "allowed_sts_header_values": texts("A header.", "Further headers of logins."),
        "max_retries": number("How often it is tried; -1 as AWS says.", default=-1),
    }


TYPE = AwsAuthConfig
