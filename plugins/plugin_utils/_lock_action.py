# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Locks in Consul, taken and looked at by the controller itself."""

from __future__ import annotations

import os
from abc import abstractmethod
from typing import Any, ClassVar
from urllib.parse import urlsplit

from ansible import context
from ansible.module_utils.common.parameters import remove_values
from ansible.plugins.action import ActionBase
from ansible_collections.vigie.run.plugins.module_utils._consul.client import Access
from ansible_collections.vigie.run.plugins.module_utils._consul.lock_record import Me
from ansible_collections.vigie.run.plugins.module_utils._consul.options import (
    consul_options,
)
from ansible_collections.vigie.run.plugins.module_utils._consul.process import (
    Process,
    owner,
)
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError

JOBS = ("awx_job_id", "tower_job_id")
CONNECTION: dict[str, dict[str, Any]] = {
    **consul_options(),
    "consul_other_urls": {"type": "list", "elements": "str", "default": []},
}


class LockAction(ActionBase):
    """Works here, whatever host the task is for: a run is what holds a lock."""

    _requires_connection = False
    arguments: ClassVar[dict[str, dict[str, Any]]]
    required_if: ClassVar[list[tuple[Any, ...]]] = []

    @abstractmethod
    def work(self, params: dict[str, Any], agents: list[Access]) -> dict[str, Any]:
        """The result; RunError for what the user can act upon."""

    def run(
        self, tmp: str | None = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Read the options, work, and hand the result or the problem back."""
        result = super().run(tmp, task_vars)
        self._vars = task_vars or {}
        _checked, params = self.validate_argument_spec(
            argument_spec={**self.arguments, **CONNECTION}, required_if=self.required_if
        )
        token = params["consul_token"]
        try:
            result.update(self.work(params, agents(params)))
        except RunError as error:
            result.update(failed=True, msg=str(error), **error.details)
        return remove_values(result, {token} if token else set())

    def _process(self) -> Process:
        """The run: the process that starts the one we are, for each task."""
        return Process.of(os.getppid())

    def _me(self, process: Process) -> Me:
        """Who this run is: user, machine, playbook, and job of AWX."""
        books = context.CLIARGS.get("args") or ()
        book = os.path.basename(str(books[0])) if books else "ad hoc"
        jobs = [f"AWX job {self._vars[key]}" for key in JOBS if self._vars.get(key)]
        return Me(process.mark(), owner(", ".join([book, *jobs[:1]])))


def agents(params: dict[str, Any]) -> list[Access]:
    """How to reach each agent, the one of `consul_url` first."""
    first = Access.from_params(params)
    return [first, *(_at(first, url) for url in params["consul_other_urls"])]


def _at(access: Access, url: str) -> Access:
    if urlsplit(url).scheme not in ("http", "https", "unix"):
        raise RunError(
            f"consul_other_urls: {url!r}: expected http://host:port or https://host:port"
        )
    return Access(
        url,
        access.token,
        access.ca_path,
        access.client_cert,
        access.client_key,
        access.timeout,
    )
