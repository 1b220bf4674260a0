# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""What a KV engine, version 2, does with every secret that does not say otherwise."""

from __future__ import annotations

from ..._converge.fields import flag, number
from ..common import mount
from ..durations import duration
from ..paths import EnginePathType


class KvConfig(EnginePathType):
    name = "kv_config"
    kinds = ("kv",)
    path = "{mount}/config"
    unique = ("mount",)
    resets = True
    fields = {
        "mount": mount("engine"),
        "max_versions": number("How many versions are kept; 0 for ten.", default=0),
        "cas_required": flag(
            "Every write must say which version it follows.", default=False
        ),
        "delete_version_after": duration("How long a version is kept; 0 for ever."),
    }


TYPE = KvConfig
