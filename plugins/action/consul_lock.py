# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hold, check, release or break a lock in Consul, for this run of Ansible."""

from __future__ import annotations

from typing import Any, ClassVar

from ansible_collections.vigie.run.plugins.module_utils._consul import lock_keeper
from ansible_collections.vigie.run.plugins.module_utils._consul.client import Access
from ansible_collections.vigie.run.plugins.module_utils._consul.lock import Lock
from ansible_collections.vigie.run.plugins.module_utils._consul.lock_keeper import (
    orders,
)
from ansible_collections.vigie.run.plugins.module_utils._consul.lock_outcome import (
    Outcome,
)
from ansible_collections.vigie.run.plugins.module_utils._consul.lock_record import (
    Wanted,
    check_name,
)
from ansible_collections.vigie.run.plugins.module_utils._consul.lock_store import (
    Store,
)
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.plugin_utils._detached import start
from ansible_collections.vigie.run.plugins.plugin_utils._lock_action import (
    LockAction,
)

STATES = ["held", "checked", "released", "broken"]
TTL = range(10, 86401)  # what Consul allows, in seconds


class ActionModule(LockAction):
    """The module of the same name documents it."""

    required_if: ClassVar[list[tuple[Any, ...]]] = [
        ("state", "broken", ["reason"]),
    ]
    arguments: ClassVar[dict[str, dict[str, Any]]] = {
        "name": {"type": "str", "required": True},
        "state": {"type": "str", "choices": STATES, "default": "held"},
        "reason": {"type": "str"},
        "wait": {"type": "int", "default": 0},
        "slots": {"type": "int", "default": 1},
        "holder": {"type": "str"},
        "fence": {"type": "int"},
        "keep": {"type": "bool"},
        "away": {"type": "list", "elements": "str"},
        "covers": {"type": "list", "elements": "str", "default": []},
        "takeover": {"type": "str", "default": ""},
        "ttl": {"type": "int", "default": 30},
    }

    def work(self, params: dict[str, Any], agents: list[Access]) -> dict[str, Any]:
        """Do what `state` says."""
        _check(params)
        self._params, self._agents = params, agents
        self._holder = self._process()
        self._self = self._me(self._holder)
        store = Store(agents, check_name(params["name"]))
        lock = Lock(
            store,
            self._self,
            tell=lambda text: self._display.display(f"{params['name']}: {text}"),
            living=self._holder.alive,
        )
        try:
            done = getattr(self, f"_{params['state']}")(lock)
            if done.fresh:
                self._keep(lock, done)
        finally:
            store.close()
        return self._result(done)

    def _held(self, lock: Lock) -> Outcome:
        params = self._params
        wanted = Wanted(
            reason=params["reason"] or "",
            holder=params["holder"] or "",
            slots=params["slots"],
            ttl=params["ttl"],
            keep=params["keep"],
            away=None if params["away"] is None else tuple(params["away"]),
            fence=params["fence"],
            takeover=params["takeover"],
            covers=tuple(params["covers"]),
        )
        return lock.hold(wanted, params["wait"], self._task.check_mode)

    def _checked(self, lock: Lock) -> Outcome:
        params = self._params
        return lock.check(
            params["holder"] or "", params["fence"], self._task.check_mode
        )

    def _released(self, lock: Lock) -> Outcome:
        params = self._params
        return lock.release(
            params["holder"] or "",
            params["fence"],
            tuple(params["away"] or ()),
            self._task.check_mode,
        )

    def _broken(self, lock: Lock) -> Outcome:
        params = self._params
        return lock.break_(
            params["reason"], params["holder"], params["fence"], self._task.check_mode
        )

    def _keep(self, lock: Lock, done: Outcome) -> None:
        """Let a process of its own renew it; without one the place is given back."""
        if done.place is None:
            return
        name = self._params["name"]
        try:
            told = orders(self._agents, name, self._self, done.place, self._holder)
            start(lock_keeper.__name__, f"keeps lock {name}", told)
        except RunError:
            lock.release(done.place.holder, done.place.fence)
            raise

    def _result(self, done: Outcome) -> dict[str, Any]:
        place, name = done.place, self._params["name"]
        # In check mode a place that would be taken has no fence yet.
        foreseen = self._task.check_mode and done.is_new
        told = []
        if done.blocked:
            told.append(f"{done.blocked}; without check mode this would wait or fail")
        if done.lost:
            told.append(
                f"{name} had been lost: {done.lost.what} by {done.lost.by} at"
                f" {done.lost.at}: {done.lost.why}. What holds it now is left alone"
            )
        for text in told:
            self._display.warning(text)
        return {
            "changed": done.changed,
            "name": name,
            "held": place is not None,
            "fence": place.fence if place and not foreseen else None,
            "place": place.public() if place else None,
            "places": [other.public() for other in done.after.places],
            "taken": done.taken.public() if done.taken else None,
            "lost": done.lost is not None,
            "waited": round(done.waited, 1),
            "diff": done.diff(),
        }


def _check(params: dict[str, Any]) -> None:
    """Raise RunError for values that no lock can have."""
    if params["state"] == "held" and params["reason"] is None and not params["fence"]:
        raise RunError("reason: is missing; say why, for those who find the lock taken")
    if params["slots"] < 1:
        raise RunError(f"slots: {params['slots']} places are none; give 1 or more")
    if params["wait"] < 0:
        raise RunError(f"wait: {params['wait']} is less than 0 seconds")
    if params["ttl"] not in TTL:
        raise RunError(
            f"ttl: {params['ttl']} s; Consul takes {TTL[0]} to {TTL[-1]} seconds"
        )
    if params["reason"] is not None and not params["reason"].strip():
        raise RunError("reason: is empty; say why, for those who find the lock taken")
