# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets that are made once: what they look like, and making those not there."""

from __future__ import annotations

import base64
import binascii
import re
import secrets
import string
import uuid
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from ansible_collections.vigie.run.plugins.module_utils._errors import RunError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")
_LETTERS = string.ascii_letters + string.digits


@dataclass(frozen=True)
class Wanted:
    """A secret by name. `size`: bytes of a key, letters of a password."""

    name: str
    kind: str = "password"
    size: int = 32

    def __post_init__(self) -> None:
        """Raises RunError, naming what is wrong."""
        if not _NAME.fullmatch(self.name):
            raise RunError(
                f"secrets: name {self.name!r} may hold letters, digits, '.', '_' and "
                "'-', and begins with a letter or a digit"
            )
        if self.kind != "uuid" and not 16 <= self.size <= 1024:
            raise RunError(
                f"secrets: {self.name}: size must be between 16 and 1024, got "
                f"{self.size}"
            )

    def make(self) -> str:
        """A new value, from the system's own source of randomness."""
        if self.kind == "uuid":
            return str(uuid.uuid4())
        if self.kind == "key":
            return base64.b64encode(secrets.token_bytes(self.size)).decode()
        return "".join(secrets.choice(_LETTERS) for _letter in range(self.size))

    def fits(self, value: str) -> bool:
        """Whether a kept value can be what was asked for; passwords may be anything."""
        if self.kind == "uuid":
            try:
                return str(uuid.UUID(value)) == value.lower()
            except ValueError:
                return False
        if self.kind == "key":
            try:
                return len(base64.b64decode(value, validate=True)) == self.size
            except (binascii.Error, ValueError):
                return False
        return bool(value)


class Store(Protocol):
    """Where secrets are kept. All methods raise RunError for what cannot be used."""

    def where(self, name: str) -> str:
        """In words, for messages."""

    def read(self, names: Collection[str]) -> dict[str, str]:
        """Those of the names that are there."""

    def add(self, made: dict[str, str]) -> dict[str, str]:
        """Keep each value unless there is one by now; what is kept then."""

    def replace(self, made: dict[str, str]) -> None:
        """Keep the values in place of what is there."""


@dataclass(frozen=True)
class Kept:
    """The values by name, and which of them were made now."""

    values: dict[str, str]
    made: list[str]


def keep(
    store: Store,
    wanted: Sequence[Wanted],
    renew: Collection[str],
    check_mode: bool,
    guard: Callable[[str], None] = lambda _value: None,
) -> Kept:
    """Read the secrets and make those that are missing or to be renewed.

    Whatever another run makes meanwhile wins: nobody ever gets a value that is not the
    kept one. In check mode values are made and not kept. `guard` gets each value before
    it is given to anybody.
    """
    _check(wanted, renew)
    names = [one.name for one in wanted]
    values = store.read(names)
    for one in wanted:
        if one.name in values and not one.fits(values[one.name]):
            raise RunError(
                f"{store.where(one.name)} is not what is asked for ({one.kind}"
                f"{'' if one.kind == 'uuid' else f' of {one.size}'}). Put it right, "
                "or remove it to have one made"
            )
    made = {one.name: one.make() for one in wanted if one.name not in values}
    renewed = {one.name: one.make() for one in wanted if one.name in renew}
    renewed = {name: value for name, value in renewed.items() if name not in made}
    for value in (*values.values(), *made.values(), *renewed.values()):
        guard(value)
    if check_mode:
        return Kept({**values, **made, **renewed}, sorted({*made, *renewed}))
    kept = store.add(made) if made else {}
    for value in kept.values():
        guard(value)
    if renewed:
        store.replace(renewed)
    ours = [name for name, value in kept.items() if made.get(name) == value]
    return Kept({**values, **kept, **renewed}, sorted([*ours, *renewed]))


def _check(wanted: Sequence[Wanted], renew: Collection[str]) -> None:
    names = [one.name for one in wanted]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise RunError(f"secrets: asked for twice: {', '.join(twice)}")
    unknown = sorted(set(renew) - set(names))
    if unknown:
        raise RunError(f"renew: not among the secrets: {', '.join(unknown)}")
