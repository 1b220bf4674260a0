# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""The authority with which an SSH engine signs keys; it makes its own pair of keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..._converge.fields import number, text
from ..._converge.provider import Desired, Live
from ..common import mount, once
from ..errors import VaultError
from ..paths import EnginePathType


class SshCa(EnginePathType):
    name = "ssh_ca"
    kinds = ("ssh",)
    path = "{mount}/config/ca"
    unique = ("mount",)
    attributes = {
        "id": "Its path.",
        "public_key": "What hosts and users trust (TrustedUserCAKeys).",
    }
    fields = {
        "mount": mount("engine"),
        "key_type": once(text("Such as ed25519, ssh-rsa or ecdsa-sha2-nistp256.")),
        "key_bits": once(number("How long it is; 0 for what is usual.")),
    }

    def create(self, desired: Desired) -> Live:
        """A lost answer is looked up: another request would be refused."""
        path = self.at(desired.properties)
        given = self.body(desired.properties, None)
        try:
            self.session.write(path, {**given, "generate_signing_key": True})
        except VaultError:
            if self._read(path) is None:
                raise
        live = self.owned_live(path, desired.properties, owned=True)
        return self.with_raw(live, self._read(path))

    def _read(self, path: str) -> Mapping[str, Any] | None:
        """An engine without keys says so with an error."""
        try:
            return super()._read(path)
        except VaultError as error:
            if "keys haven't been configured" not in error.said:
                raise
            return None


TYPE = SshCa
