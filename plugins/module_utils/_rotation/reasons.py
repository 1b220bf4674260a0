# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Why a host is in its wave: short lines for people, each of them true.

A reason says what kept the host out of the wave before, and else which limit
its own wave has reached.
"""

from __future__ import annotations

from collections.abc import Sequence

from ansible_collections.vigie.run.plugins.module_utils._rotation.amounts import count
from ansible_collections.vigie.run.plugins.module_utils._rotation.model import (
    Model,
    Picks,
)
from ansible_collections.vigie.run.plugins.module_utils._rotation.wave import Wave


class Reasons:
    """The reasons of one plan, wave by wave in order."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self._before: Wave | None = None

    def wave(self, left: Sequence[int], position: int, picks: Picks) -> dict[int, str]:
        """Reason per class of the wave at *position*, with *left* before it."""
        wave = Wave(self.model, left, position, before=self._before)
        for index, number in picks:
            wave.take(index, number)
        texts = {index: self._text(wave, position, index) for index, _number in picks}
        self._before = wave
        return texts

    def _text(self, wave: Wave, position: int, index: int) -> str:
        parts: list[str] = []
        if self.model.classes[index].away:
            parts.append("away already: brought back first")
        elif position < len(self.model.caps):
            parts.append(self._canary(wave, position))
            if position == 0 and not wave.slots:
                return parts[0]
        if self._before is not None:
            parts += self._held_back(self._before, position - 1, index)
        for text in self._binding(wave, index):
            if not any(part.startswith(text) for part in parts):
                parts.append(text)
        return "; ".join(list(dict.fromkeys(parts))[:2]) or "nothing holds it back"

    def _canary(self, wave: Wave, position: int) -> str:
        if position == 0 and not wave.slots:
            return f"canary: {count(wave.cap, 'host')} first"
        return f"canary: at most {count(wave.cap, 'host')}"

    def _held_back(self, before: Wave, position: int, index: int) -> list[str]:
        """What kept a class, or the rest of it, out of the wave before."""
        if index not in before.ready:
            return self._waited(before, index)
        parts = self._binding(before, index)
        if parts:
            return parts
        if before.leading and before.zone_conflict(index):
            return ["another zone was away"]
        if position < len(self.model.caps):
            return [f"after the canary of {count(before.cap, 'host')}"]
        if not before.slots:
            return [f"at most {count(before.cap, 'host')} a wave"]
        return []

    def _waited(self, before: Wave, index: int) -> list[str]:
        model = self.model
        parts = []
        for service, stage in model.classes[index].stages:
            name, first = model.services[service], before.first[service]
            if stage > first:
                role, zone = model.stages[service][stage]
                early_role, early_zone = model.stages[service][first]
                if role != early_role:
                    early = _hosts_of(model.policy.role_order[early_role])
                    parts.append(
                        f"{model.policy.role_order[role] or 'no role'} of {name}: "
                        f"after {early}"
                    )
                else:
                    zones = f"zone {early_zone or '(none)'} before {zone or '(none)'}"
                    parts.append(f"{name}: {zones}")
            for other in model.after[service]:
                if before.first[other] >= 0:
                    parts.append(f"{name} after {model.services[other]}")
        return parts

    def _binding(self, wave: Wave, index: int) -> list[str]:
        """The limits that leave no room for one more host of a class."""
        each = self.model.classes[index]
        used = wave.back if each.away else wave.out
        return [
            self._limit(wave, resource, each.away)
            for resource, amount in each.uses
            if used[resource] + amount > self.model.free[resource]
        ]

    def _limit(self, wave: Wave, resource: int, away: bool) -> str:
        services = self.model.services
        if resource >= len(services):
            group = self.model.policy.apart[resource - len(services)]
            shown = " and ".join(group) if len(group) < 4 else f"{group[0]} and others"
            return f"never away together: {shown}"
        limit = self.model.limits[services[resource]]
        text = f"at most {limit.limit} of {limit.service} away"
        if limit.amount.percent:
            text = f"at most {limit.amount} of {limit.service} away ({limit.limit})"
        notes = ["by weight"] if limit.weighted else []
        if limit.lost:
            notes.append(f"{limit.lost} lost")
        if (
            wave.leading
            and not away
            and wave.out[resource]
            > sum(
                amount * wave.picked[index]
                for index in wave.picked
                for other, amount in self.model.classes[index].uses
                if other == resource
            )
        ):
            notes.append("hosts still away count")
        return f"{text}, {', '.join(notes)}" if notes else text


def _hosts_of(role: str) -> str:
    """The hosts of a role, in words: ``its followers``."""
    if not role:
        return "its hosts without a role"
    return f"its {role[:-1]}ies" if role.endswith("y") else f"its {role}s"


def summarise(
    number: int, waves: int, names: Sequence[str], canary: bool, reasons: Sequence[str]
) -> str:
    """One line for one wave: which hosts, and what binds."""
    shown = ", ".join(names[:6])
    if len(names) > 6:
        shown += f", … ({len(names)} hosts)"
    kinds = list(dict.fromkeys(reasons))
    why = " | ".join(kinds[:3])
    if len(kinds) > 3:
        why += f" | {len(kinds) - 3} more"
    return f"wave {number} of {waves}{' (canary)' if canary else ''}: {shown} [{why}]"
