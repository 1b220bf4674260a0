# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""An AppRole: a machine's login by a role id and a secret id.

Secret ids are made where they are used, wrapped, and never by a state.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ..._converge.fields import flag, number, text
from ..._converge.provider import Change, Desired, Live, Reading
from ..common import cidrs, mount, named, token_fields
from ..durations import duration
from ..paths import AuthPathType
from ..session import Session


class AppRole(AuthPathType):
    name = "approle_role"
    kinds = ("approle",)
    path = "auth/{mount}/role/{name}"
    at_creation = ("local_secret_ids",)
    attributes = {
        "id": "Its path.",
        "role_id": "The role id. Read only where something refers to it, and so not"
        " among the outputs.",
    }
    fields = {
        "mount": mount("method", "approle"),
        "name": named("The role", normal=str.lower),
        "role_id": text(
            "The role id, where it is to be yours. Compared with the living one, which"
            " takes a call for each such role."
        ),
        "bind_secret_id": flag("A login takes a secret id, too.", default=True),
        "secret_id_bound_cidrs": cidrs("From where somebody may log in."),
        "secret_id_num_uses": number(
            "How often a secret id may be used; 0 for ever.", default=0
        ),
        "secret_id_ttl": duration("How long a secret id lives; 0 for ever."),
        "local_secret_ids": flag(
            "Secret ids are not replicated.", immutable=True, default=False
        ),
        **token_fields(),
    }

    def find(self, reading: Reading) -> Iterable[Live]:
        wanted = {
            self.at(one.properties)
            for one in reading.desired
            if one.properties.get("role_id") is not None
        }
        for live in super().find(reading):
            if live.id in wanted:
                live.properties["role_id"] = read_role_id(self.session, live.id)
            yield self._with_role_id(live)

    def create(self, desired: Desired) -> Live:
        return self._with_role_id(super().create(desired))

    def update(self, live: Live, desired: Desired, changes: Sequence[Change]) -> Live:
        written = super().update(live, desired, changes)
        if any(change.path == "role_id" for change in changes):
            self._give_role_id(desired)
        return self._with_role_id(written)

    def made(self, desired: Desired) -> None:
        if desired.properties.get("role_id") is not None:
            self._give_role_id(desired)

    def body(self, declared: Mapping[str, Any], live: Live | None) -> dict[str, Any]:
        given = super().body(declared, live)
        given.pop("role_id", None)
        return given

    def _give_role_id(self, desired: Desired) -> None:
        given = {"role_id": desired.properties["role_id"]}
        self.session.write(f"{self.at(desired.properties)}/role-id", given)

    def _with_role_id(self, live: Live) -> Live:
        attributes = _Attributes(self.session, live.id)
        return Live(live.id, live.properties, attributes, owned=live.owned)


class _Attributes(Mapping[str, Any]):
    """A role's attributes; the role id, unlisted, is asked for when it is wanted."""

    def __init__(self, session: Session, path: str) -> None:
        self._session = session
        self._path = path

    def __getitem__(self, name: str) -> str:
        if name == "role_id":
            return read_role_id(self._session, self._path)
        if name != "id":
            raise KeyError(name)
        return self._path

    def __iter__(self) -> Iterator[str]:
        return iter(("id",))

    def __len__(self) -> int:
        return 1


def read_role_id(session: Session, path: str) -> str:
    """The role id of the role at a path."""
    return session.read(f"{path}/role-id")["role_id"]


TYPE = AppRole
