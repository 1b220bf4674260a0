# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible module: take targets of AWS target groups out of service, or put them back."""

from __future__ import annotations

DOCUMENTATION = r"""
module: aws_target
short_description: Take targets of AWS target groups out of service, or put them back
version_added: 0.1.0
author: [the vigie.run authors (@vigie-run)]
description:
  - Deregisters targets and waits until they are drained, or registers them and waits until they are healthy. In several target
    groups at once, where they are members of several.
  - AWS forgets a target that is drained. So a tag C(vigie:drained:ID@PORT) on the target group remembers it. A drained target
    counts as away for O(max_unavailable), and comes back on the port that it had, even where O(targets) names it without one.
  - With O(max_unavailable) each target group is looked at first, as it is at this moment. Targets that are away already for
    whatever reason (drained, being drained, unhealthy) count. Where the limit would be broken in any of the groups, nothing is
    touched. Looking and deregistering happen under the lock C(/vigie/target-group/NAME/lock), a parameter in Systems Manager,
    so that two runs at once cannot both pass.
  - AWS allows 50 tags on a target group, so no more than about 40 targets of one can be drained at once.
extends_documentation_fragment:
  - vigie.run._attributes
  - vigie.run._aws
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  target_groups:
    description:
      - Names or ARNs of the target groups.
    type: list
    elements: str
    required: true
  targets:
    description:
      - The targets, as instance id or address, with or without a port, such as V(i-0a1b2c3d), V(10.20.1.7:8080) or V([fd00::1]:80).
      - Without a port all targets of that id are meant. What is registered for the first time gets the target group's port.
    type: list
    elements: str
    required: true
  state:
    description:
      - With V(drained) targets get no new requests and finish what they serve, at most as long as the target group's
        C(deregistration_delay.timeout_seconds).
      - With V(ready) they get requests as soon as their health check passes.
      - With V(forgotten) targets that were drained do not count as away any more, since they do not come back.
        What is registered is left alone.
    type: str
    choices: [drained, ready, forgotten]
    required: true
  max_unavailable:
    description:
      - How many targets of a target group may be out of service at once, as a number of at least 1
        or as a percentage, such as V(34%), of all, rounded down.
      - All are those that are registered and those that were drained by this module. No limit when not given.
      - Targets that are away already may be named again, even where too many are away, since that makes nothing worse.
      - Only looked at with O(state=drained).
    type: str
  timeout:
    description:
      - How long to wait, in seconds.
      - By default 60 more than the target group's deregistration delay until drained, and 300 until healthy.
    type: float
  on_timeout:
    description:
      - What to do where targets are still being drained after O(timeout).
      - With V(proceed) the module warns and succeeds.
      - With V(fail) the targets that this call deregistered are registered again, and the module fails.
      - A target that is not healthy in time after O(state=ready) is always a failure.
    type: str
    choices: [proceed, fail]
    default: proceed
seealso:
  - module: vigie.run.aws_target_weights
  - module: vigie.run.haproxy_member
"""

EXAMPLES = r"""
- name: Take this host out of both target groups, never more than a third at once
  vigie.run.aws_target:
    target_groups: [portal-https, portal-grpc]
    targets: ["{{ instance_id }}"]
    state: drained
    max_unavailable: 34%
  delegate_to: localhost

- name: Put it back, and wait until it is healthy
  vigie.run.aws_target:
    target_groups: [portal-https, portal-grpc]
    targets: ["{{ instance_id }}"]
    state: ready
  delegate_to: localhost

- name: It was terminated while it was drained, and does not come back
  vigie.run.aws_target:
    target_groups: [portal-https, portal-grpc]
    targets: [i-0a1b2c3d4e5f60718]
    state: forgotten
  delegate_to: localhost
"""

RETURN = r"""
targets:
  description: The targets that were meant, by target group.
  returned: success
  type: list
  elements: dict
  contains:
    target_group:
      description: The target group's name.
      type: str
      sample: portal-https
    name:
      description: The target, with its port.
      type: str
      sample: i-0a1b2c3d4e5f60718:8080
    id:
      description: The instance, address or ARN.
      returned: O(state=drained) and O(state=ready)
      type: str
      sample: i-0a1b2c3d4e5f60718
    port:
      description: The port.
      returned: O(state=drained) and O(state=ready)
      type: int
      sample: 8080
    before:
      description: Its state before, V(ready) for registered or V(drain).
      type: str
      sample: ready
    after:
      description: Its state after, V(ready), V(drain) or V(forgotten).
      type: str
      sample: drain
    up:
      description: Whether its health check passes.
      returned: O(state=drained) and O(state=ready)
      type: bool
      sample: false
    health:
      description: What AWS said of it last.
      returned: O(state=drained) and O(state=ready)
      type: str
      sample: not registered
target_groups:
  description: The target groups that have such targets.
  returned: O(state=drained) and O(state=ready)
  type: list
  elements: dict
  contains:
    name:
      description: The target group's name.
      type: str
      sample: portal-https
    up:
      description: How many of its targets are in service now.
      type: int
      sample: 5
    total:
      description: How many it has, with those that were drained.
      type: int
      sample: 6
unknown:
  description: Those of O(targets) that none of the target groups knows.
  returned: success
  type: list
  elements: str
  sample: []
away:
  description: Who was out of service, and why, where O(max_unavailable) was the reason to fail.
  returned: limit reached
  type: list
  elements: dict
  contains:
    name:
      description: The target.
      type: str
      sample: i-0a1b2c3d4e5f60718:8080
    why:
      description: Why it is out of service.
      type: str
      sample: "down: unhealthy: Target.ResponseCodeMismatch"
not_up:
  description: Who is not healthy after O(timeout) with O(state=ready), and why.
  returned: time-out with O(state=ready)
  type: list
  elements: dict
  contains:
    name:
      description: The target.
      type: str
      sample: i-0a1b2c3d4e5f60718:8080
    why:
      description: Why it is not in service.
      type: str
      sample: "down: initial: Elb.InitialHealthChecking"
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.vigie.run.plugins.module_utils._aws.options import (
    ARGUMENTS,
    TOGETHER,
    session_from,
)
from ansible_collections.vigie.run.plugins.module_utils._balancer.move_targets import (
    Move,
    move,
)
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError

OPTIONS = {
    "target_groups": {"type": "list", "elements": "str", "required": True},
    "targets": {"type": "list", "elements": "str", "required": True},
    "state": {
        "type": "str",
        "choices": ["drained", "ready", "forgotten"],
        "required": True,
    },
    "max_unavailable": {"type": "str"},
    "timeout": {"type": "float"},
    "on_timeout": {
        "type": "str",
        "choices": ["proceed", "fail"],
        "default": "proceed",
    },
}


def main() -> None:
    """Read the options, move the targets, return."""
    module = AnsibleModule(
        argument_spec={**OPTIONS, **ARGUMENTS},
        required_together=TOGETHER,
        supports_check_mode=True,
    )
    params = module.params
    wanted = Move(
        groups=params["target_groups"],
        targets=params["targets"],
        state=params["state"],
        max_unavailable=params["max_unavailable"],
        timeout=params["timeout"],
        put_back=params["on_timeout"] == "fail",
        dry_run=module.check_mode,
    )
    try:
        moved = move(session_from(params), wanted)
    except RunError as error:
        module.fail_json(msg=str(error), **error.details)
    for warning in moved.warnings:
        module.warn(warning)
    module.exit_json(**moved.result)


if __name__ == "__main__":
    main()
