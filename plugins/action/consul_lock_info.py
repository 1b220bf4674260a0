# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Say who holds which lock in Consul, and how locks were lost."""

from __future__ import annotations

from typing import Any, ClassVar

from ansible_collections.vigie.run.plugins.module_utils._consul.client import Access
from ansible_collections.vigie.run.plugins.module_utils._consul.lock_record import (
    check_name,
)
from ansible_collections.vigie.run.plugins.module_utils._consul.lock_store import (
    Seen,
    Store,
    names,
)
from ansible_collections.vigie.run.plugins.plugin_utils._lock_action import (
    LockAction,
)


class ActionModule(LockAction):
    """The module of the same name documents it."""

    arguments: ClassVar[dict[str, dict[str, Any]]] = {
        "name": {"type": "str", "default": ""},
    }

    def work(self, params: dict[str, Any], agents: list[Access]) -> dict[str, Any]:
        """Read one lock, or all."""
        wanted = [check_name(params["name"])] if params["name"] else names(agents)
        return {
            "changed": False,
            "locks": [_shown(name, Store(agents, name).read()) for name in wanted],
        }


def _shown(name: str, seen: Seen) -> dict[str, Any]:
    record = seen.record
    return {
        "name": name,
        "fence": record.fence,
        "places": [
            {**place.public(), "alive": seen.shows(place)} for place in record.places
        ],
        "trace": [
            {
                "at": event.at,
                "what": event.what,
                "by": event.by,
                "why": event.why,
                "place": {k: v for k, v in event.place.items() if k != "run"},
            }
            for event in record.trace
        ],
    }
