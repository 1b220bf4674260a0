# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible module: shift weight between the target groups of a listener or a rule."""

from __future__ import annotations

DOCUMENTATION = r"""
module: aws_target_weights
short_description: Shift traffic between the target groups of an AWS load balancer
version_added: 0.1.0
author: [the vigie.run authors (@vigie-run)]
description:
  - Sets the weights with which a listener, or one of its rules, forwards to its target groups. One call is one step; a
    play makes the steps and puts a gate between them.
  - A target group that would get a larger share than it has must have healthy targets. Otherwise nothing is touched.
  - Everything else of the actions stays as it is. They are read again right before they are written, and where somebody else
    changed them meanwhile, nothing is written.
  - M(vigie.run.aws_stack) leaves weights alone that its declaration leaves out. A weight that is declared there is put back
    by the next run of the stack.
extends_documentation_fragment:
  - vigie.run._attributes
  - vigie.run._aws
attributes:
  check_mode:
    support: full
    details: Targets are looked at as well, so that a step that would be refused is refused.
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  listener_arn:
    description:
      - The listener whose default action forwards.
      - One of O(listener_arn) and O(rule_arn) is needed.
    type: str
  rule_arn:
    description:
      - The rule whose action forwards.
    type: str
  weights:
    description:
      - Weights, 0 to 999, by name or ARN of the target group. A share is the weight's part of all weights.
      - Target groups that are not named keep their weight. All of them together must not be 0.
      - Each must be among the target groups of the forward already, if need be with weight 0.
    type: dict
    required: true
  min_healthy:
    description:
      - How many healthy targets a target group must have to get a larger share than it has.
      - With V(0) it is not looked at.
    type: int
    default: 1
seealso:
  - module: vigie.run.aws_stack
  - module: vigie.run.aws_target
  - module: vigie.run.gate
"""

EXAMPLES = r"""
- name: One visitor in ten to the new release
  vigie.run.aws_target_weights:
    listener_arn: "{{ platform.outputs.https.arn }}"
    weights:
      portal-blue: 90
      portal-green: 10
    min_healthy: 2
  delegate_to: localhost
  run_once: true

- name: It serves them well for a minute
  vigie.run.gate:
    gates:
      - type: http
        url: https://www.example.org/health
    soak: 60
  delegate_to: localhost
  run_once: true

- name: Everybody, and none to the old one
  vigie.run.aws_target_weights:
    listener_arn: "{{ platform.outputs.https.arn }}"
    weights:
      portal-blue: 0
      portal-green: 100
    min_healthy: 6
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
target_groups:
  description: The target groups of the forward, in its order.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The target group's name.
      type: str
      sample: portal-green
    arn:
      description: Its ARN.
      type: str
      sample: arn:aws:elasticloadbalancing:ca-central-1:123456789012:targetgroup/portal-green/0a1b2c3d4e5f6071
    before:
      description: Its weight before.
      type: int
      sample: 0
    after:
      description: Its weight after.
      type: int
      sample: 10
    share:
      description: Its part of the traffic after, in percent.
      type: float
      sample: 10.0
    healthy:
      description: How many healthy targets it has.
      returned: where its share grows
      type: int
      sample: 6
unhealthy:
  description: Who has too few healthy targets.
  returned: failure for O(min_healthy)
  type: list
  elements: dict
  contains:
    name:
      description: The target group's name.
      type: str
      sample: portal-green
    healthy:
      description: How many it has.
      type: int
      sample: 0
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.vigie.run.plugins.module_utils._aws.errors import explain
from ansible_collections.vigie.run.plugins.module_utils._aws.options import (
    ARGUMENTS,
    TOGETHER,
    session_from,
)
from ansible_collections.vigie.run.plugins.module_utils._aws.weights import (
    Shift,
    shift_weights,
)

OPTIONS = {
    "listener_arn": {"type": "str"},
    "rule_arn": {"type": "str"},
    "weights": {"type": "dict", "required": True},
    "min_healthy": {"type": "int", "default": 1},
}


def main() -> None:
    """Read the options, shift, return."""
    module = AnsibleModule(
        argument_spec={**OPTIONS, **ARGUMENTS},
        required_together=TOGETHER,
        required_one_of=[["listener_arn", "rule_arn"]],
        mutually_exclusive=[["listener_arn", "rule_arn"]],
        supports_check_mode=True,
    )
    params = module.params
    wanted = Shift(
        weights=params["weights"],
        listener=params["listener_arn"],
        rule=params["rule_arn"],
        min_healthy=params["min_healthy"],
        dry_run=module.check_mode,
    )
    try:
        result = shift_weights(session_from(params).client("elbv2"), wanted)
    except Exception as error:
        said = explain(error)
        module.fail_json(msg=str(said), **said.details)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
