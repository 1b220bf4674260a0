# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""A namespace: a Vault within Vault. OpenBao and Vault Enterprise have them.

Deleting one deletes everything in it. What is in it is another state, with
`vault_namespace` set.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from ..._converge.fields import mapping, text
from ..._converge.provider import Change, Desired, Live
from ..._errors import RunError
from ..common import named
from ..paths import PathType

# Seconds until all in it must be gone, and between two looks.
LIMIT = 60.0
PAUSE = 0.2


class Namespace(PathType):
    name = "namespace"
    path = "sys/namespaces/{name}"
    unique = ("name",)
    fields = {
        "name": named("The namespace"),
        "custom_metadata": mapping(text("A text."), "What is known of it."),
    }

    def written(self, resource: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        given = dict(super().written(resource, body))
        if isinstance(given["name"], str):
            given["name"] = given["name"].strip("/")
        return given

    def update(self, live: Live, desired: Desired, changes: Sequence[Change]) -> Live:
        """Null takes an entry away, which only a patch can."""
        given = desired.properties.get("custom_metadata")
        if given is None:
            given = dict.fromkeys(live.properties["custom_metadata"])
        self.session.request("PATCH", live.id, body={"custom_metadata": given})
        return self.owned_live(live.id, desired.properties, owned=True)

    def delete(self, live: Live) -> None:
        """What is in it goes in the background."""
        super().delete(live)
        end = time.monotonic() + LIMIT
        while self.session.read(live.id) is not None:
            if time.monotonic() > end:
                raise RunError(
                    f"{live.id} is still being deleted after {LIMIT:g} s; run again"
                )
            time.sleep(PAUSE)

    def _listed(self, mounts: Any) -> dict[str, dict[str, Any]]:
        """Namespaces are listed with a slash, as folders are."""
        found = super()._listed(mounts).values()
        keys = [{"name": key["name"].rstrip("/")} for key in found]
        return {self.at(key): key for key in keys}


TYPE = Namespace
