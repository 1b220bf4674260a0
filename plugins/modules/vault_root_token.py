# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action vault_root_token, which runs on the controller itself."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vault_root_token
short_description: Revoke the root token of Vault or OpenBao, or make one by a quorum of key shares
version_added: 0.1.0
author: [the vigie.run authors (@vigie-run)]
description:
  - Revokes the root token that places of O(keep) hold, when the cluster is configured, and takes it out of the places.
  - Makes a new one when it is needed, by a quorum of key shares, in one run or several holders' runs, and keeps it there.
    Between the runs the places hold the one-time password that it will be encrypted with.
  - The token is never part of the result.
  - It works on the controller, whatever host the task is for. Give it C(run_once=true).
notes:
  - Vault makes a root token for whoever has a quorum of shares. OpenBao asks for a token, too, since 2.5; a policy needs
    C(path "sys/generate-root-token/*" { capabilities = ["read", "create", "update", "delete"] }) then. Keep a way to log in before
    the last root token is revoked; this warns where there is none.
  - Seals and root tokens belong to the root namespace; O(vault_namespace) has no effect here.
  - A run that is ended between Vault's last answer and its place leaves a root token that nobody knows. It can be revoked by its
    accessor (C(auth/token/accessors)).
extends_documentation_fragment:
  - vigie.run._attributes
  - vigie.run._vault
  - vigie.run._vault_keys.keep
  - vigie.run._vault_keys.kept
seealso:
  - module: vigie.run.vault_init
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
    details: There is nothing to show but secrets.
  idempotent:
    support: full
    details: A root token that is kept and still good is not made again.
options:
  state:
    description:
      - V(absent) revokes the token that the places hold.
      - V(present) makes one, unless a place holds one that is good.
    type: str
    choices: [absent, present]
    required: true
  restart:
    description: Give up an attempt that is under way, whoever began it, and begin anew.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Configure with the root token, as long as there is one
  vigie.run.vault_state:
    vault_url: https://vault-a1.internal:8200
    vault_token: "{{ (lookup('ansible.builtin.file', 'secrets/vault/root.json') | from_json).root_token }}"
    resources: "{{ vault_resources }}"

- name: Revoke it
  vigie.run.vault_root_token:
    vault_url: https://vault-a1.internal:8200
    state: absent
    keep:
      - {file: secrets/vault/root.json, root_token: true}
  run_once: true

- name: Make one again, each holder in a run of their own
  vigie.run.vault_root_token:
    vault_url: https://vault-a1.internal:8200
    state: present
    shares: ["{{ share }}"]
    keep:
      - {aws_secret: vault/root-token, region: ca-central-1, root_token: true}
  run_once: true
"""

RETURN = r"""
present:
  description: Whether the places hold a root token that is good.
  returned: success
  type: bool
  sample: true
progress:
  description: How many shares were given so far.
  returned: when one is being made
  type: int
  sample: 1
required:
  description: How many are needed.
  returned: when one is being made
  type: int
  sample: 3
nonce:
  description: Which attempt this is.
  returned: when one is being made
  type: str
  sample: 9fdeb5d4-3407-390a-cb7f-ff743a21e4a7
"""
