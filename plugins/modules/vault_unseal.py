# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action vault_unseal, which runs on the controller itself."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vault_unseal
short_description: Unseal nodes of Vault or OpenBao by a quorum of key shares, or seal them
version_added: 0.1.0
author: [the vigie.run authors (@vigie-run)]
description:
  - Gives every sealed node the key shares that this run has. That may be a quorum, and the node opens; or the share of one
    holder, and RV(nodes) says how many are missing. The next holder runs it from elsewhere.
  - Nodes that are in a cluster already are opened first, those that are about to join follow.
  - Vault cannot tell a wrong share from a good one, only a wrong quorum, after which it has forgotten all shares given to that
    node. The message names the shares that were part of it, by the places they are from. Where more shares are at hand than
    the quorum needs, other quorums of them are tried, and a warning says which was refused.
  - Nodes that unseal themselves (auto-unseal) are waited for; they take no shares.
  - A node that does not answer holds up no other; the task fails when the others are done.
  - No share is ever shown. They go from the controller to Vault, and through no other host.
notes:
  - Seals belong to the root namespace; O(vault_namespace) has no effect here.
  - A task that leaves nodes sealed because shares are missing has not failed. Look at RV(sealed).
  - Shares given to a node stay with it until it opens, is restarted, or refuses a quorum. RV(nodes[].nonce) names the attempt;
    another nonce than before means that somebody began anew.
extends_documentation_fragment:
  - vigie.run._attributes
  - vigie.run._vault
  - vigie.run._vault_keys.kept
seealso:
  - module: vigie.run.vault_init
attributes:
  check_mode:
    support: full
    details: Foresees that all shares are good, and were not given before.
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  state:
    description:
      - V(unsealed) opens.
      - V(sealed) seals every node at once, for an emergency; it takes a token that may (C(sudo) on C(sys/seal)). Vault refuses
        that on a standby, OpenBao does not.
    type: str
    choices: [unsealed, sealed]
    default: unsealed
  vault_urls:
    description: Addresses of several nodes; where it is not given, O(vault_url) is the only one.
    type: list
    elements: str
    default: []
  wait:
    description: How long to wait for nodes to join their cluster, and to open when they have a quorum, in seconds for all together.
    type: float
    default: 60.0
"""

EXAMPLES = r"""
- name: Unseal all nodes with what the places hold
  vigie.run.vault_unseal:
    vault_urls: "{{ groups['vault'] | map('regex_replace', '^(.*)$', 'https://\\1.internal:8200') }}"
    vault_ca_path: secrets/tls/ca.pem
    kept:
      - {file: secrets/vault/alice.json}
      - {file: secrets/vault/bob.json}
      - {file: secrets/vault/carol.json}
  run_once: true
  register: opened

- name: Stop where holders are missing
  ansible.builtin.assert:
    that: not opened.sealed
    fail_msg: "{{ opened.nodes | selectattr('sealed') | map(attribute='url') | join(', ') }}: the next holder, please"

- name: Give the share of one holder, asked for by vars_prompt
  vigie.run.vault_unseal:
    vault_url: "https://{{ inventory_hostname }}.internal:8200"
    shares: ["{{ share }}"]

- name: Seal everything
  vigie.run.vault_unseal:
    vault_urls: [https://vault-a1.internal:8200, https://vault-b1.internal:8200, https://vault-c1.internal:8200]
    vault_token: "{{ token }}"
    state: sealed
  run_once: true
"""

RETURN = r"""
sealed:
  description: Whether any node that answered is sealed now, or would be.
  returned: success
  type: bool
  sample: true
missing:
  description: Places that were needed and held no share.
  returned: success
  type: list
  elements: str
  sample: [file secrets/vault/carol.json]
nodes:
  description: How each node is now, or would be.
  returned: success
  type: list
  elements: dict
  contains:
    url:
      description: Its address.
      type: str
    reachable:
      description: Whether it answered. If not, there is an C(error) and nothing else.
      type: bool
    initialized:
      description: Whether it is initialised, or has joined a cluster that is.
      type: bool
    sealed:
      description: Whether it is sealed.
      type: bool
    progress:
      description: How many shares it was given so far.
      type: int
    threshold:
      description: How many it needs.
      type: int
    shares:
      description: How many shares there are.
      type: int
    nonce:
      description: Which attempt this is.
      type: str
    changed:
      description: Whether this task changed it.
      type: bool
  sample:
    - url: https://vault-a1.internal:8200
      reachable: true
      initialized: true
      sealed: true
      progress: 1
      threshold: 3
      shares: 5
      nonce: c9761d15-616b-236d-6588-3593b8689fd3
      changed: true
"""
