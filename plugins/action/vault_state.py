# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bring a Vault configuration about, in this process where it can be."""

from __future__ import annotations

from typing import Any, ClassVar

from ansible_collections.vigie.run.plugins.module_utils._vault.options import (
    vault_options,
)
from ansible_collections.vigie.run.plugins.module_utils._vault.state import (
    STATE_ARGUMENTS,
    run_state,
)
from ansible_collections.vigie.run.plugins.plugin_utils._here import HereAction
from ansible_collections.vigie.run.plugins.plugin_utils._vault_token import (
    shared_token,
)


class ActionModule(HereAction):
    """The module of the same name documents it."""

    arguments: ClassVar[dict[str, Any]] = {**STATE_ARGUMENTS, **vault_options()}

    def work(self, params: dict[str, Any], secrets: set[str]) -> dict[str, Any]:
        """As the module does."""
        check = self._task.check_mode
        return run_state(params, check, secrets.update, shared_token)
