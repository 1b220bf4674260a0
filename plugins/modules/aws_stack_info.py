# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible module: what lives of an AWS stack."""

from __future__ import annotations

DOCUMENTATION = r"""
module: aws_stack_info
short_description: What lives of an AWS stack, its drift, and what could be adopted
version_added: 0.1.0
author: [the vigie.run authors (@vigie-run)]
description:
  - Reads everything that carries the stack's tags and everything that is declared, and changes nothing.
  - With O(resources) it tells the drift, which is what M(vigie.run.aws_stack) would change, and what exists already under a
    declared name without belonging to the stack, together with the tags that would adopt it.
extends_documentation_fragment:
  - vigie.run._attributes
  - vigie.run._aws
attributes:
  check_mode:
    support: full
    details: Nothing is ever changed.
  diff_mode:
    support: N/A
    details: Nothing is ever changed.
  idempotent:
    support: full
options:
  name:
    description: The stack's name.
    type: str
    required: true
  resources:
    description: The declaration to compare with, as for M(vigie.run.aws_stack).
    type: dict
    default: {}
  tags:
    description: Tags that the declaration gives to everything, as for M(vigie.run.aws_stack).
    type: dict
    default: {}
seealso:
  - module: vigie.run.aws_stack
"""

EXAMPLES = r"""
- name: Look at the portal
  vigie.run.aws_stack_info:
    name: portal
    region: ca-central-1
    resources:
      network:
        type: vpc
        cidr_block: 10.20.0.0/16
  register: portal

- name: Fail where somebody changed something by hand
  ansible.builtin.assert:
    that: portal.drift | length == 0
    fail_msg: "{{ portal.drift | map(attribute='resource') | join(', ') }} differ from their declaration"
"""

RETURN = r"""
live:
  description: The declared resources that exist, by name.
  returned: always
  type: dict
  sample:
    network:
      type: vpc
      id: vpc-0a1b2c3d
      properties:
        cidr_block: 10.20.0.0/16
drift:
  description: What a run would change, as in RV(vigie.run.aws_stack#module:plan); what would be kept is left out.
  returned: always
  type: list
  elements: dict
undeclared:
  description: What belongs to the stack and is not declared. O(vigie.run.aws_stack#module:prune) would delete it.
  returned: always
  type: list
  elements: dict
  sample:
    - resource: public_b
      type: subnet
      id: subnet-0a1b2c3d
adoptable:
  description: What exists under a declared name and does not belong to the stack.
  returned: always
  type: list
  elements: dict
  contains:
    resource:
      description: The declared resource that it would become.
      type: str
      sample: files
    type:
      description: Its type.
      type: str
      sample: s3_bucket
    id:
      description: AWS's own identifier.
      type: str
      sample: portal-files-4711
    how:
      description: How to make it part of the stack.
      type: str
      sample: to adopt it, tag it vigie:stack=portal and vigie:resource=files
problems:
  description: What would stop a run, in words.
  returned: always
  type: list
  elements: str
  sample: []
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
    INFO_ARGUMENTS,
    look_at_stack,
)
from ansible_collections.vigie.run.plugins.module_utils._declared_module import (
    DeclaredModule,
)


def main() -> None:
    """Read the options, look, return."""
    module = DeclaredModule(
        argument_spec={**INFO_ARGUMENTS, **ARGUMENTS},
        required_together=TOGETHER,
        supports_check_mode=True,
    )
    module.finish(
        lambda secrets: {"changed": False, **look_at_stack(module.params, secrets)}
    )


if __name__ == "__main__":
    main()
