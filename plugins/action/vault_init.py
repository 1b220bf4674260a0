# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Initialise Vault or OpenBao once, and keep what it says where the user wants it."""

from __future__ import annotations

from typing import Any, ClassVar

from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.plugin_utils._key_action import (
    CONNECTION,
    KeyAction,
    access_from,
)
from ansible_collections.vigie.run.plugins.plugin_utils._vault_keys.init import (
    Wanted,
    initialise,
)
from ansible_collections.vigie.run.plugins.plugin_utils._vault_keys.node import Node
from ansible_collections.vigie.run.plugins.plugin_utils._vault_keys.pgp import (
    public_keys,
)
from ansible_collections.vigie.run.plugins.plugin_utils._vault_keys.places import PLACES


class ActionModule(KeyAction):
    """The module of the same name documents it."""

    arguments: ClassVar[dict[str, dict[str, Any]]] = {
        **CONNECTION,
        "shares": {"type": "int", "default": 5},
        "threshold": {"type": "int", "default": 3},
        "pgp_keys": {"type": "list", "elements": "str", "default": [], "no_log": False},
        "root_token_pgp_key": {"type": "str", "default": "", "no_log": False},
        "keep": {**PLACES, "required": True},
    }

    def work(self, params: dict[str, Any], secrets: set[str]) -> dict[str, Any]:
        """Initialise, unless it is done."""
        if not params["keep"]:
            raise RunError("keep: name at least one place for the key shares")
        root = [params["root_token_pgp_key"]] if params["root_token_pgp_key"] else []
        wanted = Wanted(
            shares=params["shares"],
            threshold=params["threshold"],
            pgp_keys=public_keys(params["pgp_keys"], "pgp_keys", self.find),
            root_token_pgp_key="".join(
                public_keys(root, "root_token_pgp_key", self.find)
            ),
        )
        keeps = self.keeps(params["keep"], "keep")
        node = Node(access_from(params))
        try:
            done = initialise(node, wanted, keeps, self._task.check_mode)
        finally:
            node.close()
        secrets |= done.secrets
        state = "initialised" if done.status.initialized else "not initialised"
        return {
            "changed": done.changed,
            "initialized": done.status.initialized,
            "sealed": done.status.sealed,
            "kind": done.status.kind,
            "shares": done.status.total,
            "threshold": done.status.threshold,
            "places": [keep.place.name for keep in keeps],
            "diff": {
                "before": f"{node.url}: not initialised\n" if done.changed else "",
                "after": f"{node.url}: {state}\n" if done.changed else "",
            },
        }
