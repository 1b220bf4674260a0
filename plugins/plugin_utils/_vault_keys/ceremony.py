# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a quorum of share holders does with an open Vault: new shares, a root token.

Vault asks no token for these; OpenBao has closed those paths since 2.5 and has others,
which ask for one (https://openbao.org/docs/deprecation/unauthed-rekey). Requests and
answers are the same but for an envelope.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.module_utils._vault.errors import (
    DeniedError,
    VaultError,
)
from ansible_collections.vigie.run.plugins.module_utils._vault.session import Session

from .shares import Share

# Without a token, with a token, what begins.
Paths = tuple[str, str, str]
ROOT_TOKEN: Paths = ("sys/generate-root", "sys/generate-root-token", "attempt")
REKEY: Mapping[str, Paths] = {
    "unseal": ("sys/rekey", "sys/rotate/root", "init"),
    "recovery": ("sys/rekey-recovery-key", "sys/rotate/recovery", "init"),
}
# What Vault says of shares that do not make its key.
_WRONG_KEY = ("authentication failed", "invalid key", "incorrect key", "verification")
_ELSEWHERE = (403, 404, 405)


@dataclass(frozen=True)
class Progress:
    """How far a ceremony is: shares given of those required; which one it is."""

    started: bool
    given: int
    required: int
    nonce: str

    def result(self) -> dict[str, Any]:
        """What a task tells of it."""
        return {
            "progress": self.given,
            "required": self.required,
            "nonce": self.nonce,
        }


class Ceremony:
    """One kind of ceremony, on the active node."""

    def __init__(self, session: Session, paths: Paths) -> None:
        self._session = session
        self._open, self._closed, self._first = paths
        self._base = ""

    def status(self) -> dict[str, Any]:
        """What Vault says of the attempt that is under way. Raises VaultError."""
        if self._base:
            return self._ask("GET", self._first)
        try:
            return self._found_at(self._open)
        except VaultError as error:
            if error.status not in _ELSEWHERE:
                raise
        try:
            return self._found_at(self._closed)
        except DeniedError as error:
            raise RunError(
                f"{error}. OpenBao asks for a token here, beside the shares: give one"
                " (vault_auth), or set disable_unauthed_generate_root_endpoints or"
                " disable_unauthed_rekey_endpoints to false in its listener meanwhile"
            ) from None

    def _found_at(self, base: str) -> dict[str, Any]:
        said = _unwrapped(self._session.request("GET", f"{base}/{self._first}"))
        self._base = base
        return said

    def progress(self) -> Progress:
        """How far the attempt is."""
        return progress_of(self.status())

    def start(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Begin. VaultError where somebody else was faster."""
        return self._ask("PUT", self._first, body)

    def cancel(self) -> None:
        """Give up the attempt that is under way, whoever began it."""
        self.status()
        self._session.request("DELETE", f"{self._base}/{self._first}")

    def give(
        self, shares: Sequence[Share], nonce: str, path: str = "update"
    ) -> dict[str, Any]:
        """Give shares until it is complete, or there are no more; the last answer.

        Raises RunError for a quorum that was refused, naming where its shares are from.
        """
        said: dict[str, Any] = {}
        given: list[Share] = []
        for share in shares:
            given.append(share)
            try:
                said = self._ask("PUT", path, {"key": share.value, "nonce": nonce})
            except VaultError as error:
                if "already been provided" in error.said:
                    continue
                if error.status not in (400, 500):
                    raise
                raise RefusedError(given, error.said) from None
            if said.get("complete"):
                break
        return said

    def verification(self) -> Progress:
        """How far the proof of new shares is."""
        return progress_of(self._ask("GET", "verify"))

    def _ask(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        if not self._base:
            self.status()
        return _unwrapped(
            self._session.request(
                method, f"{self._base}/{path}", body=body, repeat=method == "GET"
            )
        )


def progress_of(said: Mapping[str, Any]) -> Progress:
    """Read an answer; the proof of new shares calls what it requires `t`."""
    return Progress(
        started=bool(said.get("started")),
        given=int(said.get("progress") or 0),
        required=int(said.get("required") or said.get("t") or 0),
        nonce=said.get("nonce") or "",
    )


def _unwrapped(said: Any) -> dict[str, Any]:
    said = said or {}
    return said["data"] if isinstance(said.get("data"), dict) else said


class RefusedError(RunError):
    """Vault refused a quorum; `wrong_key` where its shares make another key."""

    def __init__(self, given: Sequence[Share], reason: str) -> None:
        names = ", ".join(share.origin for share in given)
        super().__init__(
            f"Vault refused the quorum: one of {names}, or of those that others had"
            f" given before, is wrong ({reason}). It has forgotten the shares given so"
            " far"
        )
        self.wrong_key = any(sign in reason for sign in _WRONG_KEY)
