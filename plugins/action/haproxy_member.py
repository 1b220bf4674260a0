# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's part of the modules on HAProxy: say when a balancer is silent."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure
from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):
    """Runs the module, also for ``haproxy_member_info``.

    Delegated to a balancer that cannot be reached, the task would make the host that
    asked unreachable, although nothing is wrong with it. It fails instead, so that a
    rescue can look after that host.
    """

    def run(
        self, tmp: str | None = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Run the module where the task says."""
        result = super().run(tmp, task_vars)
        balancer = self._task.delegate_to
        try:
            result.update(self._execute_module(task_vars=task_vars))
        except AnsibleConnectionFailure as error:
            if not balancer:
                raise
            raise AnsibleActionFail(
                f"Load balancer {balancer} is out of reach: {error}"
            ) from error
        self._remove_tmp_path(self._connection._shell.tmpdir)
        return result
