# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Revoke the root token, or make one by a quorum of key shares."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from ansible.utils.display import Display
from ansible_collections.vigie.run.plugins.plugin_utils._key_action import (
    CONNECTION,
    LOGIN,
    KeyAction,
    access_from,
    session_from,
)
from ansible_collections.vigie.run.plugins.plugin_utils._vault_keys.ceremony import (
    ROOT_TOKEN,
    Ceremony,
)
from ansible_collections.vigie.run.plugins.plugin_utils._vault_keys.places import PLACES
from ansible_collections.vigie.run.plugins.plugin_utils._vault_keys.root_token import (
    Outcome,
    RootToken,
)
from ansible_collections.vigie.run.plugins.plugin_utils._vault_keys.shares import Share


class ActionModule(KeyAction):
    """The module of the same name documents it."""

    arguments: ClassVar[dict[str, dict[str, Any]]] = {
        **CONNECTION,
        **LOGIN,
        "state": {"type": "str", "choices": ["absent", "present"], "required": True},
        "keep": {**PLACES, "required": True},
        "shares": {"type": "list", "elements": "str", "default": [], "no_log": True},
        "kept": {**PLACES, "default": []},
        "restart": {"type": "bool", "default": False},
    }

    def work(self, params: dict[str, Any], secrets: set[str]) -> dict[str, Any]:
        """Revoke, or make."""
        secrets |= set(params["shares"])
        keeps = self.keeps(params["keep"], "keep")
        token = RootToken(access_from(params), keeps, self._task.check_mode)
        try:
            if params["state"] == "absent":
                outcome = token.revoke()
            else:
                outcome = self._make(token, params, secrets)
        finally:
            secrets |= token.secrets
        for warning in outcome.warnings:
            Display().warning(warning)
        return _result(outcome)

    def _make(
        self, token: RootToken, params: dict[str, Any], secrets: set[str]
    ) -> Outcome:
        session = session_from(params)

        def shares() -> Sequence[Share]:
            return self.hand(params, secrets).shares

        try:
            return token.make(Ceremony(session, ROOT_TOKEN), shares, params["restart"])
        finally:
            session.close()


def _result(outcome: Outcome) -> dict[str, Any]:
    progress = outcome.progress.result() if outcome.progress else {}
    return {"changed": outcome.changed, "present": outcome.present, **progress}
