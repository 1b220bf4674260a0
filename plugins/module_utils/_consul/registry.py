# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""The table of Consul's types: a type is the file `types/NAME.py` and a line here."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from .base import Consul, ConsulType

if TYPE_CHECKING:
    # Never run: Ansible packs into a module what it sees imported. At run time only
    # the types that a declaration uses are loaded.
    from .types import (  # noqa: F401
        kv,
        kv_tree,
    )

NAMES = (
    "kv",
    "kv_tree",
)


class Table(Mapping[str, ConsulType]):
    """Types by name, each loaded when it is first asked for."""

    def __init__(self, consul: Consul) -> None:
        self._consul = consul
        self._loaded: dict[str, ConsulType] = {}

    def __getitem__(self, name: str) -> ConsulType:
        if name not in NAMES:
            raise KeyError(name)
        if name not in self._loaded:
            module = importlib.import_module(f"{__package__}.types.{name}")
            self._loaded[name] = module.TYPE(self._consul)
        return self._loaded[name]

    def __contains__(self, name: object) -> bool:
        return name in NAMES

    def __iter__(self) -> Iterator[str]:
        return iter(NAMES)

    def __len__(self) -> int:
        return len(NAMES)
