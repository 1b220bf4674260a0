# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""A root of a PKI engine: an authority that signs itself; its key stays in Vault."""

from __future__ import annotations

from urllib.parse import quote

from ..._converge.provider import Desired, Live
from ..errors import UnreachableError
from ..issuers import IssuerType


class PkiRoot(IssuerType):
    name = "pki_root"
    root = True
    fields = IssuerType.issuer_fields()

    def create(self, desired: Desired) -> Live:
        """Asked once: where the answer was lost, what was made is looked up."""
        name = desired.properties["name"]
        path = f"{quote(desired.properties['mount'])}/root/generate/internal"
        given = {**self.subject(desired), "issuer_name": name}
        try:
            self.session.write(path, given, repeat=False)
        except UnreachableError:
            if self._read(self.at(desired.properties)) is None:
                raise
        return self.finished(desired)


TYPE = PkiRoot
