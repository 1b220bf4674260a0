# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""An AWS target group as a balancer: members are targets, drained by deregistration.

AWS forgets a target as soon as it is drained. What it forgets we keep as a tag of the
target group, `vigie:drained:ID@PORT`: so that a drained target still counts as away
for the next one, and comes back on the port that it had. Whoever deregisters a target
by other means leaves no tag, and is not waited for.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.vigie.run.plugins.module_utils._aws.lock import held
from ansible_collections.vigie.run.plugins.module_utils._aws.tags import read_tags
from ansible_collections.vigie.run.plugins.module_utils._aws.targets import (
    Spec,
    health,
    mark,
    marked,
    parameters,
    register,
    serves,
)
from ansible_collections.vigie.run.plugins.module_utils._balancer.balancer import (
    DRAIN,
    READY,
    Member,
)

GONE = "not registered"
# How long AWS may go on showing what was before a call, in seconds.
SETTLES_WITHIN = 15.0
LOCK_WAIT = 60.0


@dataclass(frozen=True)
class Target(Member):
    """A target; its state is `ready` while it is registered, `drain` when it is not.

    AWS does not say how many requests a target serves: one that is being drained
    counts as busy until AWS has done with it.
    """

    id: str = ""
    port: int | None = None
    zone: str = ""
    since: str = ""

    @property
    def load(self) -> str:
        """AWS knows no number."""
        return "draining"

    @property
    def why_away(self) -> str:
        """With the way out for what never comes back."""
        if self.since:
            return (
                f"drained at {self.since} and not put back; if it is gone for good:"
                " state=forgotten"
            )
        return super().why_away


