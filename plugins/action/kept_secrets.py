# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets that are made once and kept where the user says."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import env_fallback
from ansible.plugins.action import ActionBase
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.plugin_utils import _private_files
from ansible_collections.vigie.run.plugins.plugin_utils._kept.files import FileStore
from ansible_collections.vigie.run.plugins.plugin_utils._kept.secret import (
    Kept,
    Store,
    Wanted,
    keep,
)
from ansible_collections.vigie.run.plugins.plugin_utils._kept.vault import (
    Vault,
    VaultStore,
)
from ansible_collections.vigie.run.plugins.plugin_utils._masking import mask

SECRET = {
    "name": {"type": "str", "required": True},
    "kind": {"type": "str", "choices": ["uuid", "key", "password"], "required": True},
    "size": {"type": "int", "default": 32},
}


def _from(*names: str) -> tuple[Any, list[str]]:
    return env_fallback, list(names)


ARGUMENTS = {
    "secrets": {
        "type": "list",
        "elements": "dict",
        "options": SECRET,
        "required": True,
        "no_log": False,
    },
    "dir": {"type": "str"},
    "vault_path": {"type": "str"},
    "vault_mount": {"type": "str", "default": "secret"},
    "vault_url": {"type": "str", "fallback": _from("VAULT_ADDR", "BAO_ADDR")},
    "vault_token": {
        "type": "str",
        "no_log": True,
        "fallback": _from("VAULT_TOKEN", "BAO_TOKEN"),
    },
    "vault_namespace": {
        "type": "str",
        "fallback": _from("VAULT_NAMESPACE", "BAO_NAMESPACE"),
    },
    "vault_ca_path": {
        "type": "path",
        "fallback": _from("VAULT_CACERT", "BAO_CACERT"),
    },
    "renew": {"type": "list", "elements": "str", "default": []},
}


class ActionModule(ActionBase):
    """Needs no connection: secrets are kept by the controller, or by Vault."""

    _requires_connection = False

    def run(
        self, tmp: str | None = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Read what is kept, make what is missing, hand all of it back."""
        result = super().run(tmp, task_vars)
        _checked, options = self.validate_argument_spec(
            argument_spec=ARGUMENTS,
            required_one_of=[["dir", "vault_path"]],
            mutually_exclusive=[["dir", "vault_path"]],
        )
        try:
            result.update(self._bring_about(options))
        except RunError as error:
            result.update(failed=True, msg=str(error), **error.details)
        return result

    def _bring_about(self, options: dict[str, Any]) -> dict[str, Any]:
        wanted = [
            Wanted(one["name"], one["kind"], one["size"]) for one in options["secrets"]
        ]
        if options["vault_path"]:
            return result_of(self._keep(vault_store(options), wanted, options))
        folder = Path(self._loader.path_dwim(options["dir"]))
        store = FileStore(folder)
        opened = store.open_to_others([one.name for one in wanted])
        with contextlib.ExitStack() as held:
            if options["renew"] and not self._task.check_mode:
                _private_files.make_folder(folder)
                held.enter_context(_private_files.locked(folder))
            kept = self._keep(store, wanted, options)
        if not self._task.check_mode:
            for path in opened:
                _private_files.close(path)
        return result_of(kept, [str(path) for path in opened])

    def _keep(
        self, store: Store, wanted: list[Wanted], options: dict[str, Any]
    ) -> Kept:
        return keep(store, wanted, options["renew"], self._task.check_mode, mask)


def vault_store(options: dict[str, Any]) -> VaultStore:
    """The store that the options name. Raises RunError."""
    if not options["vault_url"]:
        raise RunError(
            "vault_url: give it, or set VAULT_ADDR or BAO_ADDR in the environment"
        )
    ca_path = options["vault_ca_path"]
    if ca_path and not os.path.isfile(ca_path):
        raise RunError(f"vault_ca_path: there is no file {ca_path} on the controller")
    return VaultStore(
        Vault(
            url=options["vault_url"],
            token=options["vault_token"] or "",
            mount=options["vault_mount"],
            path=options["vault_path"],
            ca_path=ca_path or "",
            namespace=options["vault_namespace"] or "",
        )
    )


def result_of(kept: Kept, opened: list[str] | None = None) -> dict[str, Any]:
    """What a task gets; the diff names what was made and shows no value."""
    before = dict.fromkeys(kept.made, "missing, or another one")
    after = dict.fromkeys(kept.made, "kept")
    for path in opened or []:
        before[path], after[path] = "open to others", "for its owner only"
    return {
        "changed": bool(kept.made or opened),
        "secrets": kept.values,
        "made": kept.made,
        "diff": {"before": before, "after": after},
    }
