# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bring a Consul configuration about, in this process where it can be."""

from __future__ import annotations

from typing import Any, ClassVar

from ansible.errors import AnsibleError
from ansible_collections.vigie.run.plugins.module_utils._consul.options import (
    consul_options,
)
from ansible_collections.vigie.run.plugins.module_utils._consul.state import (
    STATE_ARGUMENTS,
    run_state,
)
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.plugin_utils._here import HereAction
from ansible_collections.vigie.run.plugins.plugin_utils._key_files import with_files


class ActionModule(HereAction):
    """The module of the same name documents it."""

    arguments: ClassVar[dict[str, Any]] = {**STATE_ARGUMENTS, **consul_options()}

    def run(
        self, tmp: str | None = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Folders are those of the controller, wherever the work is done."""
        given = self._task.args.get("resources")
        try:
            resources = with_files(given, self._folder)
        except RunError as error:
            return {"failed": True, "msg": str(error)}
        if resources is not given:
            self._task.args = {**self._task.args, "resources": resources}
        return super().run(tmp, task_vars)

    def work(self, params: dict[str, Any], secrets: set[str]) -> dict[str, Any]:
        """As the module does."""
        return run_state(params, self._task.check_mode, secrets.update)

    def _folder(self, given: str) -> str:
        try:
            return self._find_needle("files", given)
        except AnsibleError as error:
            raise RunError(f"directory: {error}") from error
