# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""How a value that Vault never gives back is compared: by a keyed fingerprint.

The fingerprints and their random key are one secret of a KV v2 engine, which nobody but
the state's own runs needs to read. A fingerprint is HMAC-SHA-256 of what the value is
for and the value; the value itself is stored nowhere.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from typing import Any

from .._errors import RunError
from .errors import VaultError
from .session import Session

KEY_BYTES = 32
TRIES = 5


class Fingerprints:
    """Those at one place, `MOUNT/PATH`; none are kept where the place is empty."""

    def __init__(self, session: Session, place: str = "") -> None:
        mount, _slash, path = place.strip("/").partition("/")
        if place and not path:
            raise RunError(
                f"fingerprints: {place!r} is no place; say a KV v2 engine and a path in"
                " it, such as commerce-kv/vigie/fingerprints"
            )
        self._session = session
        self._path = f"{mount}/data/{path}" if path else ""
        self._lock = threading.Lock()
        self._held: dict[str, Any] | None = None
        self._version = 0
        self._noted: dict[str, str | None] = {}

    @property
    def kept(self) -> bool:
        """Whether there is a place for them."""
        return bool(self._path)

    def same(self, what: str, value: Any) -> bool:
        """Whether a value is the one that was sent last, as far as can be told."""
        if not self._path:
            return True
        with self._lock:
            held = self._load()
            known = held["fingerprints"].get(what, "")
            return hmac.compare_digest(known, _of(held["key"], what, value))

    def sent(self, what: str, value: Any) -> None:
        """A value has been sent; None for one whose thing is gone."""
        if self._path:
            with self._lock:
                self._noted[what] = None if value is None else str(value)

    def save(self) -> None:
        """Write what was sent, in one call, if anything was."""
        for _try in range(TRIES):
            if not self._noted:
                return
            held = self._load()
            after = dict(held["fingerprints"])
            for what, value in self._noted.items():
                after.pop(what, None)
                if value is not None:
                    after[what] = _of(held["key"], what, value)
            if after == held["fingerprints"] or self._write(
                {**held, "fingerprints": after}
            ):
                self._noted = {}
        if self._noted:
            raise RunError(
                f"fingerprints: {self._path} is being changed by somebody else all the"
                " time; what was sent will be sent again by the next run"
            )

    def _load(self) -> dict[str, Any]:
        if self._held is None:
            found = self._session.read(self._path) or {}
            self._version = (found.get("metadata") or {}).get("version", 0)
            self._held = found.get("data") or {
                "key": secrets.token_hex(KEY_BYTES),
                "fingerprints": {},
            }
        return self._held

    def _write(self, data: dict[str, Any]) -> bool:
        """False where somebody else was faster: what is there is read again."""
        body = {"data": data, "options": {"cas": self._version}}
        try:
            self._session.write(self._path, body)
        except VaultError as error:
            if "check-and-set" not in error.said:
                raise
            self._held = None
            return False
        return True


def _of(key: str, what: str, value: Any) -> str:
    told = f"{what}\0{value}".encode()
    return hmac.new(bytes.fromhex(key), told, hashlib.sha256).hexdigest()
