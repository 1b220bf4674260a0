# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""The options by which every AWS module says where it works, and as whom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._errors import RunError
from .errors import explain
from .session import BOTOCORE_ERROR, Connection, Session

ARGUMENTS: dict[str, dict[str, Any]] = {
    "region": {"type": "str", "aliases": ["aws_region"]},
    "profile": {"type": "str", "aliases": ["aws_profile"]},
    # An identifier, no secret; said because its name sounds like one.
    "access_key": {"type": "str", "no_log": False, "aliases": ["aws_access_key"]},
    "secret_key": {"type": "str", "no_log": True, "aliases": ["aws_secret_key"]},
    "session_token": {
        "type": "str",
        "no_log": True,
        "aliases": ["aws_session_token"],
    },
    "assume_role": {"type": "str"},
    "external_id": {"type": "str"},
    "endpoint_url": {"type": "str", "aliases": ["aws_endpoint_url"]},
    "ca_bundle": {"type": "path", "aliases": ["aws_ca_bundle"]},
    "validate_certs": {"type": "bool", "default": True},
}
TOGETHER = [["access_key", "secret_key"]]


def session_from(params: Mapping[str, Any], connections: int = 16) -> Session:
    """A session as a module's parameters describe it.

    Raises RunError where botocore is missing, the profile does not exist or no
    region is known.
    """
    if BOTOCORE_ERROR is not None:
        raise RunError(
            "The AWS modules need boto3 on the host where they run:"
            f" pip install boto3 ({BOTOCORE_ERROR})"
        )
    names = [name for name in ARGUMENTS if name in Connection.__dataclass_fields__]
    connection = Connection(**{name: params[name] for name in names})
    try:
        session = Session(connection, connections)
    except Exception as error:
        raise explain(error) from error
    if not session.region:
        raise RunError("No AWS region is set. Set region, or export AWS_REGION.")
    return session
