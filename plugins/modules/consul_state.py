# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible module: a Consul cluster's whole configuration, declared together."""

from __future__ import annotations

DOCUMENTATION = r"""
module: consul_state
short_description: Bring a declared configuration of a Consul cluster about, in one call
version_added: 0.1.0
author: [the vigie.run authors (@vigie-run)]
description:
  - Reads what lives in a few calls, compares it with what is declared, plans, and applies the plan with independent steps at
    once, in the order that references between resources ask for.
  - Keys and values go in the largest transactions that the servers take, each with the index that it was planned with. A key
    that somebody else changed meanwhile is never overwritten; the run says which it is.
  - Only declared properties are compared. What is not declared is left alone; a property declared as V(null) is to be absent.
  - All mistakes of a declaration are reported together, each with its resource, its property and the remedy, before Consul is
    asked anything.
  - A step that fails stops only what depends on it. Run it again to carry on from there.
  - There is no state file, and Consul has no tags. A resource is known by its name, so declaring what exists already takes it
    over. What is not declared is deleted only with O(prune), and only within O(scope).
  - The types and their properties, with an example of each, are listed in C(docs/consul/README.md).
extends_documentation_fragment:
  - vigie.run._attributes
  - vigie.run._consul
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
  name:
    description:
      - The name of this part of the configuration, the same in each run. Two runs of one name never change anything at once.
      - 1 to 64 letters, digits, C(.), C(_) and C(-).
    type: str
    required: true
  resources:
    description:
      - What is to be, a dictionary with a name of your own for each resource.
      - Each has a C(type) and that type's properties. Where a type has a C(name), it is your own name unless it is given.
      - "C(${resource.attribute}) stands for what another resource has: its C(id) and the like, or a property. It may be part of
        a longer text. C($${) is a literal C(${)."
      - C(depends_on), a list of names, adds an order that no reference shows. C(protect=true) refuses every step that would
        delete or replace the resource.
      - A C(kv) or C(kv_tree) may take its keys from C(directory), a folder of the controller that is looked for as a role's or
        playbook's C(files) are. Each file is a key, by its path; hidden files are left out. C(keys) beside it come first.
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
      - What belongs to this part of the configuration, as prefixes of names and keys (of descriptions, for tokens).
      - A list is meant for every type; V(['*']) is all that the cluster has.
      - A dictionary of lists by type limits what is looked at, and so what the token must be allowed to read.
    type: raw
  prune:
    description: Delete what is in O(scope) and not declared.
    type: bool
    default: false
  allow_replace:
    description:
      - Names of resources that may be deleted and made anew, where a property changes that Consul cannot change in place.
      - Without it the run stops before anything is touched, and says which property it is.
    type: list
    elements: str
    default: []
  datacenter:
    description: The datacenter that is meant, where it is not the agent's own.
    type: str
  parallel:
    description: How many steps run at once, 1 to 64.
    type: int
    default: 8
  patience:
    description: How long a request is repeated while the cluster elects a leader or asks to come again, in seconds.
    type: float
    default: 30
  value_limit:
    description: How many bytes one value may have. Raise it where the servers' C(kv_max_value_size) was raised.
    type: int
    default: 524288
  lock:
    description:
      - Hold the lock C(vigie/lock/state/NAME) while anything is changed. It takes the rules C(session_prefix "" { policy =
        "write" }) and C(key_prefix "vigie/lock/" { policy = "write" }).
      - Without it, a key that another run changes meanwhile is still not overwritten.
    type: bool
    default: true
  lock_wait:
    description: How long to wait for another run of the same O(name), in seconds.
    type: float
    default: 300
seealso:
  - module: vigie.run.consul_lock
"""

EXAMPLES = r"""
- name: Configure the shop's part of the cluster
  vigie.run.consul_state:
    name: commerce
    consul_url: https://consul.internal:8501
    scope: [commerce-, commerce/]
    prune: true
    resources:
      config:
        type: kv_tree
        prefix: commerce/config/
        keys:
          db/host: db.internal
          db/port: 5432
          flags: {sale: true}
        sensitive_keys:
          db/password: "{{ db_password }}"
      commerce-read:
        type: acl_policy
        rules: |
          key_prefix "commerce/" { policy = "read" }
      commerce-cart:
        type: acl_role
        policies: ["${commerce-read.name}"]
        service_identities:
          - service_name: cart
  register: commerce

- name: Keep a folder of files in the key-value store
  vigie.run.consul_state:
    name: banners
    resources:
      banners:
        type: kv_tree
        prefix: banners/
        directory: banners

- name: See what a run would do
  vigie.run.consul_state:
    name: commerce
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
      sample: acl_policy
    id:
      description: Consul's own identifier, or the name; none before it is made.
      type: str
      sample: 6b0b4d5e-4f3c-2d62-9c5c-1f6a0f7a4c11
    action:
      description: V(create), V(update), V(replace), V(delete) or V(keep).
      type: str
      sample: update
    reason:
      description: Why, where the action does not say it.
      type: str
      sample: local cannot change in place
    changes:
      description: The properties that differ.
      type: list
      elements: dict
      contains:
        path:
          description: Where, such as V(keys.db/host) or V(rules).
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
      sample: acl_policy
    id:
      description: Consul's own identifier, or the name.
      type: str
      sample: 6b0b4d5e-4f3c-2d62-9c5c-1f6a0f7a4c11
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
      type: acl_policy
      id: 6b0b4d5e-4f3c-2d62-9c5c-1f6a0f7a4c11
calls:
  description: Requests sent to Consul.
  returned: always
  type: int
  sample: 4
"""

from ansible_collections.vigie.run.plugins.module_utils._consul.options import (
    consul_options,
)
from ansible_collections.vigie.run.plugins.module_utils._consul.state import (
    STATE_ARGUMENTS,
    run_state,
)
from ansible_collections.vigie.run.plugins.module_utils._declared_module import (
    DeclaredModule,
)


def main() -> None:
    """Read the options, converge, return."""
    module = DeclaredModule(
        argument_spec={**STATE_ARGUMENTS, **consul_options()},
        supports_check_mode=True,
    )
    module.finish(lambda secrets: run_state(module.params, module.check_mode, secrets))


if __name__ == "__main__":
    main()
