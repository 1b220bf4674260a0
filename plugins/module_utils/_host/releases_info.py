# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""What the module ``release_info`` does: look at the releases of a host."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

from ansible_collections.vigie.run.plugins.module_utils._host import (
    archive,
    disk,
    releases,
    service,
)
from ansible_collections.vigie.run.plugins.module_utils._host.releases_store import (
    Store,
)


def info(
    path: str, unit_name: str, version: str, checksum: str, run: service.Run
) -> dict[str, Any]:
    """What ``release_info`` returns; nothing is changed. Raises RunError."""
    store = Store(releases.check_path(path))
    if version:
        releases.check_version(version)
    wanted = archive.parse_checksum(checksum) if checksum else ""
    try:
        state = store.read()
        unit = service.look(run, unit_name) if unit_name else None
        due = ""
        if unit is not None:
            running = store.version_at(service.working_folder(unit.pid))
            state = replace(state, running=running)
            if state.active:
                due = service.why_restart(unit, state.active, running, store.due)
        free = disk.free_bytes(store.path)
    except OSError as error:
        raise disk.explain(error, store.path) from error
    found = state.find(version) if version else None
    same = found is not None and (not wanted or found.checksum == wanted)
    return {
        **releases.describe(state),
        "path": str(store.path),
        "host": os.uname().nodename,
        "service_state": unit.state if unit else None,
        "restart_due": due or None,
        "free_bytes": free,
        "staged": same,
        "bad": bool(found and found.bad),
        "done": bool(same and state.active == version and not due),
    }
