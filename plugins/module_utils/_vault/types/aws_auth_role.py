# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Which principals and instances of AWS may log in, and as what."""

from __future__ import annotations

from ..._converge.fields import Field, flag, text
from ..common import mount, named, texts, token_fields
from ..paths import AuthPathType

BOUND: dict[str, Field] = {
    f"bound_{name}": texts("One of them.", f"The {what} that it must have.")
    for name, what in {
        "iam_principal_arn": "principal",
        "account_id": "account",
        "region": "region",
        "ami_id": "image",
        "vpc_id": "VPC",
        "subnet_id": "subnet",
        "iam_role_arn": "role",
        "iam_instance_profile_arn": "instance profile",
        "ec2_instance_id": "instance",
    }.items()
}


class AwsAuthRole(AuthPathType):
    name = "aws_auth_role"
    kinds = ("aws",)
    path = "auth/{mount}/role/{name}"
    folder = "auth/{mount}/roles"
    uses = ("aws_auth_config",)
    fields = {
        "mount": mount("method", "aws"),
        "name": named("The role", normal=str.lower),
        "auth_type": text(
            "How it logs in.", choices=("iam", "ec2"), default="iam", immutable=True
        ),
        **BOUND,
        "inferred_entity_type": text(
            "What the principal is taken for.", choices=("ec2_instance",)
        ),
        "inferred_aws_region": text("Where that is."),
        "resolve_aws_unique_ids": flag(
            "A principal made anew under the same name is another one.", default=True
        ),
        "role_tag": text("The tag that limits an instance."),
        "allow_instance_migration": flag("It may move.", default=False),
        "disallow_reauthentication": flag("It may log in once.", default=False),
        **token_fields(),
    }


TYPE = AwsAuthRole