class TargetGroup:
    """One target group as a `Balancer`.

    limited: hold off other runs between reading and writing (a limit is set).
    """

    def __init__(
        self,
        session: Any,
        group: dict[str, Any],
        limited: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.arn: str = group["TargetGroupArn"]
        self.name: str = group["TargetGroupName"]
        self.limited = limited
        self._session = session
        self._client = session.client("elbv2")
        self._port = group.get("Port")
        self._clock = clock
        self._drained: dict[str, Target] | None = None
        # What was seen once stays a member, and what was asked for counts as done
        # until AWS shows it: its answers lag behind.
        self._known: dict[str, Target] = {}
        self._asked: dict[str, tuple[str, float]] = {}

    @property
    def title(self) -> str:
        """The target group's name in messages."""
        return f"target group {self.name}"

    def lock(self) -> AbstractContextManager[None]:
        """Hold off other runs on this target group, where a limit is to hold."""
        return self._fresh()

    @contextmanager
    def _fresh(self) -> Iterator[None]:
        self._drained = None
        if not self.limited:
            yield
            return
        name = f"/vigie/target-group/{self.name}/lock"
        with held(self._session.client("ssm"), name, LOCK_WAIT, 1.0):
            yield

    # -- reading ----------------------------------------------------------------

    def members(self) -> list[Member]:
        """Who is registered, who is being drained, and whom we drained before."""
        drained = self._remembered()
        seen = {t.name: t for t in map(self._seen, health(self._client, self.arn))}
        gone = {**self._known, **drained}
        members = {**{name: _out(target) for name, target in gone.items()}, **seen}
        members = {name: self._asked_for(target) for name, target in members.items()}
        self._known.update(
            {name: target for name, target in members.items() if name in self._known}
        )
        return list(members.values())

    def find(
        self, specs: Sequence[Spec], newcomers: bool
    ) -> tuple[list[str], list[Spec]]:
        """The members that are meant, and what was not found.

        Those found are members from now on, whatever happens. newcomers: what nobody
        knows yet is meant too, on the group's own port where none is given.
        """
        missing = []
        there = {m.name: m for m in self.members() if isinstance(m, Target)}
        for spec in specs:
            fitting = [
                target
                for target in there.values()
                if target.id == spec.id and spec.port in (None, target.port)
            ]
            if not fitting and newcomers:
                fitting = [self._target(spec.id, spec.port or self._port)]
            self._known.update({target.name: target for target in fitting})
            if not fitting:
                missing.append(spec)
        return list(self._known), missing

    def _target(self, id_: str, port: int | None, **more: Any) -> Target:
        address = f"[{id_}]" if ":" in id_ and not id_.startswith("arn:") else id_
        name = f"{address}:{port}" if port else id_
        return Target(
            **{
                "pool": self.name,
                "name": name,
                "address": name,
                "state": DRAIN,
                "up": False,
                "sessions": 0,
                "queued": 0,
                "weight": 1,
                "backup": False,
                "check": GONE,
                "id": id_,
                "port": port,
                **more,
            }
        )

    def _seen(self, raw: dict[str, Any]) -> Target:
        target, said = raw["Target"], raw.get("TargetHealth", {})
        state = said.get("State", "")
        draining = state == "draining"
        words = [said.get(key, "") for key in ("Reason", "Description")]
        return self._target(
            target["Id"],
            target.get("Port"),
            state=DRAIN if draining else READY,
            up=serves(said) and not draining,
            sessions=int(draining),
            check=": ".join(word for word in (state, *words) if word),
            zone=target.get("AvailabilityZone", ""),
        )

    def _asked_for(self, target: Target) -> Target:
        state, when = self._asked.get(target.name, (target.state, 0.0))
        if state == target.state or self._clock() - when > SETTLES_WITHIN:
            return target
        return replace(target, state=state, up=False, sessions=int(state == DRAIN))

    def _read_drained(self) -> dict[str, Target]:
        answer = self._client.describe_tags(ResourceArns=[self.arn])
        tags = read_tags(answer["TagDescriptions"][0]["Tags"])
        targets = [
            self._target(spec.id, spec.port, zone=zone, since=since)
            for spec, since, zone in marked(tags)
        ]
        return {target.name: target for target in targets}

    # -- writing ----------------------------------------------------------------

    def set_state(self, states: dict[str, str]) -> None:
        """Deregister or register targets: one call for each of the two."""
        known = {m.name: m for m in self.members() if isinstance(m, Target)}
        leaving = [known[name] for name, state in states.items() if state == DRAIN]
        coming = [known[name] for name, state in states.items() if state == READY]
        if leaving:
            # First what must not be lost: a mark on a target that is still registered
            # does no harm.
            self._mark(leaving)
            self._client.deregister_targets(
                TargetGroupArn=self.arn, Targets=[_parameters(t) for t in leaving]
            )
        if coming:
            register(self._client, self.arn, [_parameters(t) for t in coming])
            self.forget([target.name for target in coming])
        now = self._clock()
        self._asked.update({name: (state, now) for name, state in states.items()})

    def _mark(self, targets: Sequence[Target]) -> None:
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        tags = [
            {"Key": mark(t.id, t.port), "Value": f"{now} {t.zone}".strip()}
            for t in targets
        ]
        self._client.add_tags(ResourceArns=[self.arn], Tags=tags)
        self._drained = None

    def drained(self, names: Sequence[str]) -> list[str]:
        """Which of these were drained by us and not put back."""
        return [name for name in names if name in self._remembered()]

    def forget(self, names: Sequence[str]) -> None:
        """Remove our marks: these do not count as away any more."""
        there = self._remembered()
        keys = [mark(there[n].id, there[n].port) for n in names if n in there]
        if keys:
            self._client.remove_tags(ResourceArns=[self.arn], TagKeys=keys)
        self._drained = None

    def _remembered(self) -> dict[str, Target]:
        if self._drained is None:
            self._drained = self._read_drained()
        return self._drained

    def drain_seconds(self) -> float:
        """How long AWS lets a target finish what it serves."""
        key = "deregistration_delay.timeout_seconds"
        answer = self._client.describe_target_group_attributes(TargetGroupArn=self.arn)
        values = {each["Key"]: each["Value"] for each in answer["Attributes"]}
        return float(values.get(key, 300))


def _out(target: Target) -> Target:
    return replace(target, state=DRAIN, up=False, sessions=0, check=GONE)


def _parameters(target: Target) -> dict[str, Any]:
    return parameters(target.id, target.port, target.zone)
