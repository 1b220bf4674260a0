# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""A key that encrypts, signs and hashes for others, and never leaves Vault.

Deleting it makes everything that it encrypted unreadable. Vault refuses that until
`deletion_allowed` has been applied.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..._converge.fields import flag, number, text
from ..._converge.provider import Change, Desired, Live
from ..._errors import RunError
from ..common import mount, named
from ..durations import duration
from ..paths import EnginePathType

# What is said at the creation, and what afterwards.
NEW = ("key_type", "derived", "convergent_encryption", "key_size")


class TransitKey(EnginePathType):
    name = "transit_key"
    kinds = ("transit",)
    path = "{mount}/keys/{name}"
    attributes = {"id": "Its path.", "latest_version": "Its newest version."}
    volatile = ("latest_version",)
    fields = {
        "mount": mount("engine"),
        "name": named("The key"),
        "key_type": text(
            "Such as aes256-gcm96, chacha20-poly1305, ed25519, ecdsa-p256, rsa-4096 or"
            " hmac.",
            immutable=True,
            default="aes256-gcm96",
            api="type",
        ),
        "key_size": number("Of an hmac key, in bytes.", immutable=True),
        "derived": flag(
            "Every use says a context, from which the key is derived.",
            immutable=True,
            default=False,
        ),
        "convergent_encryption": flag(
            "The same text and context give the same result.",
            immutable=True,
            default=False,
        ),
        "exportable": flag("It may be exported; never to be undone.", default=False),
        "allow_plaintext_backup": flag(
            "It may be backed up in clear; never to be undone.", default=False
        ),
        "auto_rotate_period": duration("How often a new version is made; 0 never."),
        "min_decryption_version": number("The oldest version that decrypts."),
        "min_encryption_version": number(
            "The oldest version that encrypts; 0 for the newest.", default=0
        ),
        "deletion_allowed": flag("It may be deleted.", default=False),
    }

    def create(self, desired: Desired) -> Live:
        given = self._set(desired)
        path = self.at(desired.properties)
        self.session.write(
            path, self.body({n: given[n] for n in NEW if n in given}, None)
        )
        later = {n: v for n, v in given.items() if n not in (*NEW, *self.unique)}
        if later:
            self.session.write(f"{path}/config", self.body(later, None))
        return self.with_raw(
            self.owned_live(path, desired.properties, owned=True),
            self.session.read(path),
        )

    def update(self, live: Live, desired: Desired, changes: Sequence[Change]) -> Live:
        later = {n: v for n, v in desired.properties.items() if n not in NEW}
        self.session.write(f"{live.id}/config", self.body(later, live))
        return Live(live.id, desired.properties, live.attributes, raw=live.raw)

    def delete(self, live: Live) -> None:
        if not live.raw.get("deletion_allowed"):
            raise RunError(
                f"{live.id} may not be deleted, and what it encrypted would be lost:"
                " apply deletion_allowed: true first"
            )
        super().delete(live)

    def _set(self, desired: Desired) -> Mapping[str, Any]:
        return {n: v for n, v in desired.properties.items() if v is not None}


TYPE = TransitKey
