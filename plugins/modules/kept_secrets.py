# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action kept_secrets, which runs on the controller itself."""

from __future__ import annotations

DOCUMENTATION = r"""
module: kept_secrets
short_description: Make secrets once, and keep them in files of the controller or in Vault
version_added: 0.1.0
author: [the vigie.run authors (@vigie-run)]
description:
  - Returns secrets by name and makes those that are missing, so that a play that needs them works from nothing, and gets the
    same ones ever after. They are kept before anybody is given them; a run that is killed has lost nothing.
  - In files of the controller each secret has one of its own, for its owner only. In Vault or OpenBao all are fields of one
    secret of a KV engine, version 2.
  - Of two runs at once both get the same value, whoever made it.
  - It works on the controller alone and touches no host.
notes:
  - The result holds the secrets. Say C(no_log=true), and do not print what was registered.
  - In check mode a secret that is missing gets a value that is not kept, so that what needs one can be looked at too.
extends_documentation_fragment: [vigie.run._attributes]
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details: Says what was made, and shows no secret.
  idempotent:
    support: full
    details: Not with O(renew), which makes new ones whenever it is said.
options:
  secrets:
    description: Secrets to return.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the file, or of the field. Letters, digits, C(.), C(_) and C(-).
        type: str
        required: true
      kind:
        description:
          - What to make. What is there already must be of that kind.
          - V(uuid) is a random one, V(key) random bytes in Base64, V(password) letters and digits.
        type: str
        choices: [uuid, key, password]
        required: true
      size:
        description: Bytes of a key, letters of a password; at least 16.
        type: int
        default: 32
  dir:
    description: Folder on the controller to keep them in; a relative one is beside the playbook.
    type: str
  vault_path:
    description: Path of the secret in Vault or OpenBao, below the mount and without C(data/). Its other fields stay.
    type: str
  vault_mount:
    description: Where the KV engine, version 2, is mounted.
    type: str
    default: secret
  vault_url:
    description:
      - Address of Vault or OpenBao.
      - Where it is not given, the environment variable E(VAULT_ADDR) or E(BAO_ADDR) is used.
    type: str
  vault_token:
    description:
      - Token that may read, create and update the secret.
      - Where it is not given, the environment variable E(VAULT_TOKEN) or E(BAO_TOKEN) is used.
    type: str
  vault_namespace:
    description:
      - Namespace, where there are any.
      - Where it is not given, the environment variable E(VAULT_NAMESPACE) or E(BAO_NAMESPACE) is used.
    type: str
  vault_ca_path:
    description:
      - File on the controller with the authorities that C(https) is checked with, instead of the system's own ones.
      - Where it is not given, the environment variable E(VAULT_CACERT) or E(BAO_CACERT) is used.
    type: path
  renew:
    description: Names of secrets to make anew. The old values are lost here; in Vault they stay in older versions.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Have the passwords of the database
  vigie.run.kept_secrets:
    dir: "{{ inventory_dir }}/secrets/database"
    secrets:
      - {name: admin, kind: password}
      - {name: replication, kind: password, size: 48}
  run_once: true
  register: database
  no_log: true

- name: Have them from Vault
  vigie.run.kept_secrets:
    vault_url: https://vault.example.org:8200
    vault_path: platform/database
    secrets:
      - {name: admin, kind: password}
  run_once: true
  register: database
  no_log: true
"""

RETURN = r"""
secrets:
  description: The secrets by name.
  returned: success
  type: dict
  sample: {admin: yq0…}
made:
  description: Names of those that were made now, or would be in check mode.
  returned: success
  type: list
  elements: str
  sample: [admin]
"""
