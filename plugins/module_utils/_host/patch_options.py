# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""What os_patch and os_patch_info have in common: options and the way to the host."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.module_utils._host import stale
from ansible_collections.vigie.run.plugins.module_utils._host.apt import (
    ENVIRONMENT,
    Selection,
)
from ansible_collections.vigie.run.plugins.module_utils._host.patch import Host, Wish

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

APT_GET = "/usr/bin/apt-get"

SELECTION: dict[str, dict[str, Any]] = {
    "upgrades": {
        "type": "list",
        "elements": "dict",
        "options": {
            "name": {"type": "str", "required": True},
            "version": {"type": "str", "required": True},
        },
    },
    "only": {"type": "list", "elements": "str", "default": []},
    "exclude": {"type": "list", "elements": "str", "default": []},
    "security": {"type": "bool", "default": False},
    "cache_valid_time": {"type": "int", "default": 0},
    "lock_timeout": {"type": "int", "default": 60},
    "allow_removals": {"type": "bool", "default": False},
}

# Options of a module that are fields of Wish under the same name.
_PLAIN = (
    "refresh",
    "cache_valid_time",
    "lock_timeout",
    "allow_removals",
    "restart_stale",
    "reboot_follows",
    "download_only",
    "settle_timeout",
)


def selection(params: Mapping[str, Any]) -> Selection:
    """Return the selection that a module's options ask for."""
    listed = params.get("upgrades")
    return Selection(
        upgrades=None if listed is None else {u["name"]: u["version"] for u in listed},
        only=tuple(params["only"]),
        exclude=tuple(params["exclude"]),
        security=params["security"],
    )


def wish(params: Mapping[str, Any], check: bool = False) -> Wish:
    """Return what a module's options ask for."""
    plain = {name: params[name] for name in _PLAIN if name in params}
    return Wish(
        selection=selection(params),
        reload_services=tuple(params.get("reload_services") or ()),
        restart_exclude=tuple(params.get("restart_exclude") or ()),
        check=check,
        **plain,
    )


def host(module: AnsibleModule) -> Host:
    """Return the host that *module* runs on. Raises RunError when apt is missing."""
    if not Path(APT_GET).exists():
        raise RunError(
            "This host has no apt-get: os_patch works on Debian and its relatives."
        )

    def run(argv: Sequence[str]) -> tuple[int, str, str]:
        return module.run_command(list(argv), environ_update=ENVIRONMENT)

    return Host(
        run=run,
        folder=lambda: module.tmpdir,
        warn=module.warn,
        systemd=stale.own_systemd(),
    )
