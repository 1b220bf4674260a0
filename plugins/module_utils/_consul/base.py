# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""What every type of Consul object has: the cluster, and the first version with it.

A type is one class in its own file under `types/`:

    class AclPolicy(ConsulType):
        name = "acl_policy"
        fields = {"name": text("…", required=True), "rules": text("…")}
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from .._converge.compare import compare
from .._converge.named import NamedType, Scope
from .._converge.provider import Desired, Live, Reading
from .._errors import RunError
from .client import ConsulError
from .session import Session, older, refuse_old

# What the collection itself keeps in the key-value store; never pruned.
OUR_KEYS = "vigie/"


@dataclass
class Consul:
    """A state on its cluster: what every type is given.

    prefixes: the key prefixes that the declaration names.
    value_limit: bytes that one value may have (the servers' kv_max_value_size).
    """

    session: Session
    scope: Scope = field(default_factory=Scope)
    prefixes: Sequence[str] = field(default_factory=list)
    value_limit: int = 512 * 1024


class ConsulType(NamedType):
    """One kind of Consul object."""

    # The first version of Consul that has it, and what of it came later, by field.
    since: ClassVar[str] = "1.4"
    newer: ClassVar[Mapping[str, str]] = {}

    def __init__(self, consul: Consul) -> None:
        self.consul = consul
        self.session = consul.session
        self.scope = consul.scope

    def read(self, reading: Reading) -> Sequence[Live]:
        """All that lives.

        Asking a server's version costs a call: it is asked only where what is
        declared is not there yet, or the server refuses the question.
        """
        try:
            lives = list(self.find(reading))
        except ConsulError:
            # Some old servers deny what they do not know, even to the management token.
            if not reading.desired and older(self.session, self.since):
                return ()
            refuse_old(self.session, f"the type {self.name}", self.since)
            raise
        if self.newer:
            self._refuse_newer(reading, lives)
        return lives

    def as_declared(self, live: Live, desired: Desired) -> Live:
        """A thing that was there when it was to be made.

        A request whose answer was lost makes it, just as declared. RunError where it
        is not: then somebody else did.
        """
        if compare(self.fields, desired.properties, live.properties):
            raise RunError(
                f"somebody else made the {self.name} {live.id} since the plan was made,"
                " and not as it is declared; run again to see what would change"
            )
        return live

    def _refuse_newer(self, reading: Reading, lives: Sequence[Live]) -> None:
        there = {self.identity(live.properties): live.properties for live in lives}
        for one in reading.desired:
            has = there.get(self.identity(one.properties), {})
            for name, since in self.newer.items():
                if one.properties.get(name) and not has.get(name):
                    refuse_old(self.session, f"{one.resource}.{name}", since)
