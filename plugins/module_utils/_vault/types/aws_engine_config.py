# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""The credentials with which an AWS engine makes others.

Vault cannot unset them: they go with their engine.
"""

from __future__ import annotations

from ..._converge.fields import number, text
from ..common import mount, secret
from ..paths import EnginePathType


class AwsEngineConfig(EnginePathType):
    name = "aws_engine_config"
    kinds = ("aws",)
    path = "{mount}/config/root"
    unique = ("mount",)
    replaces = True
    stays = True
    kept_secret = ("secret_key",)
    fields = {
        "mount": mount("engine"),
        "access_key": text("The access key; without it, what the server itself has."),
        "secret_key": secret("The secret to that."),
        "region": text("The region."),
        "iam_endpoint": text("Where IAM is, if elsewhere."),
        "sts_endpoint": text("Where STS is, if elsewhere."),
        "max_retries": number("How often it is tried; -1 as AWS says.", default=-1),
        "username_template": text("How names of users are made."),
    }


TYPE = AwsEngineConfig
