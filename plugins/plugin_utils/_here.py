# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module's work done in Ansible's own process, where that is the same Python.

Packing a module with all that it imports, and starting a Python for it, costs more than
a run that changes nothing. Where the module would run on the controller, as the same
user and with the same Python, none of that is needed.
"""

from __future__ import annotations

import os
import sys
from abc import abstractmethod
from typing import Any, ClassVar

from ansible.module_utils.common.parameters import remove_values
from ansible.plugins.action import ActionBase
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.plugin_utils._masking import mask


class HereAction(ActionBase):
    """Does a module's work itself where it can, and sends the module where not."""

    _supports_async = True
    arguments: ClassVar[dict[str, dict[str, Any]]]
    together: ClassVar[list[list[str]]] = []

    @abstractmethod
    def work(self, params: dict[str, Any], secrets: set[str]) -> dict[str, Any]:
        """The module's result; RunError for what the user can act upon.

        Whatever is put into `secrets` is masked in it.
        """

    def run(
        self, tmp: str | None = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Here, or by the module."""
        result = super().run(tmp, task_vars)
        if not self._is_here(task_vars or {}):
            sent = self._execute_module(
                task_vars=task_vars, wrap_async=self._task.async_val
            )
            return {**result, **sent}
        _checked, params = self.validate_argument_spec(
            argument_spec=self.arguments, required_together=self.together
        )
        secrets = _not_logged(self.arguments, params)
        try:
            done = self.work(params, secrets)
        except RunError as error:
            done = {"failed": True, "msg": str(error), **error.details}
        # What was asked for may hold secrets, and -vvv would print it.
        done.pop("invocation", None)
        mask(secrets)
        return remove_values({**result, **done}, secrets)

    def _is_here(self, task_vars: dict[str, Any]) -> bool:
        """The module would run on this machine, as this user, with this Python."""
        delegated = task_vars.get("ansible_delegated_vars", {})
        host_vars = delegated.get(self._task.delegate_to, task_vars)
        python = self._templar.template(host_vars.get("ansible_python_interpreter"))
        return (
            self._connection.transport == "local"
            and not self._task.async_val
            and not self._connection.become
            and not any(self._task.environment or ())
            and _is_same(python)
        )


def _not_logged(arguments: dict[str, Any], params: dict[str, Any]) -> set[str]:
    """The values of options that are secrets by themselves."""
    given = {params[name] for name, one in arguments.items() if one.get("no_log")}
    return {str(value) for value in given if value}


def _is_same(python: Any) -> bool:
    """The same program in the same folder: `python` and `python3` of one environment.

    Environments share the program that their names lead to, but not their packages.
    """
    if not isinstance(python, str):
        return False
    ours = os.path.abspath(sys.executable)
    theirs = os.path.abspath(python)
    return os.path.dirname(ours) == os.path.dirname(theirs) and (
        os.path.realpath(ours) == os.path.realpath(theirs)
    )
