# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""A secret engine: where it is mounted, and how long what it gives lives.

Deleting one deletes everything in it; `protect: true` on a resource keeps a run from
that. What refers to the engine, or names its path as a `mount`, is made after it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..mounts import MountType, mount_fields


class SecretEngine(MountType):
    name = "secret_engine"
    place = "sys/mounts"
    built_in = ("system", "cubbyhole", "identity", "ns_system", "ns_cubbyhole")
    fields = mount_fields(
        "engine", "kv, pki, database, transit, ssh, totp, aws, gcp and so on", "engine"
    )

    def written(self, resource: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """`kv-v2` is what the command line calls version 2 of kv."""
        given = dict(super().written(resource, body))
        options = given.get("options") or {}
        if given.get("engine") == "kv-v2" and isinstance(options, Mapping):
            given |= {"engine": "kv", "options": {"version": "2", **options}}
        return given


TYPE = SecretEngine
