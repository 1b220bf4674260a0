# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""What secret engines and auth methods have in common: a mount and its tuning."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import quote

from .._converge.fields import Field, flag, mapping, text
from .._converge.provider import Change, Desired, Live, Reading
from .base import VaultType
from .common import texts
from .durations import duration
from .errors import BusyError, DeniedError
from .shape import body, seen

# What Vault keeps under `config`, and `tune` changes.
TUNING: dict[str, Field] = {
    "default_lease_ttl": duration(
        "How long leases and tokens live; 0 for the server's own."
    ),
    "max_lease_ttl": duration("The same, however often renewed."),
    "listing_visibility": text(
        "Whether the login page shows it to everybody.",
        choices=("hidden", "unauth"),
        default="hidden",
    ),
    "audit_non_hmac_request_keys": texts(
        "A key.", "What of a request the audit log has in clear."
    ),
    "audit_non_hmac_response_keys": texts("A key.", "What of an answer."),
    "passthrough_request_headers": texts(
        "A header.", "Request headers that it is given."
    ),
    "allowed_response_headers": texts("A header.", "Headers that it may answer with."),
}


def mount_fields(what: str, kinds: str, kind: str) -> dict[str, Field]:
    """The fields of a mount; `kind` is the property that says which engine it is."""
    return {
        "path": text(
            "Where it is mounted; your own name for it unless given.",
            required=True,
            immutable=True,
        ),
        kind: text(
            f"Which {what}: {kinds}.", required=True, immutable=True, api="type"
        ),
        "description": text("What it is for."),
        **TUNING,
        "options": mapping(text("A value."), "Options of the engine's own."),
        "plugin_version": text("The version of a plugin of your own."),
        "local": flag("Not replicated.", immutable=True, default=False),
        "seal_wrap": flag("Wrapped by the seal, too.", immutable=True, default=False),
    }


class MountType(VaultType):
    """Mounts of one sort, all read in one call."""

    unique = ("path",)
    attributes: ClassVar[Mapping[str, str]] = {
        "id": "The path.",
        "accessor": "The accessor, which names the mount in aliases and metrics.",
    }
    # Where they are, and those that are Vault's own.
    place: ClassVar[str]
    built_in: ClassVar[Sequence[str]]

    def written(self, resource: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        given = {"path": resource, **body}
        if isinstance(given["path"], str):
            given["path"] = given["path"].strip("/")
        return given

    def find(self, reading: Reading) -> Iterable[Live]:
        """One call. Whoever declares no mount need not be allowed to look at them."""
        try:
            mounts = self.session.read(self.place)
        except DeniedError:
            if reading.desired or (reading.everything and self.scope):
                raise
            return
        for path, raw in mounts.items():
            if isinstance(raw, Mapping) and "type" in raw:
                yield self._live(path.rstrip("/"), raw)

    def create(self, desired: Desired) -> Live:
        given = body(self.fields, self._set(desired.properties))
        tuning = {*TUNING, *self._tuning()}
        config = {name: given.pop(name) for name in tuning if name in given}
        path = given.pop("path")
        self.session.write(self._at(path), {**given, "config": config})
        return self._live(path, self.session.patiently(lambda: self._made(path)))

    def _made(self, path: str) -> Mapping[str, Any]:
        """What was made. A standby that answers reads itself may not know it yet."""
        mounts = self.session.read(self.place)
        if f"{path}/" not in mounts:
            raise BusyError(f"{self.place}/{path} was made, and is not to be seen yet")
        return mounts[f"{path}/"]

    def update(self, live: Live, desired: Desired, changes: Sequence[Change]) -> Live:
        fixed = [name for name, item in self.fields.items() if item.immutable]
        given = body(
            {n: item for n, item in self.fields.items() if n not in fixed},
            desired.properties,
            live.properties,
        )
        self.session.write(f"{self._at(live.id)}/tune", given)
        return Live(live.id, desired.properties, live.attributes, raw=live.raw)

    def delete(self, live: Live) -> None:
        self.session.delete(self._at(live.id))

    def _tuning(self) -> Sequence[str]:
        """Further fields that are tuning."""
        return ("plugin_version",)

    def _at(self, path: str) -> str:
        return f"{self.place}/{quote(path)}"

    def _live(self, path: str, raw: Mapping[str, Any]) -> Live:
        config = raw.get("config") or {}
        properties = {**seen(self.fields, {**config, **raw}), "path": path}
        owned = raw["type"] not in self.built_in and self.is_ours(path, f"{path}/")
        attributes = {"id": path, "accessor": raw.get("accessor")}
        return Live(path, properties, attributes, owned=owned, raw=raw)

    @staticmethod
    def _set(properties: Mapping[str, Any]) -> dict[str, Any]:
        """Without what is to be absent: nothing is there yet."""
        return {name: one for name, one in properties.items() if one is not None}
