# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's part of vault_unwrap: have a secret wrapped, where one is needed."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.plugins.loader import lookup_loader

WRAP_TTL = "2m"


class ActionModule(ActionBase):
    """Looks at the host first, so that no secret is made which nobody needs.

    The secret goes from Vault to the host; here is only the token that wraps it, made
    with the run's one login.
    """

    def run(
        self, tmp: str | None = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Run the module; between looking and unwrapping, get the token."""
        result = super().run(tmp, task_vars)
        options = self._task.args.copy()
        # The host has no use for them.
        data = options.pop("data", None) or {}
        wrap_ttl = options.pop("wrap_ttl", None) or WRAP_TTL
        if "token" in options and not options["token"]:
            raise AnsibleActionFail(
                "token: is empty; give a wrapping token, or leave it out to have one"
                " made with the run's login"
            )
        try:
            if "token" not in options:
                seen = self._module(options, task_vars)
                settled = seen.get("failed") or not seen["needed"]
                if settled or self._task.check_mode:
                    return {**result, **seen}
                path = f"{options['creation_path'].strip('/')}#token"
                options["token"] = self._wrapped(path, data, wrap_ttl, task_vars)
                result["why"] = seen["why"]
            return {**self._module(options, task_vars), **result}
        finally:
            self._remove_tmp_path(self._connection._shell.tmpdir)

    def _module(
        self, options: dict[str, Any], task_vars: dict[str, Any] | None
    ) -> dict[str, Any]:
        return self._execute_module(module_args=options, task_vars=task_vars)

    def _wrapped(
        self,
        term: str,
        data: dict[str, Any],
        wrap_ttl: str,
        task_vars: dict[str, Any] | None,
    ) -> str:
        """A wrapping token, by the lookup: its variables, its login."""
        lookup = lookup_loader.get(
            "vigie.run.vault", loader=self._loader, templar=self._templar
        )
        return lookup.run([term], task_vars, data=data, wrap_ttl=wrap_ttl)[0]
