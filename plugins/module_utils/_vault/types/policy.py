# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""A policy: which paths whoever has it may use, and how.

Its text is checked before anything is sent: the syntax, and the names of capabilities.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..._converge.fields import text
from ..._converge.provider import Change, Desired, Live, Reading
from ..base import VaultType
from ..policies import problem_of

# Vault's own, which nobody may delete.
BUILT_IN = ("root", "default")


class Policy(VaultType):
    name = "policy"
    attributes = {"id": "The name."}
    fields = {
        "name": text(
            "Its name; Vault knows lower case only.",
            required=True,
            immutable=True,
            normal=str.lower,
        ),
        "policy": text(
            "The rules, in Vault's language or JSON.", required=True, normal=str.strip
        ),
    }

    def check(self, properties: Mapping[str, Any]) -> Sequence[str]:
        given = properties.get("policy")
        said = problem_of(given) if isinstance(given, str) else ""
        return [f"policy {said}"] if said else []

    def find(self, reading: Reading) -> Iterable[Live]:
        names = self._names(reading)
        texts = self.vault.each(names, self._read)
        for name, found in zip(names, texts):
            if found is not None:
                scoped = None if name in BUILT_IN else name
                yield self.live(name, {"name": name, "policy": found}, scoped)

    def create(self, desired: Desired) -> Live:
        return self._write(desired)

    def update(self, live: Live, desired: Desired, changes: Sequence[Change]) -> Live:
        return self._write(desired)

    def delete(self, live: Live) -> None:
        self.session.delete(f"sys/policies/acl/{live.id}")

    def _names(self, reading: Reading) -> list[str]:
        declared = {one.properties["name"].lower() for one in reading.desired}
        if reading.everything:
            declared |= set(self.session.keys("sys/policies/acl"))
        return sorted(declared - {"root"})

    def _read(self, name: str) -> str | None:
        found = self.session.read(f"sys/policies/acl/{name}")
        return None if found is None else found["policy"]

    def _write(self, desired: Desired) -> Live:
        name = desired.properties["name"].lower()
        body = {"policy": desired.properties["policy"]}
        self.session.write(f"sys/policies/acl/{name}", body)
        return self.live(name, desired.properties)


TYPE = Policy
