# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Carries a plan out: independent steps at once, a failure stops what needs it."""

from __future__ import annotations

import contextlib
import dataclasses
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .._errors import RunError
from .conform import known
from .graph import run_all
from .plan import Item, Plan, compare_declared
from .provider import Desired, Live
from .reading import value_of
from .references import MISSING, Reference
from .steps import Step, delete_key, make_key, steps_of


@dataclass(frozen=True)
class Result:
    """How a step ended: done, kept, failed or not_tried.

    cause: of not_tried, the resource whose failure stopped it; empty where the run
    was interrupted.
    """

    outcome: str
    seconds: float = 0.0
    error: str = ""
    cause: str = ""


UNDONE = ("failed", "not_tried")
NOT_TRIED = Result("not_tried", error="the run was interrupted before")


class Applied:
    """What became of a plan.

    lives: by logical name, the declared things as they are now.
    """

    def __init__(self, plan: Plan) -> None:
        self.steps = steps_of(plan)
        self.results: dict[str, Result] = {}
        self.lives: dict[str, Live] = {}
        self.interrupted = False
        self._desired: dict[str, Desired] = {}
        self._spared: set[str] = set()
        for item in plan.items:
            if item.action == "keep":
                self.lives[item.resource] = item.live
                self._desired[item.resource] = item.desired

    def of(self, item: Item) -> Result:
        """How an item ended, over all its steps."""
        if item.action == "keep":
            return Result("kept")
        if item.action == "delete":
            return self._result(delete_key(item))
        made = self._result(make_key(item.resource))
        if item.action != "replace":
            return made
        gone = self._result(delete_key(item))
        steps = [gone, made] if item.delete_first else [made, gone]
        seconds = made.seconds + gone.seconds
        if made.outcome == "done" and gone.outcome in UNDONE:
            error = (
                f"the new one was made; the old {item.live.id} remains: {gone.error}"
            )
            return dataclasses.replace(gone, seconds=seconds, error=error)
        if item.delete_first and gone.outcome == "done" and made.outcome in UNDONE:
            error = f"{item.live.id} was deleted and not made anew: {made.error}"
            return dataclasses.replace(made, seconds=seconds, error=error)
        worst = next((step for step in steps if step.outcome == "failed"), made)
        return dataclasses.replace(worst, seconds=seconds)

    def _result(self, key: str) -> Result:
        return self.results.get(key, NOT_TRIED)

    def run(self, parallel: int) -> None:
        waits = {key: step.waits for key, step in self.steps.items()}
        with _signals() as stop:
            run_all(waits, self._step, parallel, lambda: self.interrupted or stop())
            self.interrupted = self.interrupted or stop()

    def _step(self, key: str) -> None:
        step = self.steps[key]
        causes = {self.results[other].cause for other in step.waits} - {""}
        if causes:
            cause = min(causes)
            said = f"it waits for {cause}, which failed"
            self.results[key] = Result("not_tried", 0.0, said, cause)
            return
        if step.does == "pass":
            self.results[key] = Result("kept")
            return
        started = time.monotonic()
        try:
            outcome, error = self._do(step), ""
        except RunError as failure:
            outcome, error = "failed", str(failure)
        except Exception as failure:
            outcome, error = "failed", self._wrapped(step, failure)
        except BaseException as failure:
            self.interrupted = True
            outcome, error = "failed", self._wrapped(step, failure)
        seconds = round(time.monotonic() - started, 3)
        cause = step.item.resource if outcome == "failed" else ""
        self.results[key] = Result(outcome, seconds, error, cause)

    def _wrapped(self, step: Step, failure: BaseException) -> str:
        item = step.item
        doing = {"create": "creating", "update": "updating", "replace": "replacing"}
        verb = "deleting" if step.does == "delete" else doing[item.action]
        return (
            f"{verb} {item.resource} ({item.type.name}):"
            f" {type(failure).__name__}: {failure}"
        )

    def _do(self, step: Step) -> str:
        item = step.item
        if step.does == "delete":
            if item.delete_first and not item.after_delete:
                self._spare(item)
            if item.action == "replace" and item.resource in self._spared:
                return "kept"
            item.type.delete(item.live)
            return "done"
        desired = self._resolved(item)
        self._desired[item.resource] = desired
        if item.action == "replace" and not item.delete_first:
            self._spare(item)
        if item.action == "update" or item.resource in self._spared:
            return self._update(item, desired)
        self.lives[item.resource] = item.type.create(desired)
        return "done"

    def _update(self, item: Item, desired: Desired) -> str:
        live = item.live
        changes = compare_declared(item.declared, desired, live)
        if any(change.immutable for change in changes):
            path = next(change.path for change in changes if change.immutable)
            raise RunError(
                f"{item.resource}.{path} turned out to differ, which takes a"
                " replacement; run again to plan it"
            )
        if changes:
            live = item.type.update(live, desired, changes)
        self.lives[item.resource] = live
        return "done" if changes else "kept"

    def _spare(self, item: Item) -> None:
        """Keep the thing where what was unknown turned out to be as it is."""
        desired = self._resolved(item)
        changes = compare_declared(item.declared, desired, item.live)
        if not any(change.immutable for change in changes):
            self._spared.add(item.resource)

    def _resolved(self, item: Item) -> Desired:
        problems: list[tuple[str, str]] = []
        desired = item.declared.resolved(self._lookup, problems, item.desired)
        if problems:
            said = "; ".join(
                f"{item.resource}.{path} {said}" for path, said in problems
            )
            raise RunError(said)
        if not known(desired.properties):
            raise RuntimeError("a property is still unknown")
        return desired

    def _lookup(self, reference: Reference) -> Any:
        name = reference.resource
        live = self.lives[name]
        found = value_of(reference, self._desired[name], live, MISSING)
        if found is MISSING:
            raise RunError(
                f"refers to {reference.text}, but {name} ({live.id}) has none"
            )
        return found


@contextlib.contextmanager
def _signals() -> Iterator[Any]:
    """Interruptions are noted instead of raised; the value tells whether any came."""
    came = threading.Event()
    names = (signal.SIGINT, signal.SIGTERM)
    if threading.current_thread() is not threading.main_thread():
        yield came.is_set
        return
    before = [signal.signal(name, lambda *_seen: came.set()) for name in names]
    try:
        yield came.is_set
    finally:
        for name, handler in zip(names, before):
            signal.signal(name, handler)
