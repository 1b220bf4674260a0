# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Secrets by their paths as people write them, whatever engine is there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from .._errors import RunError
from .errors import DeniedError
from .session import Session


def _is_versioned(mount: Mapping[str, Any]) -> bool:
    options = mount.get("options") or {}
    return mount.get("type") == "kv" and options.get("version") == "2"


@dataclass(frozen=True)
class Term:
    """What a lookup names: `path`, or `path#field`."""

    path: str
    field: str = ""

    @classmethod
    def read(cls, text: Any) -> Term:
        """Raises RunError for what names nothing."""
        if not isinstance(text, str):
            raise RunError(f"{text!r} is no path: write secret/app or secret/app#field")
        path, _sign, name = text.strip().partition("#")
        path = path.strip("/")
        if not path or (_sign and not name):
            raise RunError(f"{text!r} is no path: write secret/app or secret/app#field")
        return cls(path, name)


class Secrets:
    """Reads secrets through one session; remembers which engine is where."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._mounts: dict[str, Mapping[str, Any]] = {}

    def read(self, term: Term, version: int = 0) -> Any:
        """What is there: a dictionary, or one field's value; None where nothing is."""
        mount = self._mount(term.path)
        if _is_versioned(mount):
            found = self._versioned(mount["path"], term.path, version)
        else:
            found = self._session.read(quote(term.path))
        return self._field(term, found)

    def write(self, term: Term, body: Mapping[str, Any], wrap_ttl: str = "") -> Any:
        """The answer to a write: credentials that are made, or a wrapping token."""
        path = quote(term.path)
        answer = self._session.write(path, body, wrap_ttl=wrap_ttl, repeat=False)
        if wrap_ttl:
            return self._field(term, answer["wrap_info"])
        return self._field(term, (answer or {}).get("data"))

    def _versioned(self, mount: str, path: str, version: int) -> Any:
        rest = path[len(mount) :]
        rest = rest.removeprefix("data/")
        params = {"version": version} if version else None
        found = self._session.read(quote(f"{mount}data/{rest}"), params)
        # A deleted version has metadata and no data.
        return found and found["data"]

    def _mount(self, path: str) -> Mapping[str, Any]:
        """The engine that a path is in; {} where the token may not know."""
        for known, mount in self._mounts.items():
            if f"{path}/".startswith(known):
                return mount
        try:
            found = self._session.read(quote(f"sys/internal/ui/mounts/{path}")) or {}
        except DeniedError:
            # Whoever may not know it may still read, and is told when not.
            return {}
        if found.get("path"):
            self._mounts[found["path"]] = found
        return found

    @staticmethod
    def _field(term: Term, found: Any) -> Any:
        if found is None or not term.field:
            return found
        if term.field not in found:
            names = ", ".join(sorted(found)) or "none"
            raise RunError(f"{term.path} has no {term.field!r}; its fields are {names}")
        return found[term.field]
