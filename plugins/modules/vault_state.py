# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible module: a Vault cluster's whole configuration, declared together."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vault_state
short_description: Bring a declared configuration of Vault or OpenBao about, in one call
version_added: 0.1.0
author: [the vigie.run authors (@vigie-run)]
description:
  - Reads what lives, compares it with what is declared, plans, and applies the plan with independent steps at once, in the
    order that references between resources ask for. Unchanged means unchanged, a second run writes nothing.
  - Only declared properties are compared. What is not declared is left alone; a property declared as V(null) is to be absent.
  - All mistakes of a declaration are reported together, each with its resource, its property and the remedy, before Vault is
    asked anything. Policies are checked for their syntax, too.
  - A step that fails stops only what depends on it. Run it again to carry on from there.
  - Requests go to the active node where it can be reached, and are repeated while the cluster elects another one.
  - A mount, or whatever else a type's page says, that is named by its path comes before what names it, without a reference.
  - There is no state file, and Vault has no tags. A resource is known by its name or path, so declaring what exists already
    takes it over. What is not declared is deleted only with O(prune), and only within O(scope).
  - The types and their properties, with an example of each, are listed in C(docs/vault/README.md).
extends_documentation_fragment:
  - vigie.run._attributes
  - vigie.run._vault
attributes:
  check_mode:
    support: full
    details: RV(plan) is exactly what would be applied.
  diff_mode:
    support: full
    details: One property a line; secrets show only that they changed.
  idempotent:
    support: full
options:
  resources:
    description:
      - What is to be, a dictionary with a name of your own for each resource.
      - Each has a C(type) and that type's properties. Where a type has a C(name), it is your own name unless it is given.
      - "C(${resource.attribute}) stands for what another resource has: its C(id) and the like, or a property. It may be part of
        a longer text. C($${) is a literal C(${)."
      - C(depends_on), a list of names, adds an order that no reference shows. C(protect=true) refuses every step that would
        delete or replace the resource.
    type: dict
    default: {}
  state:
    description:
      - V(present) makes the resources as they are declared.
      - V(absent) deletes them, and everything else in O(scope).
    type: str
    choices: [present, absent]
    default: present
  scope:
    description:
      - What belongs to this part of the configuration, as prefixes of names and paths.
      - A list is meant for every type; V(['*']) is all that the cluster has.
      - A dictionary of lists by type limits what is looked at, and so what the token must be allowed to read.
    type: raw
  prune:
    description: Delete what is in O(scope) and not declared.
    type: bool
    default: false
  allow_replace:
    description:
      - Names of resources that may be deleted and made anew, where a property changes that Vault cannot change in place.
      - Without it the run stops before anything is touched, and says which property it is.
    type: list
    elements: str
    default: []
  fingerprints:
    description:
      - Where to keep fingerprints of the values that Vault takes and never gives back (passwords and private keys of
        connections), as the path of one secret in a KV engine of version 2, C(MOUNT/PATH). It must be this state's own.
      - With it, such a value is sent when it differs from what was sent last. Without it, such a value is sent when its
        resource is made, or together with another change.
      - A fingerprint is an HMAC-SHA-256 with a random key that lies beside it. The values themselves are never stored; still,
        let nobody but this state's runs read the place, because who can may try out weak passwords.
    type: str
  parallel:
    description: How many requests and steps run at once, 1 to 64.
    type: int
    default: 16
  patience:
    description: How long a request is repeated while no node is active or it asks to come again, in seconds.
    type: float
    default: 30
"""

EXAMPLES = r"""
- name: Configure the shop's part of Vault
  vigie.run.vault_state:
    vault_url: https://vault.internal:8200
    scope: [commerce-]
    prune: true
    resources:
      commerce-kv:
        type: secret_engine
        engine: kv-v2
      mail:
        type: kv_secret
        mount: ${commerce-kv.path}
        path: cart/mail
        data:
          user: cart
          password: "{{ mail_password }}"
      commerce-read:
        type: policy
        policy: |
          path "${commerce-kv.path}/data/*" {
            capabilities = ["read"]
          }
      commerce-cart:
        type: approle_role
        mount: approle
        token_policies: ["${commerce-read.name}"]
        token_ttl: 20m

- name: See what a run would do
  vigie.run.vault_state:
    vault_url: https://vault.internal:8200
    resources: "{{ commerce_resources }}"
  check_mode: true
  diff: true
"""

RETURN = r"""
plan:
  description: Every declared resource, and every other one that is to go, in the order of their steps.
  returned: when the declaration is sound and could be compared
  type: list
  elements: dict
  contains:
    resource:
      description: Its name in the stack.
      type: str
      sample: commerce-read
    type:
      description: Its type.
      type: str
      sample: policy
    id:
      description: The name or path; none before it is made.
      type: str
      sample: commerce-read
    action:
      description: V(create), V(update), V(replace), V(delete) or V(keep).
      type: str
      sample: update
    reason:
      description: Why, where the action does not say it.
      type: str
      sample: path cannot change in place
    changes:
      description: The properties that differ.
      type: list
      elements: dict
      contains:
        path:
          description: Where, such as V(policy).
          type: str
        before:
          description: The live value.
          type: raw
        after:
          description: The declared value.
          type: raw
results:
  description: What became of each step.
  returned: when not in check mode and something was to be done
  type: list
  elements: dict
  contains:
    resource:
      description: Its name in the stack.
      type: str
      sample: commerce-read
    type:
      description: Its type.
      type: str
      sample: policy
    id:
      description: The name or path.
      type: str
      sample: commerce-read
    action:
      description: As in RV(plan[].action).
      type: str
      sample: create
    outcome:
      description: V(done), V(failed), V(not_tried) because something before it failed, or V(kept).
      type: str
      sample: done
    seconds:
      description: How long it took.
      type: float
      sample: 1.7
    error:
      description: Why it failed, or because of what it was not tried.
      returned: when it was not done
      type: str
outputs:
  description: What references may name, by resource. Never secrets.
  returned: success
  type: dict
  sample:
    commerce-read:
      type: policy
      id: commerce-read
calls:
  description: Requests sent to Vault.
  returned: always
  type: int
  sample: 4
"""

from ansible_collections.vigie.run.plugins.module_utils._declared_module import (
    DeclaredModule,
)
from ansible_collections.vigie.run.plugins.module_utils._vault.options import (
    vault_options,
)
from ansible_collections.vigie.run.plugins.module_utils._vault.state import (
    STATE_ARGUMENTS,
    run_state,
)


def main() -> None:
    """Read the options, converge, return."""
    module = DeclaredModule(
        argument_spec={**STATE_ARGUMENTS, **vault_options()},
        supports_check_mode=True,
    )
    module.finish(lambda secrets: run_state(module.params, module.check_mode, secrets))


if __name__ == "__main__":
    main()
