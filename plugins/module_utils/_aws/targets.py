# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Target groups by name, and who is registered in them, healthy or not."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._errors import RunError
from .errors import is_absent
from .session import UncertainCreationError

# Where there is no health check, or nothing that would check, AWS answers so.
UNCHECKED = ("Target.HealthCheckDisabled", "Target.NotInUse")

# The tag of a target group by which a drained target is remembered: AWS forgets it.
# Its value is the time, and the zone where that is needed to register it again. Keys
# take no brackets, hence `ID@PORT`.
MARK = "vigie:drained:"

SPEC = re.compile(
    r"(?P<arn>arn:\S+)|\[(?P<v6>[0-9a-f:.]+)\](:(?P<v6port>\d+))?"
    r"|(?P<id>[^:\s]+)(:(?P<port>\d+))?|(?P<bare>[0-9a-f]*:[0-9a-f:.]+)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Spec:
    """A target as a user names it: instance or address, with a port or any.

    text is how it was written.
    """

    id: str
    port: int | None = None
    text: str = ""


def parse(text: str) -> Spec:
    """`i-0abc`, `i-0abc:8080`, `10.0.0.1:80`, `fd00::1`, `[fd00::1]:80`."""
    match = SPEC.fullmatch(text.strip())
    if match is None:
        raise RunError(
            f"targets: {text!r} is neither an instance's id nor an address, with or"
            " without a port: i-0abc, 10.0.0.1:8080, [fd00::1]:80."
        )
    port = match["v6port"] or match["port"]
    name = match["arn"] or match["v6"] or match["id"] or match["bare"]
    return Spec(name, int(port) if port else None, text.strip())


def marked(tags: Mapping[str, str]) -> Iterator[tuple[Spec, str, str]]:
    """The drained targets that a target group's tags remember: since when, and zone."""
    for key, value in tags.items():
        if key.startswith(MARK):
            since, _space, zone = value.partition(" ")
            name = key[len(MARK) :]
            id_, _at, port = name.rpartition("@")
            spec = Spec(id_, int(port)) if port.isdigit() else Spec(name)
            yield spec, since, zone


def mark(id_: str, port: int | None) -> str:
    """The key of the tag that remembers a drained target."""
    return f"{MARK}{id_}@{port}" if port else f"{MARK}{id_}"


def parameters(id_: str, port: Any = None, zone: str = "") -> dict[str, Any]:
    """A target as calls want it; only one outside the VPC is named with a zone."""
    target: dict[str, Any] = {"Id": id_}
    if port:
        target["Port"] = port
    if zone == "all":
        target["AvailabilityZone"] = zone
    return target


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
