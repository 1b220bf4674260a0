# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Declare, read, compare, plan, apply: the one way resources are converged.

The simplest provider is a table of types:

    class Shelf:
        types = {"book": Book()}
        def markable(self, name): return True
        def prunable(self): return self.types
        def adoption(self, name, resource): return f"label it with {resource}"
        def lock(self): return None

    outcome = converge({"novel": {"type": "book", "title": "Emma"}}, Shelf())
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypedDict

from .apply import Applied
from .declaration import Declaration, Declared, read_declaration, refusal
from .plan import Item, Options, Plan, Planner
from .provider import Live, Provider
from .reading import read
from .render import diff, masked, outputs, plan_item
from .secrets import HIDDEN

__all__ = ["Options", "Outcome", "Survey", "converge", "survey"]


@dataclass
class Outcome:
    """What a run did, or would do (dry_run: `results` is empty).

    plan: {resource, type, id, action, reason, changes: [{path, before, after}]}.
    results: {resource, type, id, action, outcome, seconds, error?}; outcome is
        done, kept, failed or not_tried.
    outputs: by logical name, {type, id, attributes…}; id is None where it is not
        known yet.
    message: what failed and what to do; empty where nothing did.
    """

    changed: bool = False
    failed: bool = False
    message: str = ""
    plan: list[dict[str, Any]] = field(default_factory=list)
    results: list[dict[str, Any]] = field(default_factory=list)
    outputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    diff: dict[str, str] = field(default_factory=dict)
    failed_resources: list[str] = field(default_factory=list)

    def result(self) -> dict[str, Any]:
        """As a module returns it."""
        return {
            "changed": self.changed,
            "failed": self.failed,
            "plan": self.plan,
            "results": self.results,
            "outputs": self.outputs,
            "diff": self.diff,
            **({"msg": self.message} if self.failed else {}),
        }


class Survey(TypedDict):
    """What lives, beside what is declared.

    live: the declared resources that exist, by logical name: {type, id, properties,
        attributes}; secrets are hidden.
    drift: the items of a plan that would change something.
    undeclared: {resource, type, id} of the stack that the declaration does not name.
    adoptable: {resource, type, id, how}: of somebody else, in a declared place.
    problems: what would stop a plan, in words.
    """

    live: dict[str, dict[str, Any]]
    drift: list[dict[str, Any]]
    undeclared: list[dict[str, Any]]
    adoptable: list[dict[str, Any]]
    problems: list[str]


def converge(
    resources: Mapping[str, Any], provider: Provider, options: Options | None = None
) -> Outcome:
    """Make what is declared live (or, with state absent, be gone).

    A failed step does not raise: the outcome tells what was done and what was not.
    Raises RunError before anything is touched where the declaration is wrong, a
    read fails, or the plan may not be applied.
    """
    options = options or Options()
    absent = options.state == "absent"
    declaration = read_declaration(resources, provider, options.allow_replace, absent)
    plan, stops = _plan(declaration, provider, options)
    acts = not options.dry_run and bool(plan.changed or stops)
    lock = provider.lock() if acts else None
    if lock is None:
        _stop(stops)
        if not acts:
            return _planned(plan, absent)
        return _outcome(plan, _applied(plan, options), absent)
    with lock:
        # Another run may have come between the plan and the lock; or what was seen, and
        # refused, is what it was half way through.
        plan, stops = _plan(declaration, provider, options)
        _stop(stops)
        applied = _applied(plan, options)
    return _outcome(plan, applied, absent)


def survey(resources: Mapping[str, Any], provider: Provider) -> Survey:
    """Look at everything and touch nothing.

    Raises RunError where the declaration is wrong or a read fails.
    """
    declaration = read_declaration(resources, provider)
    found = read(declaration, provider, everything=True)
    planner = Planner(declaration, provider, found, Options())
    plan = planner.present()
    changing = ("create", "update", "replace")
    there = [item for item in plan.items if item.action != "delete" and item.live]
    return Survey(
        live={item.resource: _surveyed(item) for item in there},
        drift=[plan_item(item) for item in plan.items if item.action in changing],
        undeclared=[_named(item) for item in planner.unclaimed()],
        adoptable=[_adoptable(provider, *conflict) for conflict in plan.conflicts],
        problems=plan.problems,
    )


def _named(item: Item) -> dict[str, Any]:
    return {"resource": item.resource, "type": item.type.name, "id": item.live.id}


