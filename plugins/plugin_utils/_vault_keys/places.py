# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Places where key shares are kept: what all have in common, and which there are."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.vigie.run.plugins.module_utils._errors import RunError

from .document import RESERVED, Document

KINDS = ("file", "aws_secret", "gcp_secret")
PLACE: dict[str, dict[str, Any]] = {
    "file": {"type": "str"},
    "aws_secret": {"type": "str", "no_log": False},
    "gcp_secret": {"type": "str", "no_log": False},
    "shares": {"type": "list", "elements": "int"},
    "root_token": {"type": "bool", "default": False, "no_log": False},
    "region": {"type": "str"},
    "profile": {"type": "str"},
    "assume_role": {"type": "str"},
    "kms_key": {"type": "str", "no_log": False},
    "project": {"type": "str"},
    "service_account_file": {"type": "str"},
    "access_token": {"type": "str", "no_log": True},
    "endpoint_url": {"type": "str"},
}
PLACES: dict[str, Any] = {"type": "list", "elements": "dict", "options": PLACE}


class Place(ABC):
    """One place. `name` is what messages call it."""

    name: str

    @abstractmethod
    def read(self) -> Document | None:
        """What it holds; None where there is nothing. RunError where it says no."""

    @abstractmethod
    def reserve(self, document: Document) -> None:
        """Write a document without secrets, by the very call that writes secrets.

        Raises RunError where the place cannot be written.
        """

    @abstractmethod
    def write(self, document: Document) -> None:
        """Write what it is to hold. RunError where that failed."""

    def free(self) -> None:  # noqa: B027 - most have nothing to undo
        """Undo a reservation that was not used, where that leaves nothing behind."""

    def close(self) -> None:  # noqa: B027 - most hold nothing
        """Let go of what a reservation held."""


@dataclass(frozen=True)
class Keep:
    """A place, and what of it is meant: share numbers (None: all), the root token."""

    place: Place
    shares: frozenset[int] | None
    root_token: bool

    def holds(self, number: int) -> bool:
        """Whether a share belongs here."""
        return self.shares is None or number in self.shares


def keeps(
    given: Sequence[Mapping[str, Any]], option: str, find: Callable[[str], str]
) -> list[Keep]:
    """The places that an option names; `find` says where a relative path is.

    Raises RunError naming what is missing, double or too much.
    """
    found = [_keep(one, f"{option}[{i}]", find) for i, one in enumerate(given)]
    names = [keep.place.name for keep in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise RunError(f"{option}: named twice: {', '.join(twice)}")
    return found


def _keep(given: Mapping[str, Any], where: str, find: Callable[[str], str]) -> Keep:
    kinds = [kind for kind in KINDS if given.get(kind)]
    if len(kinds) != 1:
        raise RunError(f"{where}: name one of {', '.join(KINDS)}")
    shares = given.get("shares")
    return Keep(
        _place(kinds[0], given, where, find),
        None if shares is None else frozenset(shares),
        bool(given.get("root_token")),
    )


def _place(
    kind: str, given: Mapping[str, Any], where: str, find: Callable[[str], str]
) -> Place:
    # Imported where they are used: each brings a library that the others do not need.
    if kind == "file":
        from .file_place import FilePlace

        return FilePlace(find(given["file"]))
    if kind == "aws_secret":
        from .aws_place import AwsPlace

        return AwsPlace.from_options(given)
    from .gcp_place import GcpPlace

    return GcpPlace.from_options(given, where, find)


def reserve_all(places: Sequence[Place], document: Document) -> None:
    """Reserve every place, or none: RunError, and what was reserved is freed."""
    done: list[Place] = []
    try:
        for place in places:
            refuse_used(place.name, place.read())
            place.reserve(document)
            done.append(place)
    except RunError:
        free_all(done)
        raise


def refuse_used(name: str, held: Document | None) -> None:
    """RunError where a place holds shares already: they are never written over."""
    if held is not None and (held.state != RESERVED or held.secrets):
        raise RunError(
            f"{name} holds key shares of {held.vault} already (made"
            f" {held.made or 'earlier'}); name another place, or move that away"
        )


def free_all(places: Sequence[Place]) -> None:
    """Undo reservations."""
    for place in places:
        place.free()
        place.close()
