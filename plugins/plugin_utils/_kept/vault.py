# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets kept as fields of one secret of Vault's or OpenBao's KV version 2.

Every write tells which version it was made from (check-and-set), so that of two runs at
once one is refused, reads again and takes what the other made. Fields that are not
asked for are left as they are. https://openbao.org/api-docs/secret/kv/kv-v2/
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.module_utils._http import HttpError
from ansible_collections.vigie.run.plugins.module_utils._vault.transport import (
    Transport,
)

_ATTEMPTS = 20
_POLL_SECONDS = 0.5
_TIMEOUT = 10.0


@dataclass(frozen=True)
class Vault:
    """How to reach the secret; `path` is below the mount, without `data/`."""

    url: str
    token: str
    mount: str
    path: str
    ca_path: str = ""
    namespace: str = ""


@dataclass(frozen=True)
class _Version:
    """What the secret holds; `number` 0 for one that never was."""

    number: int
    fields: dict[str, Any]


class VaultStore:
    """One secret with a field under each name."""

    def __init__(
        self, vault: Vault, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        """Raises RunError for an address or a CA file that cannot be used."""
        if not vault.token:
            raise RunError(
                "vault_token: give one, or set VAULT_TOKEN or BAO_TOKEN in the "
                "environment"
            )
        self._vault = vault
        self._sleep = sleep
        self._transport = Transport(vault.url, vault.ca_path, namespace=vault.namespace)
        self._transport.token = vault.token
        mount = quote(vault.mount.strip("/"))
        path = quote(vault.path.strip("/"))
        self._path = f"{mount}/data/{path}"

    def where(self, name: str) -> str:
        return f"the field {name} of {self._place} in Vault"

    def read(self, names: Collection[str]) -> dict[str, str]:
        return self._strings(self._current(), names)

    def add(self, made: dict[str, str]) -> dict[str, str]:
        for _attempt in range(_ATTEMPTS):
            current = self._current()
            there = self._strings(current, made)
            missing = {name: made[name] for name in made if name not in there}
            if not missing or self._write(current, missing):
                return {**missing, **there}
        raise self._contended()

    def replace(self, made: dict[str, str]) -> None:
        for _attempt in range(_ATTEMPTS):
            if self._write(self._current(), made):
                return
        raise self._contended()

    @property
    def _place(self) -> str:
        return f"{self._vault.mount.strip('/')}/{self._vault.path.strip('/')}"

    def _strings(self, current: _Version, names: Collection[str]) -> dict[str, str]:
        found = {name: current.fields[name] for name in names if name in current.fields}
        for name, value in found.items():
            if not isinstance(value, str):
                raise RunError(f"{self.where(name)} is no text")
        return found

    def _current(self) -> _Version:
        status, said = self._ask("GET", None)
        data = said.get("data") or {}
        metadata = data.get("metadata") or {}
        if status == 404 and not metadata:
            return _Version(0, {})
        if metadata.get("deletion_time") or metadata.get("destroyed"):
            raise RunError(
                f"{self._place} in Vault was deleted, and new secrets would not be "
                "those in use. Bring it back (kv undelete), or remove its metadata "
                "(kv metadata delete) to have new ones made"
            )
        if status != 200:
            raise self._refused("read", status, said)
        return _Version(metadata["version"], data["data"])

    def _write(self, current: _Version, fields: dict[str, str]) -> bool:
        """Write on top of that version; False where it is not the current one."""
        status, said = self._ask(
            "POST",
            {
                "options": {"cas": current.number},
                "data": {**current.fields, **fields},
            },
        )
        if status == 400 and "check-and-set" in str(said.get("errors")):
            return False
        if status != 200:
            raise self._refused("write", status, said)
        return True

    def _ask(self, method: str, body: Any) -> tuple[int, dict[str, Any]]:
        """Ask; again while a mount that was made just now is not ready."""
        for _attempt in range(_ATTEMPTS):
            try:
                answer = self._transport.send(
                    method, self._path, body=body, timeout=_TIMEOUT
                )
            except HttpError as error:
                raise RunError(
                    f"Vault at {self._vault.url} cannot be reached: {error}; is "
                    "vault_url right?"
                ) from error
            try:
                said = json.loads(answer.body or b"{}")
            except ValueError as error:
                raise RunError(
                    f"{self._vault.url} does not answer as Vault does; check vault_url"
                ) from error
            if answer.status != 400 or "pgrad" not in str(said.get("errors")):
                break
            self._sleep(_POLL_SECONDS)
        return answer.status, said

    def _refused(self, act: str, status: int, said: dict[str, Any]) -> RunError:
        why = "; ".join(said.get("errors") or []) or "no reason given"
        help_text = {
            403: f"the token in vault_token must be allowed to {act} {self._place}",
            404: f"is vault_mount right, and {self._vault.mount!r} a KV version 2?",
            503: "unseal it",
        }.get(status, "see the server's log")
        return RunError(
            f"Vault at {self._vault.url} refused to {act} {self._place}: {status}, "
            f"{' '.join(why.split())}; {help_text}"
        )

    def _contended(self) -> RunError:
        return RunError(
            f"{self._place} in Vault was changed by somebody else {_ATTEMPTS} times "
            "while it was being written; run again"
        )
