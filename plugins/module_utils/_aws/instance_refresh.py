# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Instance refresh: a group's instances are replaced until all are as declared.

The new template travels with the refresh as its desired configuration, and AWS puts
it into the group when the refresh has succeeded. So a group whose refresh failed, or
whose run was interrupted, still differs from its declaration: the next run finds the
refresh that is under way and waits for it, or starts another.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._converge.fields import Field, flag, group, many, number, text
from .._converge.shape import to_api
from .._errors import RunError
from .base import Aws
from .errors import code
from .session import UncertainCreationError

UNDER_WAY = ("Pending", "InProgress", "Baking", "RollbackInProgress", "Cancelling")
RACES = ("InstanceRefreshInProgress", "ActiveInstanceRefreshNotFound")
DONT = ("Refresh", "Ignore", "Wait")

REFRESH: dict[str, Field] = {
    "min_healthy_percentage": number("How much of the capacity stays in service."),
    "max_healthy_percentage": number(
        "How far the group may grow meanwhile; over 100, new instances come first."
    ),
    "instance_warmup": number("Seconds until a new instance counts."),
    "checkpoint_percentages": many(
        number("A percentage of new instances."), "Where to pause, in rising order."
    ),
    "checkpoint_delay": number("Seconds of each pause."),
    "bake_time": number("Seconds to watch the alarms once all are new."),
    "skip_matching": flag("Leave instances alone that are as declared already."),
    "auto_rollback": flag(
        "Put the group back when it fails; needs a numbered template version."
    ),
    "scale_in_protected_instances": text("What with protected ones.", choices=DONT),
    "standby_instances": text(
        "What with those in standby.", choices=("Terminate", "Ignore", "Wait")
    ),
    "alarm_specification": group(
        {"alarms": many(text("An alarm's name."), "Any of these.", order="set")},
        "Alarms that make it fail.",
    ),
}


def refresh(
    aws: Aws, name: str, wanted: Mapping[str, Any], preferences: Mapping[str, Any]
) -> None:
    """Replace the group's instances by ones as `wanted` has them, and wait.

    wanted: a DesiredConfiguration. Raises RunError with AWS's reason when it fails.
    """
    job = _Refresh(aws, name, wanted, preferences)
    id_ = aws.wait(f"an earlier instance refresh of {name} to end", job.under_way)
    aws.wait(f"instance refresh {id_} of {name}", lambda: job.succeeded(id_))


class _Refresh:
    def __init__(
        self,
        aws: Aws,
        name: str,
        wanted: Mapping[str, Any],
        preferences: Mapping[str, Any],
    ) -> None:
        self.client = aws.client("autoscaling")
        self.name = name
        self.wanted = wanted
        self.preferences = to_api(REFRESH, preferences)

    def under_way(self) -> str | None:
        """The id of the refresh for this change: found, or started.

        None while one for something else is still ending.
        """
        try:
            return self._under_way()
        except UncertainCreationError:
            # Started or not: the next look tells.
            return None
        except Exception as error:
            # Somebody else was faster: look again.
            if any(race in code(error) for race in RACES):
                return None
            raise

    def _under_way(self) -> str | None:
        found = self.client.describe_instance_refreshes(AutoScalingGroupName=self.name)
        active = [one for one in found["InstanceRefreshes"] if _active(one)]
        if not active:
            started = self.client.start_instance_refresh(
                AutoScalingGroupName=self.name,
                Strategy="Rolling",
                DesiredConfiguration=self.wanted,
                Preferences=self.preferences,
            )
            return started["InstanceRefreshId"]
        status = active[0]["Status"]
        if status == "Cancelling":
            return None
        if _within(self.wanted, active[0].get("DesiredConfiguration") or {}):
            return active[0]["InstanceRefreshId"]
        if status != "RollbackInProgress":
            self.client.cancel_instance_refresh(AutoScalingGroupName=self.name)
        return None

    def succeeded(self, id_: str) -> bool:
        """Whether it is done; stops with AWS's reason when it has failed."""
        found = self.client.describe_instance_refreshes(
            AutoScalingGroupName=self.name, InstanceRefreshIds=[id_]
        )
        one = found["InstanceRefreshes"][0]
        if _active(one):
            return False
        if one["Status"] != "Successful":
            reason = (one.get("StatusReason") or "AWS gives no reason").rstrip(".")
            raise RunError(
                f"Instance refresh {id_} of {self.name} ended as {one['Status']} at"
                f" {one.get('PercentageComplete', 0)} %: {reason}. The group keeps its"
                " former template; see its activity history, then run again."
            )
        return True


def _active(one: Mapping[str, Any]) -> bool:
    return one["Status"] in UNDER_WAY


def _within(ours: Any, theirs: Any) -> bool:
    """Whether `theirs` says all that `ours` says; AWS adds names and defaults."""
    if isinstance(ours, Mapping):
        return isinstance(theirs, Mapping) and all(
            name in theirs and _within(value, theirs[name])
            for name, value in ours.items()
        )
    if isinstance(ours, list):
        return len(ours) == len(theirs) and all(map(_within, ours, theirs))
    return ours == theirs
