# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""An intermediate of a PKI engine: an authority that another one of this Vault signs.

Its key is made in its own engine and never leaves it; the request is signed by the
parent's, and the chain imported.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from ..._converge.fields import text
from ..._converge.provider import Desired, Live
from ..._errors import RunError
from ..common import once
from ..issuers import KEY_FIELDS, IssuerType


class PkiIntermediate(IssuerType):
    name = "pki_intermediate"
    root = False
    uses = ("pki_root",)
    names = {
        **IssuerType.names,
        "parent_mount": ("secret_engine", "path"),
        "parent_issuer": ("pki_root", "name"),
    }
    fields = {
        **IssuerType.issuer_fields(),
        "parent_mount": once(text("The engine of who signs it.", required=True)),
        "parent_issuer": once(text("Who signs it; the default issuer there.")),
    }

    def create(self, desired: Desired) -> Live:
        """Each step may be done again: an interrupted run is carried on from there."""
        mount_path = quote(desired.properties["mount"])
        request = self._request(mount_path, desired)
        signed = self._signed(request, desired)
        chain = [signed["certificate"], *(signed.get("ca_chain") or ())]
        imported = self.session.write(
            f"{mount_path}/intermediate/set-signed",
            {"certificate": "\n".join(dict.fromkeys(chain))},
        )["data"]
        with_key = [id_ for id_, key in imported["mapping"].items() if key]
        if not with_key:
            raise RunError(
                f"{mount_path}: the signed certificate does not fit the engine's key"
            )
        given = {"issuer_name": desired.properties["name"]}
        self.session.write(f"{mount_path}/issuer/{with_key[0]}", given)
        return self.finished(desired)

    def _request(self, mount_path: str, desired: Desired) -> str:
        """A request by the key of the issuer's name, made unless it is there."""
        name = desired.properties["name"]
        given = self.subject(desired)
        given.pop("ttl", None)
        keys = self.session.listing(f"{mount_path}/keys")
        if any(key.get("key_name") == name for key in keys.values()):
            kind = "existing"
            given = {n: v for n, v in given.items() if n not in KEY_FIELDS}
            given["key_ref"] = name
        else:
            kind = "internal"
            given["key_name"] = name
        path = f"{mount_path}/intermediate/generate/{kind}"
        return self.session.write(path, given, repeat=False)["data"]["csr"]

    def _signed(self, request: str, desired: Desired) -> dict[str, Any]:
        parent = quote(desired.properties["parent_mount"])
        issuer = quote(desired.properties.get("parent_issuer") or "default")
        wanted = self.subject(desired)
        given = {
            **{n: v for n, v in wanted.items() if n not in KEY_FIELDS},
            "csr": request,
        }
        path = f"{parent}/issuer/{issuer}/sign-intermediate"
        return self.session.write(path, given)["data"]


TYPE = PkiIntermediate
