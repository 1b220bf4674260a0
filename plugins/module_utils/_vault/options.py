# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""The module options that say how to reach Vault, and as whom."""

from __future__ import annotations

from typing import Any

from ansible.module_utils.basic import env_fallback

METHODS = ("token", "approle", "userpass", "ldap", "jwt", "kubernetes", "cert")


def vault_options() -> dict[str, dict[str, Any]]:
    """Argument spec that goes with the documentation fragment `_vault`."""
    return {
        "vault_url": _from("VAULT_ADDR"),
        "vault_namespace": _from("VAULT_NAMESPACE"),
        "vault_ca_path": _from("VAULT_CACERT", type="path"),
        "vault_client_cert": _from("VAULT_CLIENT_CERT", type="path"),
        "vault_client_key": _from("VAULT_CLIENT_KEY", type="path", no_log=False),
        "vault_timeout": {"type": "float", "default": 15.0},
        "vault_auth": {"type": "str", "choices": list(METHODS), "default": "token"},
        "vault_auth_mount": {"type": "str"},
        "vault_token": _from("VAULT_TOKEN", no_log=True),
        "vault_token_file": {"type": "path", "no_log": False},
        "vault_role_id": _from("VAULT_ROLE_ID"),
        "vault_secret_id": _from("VAULT_SECRET_ID", no_log=True),
        "vault_username": {"type": "str"},
        "vault_password": {"type": "str", "no_log": True},
        "vault_role": {"type": "str"},
        "vault_jwt": {"type": "str", "no_log": True},
    }


def _from(variable: str, **more: Any) -> dict[str, Any]:
    return {"type": "str", "fallback": (env_fallback, [variable]), **more}
