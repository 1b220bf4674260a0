# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action vault_init, which runs on the controller itself."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vault_init
short_description: Initialise Vault or OpenBao once, and keep its key shares where you say
version_added: 0.1.0
author: [the vigie.run authors (@vigie-run)]
description:
  - Initialises a cluster by its first node, and writes the key shares and the root token to the places of O(keep) before
    anything else happens. They are never part of the result, and on no host but the controller and Vault.
  - Vault says them once, in one answer. So every place is proved to be writable first, by the same calls that write the shares
    later; if one is not, Vault is not asked. Signals that would end the run wait until all is written. A place that fails then
    is tried again for a minute, while the others have theirs.
  - If that answer is lost all the same (the power fails, the connection breaks), the reservations stay in the places. The
    next run finds an initialised Vault and empty reservations, and fails and says so, instead of going on with a Vault that
    nobody can ever unseal. It holds nothing yet then, delete its storage and begin anew.
  - A node that is initialised stays as it is.
  - With a seal that opens by itself (auto-unseal), the shares are those of the recovery key; O(shares), O(threshold) and
    O(pgp_keys) are meant for them.
  - It works on the controller, whatever host the task is for. Give it C(run_once=true).
notes:
  - Revoke the root token when the cluster is configured, with M(vigie.run.vault_root_token).
  - Whoever can read a quorum of unencrypted shares can open what Vault holds. Spread them over places that different people
    can read, or encrypt them with O(pgp_keys).
extends_documentation_fragment:
  - vigie.run._attributes
  - vigie.run._vault_keys
  - vigie.run._vault_keys.keep
seealso:
  - module: vigie.run.vault_unseal
  - module: vigie.run.vault_rekey
  - module: vigie.run.vault_root_token
attributes:
  check_mode:
    support: full
    details: No place is touched.
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  shares:
    description: Into how many shares the key is split. With V(1) there is nothing to split.
    type: int
    default: 5
  threshold:
    description: How many shares open it, the quorum.
    type: int
    default: 3
  pgp_keys:
    description:
      - Public OpenPGP keys of the holders, in the order of their shares. Vault encrypts each share for its holder, and what is
        kept is the encrypted one.
      - Each is a file (C(gpg --export), armored or not), or the text of one, armored or base64.
    type: list
    elements: str
    default: []
  root_token_pgp_key:
    description: Public OpenPGP key that the root token is encrypted for. Only its owner can use it then, or revoke it.
    type: str
    default: ''
"""

EXAMPLES = r"""
- name: Initialise, each share in a file that is handed to its holder
  vigie.run.vault_init:
    vault_url: https://vault-a1.internal:8200
    vault_ca_path: secrets/tls/ca.pem
    shares: 3
    threshold: 2
    keep:
      - {file: secrets/vault/alice.json, shares: [1]}
      - {file: secrets/vault/bob.json, shares: [2]}
      - {file: secrets/vault/carol.json, shares: [3]}
      - {file: secrets/vault/root.json, shares: [], root_token: true}
  run_once: true

- name: Initialise, with shares that only their holders can read
  vigie.run.vault_init:
    vault_url: https://vault-a1.internal:8200
    shares: 3
    threshold: 2
    pgp_keys: [keys/alice.asc, keys/bob.asc, keys/carol.asc]
    root_token_pgp_key: keys/alice.asc
    keep:
      - {file: secrets/vault.json, root_token: true}
  run_once: true

- name: Initialise, with no share on any disk, and no cloud that has a quorum
  vigie.run.vault_init:
    vault_url: https://vault-a1.internal:8200
    keep:
      - {aws_secret: vault/shares, region: ca-central-1, kms_key: alias/vault, shares: [1, 2], root_token: true}
      - {gcp_secret: vault-shares, project: operations, shares: [3, 4]}
      - {file: /media/safe/vault.json, shares: [5]}
  run_once: true
"""

RETURN = r"""
initialized:
  description: Whether Vault is initialised now, or would be.
  returned: success
  type: bool
  sample: true
sealed:
  description: Whether the node is sealed.
  returned: success
  type: bool
  sample: true
kind:
  description: What the shares are for, V(unseal), or with auto-unseal V(recovery).
  returned: success
  type: str
  sample: unseal
shares:
  description: How many shares there are.
  returned: success
  type: int
  sample: 5
threshold:
  description: How many are needed.
  returned: success
  type: int
  sample: 3
places:
  description: Where they are kept, or would be.
  returned: success
  type: list
  elements: str
  sample: [file secrets/vault.json]
failed_places:
  description: Places that could not be written after Vault had answered.
  returned: when that happened
  type: list
  elements: str
  sample: [AWS secret vault/shares in ca-central-1]
"""
