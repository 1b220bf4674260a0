# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""What AWS and botocore say, in one sentence with the remedy."""

from __future__ import annotations

from .._errors import RunError

try:
    from botocore.exceptions import (
        ClientError,
        EndpointConnectionError,
        NoCredentialsError,
        NoRegionError,
        ParamValidationError,
        ProfileNotFound,
    )
except ImportError:
    # Where botocore is missing the module has said so before anything is raised.
    ClientError = EndpointConnectionError = Exception  # type: ignore
    NoCredentialsError = NoRegionError = Exception  # type: ignore
    ParamValidationError = ProfileNotFound = Exception  # type: ignore


class UncertainCreationError(Exception):
    """Nobody can tell whether a creation took effect: look before trying again."""


DENIED = ("AccessDenied", "UnauthorizedOperation", "AuthorizationError", "Forbidden")
EXPIRED = ("ExpiredToken", "RequestExpired", "TokenRefreshRequired")
INVALID = (
    "AuthFailure",
    "InvalidClientTokenId",
    "SignatureDoesNotMatch",
    "UnrecognizedClient",
    "InvalidAccessKeyId",
)
QUOTA = (
    "LimitExceeded",
    "LimitsExceeded",
    "QuotaExceeded",
    "TooMany",
    "MaxLimit",
    "LimitReached",
)
ABSENT = ("NotFound", "NoSuch", "DoesNotExist", "NonExistent", "Nonexistent")
IN_USE = ("DependencyViolation", "InUse", "DeleteConflict", "ResourceInUse")


def code(error: Exception) -> str:
    """The service's own code, such as `InvalidVpcID.NotFound`; else an empty text."""
    return getattr(error, "response", {}).get("Error", {}).get("Code", "")


def is_absent(error: Exception) -> bool:
    """The thing that the call named does not exist."""
    return any(part in code(error) for part in ABSENT)


def is_in_use(error: Exception) -> bool:
    """The thing cannot go while something else still needs it."""
    return any(part in code(error) for part in IN_USE)


def explain(error: Exception) -> RunError:
    """One sentence that stands alone: what AWS said, and what to do about it."""
    if isinstance(error, RunError):
        return error
    if isinstance(error, NoCredentialsError):
        return RunError(
            "No AWS credentials were found. Set profile or access_key and secret_key,"
            " export AWS_PROFILE or AWS_ACCESS_KEY_ID, or give the host a role."
        )
    if isinstance(error, NoRegionError):
        return RunError("No AWS region is set. Set region, or export AWS_REGION.")
    if isinstance(error, ProfileNotFound):
        return RunError(f"{error} See `aws configure list-profiles`.")
    if isinstance(error, EndpointConnectionError):
        return RunError(
            f"{error} Is the region spelt correctly, and is the network reachable?"
        )
    if isinstance(error, ParamValidationError):
        return RunError(f"AWS would refuse this: {error}")
    if isinstance(error, ClientError):
        return _said(error)
    if isinstance(error, UncertainCreationError):
        return RunError(f"{error}: it may exist now. Run again: what exists is found.")
    return RunError(f"{type(error).__name__}: {error}")


def _said(error: Exception) -> RunError:
    operation = getattr(error, "operation_name", "")
    said = getattr(error, "response", {}).get("Error", {})
    message = f"{operation}: {said.get('Code')}: {said.get('Message')}".rstrip(".")
    remedy = _remedy(code(error), operation)
    return RunError(f"{message}. {remedy}".rstrip(), code=code(error))


def _remedy(name: str, operation: str) -> str:
    def any_of(parts: tuple[str, ...]) -> bool:
        return any(part in name for part in parts)

    if any_of(DENIED):
        return f"The credentials lack the permission for {operation}."
    if any_of(EXPIRED):
        return "The credentials have expired: log in again."
    if any_of(INVALID):
        return "AWS does not accept these credentials for this region: check both."
    if any_of(QUOTA):
        return "An AWS quota is reached: raise it in Service Quotas, or free some."
    return ""
