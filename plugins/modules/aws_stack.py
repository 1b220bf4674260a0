# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible module: a whole platform on AWS, declared together."""

from __future__ import annotations

DOCUMENTATION = r"""
module: aws_stack
short_description: Bring a whole declared AWS platform about, in one call
version_added: 0.1.0
author: [the vigie.run authors (@vigie-run)]
description:
  - Reads what lives, compares it with what is declared, plans, and applies the plan with independent steps at once, in
    the order that references between resources ask for.
  - There is no state file. What belongs to a stack carries the tags C(vigie:stack) and C(vigie:resource); what cannot be
    tagged is found through what it is part of.
  - Only declared properties are compared. What is not declared is left alone; a property declared as V(null) is to be absent.
  - All mistakes of a declaration are reported together, each with its resource, its property and the remedy, before AWS is
    asked anything.
  - A step that fails stops only what depends on it. Run it again to carry on from there, also after the run was killed.
  - A run that changes anything holds the lock C(/vigie/stack/NAME/lock), a parameter in Systems Manager, so two runs never
    change one stack at once. A dead run's lock frees itself after two minutes.
  - The resource types and their properties, with an example of each, are listed in C(docs/aws/README.md).
extends_documentation_fragment:
  - vigie.run._attributes
  - vigie.run._aws
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
      - The stack's name, the same in each run. It is the value of the tag C(vigie:stack).
      - 1 to 64 letters, digits, C(.), C(_) and C(-).
    type: str
    required: true
  resources:
    description:
      - What the stack consists of, a dictionary with a name of your own for each resource.
      - Each has a C(type) and that type's properties, named as in AWS's API, in snake_case.
      - "C(${resource.attribute}) stands for what another resource has: its C(id), C(arn) and the like, or a property. It may be
        part of a longer text. C($${) is a literal C(${)."
      - C(depends_on), a list of names, adds an order that no reference shows. C(protect=true) refuses every step that would
        delete or replace the resource.
      - With O(state=absent) it may be left out. What carries the stack's tags is found without it.
    type: dict
    default: {}
  state:
    description:
      - V(present) makes the resources as they are declared.
      - V(absent) deletes everything that belongs to the stack.
    type: str
    choices: [present, absent]
    default: present
  prune:
    description: Delete what belongs to the stack and is not declared any more.
    type: bool
    default: false
  allow_replace:
    description:
      - Names of resources that may be deleted and made anew, where a property changes that AWS cannot change in place.
      - Without it the run stops before anything is touched, and says which property it is.
    type: list
    elements: str
    default: []
  tags:
    description: Tags for everything that the stack makes. A resource's own tags come first.
    type: dict
    default: {}
  parallel:
    description: How many steps run at once, 1 to 64.
    type: int
    default: 16
  wait_timeout:
    description: How long any one wait may take, in seconds. A database takes up to half an hour.
    type: float
    default: 2400
seealso:
  - module: vigie.run.aws_stack_info
"""

EXAMPLES = r"""
- name: Provision the portal
  vigie.run.aws_stack:
    name: portal
    region: ca-central-1
    prune: true
    tags:
      team: run
    resources:
      network:
        type: vpc
        cidr_block: 10.20.0.0/16
        enable_dns_hostnames: true
      public_a:
        type: subnet
        vpc_id: ${network.id}
        cidr_block: 10.20.0.0/24
        availability_zone: ca-central-1a
      files:
        type: s3_bucket
        bucket: portal-files-4711
        protect: true
  register: portal

- name: Show where things are
  ansible.builtin.debug:
    msg: "The network is {{ portal.outputs.network.id }}"

- name: Take the platform down, but for what is protected
  vigie.run.aws_stack:
    name: portal
    region: ca-central-1
    state: absent
  when: portal_retired | default(false) | bool
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
      sample: public_a
    type:
      description: Its type.
      type: str
      sample: subnet
    id:
      description: AWS's own identifier; none before it is made.
      type: str
      sample: subnet-0a1b2c3d
    action:
      description: V(create), V(update), V(replace), V(delete) or V(keep).
      type: str
      sample: update
    reason:
      description: Why, where the action does not say it.
      type: str
      sample: cidr_block cannot change in place
    changes:
      description: The properties that differ.
      type: list
      elements: dict
      contains:
        path:
          description: Where, such as V(tags.team) or V(ingress[0].cidr_blocks).
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
      sample: public_a
    type:
      description: Its type.
      type: str
      sample: subnet
    id:
      description: AWS's own identifier.
      type: str
      sample: subnet-0a1b2c3d
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
    network:
      type: vpc
      id: vpc-0a1b2c3d
calls:
  description: Requests sent to AWS.
  returned: always
  type: int
  sample: 33
"""

from ansible_collections.vigie.run.plugins.module_utils._aws.options import (
    ARGUMENTS,
    TOGETHER,
)
from ansible_collections.vigie.run.plugins.module_utils._aws.stack import (
    STACK_ARGUMENTS,
    run_stack,
)
from ansible_collections.vigie.run.plugins.module_utils._declared_module import (
    DeclaredModule,
)


def main() -> None:
    """Read the options, converge, return."""
    module = DeclaredModule(
        argument_spec={**STACK_ARGUMENTS, **ARGUMENTS},
        required_together=TOGETHER,
        supports_check_mode=True,
    )
    module.finish(lambda secrets: run_stack(module.params, module.check_mode, secrets))


if __name__ == "__main__":
    main()
