# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Shift traffic between the target groups of a listener or a rule, in one step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from .._errors import RunError
from .errors import is_absent
from .targets import find_groups, health, serves

Actions = Sequence[Mapping[str, Any]]
MOST = 999


@dataclass(frozen=True)
class Shift:
    """What is wanted: these weights, by name or ARN of the target group.

    Exactly one of listener and rule (ARNs) is given. min_healthy: healthy targets that
    a group must have to get a larger share than it has; 0 does not look.
    """

    weights: Mapping[str, int]
    listener: str | None = None
    rule: str | None = None
    min_healthy: int = 1
    dry_run: bool = False


def shift_weights(client: Any, wanted: Shift) -> dict[str, Any]:
    """Set the weights where they differ: the module's result.

    Groups that are not named keep their weight. Raises RunError, with nothing changed:
    no such listener, rule or group; a group that gains has too few healthy targets;
    nobody would have weight; somebody else changed the actions meanwhile.
    """
    actions = _read(client, wanted)
    before = _weights(_forward(actions, wanted))
    groups = {g["TargetGroupArn"]: g for g in find_groups(client, before)}
    names = {arn: groups[arn]["TargetGroupName"] for arn in before}
    after = {**before, **_by_arn(wanted.weights, names)}
    if not any(after.values()):
        raise RunError(
            "weights: all target groups would have the weight 0, and no request would"
            " be served: leave one of them some weight."
        )
    gaining = [arn for arn in after if share(after, arn) > share(before, arn)]
    healthy = {arn: _healthy(client, arn) for arn in gaining}
    _refuse_unhealthy(names, healthy, wanted.min_healthy)
    changed = after != before
    if changed and not wanted.dry_run:
        if _read(client, wanted) != actions:
            raise RunError(
                f"{_title(wanted)}: somebody else changed its actions a moment ago."
                " Nothing was changed. Find out who, and run again."
            )
        _write(client, wanted, reweighted(actions, after))
    return _result(names, before, after, healthy)


def share(weights: Mapping[str, int], arn: str) -> Fraction:
    """The part of the traffic that goes to a group."""
    total = sum(weights.values())
    return Fraction(weights[arn], total) if total else Fraction(0)


def reweighted(actions: Actions, weights: Mapping[str, int]) -> list[dict[str, Any]]:
    """Described actions as parameters, with other weights and nothing else changed."""
    parameters = []
    for action in actions:
        action = dict(action)
        if action["Type"] == "forward":
            # It may only be given for one group, and the groups say it all.
            action.pop("TargetGroupArn", None)
            action["ForwardConfig"] = {
                **action.get("ForwardConfig", {}),
                "TargetGroups": [
                    {"TargetGroupArn": arn, "Weight": weight}
                    for arn, weight in weights.items()
                ],
            }
        if "AuthenticateOidcConfig" in action:
            # AWS does not show the secret, and wants to hear that it stays.
            oidc = {**action["AuthenticateOidcConfig"], "UseExistingClientSecret": True}
            action["AuthenticateOidcConfig"] = oidc
        parameters.append(action)
    return parameters


def _title(wanted: Shift) -> str:
    return f"listener {wanted.listener}" if wanted.listener else f"rule {wanted.rule}"


def _read(client: Any, wanted: Shift) -> Actions:
    try:
        if wanted.listener:
            found = client.describe_listeners(ListenerArns=[wanted.listener])
            return found["Listeners"][0]["DefaultActions"]
        rule = client.describe_rules(RuleArns=[wanted.rule])["Rules"][0]
    except Exception as error:
        if not is_absent(error):
            raise
        raise RunError(
            f"There is no {_title(wanted)} in this account and region: check the ARN."
        ) from error
    if rule.get("IsDefault"):
        raise RunError(
            f"rule_arn: {wanted.rule} is the default rule of its listener, which AWS"
            " changes with the listener: give listener_arn instead."
        )
    return rule["Actions"]


def _write(client: Any, wanted: Shift, actions: list[dict[str, Any]]) -> None:
    if wanted.listener:
        client.modify_listener(ListenerArn=wanted.listener, DefaultActions=actions)
    else:
        client.modify_rule(RuleArn=wanted.rule, Actions=actions)


def _forward(actions: Actions, wanted: Shift) -> Mapping[str, Any]:
    for action in actions:
        if action["Type"] == "forward":
            return action
    kinds = ", ".join(action["Type"] for action in actions)
    raise RunError(
        f"{_title(wanted)} forwards to no target group ({kinds}): there is no weight to"
        " shift."
    )


def _weights(forward: Mapping[str, Any]) -> dict[str, int]:
    groups = forward.get("ForwardConfig", {}).get("TargetGroups") or [forward]
    return {group["TargetGroupArn"]: group.get("Weight", 1) for group in groups}


def _by_arn(weights: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, int]:
    """The wanted weights by ARN, checked."""
    arns = {name: arn for arn, name in names.items()}
    wanted: dict[str, int] = {}
    for key, value in weights.items():
        arn = key if key in names else arns.get(key)
        if arn is None:
            raise RunError(
                f"weights: {key} is not among the target groups of the forward:"
                f" {', '.join(arns)}. Declare it there first, without a weight.",
                unknown=[key],
            )
        if arn in wanted:
            raise RunError(f"weights: {names[arn]} is given twice, by name and by ARN.")
        wanted[arn] = _weight(key, value)
    return wanted


def _weight(key: str, value: Any) -> int:
    if not isinstance(value, bool) and str(value).isdigit() and int(value) <= MOST:
        return int(value)
    raise RunError(f"weights: {key} is {value!r}; use a whole number from 0 to {MOST}.")


def _healthy(client: Any, arn: str) -> int:
    return sum(serves(each.get("TargetHealth", {})) for each in health(client, arn))


def _refuse_unhealthy(
    names: Mapping[str, str], healthy: Mapping[str, int], least: int
) -> None:
    weak = {names[arn]: count for arn, count in healthy.items() if count < least}
    if weak:
        seen = ", ".join(f"{name} has {count}" for name, count in weak.items())
        raise RunError(
            f"More traffic needs at least {least} healthy target"
            f"{'' if least == 1 else 's'}, and {seen}. Nothing was changed. Bring its"
            " targets up first, or lower min_healthy (0 does not look).",
            unhealthy=[{"name": n, "healthy": count} for n, count in weak.items()],
        )


def _result(
    names: Mapping[str, str],
    before: Mapping[str, int],
    after: Mapping[str, int],
    healthy: Mapping[str, int],
) -> dict[str, Any]:
    groups = []
    for arn, name in names.items():
        group = {
            "name": name,
            "arn": arn,
            "before": before[arn],
            "after": after[arn],
            "share": round(float(share(after, arn)) * 100, 1),
        }
        if arn in healthy:
            group["healthy"] = healthy[arn]
        groups.append(group)
    return {
        "changed": before != after,
        "target_groups": groups,
        "diff": {
            "before": {names[arn]: weight for arn, weight in before.items()},
            "after": {names[arn]: weight for arn, weight in after.items()},
        },
    }
