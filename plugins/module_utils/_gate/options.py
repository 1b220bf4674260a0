# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""The options of one gate, over all types; `declare` says which go together."""

from __future__ import annotations

from typing import Any

STATES = ["active", "inactive", "failed", "activating", "deactivating", "reloading"]


def gate_options() -> dict[str, dict[str, Any]]:
    """Argument spec of one gate.

    Nothing has a default here, so that `declare` can tell what was given and
    name an option that does not belong to the gate's type.
    """
    return {
        "name": {"type": "str"},
        "type": {
            "type": "str",
            "required": True,
            "choices": ["http", "tcp", "systemd", "consul", "command"],
        },
        "attempt_timeout": {"type": "float"},
        "url": {"type": "str"},
        "method": {"type": "str"},
        "headers": {"type": "dict"},
        "secret_headers": {"type": "dict", "no_log": True},
        "status": {"type": "list", "elements": "int"},
        "body": {"type": "str"},
        "count": {"type": "int"},
        "max_ms": {"type": "int"},
        "validate_certs": {"type": "bool"},
        "ca_path": {"type": "path"},
        "host": {"type": "str"},
        "port": {"type": "int"},
        "unit": {"type": "str"},
        "state": {"type": "str", "choices": STATES},
        "service": {"type": "str"},
        "token": {"type": "str", "no_log": True},
        "scope": {"type": "str", "choices": ["node", "all"]},
        "min_passing": {"type": "str", "no_log": False},
        "ignore_maintenance": {"type": "bool"},
        "tags": {"type": "list", "elements": "str"},
        "datacenter": {"type": "str"},
        "allow_warning": {"type": "bool"},
        "in_each": {"type": "str"},
        "argv": {"type": "list", "elements": "str"},
        "rc": {"type": "int"},
    }
