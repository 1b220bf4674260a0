# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible module: make an auto scaling group ready for an announced event."""

from __future__ import annotations

DOCUMENTATION = r"""
module: aws_surge
short_description: Make an auto scaling group ready for an announced event
version_added: 0.1.0
author: [the vigie.run authors (@vigie-run)]
description:
  - Computes how many instances a peak of requests asks for, from the measured capacity of one instance, a margin and the
    zones that may fail; sets the group's minimum, desired and maximum size; and waits until so many instances are in
    service and healthy in every target group.
  - Says before anything is touched what stands in the way, such as addresses left in the subnets, the vCPU quota, or the
    targets that a load balancer takes.
  - The size that was normal is remembered on the group, in the tag C(vigie:surge). It comes back at O(end) by itself, or with
    O(state=absent) by hand. Where the group has scaling policies of its own, O(end) puts back only minimum and maximum, and
    the policies bring the number of instances down as traffic goes.
  - A group that has grown beyond the size computed never loses instances to it.
extends_documentation_fragment:
  - vigie.run._attributes
  - vigie.run._aws
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details: The sizes before and after.
  idempotent:
    support: full
options:
  group:
    description: Name of the auto scaling group.
    type: str
    required: true
  state:
    description: V(present) prepares the event, V(absent) ends it.
    type: str
    choices: [present, absent]
    default: present
  requests_per_second:
    description:
      - The peak that is expected, in requests a second over the whole group.
      - Fifteen million an hour, evenly, are 4167; but a push message makes people come at once, so plan with a peak.
    type: float
  instance_capacity:
    description: The requests a second that one instance serves with its latency still good. Measure it.
    type: float
  margin:
    description: Per cent on top of O(requests_per_second).
    type: float
    default: 30
  zones_lost:
    description: How many zones may fail during the event without the rest being too few.
    type: int
    default: 1
  headroom:
    description: Per cent by which the group may still grow beyond the size computed.
    type: float
    default: 50
  start:
    description:
      - When the group is to have its new size, with a time zone, such as V(2026-12-01T18:00:00-05:00).
      - Without it, or when it has passed, now. Start early enough for instances to boot and warm up.
    type: str
  end:
    description: When the group is to have its normal size again. Without it, end the event with O(state=absent).
    type: str
  ignore_limits:
    description: Go on although something stands in the way.
    type: bool
    default: false
  wait:
    description: Wait until the instances serve. Not when O(start) is to come.
    type: bool
    default: true
  wait_timeout:
    description: How long to wait, in seconds.
    type: float
    default: 900
"""

EXAMPLES = r"""
- name: Grow the portal
  vigie.run.aws_surge:
    region: ca-central-1
    group: portal-web
    requests_per_second: 12500
    instance_capacity: 180
    start: "2026-12-01T17:30:00-05:00"
    end: "2026-12-01T23:00:00-05:00"
  register: surge

- name: Say what it will be
  ansible.builtin.debug:
    msg: "{{ surge.size.desired_capacity }} instances instead of {{ surge.normal.desired_capacity }}"

- name: End it early
  vigie.run.aws_surge:
    region: ca-central-1
    group: portal-web
    state: absent
  when: alert_called_off | default(false) | bool
"""

RETURN = r"""
size:
  description: The sizes for the event; those now, with O(state=absent).
  returned: success
  type: dict
  contains:
    min_size:
      description: Fewest instances.
      type: int
      sample: 138
    desired_capacity:
      description: Instances.
      type: int
      sample: 138
    max_size:
      description: Most instances.
      type: int
      sample: 207
normal:
  description: The sizes outside of the event, in the same form.
  returned: success
  type: dict
  sample: {min_size: 6, desired_capacity: 9, max_size: 30}
obstacles:
  description: What stands in the way.
  returned: with O(state=present)
  type: list
  elements: dict
  contains:
    what:
      description: The quota or limit.
      type: str
      sample: free addresses in ca-central-1a
    have:
      description: What there is.
      type: int
      sample: 12
    need:
      description: What the event asks for.
      type: int
      sample: 43
    remedy:
      description: What to do.
      type: str
      sample: add a subnet of this zone to the group
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.vigie.run.plugins.module_utils._aws.options import (
    ARGUMENTS,
    TOGETHER,
)
from ansible_collections.vigie.run.plugins.module_utils._aws.surge_run import run_surge
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError

OPTIONS = {
    "group": {"type": "str", "required": True},
    "state": {
        "type": "str",
        "choices": ["present", "absent"],
        "default": "present",
    },
    "requests_per_second": {"type": "float"},
    "instance_capacity": {"type": "float"},
    "margin": {"type": "float", "default": 30.0},
    "zones_lost": {"type": "int", "default": 1},
    "headroom": {"type": "float", "default": 50.0},
    "start": {"type": "str"},
    "end": {"type": "str"},
    "ignore_limits": {"type": "bool", "default": False},
    "wait": {"type": "bool", "default": True},
    "wait_timeout": {"type": "float", "default": 900.0},
}


def main() -> None:
    """Read the options, prepare or end the event, return."""
    module = AnsibleModule(
        argument_spec={**OPTIONS, **ARGUMENTS},
        required_together=TOGETHER,
        required_if=[
            ("state", "present", ["requests_per_second", "instance_capacity"])
        ],
        supports_check_mode=True,
    )
    try:
        result = run_surge(module.params, module.check_mode, module.warn)
    except RunError as error:
        module.fail_json(msg=str(error), **error.details)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
