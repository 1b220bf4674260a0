# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action vault_rekey, which runs on the controller itself."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vault_rekey
short_description: Replace the key shares of Vault or OpenBao by new ones, without a moment in which they can be lost
version_added: 0.1.0
author: [the vigie.run authors (@vigie-run)]
description:
  - Makes new key shares out of a quorum of the old ones, in one run or several holders' runs. The number of shares, the quorum
    and the holders may be others than before.
  - The old shares are good until the new ones are proved. New shares are written to their places first, marked as C(pending);
    then a quorum of them is read from there again and given back to Vault, which takes them for its own with that. A run that
    is ended anywhere on this way loses nothing; the next one goes on, or begins anew.
  - Where new shares are encrypted for PGP keys, their holders prove them; each runs this where C(gpg) has their key.
  - Nothing is done when the places of O(keep) hold proved shares of the wanted number and quorum. So a new set of places asks
    for a new set of shares.
  - With auto-unseal, the shares are those of the recovery key.
  - It works on the controller, whatever host the task is for. Give it C(run_once=true).
notes:
  - Remove the old shares from their places afterwards. They open nothing any more but old snapshots.
  - Vault asks for no token here. OpenBao does, since 2.5; a policy needs C(path "sys/rotate/root/*" { capabilities = ["read",
    "create", "update", "delete", "sudo"] }), with auto-unseal C(sys/rotate/recovery/*).
  - Seals belong to the root namespace; O(vault_namespace) has no effect here.
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
options:
  new_shares:
    description: Into how many shares the new key is split.
    type: int
    default: 5
  new_threshold:
    description: How many of them open it.
    type: int
    default: 3
  pgp_keys:
    description:
      - Public OpenPGP keys of the holders, in the order of their new shares.
      - Each is a file (C(gpg --export), armored or not), or the text of one, armored or base64.
    type: list
    elements: str
    default: []
  restart:
    description: Give up a rekey that is under way, whoever began it, and begin anew.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Carol leaves, Dave comes
  vigie.run.vault_rekey:
    vault_url: https://vault-a1.internal:8200
    new_shares: 3
    new_threshold: 2
    kept:
      - {file: secrets/vault/alice.json}
      - {file: secrets/vault/bob.json}
    keep:
      - {file: secrets/vault-2027/alice.json, shares: [1]}
      - {file: secrets/vault-2027/bob.json, shares: [2]}
      - {file: secrets/vault-2027/dave.json, shares: [3]}
  run_once: true
  register: rekey

- name: Stop where holders are missing
  ansible.builtin.assert:
    that: rekey.phase == 'done'
    fail_msg: "{{ rekey.phase }}: {{ rekey.progress }} of {{ rekey.required }} shares given; the next holder, please"
"""

RETURN = r"""
phase:
  description:
    - What is next. V(update) waits for more of the old shares, V(verify) for more of the new ones, and V(done) for nobody.
  returned: success
  type: str
  sample: done
missing:
  description: New places whose shares could not be read here for the proof.
  returned: success
  type: list
  elements: str
  sample: []
progress:
  description: How many shares were given so far in this phase.
  returned: when a rekey is under way
  type: int
  sample: 1
required:
  description: How many are needed in this phase.
  returned: when a rekey is under way
  type: int
  sample: 3
nonce:
  description: Which attempt this is.
  returned: when a rekey is under way
  type: str
  sample: acbe6992-aef3-15a7-776f-1ef18cdd8e6b
"""
