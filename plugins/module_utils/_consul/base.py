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

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from .._converge.named import NamedType, Scope
from .session import Session

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

    # The first version of Consul that has it.
    since: ClassVar[str] = "1.4"

    def __init__(self, consul: Consul) -> None:
        self.consul = consul
        self.session = consul.session
        self.scope = consul.scope
