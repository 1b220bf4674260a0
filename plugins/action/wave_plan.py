# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plan the waves of a rotation, on the controller and without another process."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.module_utils._rotation.budget import spent
from ansible_collections.vigie.run.plugins.module_utils._rotation.checks import (
    Elsewhere,
)
from ansible_collections.vigie.run.plugins.module_utils._rotation.planner import (
    plan_waves,
)
from ansible_collections.vigie.run.plugins.module_utils._rotation.policy import (
    ROLE_ORDER,
)

HOST = {
    "name": {"type": "str", "required": True},
    "zone": {"type": "str", "default": ""},
    "services": {"type": "list", "elements": "str", "default": []},
    "role": {"type": "str", "default": ""},
    "weight": {"type": "int", "default": 1},
    "away": {"type": "bool", "default": False},
    "done": {"type": "bool", "default": False},
    "lost": {"type": "bool", "default": False},
}
ZONES = {
    "order": {"type": "list", "elements": "str", "default": []},
    "one_at_a_time": {"type": "bool", "default": True},
}
POLICY = {
    "services": {"type": "dict", "default": {}},
    "default_max_unavailable": {"type": "raw", "default": 1},
    "zones": {"type": "dict", "default": {}, "options": ZONES},
    "canary": {"type": "list", "elements": "raw", "default": []},
    "wave_size": {"type": "raw", "default": 0},
    "role_order": {"type": "list", "elements": "str", "default": list(ROLE_ORDER)},
    "apart": {"type": "list", "elements": "list", "default": []},
}
ELSEWHERE = {
    "services": {"type": "list", "elements": "str", "default": []},
    "hosts": {"type": "list", "elements": "str", "default": []},
}
ARGUMENTS = {
    "hosts": {"type": "list", "elements": "dict", "required": True, "options": HOST},
    "policy": {"type": "dict", "default": {}, "options": POLICY},
    "elsewhere": {"type": "dict", "default": {}, "options": ELSEWHERE},
    "max_lost": {"type": "raw", "default": 0},
}


class ActionModule(ActionBase):
    """Needs no connection: the plan is computed where the options are."""

    _requires_connection = False

    def run(
        self, tmp: str | None = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Read the options, plan, and hand the plan or the problems back."""
        result = super().run(tmp, task_vars)
        _checked, options = self.validate_argument_spec(argument_spec=ARGUMENTS)
        try:
            result.update(plan(options), changed=False)
        except RunError as error:
            result.update(failed=True, msg=str(error), **error.details)
        return result


def plan(options: dict[str, Any]) -> dict[str, Any]:
    """The plan as the action returns it.

    Raises RunError when the input is bad, no plan is possible, or more hosts are lost
    than may be.
    """
    hosts = options["hosts"]
    lost = [host["name"] for host in hosts if host["lost"]]
    budget = spent(lost, options["max_lost"], len(hosts))
    if budget.over:
        raise RunError(f"max_lost, no host touched: {budget.message}", lost=lost)
    waves = plan_waves(hosts, options["policy"], Elsewhere(**options["elsewhere"]))
    return {
        "max_lost": budget.allowed,
        "away": [host["name"] for host in hosts if host["away"]],
        **waves.as_result(),
    }
