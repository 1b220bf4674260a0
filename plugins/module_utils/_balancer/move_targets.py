# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Drain or restore targets in one or several AWS target groups at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.vigie.run.plugins.module_utils._aws.errors import explain
from ansible_collections.vigie.run.plugins.module_utils._aws.targets import (
    Spec,
    find_groups,
    parse,
)
from ansible_collections.vigie.run.plugins.module_utils._balancer.balancer import (
    DRAIN,
    READY,
    limit_of,
)
from ansible_collections.vigie.run.plugins.module_utils._balancer.change import (
    Outcome,
    Request,
    apply,
)
from ansible_collections.vigie.run.plugins.module_utils._balancer.target_group import (
    Target,
    TargetGroup,
)
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError

# AWS limits how often it may be asked, and changes its mind every few seconds.
POLL_SECONDS = 2.0
UP_TIMEOUT = 300.0
# Beyond the deregistration delay, at whose end AWS cuts what is left.
DRAIN_MARGIN = 60.0


@dataclass(frozen=True)
class Move:
    """What is wanted: these targets, in these groups (names or ARNs), in this state.

    state: `drained`, `ready` or `forgotten` (drained, and not expected back).
    timeout: seconds; None for as long as the group's deregistration delay and a
        margin, or 300 until healthy.
    """

    groups: Sequence[str]
    targets: Sequence[str]
    state: str
    max_unavailable: str | None = None
    timeout: float | None = None
    put_back: bool = False
    dry_run: bool = False


@dataclass
class Moved:
    """What was done: the module's result, and what to warn of."""

    result: dict[str, Any]
    warnings: list[str] = field(default_factory=list)


def move(session: Any, wanted: Move) -> Moved:
    """Bring the targets to the state in all groups, and wait until that is true.

    The limit is looked at in every group before any is touched, and again, with other
    runs held off, as each is. Raises RunError as `change.apply` does; where several
    groups fail, for all of them.
    """
    specs = [parse(text) for text in wanted.targets]
    if wanted.max_unavailable is not None:
        limit_of(wanted.max_unavailable, 1)
    try:
        return _move(session, wanted, specs)
    except RunError:
        raise
    except Exception as error:
        raise explain(error) from error


def _move(session: Any, wanted: Move, specs: Sequence[Spec]) -> Moved:
    described = find_groups(session.client("elbv2"), wanted.groups)
    groups = [TargetGroup(session, group) for group in described]
    names, absent = _names(groups, specs, newcomers=wanted.state == "ready")
    if wanted.state == "forgotten":
        return _forget(groups, names, absent, wanted.dry_run)
    busy = [group for group in groups if names[group.arn]]
    outcomes = {
        group.arn: apply(group, _request(wanted, names[group.arn], 0, True))
        for group in busy
    }
    if not wanted.dry_run:
        outcomes = _apply_all(busy, wanted, names)
    return _moved(groups, outcomes, absent)


def _names(
    groups: Sequence[TargetGroup], specs: Sequence[Spec], newcomers: bool
) -> tuple[dict[str, list[str]], list[str]]:
    """Members by group, and the targets that no group knows."""
    names: dict[str, list[str]] = {}
    unknown: list[set[Spec]] = []
    for group in groups:
        names[group.arn], missing = group.find(specs, newcomers)
        unknown.append(set(missing))
    nowhere = set.intersection(*unknown) if unknown else set()
    return names, [spec.text for spec in specs if spec in nowhere]


def _request(
    wanted: Move, names: Sequence[str], timeout: float, dry_run: bool
) -> Request:
    return Request(
        names=names,
        state=READY if wanted.state == "ready" else DRAIN,
        max_unavailable=wanted.max_unavailable,
        timeout=timeout,
        poll=POLL_SECONDS,
        put_back=wanted.put_back,
        dry_run=dry_run,
    )


def _apply_all(
    groups: Sequence[TargetGroup], wanted: Move, names: Mapping[str, Sequence[str]]
) -> dict[str, Outcome]:
    """In all groups at once, since each waits for as long as its targets take."""

    def one(group: TargetGroup) -> Outcome:
        group.limited = wanted.max_unavailable is not None and wanted.state != "ready"
        request = _request(wanted, names[group.arn], _timeout(group, wanted), False)
        return apply(group, request)

    with ThreadPoolExecutor(max_workers=max(len(groups), 1)) as pool:
        running = [(group, pool.submit(one, group)) for group in groups]
    failed = [future.exception() for _group, future in running]
    errors = [explain(error) for error in failed if isinstance(error, Exception)]
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise RunError(
            " ".join(str(error) for error in errors),
            failures=[{"msg": str(e), **e.details} for e in errors],
        )
    return {group.arn: future.result() for group, future in running}


def _timeout(group: TargetGroup, wanted: Move) -> float:
    if wanted.timeout is not None:
        return wanted.timeout
    if wanted.state == "ready":
        return UP_TIMEOUT
    return group.drain_seconds() + DRAIN_MARGIN


def _forget(
    groups: Sequence[TargetGroup],
    names: Mapping[str, Sequence[str]],
    absent: list[str],
    dry_run: bool,
) -> Moved:
    forgotten = {group.arn: group.drained(names[group.arn]) for group in groups}
    for group in groups:
        if forgotten[group.arn] and not dry_run:
            group.forget(forgotten[group.arn])
    members = [
        {
            "target_group": group.name,
            "name": name,
            "before": DRAIN,
            "after": "forgotten",
        }
        for group in groups
        for name in forgotten[group.arn]
    ]
    return Moved(
        {
            "changed": bool(members),
            "targets": members,
            "unknown": absent,
            "diff": _diff(members),
        }
    )


def _moved(
    groups: Sequence[TargetGroup],
    outcomes: Mapping[str, Outcome],
    absent: list[str],
) -> Moved:
    members: list[dict[str, Any]] = []
    counts, warnings = [], []
    for group in groups:
        outcome = outcomes.get(group.arn)
        if outcome is None:
            continue
        members += _members(group, outcome)
        result = outcome.result()
        counts.append(
            {"name": group.name, "up": result["up"], "total": result["total"]}
        )
        warnings += outcome.warnings
    if absent:
        warnings.append(
            f"{', '.join(absent)}: registered in none of the target groups, and not"
            " drained by this collection before: there was nothing to do."
        )
    changed = any(outcome.changed for outcome in outcomes.values())
    result = {
        "changed": changed,
        "targets": members,
        "target_groups": counts,
        "unknown": absent,
        "diff": _diff(members),
    }
    return Moved(result, warnings)


def _members(group: TargetGroup, outcome: Outcome) -> list[dict[str, Any]]:
    members = []
    for was, now in zip(outcome.before, outcome.after):
        member: dict[str, Any] = {"target_group": group.name, "name": now.name}
        if isinstance(now, Target):
            member.update(id=now.id, port=now.port)
        member.update(before=was.state, after=now.state, up=now.up, health=now.check)
        members.append(member)
    return members


def _diff(members: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, str]]:
    return {
        side: {f"{m['target_group']} {m['name']}": m[side] for m in members}
        for side in ("before", "after")
    }
