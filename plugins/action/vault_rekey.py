# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Replace key shares by new ones, which are kept and proved before the old ones end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from ansible_collections.vigie.run.plugins.plugin_utils._key_action import (
    CONNECTION,
    LOGIN,
    KeyAction,
    access_from,
    session_from,
)
from ansible_collections.vigie.run.plugins.plugin_utils._vault_keys.ceremony import (
    REKEY,
    Ceremony,
)
from ansible_collections.vigie.run.plugins.plugin_utils._vault_keys.init import Wanted
from ansible_collections.vigie.run.plugins.plugin_utils._vault_keys.node import (
    Node,
    SealStatus,
)
from ansible_collections.vigie.run.plugins.plugin_utils._vault_keys.pgp import (
    public_keys,
)
from ansible_collections.vigie.run.plugins.plugin_utils._vault_keys.places import PLACES
from ansible_collections.vigie.run.plugins.plugin_utils._vault_keys.rekey import Rekey
from ansible_collections.vigie.run.plugins.plugin_utils._vault_keys.shares import Share


class ActionModule(KeyAction):
    """The module of the same name documents it."""

    arguments: ClassVar[dict[str, dict[str, Any]]] = {
        **CONNECTION,
        **LOGIN,
        "new_shares": {"type": "int", "default": 5},
        "new_threshold": {"type": "int", "default": 3},
        "pgp_keys": {"type": "list", "elements": "str", "default": [], "no_log": False},
        "keep": {**PLACES, "required": True},
        "shares": {"type": "list", "elements": "str", "default": [], "no_log": True},
        "kept": {**PLACES, "default": []},
        "restart": {"type": "bool", "default": False},
    }

    def work(self, params: dict[str, Any], secrets: set[str]) -> dict[str, Any]:
        """Go on with the rekey as far as the shares of this run reach."""
        secrets |= set(params["shares"])
        wanted = Wanted(
            params["new_shares"],
            params["new_threshold"],
            public_keys(params["pgp_keys"], "pgp_keys", self.find),
            prefix="new_",
        )
        access = access_from(params)
        status = self._status(access)
        session = session_from(params)
        ceremony = Ceremony(session, REKEY[status.kind])
        keeps = self.keeps(params["keep"], "keep")
        rekey = Rekey(ceremony, access.url, status.kind, wanted, keeps)

        def shares() -> Sequence[Share]:
            return self.hand(params, secrets, status.kind).shares

        try:
            done = rekey.run(shares, params["restart"], self._task.check_mode)
        finally:
            secrets |= rekey.secrets
            session.close()
        return {
            "changed": done.changed,
            "phase": done.phase,
            "missing": done.missing,
            **(done.progress.result() if done.progress else {}),
        }

    def _status(self, access: Any) -> SealStatus:
        node = Node(access)
        try:
            return node.status()
        finally:
            node.close()
