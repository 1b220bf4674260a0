# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The root token: revoked when all is configured, made anew by a quorum."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.module_utils._vault.errors import (
    DeniedError,
)
from ansible_collections.vigie.run.plugins.module_utils._vault.login import Credentials
from ansible_collections.vigie.run.plugins.module_utils._vault.session import (
    Access,
    Session,
)

from .ceremony import Ceremony, Progress, progress_of
from .document import Document
from .init import now, uninterrupted
from .pgp import decrypt
from .places import Keep, Place
from .shares import Share


@dataclass
class Outcome:
    """What happened; `secrets` must be shown nowhere."""

    changed: bool
    present: bool
    progress: Progress | None = None
    warnings: list[str] = field(default_factory=list)
    secrets: set[str] = field(default_factory=set, repr=False)


class RootToken:
    """The root token that places hold, on one cluster."""

    def __init__(
        self, access: Access, keeps: Sequence[Keep], check_mode: bool = False
    ) -> None:
        self._access = access
        self._places = [keep.place for keep in keeps if keep.root_token]
        if not self._places:
            raise RunError("keep: no place is for the root token; say root_token: true")
        self._check = check_mode
        self._held = {place: place.read() for place in self._places}
        self.secrets = {
            secret for held in self._held.values() if held for secret in held.secrets
        }

    # -- revoked -------------------------------------------------------------------

    def revoke(self) -> Outcome:
        """Revoke what the places hold, and take it out of them.

        It is revoked first: a place that fails holds a token that is worth nothing.
        """
        tokens = self._tokens()
        outcome = Outcome(bool(tokens), present=False, secrets=self.secrets)
        if self._check:
            return outcome
        for token in tokens:
            outcome.warnings += self._revoke(token)
        for place, held in self._held.items():
            if held is not None and (held.root_token or held.attempt):
                place.write(
                    replace(held, root_token="", root_token_pgp=False, attempt={})
                )
        return outcome

    def _tokens(self) -> list[str]:
        """The tokens in the places, each once; gpg is asked for encrypted ones."""
        found = []
        for place, held in self._held.items():
            if held is None or not held.root_token:
                continue
            token = held.root_token
            if held.root_token_pgp:
                token = decrypt(token, f"the root token of {place.name}")
                self.secrets.add(token)
            found.append(token)
        return list(dict.fromkeys(found))

    def _revoke(self, token: str) -> list[str]:
        session = self._session(token)
        try:
            methods = session.request("GET", "sys/auth")
            session.request("POST", "auth/token/revoke-self")
        except DeniedError:
            # It was revoked before, or has expired.
            return []
        finally:
            session.close()
        if set(methods["data"]) <= {"token/"}:
            return [_NO_WAY_IN.format(url=self._access.url)]
        return []

    def _session(self, token: str) -> Session:
        return Session(self._access, Credentials("token", "token", token=token))

    def _is_good(self, token: str) -> bool:
        session = self._session(token)
        try:
            said = session.request("GET", "auth/token/lookup-self")
        except DeniedError:
            return False
        finally:
            session.close()
        return "root" in said["data"]["policies"]

    # -- made ----------------------------------------------------------------------

    def make(
        self,
        ceremony: Ceremony,
        gather: Callable[[], Sequence[Share]],
        restart: bool = False,
    ) -> Outcome:
        """Give the shares of this run, and keep the token when they are a quorum.

        gather: the shares, asked for only when they are needed. restart: give up an
        attempt that is under way. Raises RunError, VaultError.
        """
        if any(self._is_good(token) for token in self._tokens()):
            return Outcome(False, present=True, secrets=self.secrets)
        shares = gather()
        status = ceremony.status()
        if self._check:
            return Outcome(True, present=False, progress=progress_of(status))
        if status.get("started") and restart:
            ceremony.cancel()
            status = {}
        if not status.get("started"):
            password, status = self._begin(ceremony)
        else:
            password = self._password(progress_of(status).nonce)
        with uninterrupted():
            said = ceremony.give(shares, progress_of(status).nonce)
            if not said.get("complete"):
                return Outcome(True, False, ceremony.progress(), secrets=self.secrets)
            token = decoded(said, password)
            self.secrets |= {token, password}
            self._keep(token)
        return Outcome(
            True, present=True, progress=progress_of(said), secrets=self.secrets
        )

    def _begin(self, ceremony: Ceremony) -> tuple[str, dict]:
        """Begin, with the one-time password kept where the token will be."""
        for place in self._places:
            # Proves that it can be written, before anything is begun.
            self._update(place, attempt={})
        said = ceremony.start({})
        self.secrets.add(said["otp"])
        try:
            for place in self._places:
                attempt = {"nonce": said["nonce"], "password": said["otp"]}
                self._update(place, attempt=attempt)
        except RunError:
            ceremony.cancel()
            raise
        return said["otp"], said

    def _password(self, nonce: str) -> str:
        """The one-time password of the attempt that is under way."""
        for held in self._held.values():
            if held is not None and held.attempt.get("nonce") == nonce:
                return held.attempt["password"]
        names = ", ".join(place.name for place in self._places)
        raise RunError(
            f"A root token is being made already (nonce {nonce}), and its one-time"
            f" password is not in {names}: go on from where it was begun, or begin anew"
            " with restart: true"
        )

    def _keep(self, token: str) -> None:
        for place in self._places:
            self._update(place, root_token=token, root_token_pgp=False, attempt={})

    def _update(self, place: Place, **changes: object) -> None:
        """Write a place's document with something changed; make it if needed."""
        held = self._held[place]
        if held is None:
            held = Document(vault=self._access.url, made=now())
            place.reserve(held)
            place.close()
        self._held[place] = replace(held, **changes)
        place.write(self._held[place])


_NO_WAY_IN = (
    "The root token of {url} is revoked, and no auth method but token is enabled:"
    " unless somebody has a token, only a quorum of holders can come in again"
)


def decoded(said: dict, password: str) -> str:
    """The token of an answer: base64 of it, each byte combined with the password's."""
    encoded = said.get("encoded_token") or said["encoded_root_token"]
    data = base64.b64decode(encoded + "=" * (-len(encoded) % 4))
    key = password.encode()
    if len(key) != len(data):
        raise RunError("Vault's new root token does not fit its one-time password")
    return bytes(a ^ b for a, b in zip(data, key)).decode()
