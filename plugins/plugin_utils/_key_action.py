# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the actions that handle key shares have in common.

They work on the controller whatever host the task is for: shares and tokens pass
through no host but Vault's own.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

from ansible.module_utils.common.parameters import remove_values
from ansible.plugins.action import ActionBase
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.module_utils._vault.login import (
    Credentials,
)
from ansible_collections.vigie.run.plugins.module_utils._vault.options import (
    vault_options,
)
from ansible_collections.vigie.run.plugins.module_utils._vault.session import (
    Access,
    Session,
)
from ansible_collections.vigie.run.plugins.plugin_utils._masking import SHORTEST, mask
from ansible_collections.vigie.run.plugins.plugin_utils._vault_keys.places import (
    Keep,
    keeps,
)
from ansible_collections.vigie.run.plugins.plugin_utils._vault_keys.shares import (
    Hand,
    gather,
)

# How to reach Vault. Neither initialising nor unsealing asks for a token.
CONNECTION = {
    name: option
    for name, option in vault_options().items()
    if name
    in (
        "vault_url",
        "vault_ca_path",
        "vault_client_cert",
        "vault_client_key",
        "vault_timeout",
    )
}
# How to be somebody, for what asks for a token.
LOGIN = {
    name: option for name, option in vault_options().items() if name not in CONNECTION
}


class KeyAction(ActionBase):
    """Reads options, works, and hands back a result with no secret in it."""

    _requires_connection = False
    arguments: ClassVar[dict[str, dict[str, Any]]]

    @abstractmethod
    def work(self, params: dict[str, Any], secrets: set[str]) -> dict[str, Any]:
        """The result; RunError for what the user can act upon.

        Whatever is put into `secrets` is masked in it.
        """

    def run(
        self, tmp: str | None = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """The documented module of the same name."""
        result = super().run(tmp, task_vars)
        _checked, params = self.validate_argument_spec(argument_spec=self.arguments)
        for name in ("vault_ca_path", "vault_client_cert", "vault_client_key"):
            if params.get(name):
                params[name] = self.find(params[name])
        secrets: set[str] = set()
        try:
            result.update(self.work(params, secrets))
        except RunError as error:
            result.update(failed=True, msg=str(error), **error.details)
        result.pop("invocation", None)
        long = {one for one in secrets if len(one) >= SHORTEST}
        mask(list(long))
        return remove_values(result, long)

    def find(self, path: str) -> str:
        """Where a path of the user is; a relative one is beside the playbook."""
        return self._loader.path_dwim(path)

    def keeps(self, given: Sequence[dict[str, Any]], option: str) -> list[Keep]:
        """The places that an option names."""
        return keeps(given, option, self.find)

    def hand(self, params: dict[str, Any], secrets: set[str], kind: str = "") -> Hand:
        """The key shares that this run can give, of one kind; RunError for none."""
        hand = gather(params["shares"], self.keeps(params["kept"], "kept"), kind)
        secrets |= hand.secrets
        if not hand.shares:
            where = ", ".join(hand.missing)
            raise RunError(
                "no key share to give: "
                + (f"there is none in {where}" if where else "name shares, or kept")
            )
        return hand


def access_from(params: dict[str, Any]) -> Access:
    """How to reach Vault; seals and root tokens belong to the root namespace."""
    return Access.from_params({**params, "vault_namespace": ""})


def session_from(params: dict[str, Any]) -> Session:
    """Requests to the active node, by whoever the options say; by nobody without."""
    nobody = params["vault_auth"] == "token" and not (
        params["vault_token"] or params["vault_token_file"]
    )
    credentials = None if nobody else Credentials.from_params(params)
    return Session(access_from(params), credentials)
