# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""An audit device: where every request and answer is logged.

OpenBao takes them from its own configuration, and refuses to make them by its API
unless that says otherwise; its answer says so then.
"""

from __future__ import annotations

from ..._converge.fields import flag, mapping, text
from ..._converge.provider import Desired, Live
from ..mounts import MountType
from ..shape import body


class AuditDevice(MountType):
    name = "audit_device"
    place = "sys/audit"
    built_in = ()
    attributes = {"id": "The path."}
    fields = {
        "path": text(
            "What it is called; your own name for it unless given.",
            required=True,
            immutable=True,
        ),
        "device": text(
            "Of which kind.",
            choices=("file", "syslog", "socket"),
            required=True,
            immutable=True,
            api="type",
        ),
        "description": text("What it is for.", immutable=True),
        "options": mapping(
            text("A value."), "Options of its kind, such as file_path.", immutable=True
        ),
        "local": flag("Not replicated.", immutable=True, default=False),
    }

    def create(self, desired: Desired) -> Live:
        given = body(self.fields, self._set(desired.properties))
        path = given.pop("path")
        self.session.request("PUT", self._at(path), body=given)
        return self._live(path, self.session.read(self.place)[f"{path}/"])


TYPE = AuditDevice