def _adoptable(provider: Provider, declared: Declared, live: Live) -> dict[str, Any]:
    name, resource = declared.type.name, declared.resource
    how = provider.adoption(name, resource)
    return {"resource": resource, "type": name, "id": live.id, "how": how}


def _surveyed(item: Item) -> dict[str, Any]:
    attributes = outputs(item, item.live)
    named = {name: attributes.pop(name) for name in ("type", "id")}
    properties = masked(item.type.fields, item.live.properties)
    properties.update(dict.fromkeys(item.declared.tainted & properties.keys(), HIDDEN))
    return {**named, "properties": properties, "attributes": attributes}


def _plan(
    declaration: Declaration, provider: Provider, options: Options
) -> tuple[Plan, list[str]]:
    """What would be done by what lives now, and why it may not be."""
    absent = options.state == "absent"
    found = read(declaration, provider, everything=absent or options.prune)
    planner = Planner(declaration, provider, found, options)
    plan = planner.absent() if absent else planner.present()
    stops = [_foreign(provider, *conflict) for conflict in plan.conflicts]
    return plan, stops + plan.problems + plan.refusals


def _stop(stops: list[str]) -> None:
    if stops:
        raise refusal("The plan cannot be applied", stops)


def _applied(plan: Plan, options: Options) -> Applied:
    applied = Applied(plan)
    applied.run(options.parallel)
    return applied


def _foreign(provider: Provider, declared: Declared, live: Live) -> str:
    name = declared.type.name
    adoption = provider.adoption(name, declared.resource)
    return (
        f"{declared.resource}: {name} {live.id} exists and does not belong to this"
        f" stack; {adoption}"
    )


def _planned(plan: Plan, absent: bool) -> Outcome:
    """The outcome of a plan that is not, or need not be, applied."""
    changed = plan.changed
    outcome = Outcome(changed, plan=[plan_item(item) for item in plan.items])
    outcome.diff = diff(plan.items)
    for item in plan.items:
        if item.action == "keep" and not changed:
            outcome.results.append(_result(item, item.live.id, "kept", 0.0, ""))
        if item.action != "delete" and not absent:
            live = item.live if item.action in ("keep", "update") else None
            outcome.outputs[item.resource] = outputs(item, live)
    return outcome


def _outcome(plan: Plan, applied: Applied, absent: bool) -> Outcome:
    outcome = _planned(plan, absent)
    outcome.outputs = {}
    outcome.results = []
    for item in plan.items:
        result = applied.of(item)
        live = applied.lives.get(item.resource) if item.action != "delete" else None
        there = live or item.live
        outcome.results.append(
            _result(
                item,
                there.id if there else None,
                result.outcome,
                result.seconds,
                result.error,
            )
        )
        if live:
            outcome.outputs[item.resource] = outputs(item, live)
        if result.outcome == "failed":
            outcome.failed_resources.append(item.resource)
    done = [step.outcome == "done" for step in applied.results.values()]
    outcome.changed = any(done)
    unfinished = [one for one in outcome.results if one["outcome"] == "not_tried"]
    outcome.failed = bool(outcome.failed_resources or unfinished)
    outcome.message = _message(outcome, applied.interrupted) if outcome.failed else ""
    return outcome


def _result(
    item: Item, there: str | None, outcome: str, seconds: float, error: str
) -> dict[str, Any]:
    line = {
        "resource": item.resource,
        "type": item.type.name,
        "id": there,
        "action": item.action,
        "outcome": outcome,
        "seconds": seconds,
    }
    return {**line, "error": error} if error else line


def _message(outcome: Outcome, interrupted: bool) -> str:
    steps = [one for one in outcome.results if one["action"] != "keep"]
    failed = [one for one in steps if one["outcome"] == "failed"]
    waiting = [one["resource"] for one in steps if one["outcome"] == "not_tried"]
    done = len(steps) - len(failed) - len(waiting)
    lines = ["The run was interrupted."] if interrupted else []
    lines.append(f"{done} of {len(steps)} changes are done, {len(failed)} failed.")
    lines += [f"- {one['resource']}: {one['action']}: {one['error']}" for one in failed]
    if waiting:
        lines.append(f"Not tried: {', '.join(waiting)}.")
    lines.append("Run again to carry on from there.")
    return "\n".join(lines)
