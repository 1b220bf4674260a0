# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that say how to reach Vault, and as whom."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  vault_url:
    description:
      - Address of Vault or OpenBao, such as C(https://vault.internal:8200).
      - Where it is not given, the environment variable E(VAULT_ADDR) is used.
    type: str
  vault_namespace:
    description:
      - The namespace, where the server has them.
      - Where it is not given, the environment variable E(VAULT_NAMESPACE) is used.
    type: str
  vault_ca_path:
    description:
      - Certificate authority that C(https) is checked with, instead of the system's own ones.
      - Where it is not given, the environment variable E(VAULT_CACERT) is used.
    type: path
  vault_client_cert:
    description:
      - Client certificate, for O(vault_auth=cert) and for servers that ask for one.
      - Where it is not given, the environment variable E(VAULT_CLIENT_CERT) is used.
    type: path
  vault_client_key:
    description:
      - Private key of O(vault_client_cert).
      - Where it is not given, the environment variable E(VAULT_CLIENT_KEY) is used.
    type: path
  vault_timeout:
    description: How long one request may take, in seconds.
    type: float
    default: 15.0
  vault_auth:
    description:
      - How to log in.
      - V(token) takes O(vault_token) or O(vault_token_file), V(approle) takes O(vault_role_id) and O(vault_secret_id), V(userpass)
        and V(ldap) take O(vault_username) and O(vault_password), V(jwt) and V(kubernetes) take O(vault_role) and O(vault_jwt),
        V(cert) takes O(vault_client_cert).
    type: str
    choices: [token, approle, userpass, ldap, jwt, kubernetes, cert]
    default: token
  vault_auth_mount:
    description: Where the auth method is mounted, where that is not its own name.
    type: str
  vault_token:
    description:
      - A token.
      - Where it is not given, the environment variable E(VAULT_TOKEN) is used.
    type: str
  vault_token_file:
    description: A file that holds a token, where O(vault_token) is not given.
    type: path
  vault_role_id:
    description:
      - An AppRole's role id.
      - Where it is not given, the environment variable E(VAULT_ROLE_ID) is used.
    type: str
  vault_secret_id:
    description:
      - An AppRole's secret id.
      - Where it is not given, the environment variable E(VAULT_SECRET_ID) is used.
    type: str
  vault_username:
    description: A user's name.
    type: str
  vault_password:
    description: A user's password.
    type: str
  vault_role:
    description: The role to log in for.
    type: str
  vault_jwt:
    description:
      - A signed token of the platform.
      - With O(vault_auth=kubernetes), the pod's own one is read where it is not given.
    type: str
"""
