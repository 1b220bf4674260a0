# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How controller plugins reach Vault: options, environment, variables."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  vault_url:
    description:
      - Address of Vault or OpenBao, such as C(https://vault.internal:8200).
    type: str
    env: [{name: VAULT_ADDR}]
    vars: [{name: vault_url}]
  vault_namespace:
    description:
      - The namespace, where the server has them.
    type: str
    env: [{name: VAULT_NAMESPACE}]
    vars: [{name: vault_namespace}]
  vault_ca_path:
    description:
      - Certificate authority that C(https) is checked with, instead of the system's own ones.
    type: path
    env: [{name: VAULT_CACERT}]
    vars: [{name: vault_ca_path}]
  vault_client_cert:
    description:
      - Client certificate, for O(vault_auth=cert) and for servers that ask for one.
    type: path
    env: [{name: VAULT_CLIENT_CERT}]
    vars: [{name: vault_client_cert}]
  vault_client_key:
    description:
      - Private key of O(vault_client_cert).
    type: path
    env: [{name: VAULT_CLIENT_KEY}]
    vars: [{name: vault_client_key}]
  vault_timeout:
    description: How long one request may take, in seconds.
    type: float
    default: 15.0
    vars: [{name: vault_timeout}]
  vault_auth:
    description:
      - How to log in.
      - V(token) takes O(vault_token) or O(vault_token_file), V(approle) takes O(vault_role_id) and O(vault_secret_id), V(userpass)
        and V(ldap) take O(vault_username) and O(vault_password), V(jwt) and V(kubernetes) take O(vault_role) and O(vault_jwt),
        V(cert) takes O(vault_client_cert).
    type: str
    choices: [token, approle, userpass, ldap, jwt, kubernetes, cert]
    default: token
    vars: [{name: vault_auth}]
  vault_auth_mount:
    description: Where the auth method is mounted, where that is not its own name.
    type: str
    vars: [{name: vault_auth_mount}]
  vault_token:
    description:
      - A token.
    type: str
    env: [{name: VAULT_TOKEN}]
    vars: [{name: vault_token}]
  vault_token_file:
    description: A file that holds a token, where O(vault_token) is not given.
    type: path
    vars: [{name: vault_token_file}]
  vault_role_id:
    description:
      - An AppRole's role id.
    type: str
    env: [{name: VAULT_ROLE_ID}]
    vars: [{name: vault_role_id}]
  vault_secret_id:
    description:
      - An AppRole's secret id.
    type: str
    env: [{name: VAULT_SECRET_ID}]
    vars: [{name: vault_secret_id}]
  vault_username:
    description: A user's name.
    type: str
    vars: [{name: vault_username}]
  vault_password:
    description: A user's password.
    type: str
    vars: [{name: vault_password}]
  vault_role:
    description: The role to log in for.
    type: str
    vars: [{name: vault_role}]
  vault_jwt:
    description:
      - A signed token of the platform.
      - With O(vault_auth=kubernetes), the pod's own one is read where it is not given.
    type: str
    vars: [{name: vault_jwt}]
"""
