# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""A token: the secret with which somebody may do what its policies and roles say.

A token is known by its description, which is the logical name unless one is declared;
where others have the same description, declare its `accessor_id`. Its secret is made up
by Consul and never shown; `${app-token.secret_id}` puts it where it is needed, such as
in a key of the store or in a secret of another module.

A secret, an expiration or a locality cannot change: such a token is deleted and made
anew, where `allow_replace` names it.

The anonymous token, the token that makes the calls, those that may manage everything
(`global-management`) and those that a login made are never pruned.
"""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from ..._converge.fields import flag, text
from ..._converge.provider import UNKNOWN, Change, Desired, Live, Reading
from ..._errors import RunError
from ..acl_links import (
    IDENTITIES,
    NEWER,
    READ,
    UUID,
    WRITE,
    body,
    links,
    refuse_twins,
    seen,
)
from ..base import Consul, ConsulType
from ..client import ConsulError
from ..durations import duration, moment

ANONYMOUS = "00000000-0000-0000-0000-000000000002"
MANAGEMENT = "00000000-0000-0000-0000-000000000001"


def _check_uuid(given: str) -> str | None:
    if UUID.fullmatch(given):
        return None
    return "is no UUID in lower case; make one with uuidgen, or leave it to Consul"


class AclToken(ConsulType):
    name = "acl_token"
    newer = NEWER
    uses = ("acl_policy", "acl_role")
    unique = ("description",)
    attributes = {
        "id": "The accessor: names the token, and is no secret.",
        "accessor_id": "The same.",
        "secret_id": "The secret. Read only where something refers to it.",
    }
    fields = {
        "description": text("What it is for; the logical name.", required=True),
        "accessor_id": text(
            "Which token it is, whatever its description.",
            check=_check_uuid,
            api="AccessorID",
        ),
        "secret_id": text(
            "The secret, where it is to be yours; a UUID. Compared with the living one,"
            " which takes a call for each such token.",
            immutable=True,
            sensitive=True,
            check=_check_uuid,
            api="SecretID",
        ),
        "policies": links("What it may do"),
        "roles": links("Roles it has"),
        **IDENTITIES,
        "expiration_ttl": duration(
            "How long it lives from its creation, 1m to 24h unless the servers say"
            " otherwise. Once it has expired the next run makes a new one.",
            write_only=True,
            api="ExpirationTTL",
        ),
        "expiration_time": moment("When it expires.", immutable=True),
        "local": flag(
            "Known in its own datacenter only.", immutable=True, default=False
        ),
    }

    def __init__(self, consul: Consul) -> None:
        super().__init__(consul)
        self._by_accessor: frozenset[str] = frozenset()
        self._own: str | None = None

    def written(self, resource: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"description": resource, **body}

    def check(self, properties: Mapping[str, Any]) -> Sequence[str]:
        if properties.get("expiration_ttl") and properties.get("expiration_time"):
            return ["expiration_ttl: or an expiration_time, not both"]
        return ()

    def identity(self, properties: Mapping[str, Any]) -> str | None:
        accessor = properties.get("accessor_id")
        if accessor is not None:
            return None if accessor is UNKNOWN else f"accessor_id {accessor}"
        return super().identity(properties)

    # -- reading ----------------------------------------------------------------

    def find(self, reading: Reading) -> Iterable[Live]:
        """One list, which has everything but secrets."""
        wanted = [one.properties for one in reading.desired]
        self._by_accessor = frozenset(
            one["accessor_id"] for one in wanted if one.get("accessor_id")
        )
        stubs = self.session.get("acl/tokens", needs=READ)
        lives = [live for live in map(self._seen, stubs) if live is not None]
        remedy = "say which one with accessor_id, or delete the others"
        refuse_twins(self, reading.desired, lives, remedy)
        with_secret = {
            self.identity(one) for one in wanted if one.get("secret_id") is not None
        }
        for live in lives:
            if self.identity(live.properties) in with_secret:
                live.properties["secret_id"] = live.attributes["secret_id"]
        return lives

    def _seen(self, raw: Mapping[str, Any]) -> Live | None:
        if raw["AccessorID"] in self._by_accessor:
            return self._live(raw)
        # Made by a login, or by what ACLs were before Consul 1.4.
        foreign = raw.get("AuthMethod") or raw.get("Legacy")
        return None if foreign else self._live(raw)

    def _live(self, raw: Mapping[str, Any]) -> Live:
        accessor = raw["AccessorID"]
        properties = seen(self._shown(accessor), raw)
        scoped = raw["Description"] if self._prunable(raw) else None
        live = self.live(accessor, properties, scoped, raw)
        attributes = _Attributes(accessor, raw.get("SecretID"), self._secret)
        return dataclasses.replace(live, attributes=attributes)

    def _shown(self, accessor: str) -> dict[str, Any]:
        """An accessor is a property only of a token that is declared by it: any
        other is what its description says."""
        hidden = {"secret_id", "expiration_ttl"}
        if accessor not in self._by_accessor:
            hidden.add("accessor_id")
        return {n: item for n, item in self.fields.items() if n not in hidden}

    def _prunable(self, raw: Mapping[str, Any]) -> bool:
        if not raw["Description"].startswith(self.scope.of(self.name)):
            return False
        manages = any(link["ID"] == MANAGEMENT for link in raw.get("Policies") or ())
        return not manages and raw["AccessorID"] not in (ANONYMOUS, self._own_id())

    def _own_id(self) -> str:
        """The accessor of the token that makes the calls."""
        if self._own is None:
            self._own = self.session.get("acl/token/self", needs=READ)["AccessorID"]
        return self._own

    def _secret(self, accessor: str) -> str:
        found = self.session.get(f"acl/token/{accessor}", needs=WRITE)["SecretID"]
        if not UUID.fullmatch(found):
            raise RunError(
                f"the secret of the token {accessor} is hidden from the token in"
                f" consul_token: reading it takes the rule {WRITE}"
            )
        return found

    # -- writing ----------------------------------------------------------------

    def create(self, desired: Desired) -> Live:
        """With an accessor of our own, so that a repeated request makes no second."""
        written = body(self.fields, {}, desired.properties)
        accessor = written.setdefault("AccessorID", str(uuid.uuid4()))
        try:
            made = self.session.put("acl/token", needs=WRITE, body=written)
        except ConsulError as error:
            if "AccessorID is already in use" not in error.said:
                raise
            made = self.session.get(f"acl/token/{accessor}", needs=WRITE)
            live = self._live(made)
            live.properties["secret_id"] = made["SecretID"]
            return self.as_declared(live, desired)
        return self._live(made)

    def update(self, live: Live, desired: Desired, changes: Sequence[Change]) -> Live:
        written = body(self.fields, live.raw, desired.properties)
        written.pop("ExpirationTTL", None)
        made = self.session.put(f"acl/token/{live.id}", needs=WRITE, body=written)
        return self._live(made)

    def delete(self, live: Live) -> None:
        if live.id == self._own_id():
            raise RunError(
                f"the token {live.id} is the one in consul_token; use another one to"
                " delete it"
            )
        self.session.delete(f"acl/token/{live.id}", needs=WRITE)


class _Attributes(Mapping[str, Any]):
    """A token's attributes; the secret is asked for when it is wanted."""

    def __init__(
        self, accessor: str, secret: str | None, read: Callable[[str], str]
    ) -> None:
        self._accessor = accessor
        # Newer servers list secrets; some say only that there is one.
        self._secret = secret if secret and UUID.fullmatch(secret) else None
        self._read = read

    def __getitem__(self, name: str) -> str:
        if name in ("id", "accessor_id"):
            return self._accessor
        if name != "secret_id":
            raise KeyError(name)
        if self._secret is None:
            self._secret = self._read(self._accessor)
        return self._secret

    def __iter__(self) -> Iterator[str]:
        return iter(AclToken.attributes)

    def __len__(self) -> int:
        return len(AclToken.attributes)


TYPE = AclToken
