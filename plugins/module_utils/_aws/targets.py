# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Target groups by name, and who is registered in them, healthy or not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .._errors import RunError
from .errors import is_absent
from .session import UncertainCreationError

# Where there is no health check, or nothing that would check, AWS answers so.
UNCHECKED = ("Target.HealthCheckDisabled", "Target.NotInUse")


def register(client: Any, arn: str, targets: Sequence[Mapping[str, Any]]) -> None:
    """Register targets; those that are registered already are left as they are.

    Doing it twice does no harm, so a lost answer is no reason to stop.
    """
    for attempt in (1, 2):
        try:
            client.register_targets(TargetGroupArn=arn, Targets=list(targets))
            return
        except UncertainCreationError:
            if attempt == 2:
                raise


def health(client: Any, arn: str) -> list[Mapping[str, Any]]:
    """What a target group says of its targets; those being drained included."""
    answer = client.describe_target_health(TargetGroupArn=arn)
    return answer["TargetHealthDescriptions"]


def serves(said: Mapping[str, Any]) -> bool:
    """Whether a TargetHealth means that requests are answered, as far as AWS knows."""
    return said.get("State") == "healthy" or said.get("Reason") in UNCHECKED


def find_groups(client: Any, names: Iterable[str]) -> list[dict[str, Any]]:
    """Described target groups by name or ARN, each once, in the order given.

    Raises RunError naming those that do not exist.
    """
    wanted = list(dict.fromkeys(names))
    found: dict[str, dict[str, Any]] = {}
    for key, mine in (
        ("TargetGroupArns", [name for name in wanted if name.startswith("arn:")]),
        ("Names", [name for name in wanted if not name.startswith("arn:")]),
    ):
        for group in _described(client, key, mine):
            found[group["TargetGroupArn"]] = found[group["TargetGroupName"]] = group
    missing = [name for name in wanted if name not in found]
    if missing:
        raise RunError(
            f"There is no target group {', '.join(missing)} in this account and region:"
            " check the spelling and the region.",
            unknown=missing,
        )
    return list({found[n]["TargetGroupArn"]: found[n] for n in wanted}.values())


def _described(client: Any, key: str, names: list[str]) -> Iterable[dict[str, Any]]:
    """Those that exist: AWS refuses the whole call where one of them does not."""
    if not names:
        return []
    try:
        return client.describe_target_groups(**{key: names})["TargetGroups"]
    except Exception as error:
        if not is_absent(error):
            raise
    if len(names) == 1:
        return []
    return [group for name in names for group in _described(client, key, [name])]
