# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Taking what CloudFront has cached back from its edges, once for each reference.

CloudFront itself keeps an invalidation from being made twice: the same caller
reference with the same paths is answered with the invalidation that there is.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from .._errors import RunError
from .base import Aws
from .calls import settled
from .errors import UncertainCreationError, code, explain
from .options import session_from

# CloudFront has no region; botocore wants one to be named all the same.
ANY_REGION = "us-east-1"
BUSY = "TooManyInvalidationsInProgress"
# What CloudFront keeps for long is looked through no further than this.
LOOK_BACK = 100


def invalidate(params: Mapping[str, Any], dry_run: bool) -> dict[str, Any]:
    """Invalidate the paths, wait for it: the module's result.

    Raises RunError for bad input, for a reference that was used for other paths,
    and when CloudFront does not get done in time.
    """
    paths = _checked(params["paths"])
    _check_wait(params["wait_timeout"])
    region = params["region"] or ANY_REGION
    session = session_from({**params, "region": region})
    aws = Aws(session, "", wait_timeout=params["wait_timeout"])
    run = Invalidation(aws, params["distribution_id"], paths, params["reference"])
    try:
        made = run.look() if dry_run else run.make(params["wait"])
        changed = made is None or run.is_new(made)
        if made and params["wait"] and not dry_run:
            made = run.complete(made)
    except Exception as error:
        raise _explained(error, run) from error
    return {"changed": changed, "invalidation": run.shown(made)}


class Invalidation:
    """The invalidation of some paths of a distribution under a reference."""

    def __init__(
        self, aws: Aws, distribution: str, paths: Sequence[str], reference: str | None
    ) -> None:
        self.aws = aws
        self.client = aws.client("cloudfront")
        self.distribution = distribution
        self.paths = list(paths)
        self.named = reference is not None
        self.reference = reference or f"vigie-{uuid.uuid4().hex}"
        self._there: list[dict[str, Any]] | None = None

    def look(self) -> dict[str, Any] | None:
        """The invalidation of this reference, where it was made already."""
        for summary in self._recent() if self.named else ():
            found = self._read(summary["Id"])
            batch = found["InvalidationBatch"]
            if batch["CallerReference"] == self.reference:
                if sorted(batch["Paths"].get("Items", ())) != sorted(self.paths):
                    raise self.used_otherwise()
                return found
        return None

    def make(self, patient: bool) -> dict[str, Any]:
        """Make it, or have the one that there is; wait for room where `patient`."""
        self._recent()
        batch = {
            "CallerReference": self.reference,
            "Paths": {"Quantity": len(self.paths), "Items": self.paths},
        }

        def create() -> dict[str, Any]:
            return self.client.create_invalidation(
                DistributionId=self.distribution, InvalidationBatch=batch
            )["Invalidation"]

        limit = self.aws.wait_timeout if patient else 0
        return settled(self.aws, create, _passes, limit)

    def is_new(self, made: Mapping[str, Any]) -> bool:
        """Whether it was not there before: neither listed, nor older than what was."""
        there = self._recent()
        if not self.named:
            return True
        newest = max((each["CreateTime"] for each in there), default=None)
        listed = any(each["Id"] == made["Id"] for each in there)
        return not listed and (newest is None or made["CreateTime"] >= newest)

    def complete(self, made: Mapping[str, Any]) -> dict[str, Any]:
        """Wait until the edges have let go of the paths."""

        def completed() -> dict[str, Any] | None:
            now = self._read(made["Id"])
            return now if now["Status"] == "Completed" else None

        what = f"CloudFront to complete the invalidation {made['Id']}"
        return made if made["Status"] == "Completed" else self.aws.wait(what, completed)

    def used_otherwise(self) -> RunError:
        """What to say of a reference that is taken."""
        return RunError(
            f"reference: {self.reference!r} was used for other paths of"
            f" {self.distribution}; give each set of paths a reference of its own"
        )

    def shown(self, made: Mapping[str, Any] | None) -> dict[str, Any]:
        """The module's `invalidation`; id and status are empty where it is to be."""
        return {
            "id": made["Id"] if made else "",
            "status": made["Status"] if made else "",
            "distribution_id": self.distribution,
            "reference": self.reference if self.named or made else "",
            "paths": self.paths,
        }

    def _read(self, id_: str) -> dict[str, Any]:
        return self.client.get_invalidation(DistributionId=self.distribution, Id=id_)[
            "Invalidation"
        ]

    def _recent(self) -> list[dict[str, Any]]:
        """The latest invalidations as they were at first; CloudFront lists no older."""
        if self._there is None:
            listed = self.client.list_invalidations(
                DistributionId=self.distribution, MaxItems=str(LOOK_BACK)
            )
            self._there = listed["InvalidationList"].get("Items") or []
        return self._there


def _checked(paths: Sequence[str]) -> list[str]:
    """The paths once each; what CloudFront would refuse is said before any call."""
    if not paths:
        raise RunError("paths: name at least one, such as /* for everything")
    wrong = [
        path
        for path in paths
        if not path.startswith("/")
        or not path.isascii()
        or not path.isprintable()
        or " " in path
        or "*" in path[:-1]
    ]
    if wrong:
        raise RunError(
            f"paths: {', '.join(map(repr, wrong[:5]))} cannot be invalidated: start"
            " with /, put * at the end only, and write other signs as %C3%A9"
        )
    return list(dict.fromkeys(paths))


def _check_wait(seconds: float) -> None:
    if seconds <= 0:
        raise RunError(f"wait_timeout: use seconds above 0, not {seconds:g}")


def _explained(error: Exception, run: Invalidation) -> RunError:
    if code(error) == BUSY:
        return RunError(
            f"{run.distribution} has as many invalidations in progress as CloudFront"
            " takes at once (3,000 paths, or 15 with *). Wait for them, or name fewer:"
            " /files/* stands for all below it."
        )
    if code(error) == "InvalidationBatchAlreadyExists":
        return run.used_otherwise()
    if code(error) == "NoSuchDistribution":
        return RunError(
            f"distribution_id: there is no distribution {run.distribution} in this"
            " account; see the output id of the resource in aws_stack"
        )
    return explain(error)


def _passes(error: Exception) -> bool:
    """There is no room yet; or a lost answer, and the reference is sent again."""
    return code(error) == BUSY or isinstance(error, UncertainCreationError)
