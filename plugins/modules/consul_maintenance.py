# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Put a Consul node or service into maintenance, or end it."""

from __future__ import annotations

DOCUMENTATION = r"""
module: consul_maintenance
short_description: Put a Consul node or service into maintenance, or end it
version_added: 0.1.0
author: [the vigie.run authors (@vigie-run)]
description:
  - Sets or ends maintenance on the Consul agent of this host, for the whole node or for one of its services,
    and waits until the cluster's catalog shows it, so that service discovery has followed when the task ends.
  - While a node or service is in maintenance, it is not among the passing instances that Consul gives out.
  - The reason is the mark of who holds the maintenance. One that is on for another reason is somebody else's.
    RV(foreign) tells that it is on already; it is neither renamed nor ended.
notes:
  - With ACLs, the token needs C(node:write) on the node, or C(service:write) on the service and C(node:read) on the node.
  - Nothing is changed while the cluster has no leader.
  - A maintenance survives a restart of the agent and of the host.
options:
  state:
    description: Whether the node or service is to be in maintenance.
    type: str
    choices: [enabled, disabled]
    required: true
  service:
    description:
      - Id of a service that is registered on this agent.
      - Without it, the whole node is meant.
    type: str
  reason:
    description:
      - Why. Shown by Consul to everybody.
      - With O(state=disabled), only a maintenance with this very reason is ended.
    type: str
    default: Maintenance by vigie.run
  force:
    description: With O(state=disabled), end a maintenance that is on for another reason too.
    type: bool
    default: false
  foreign:
    description:
      - With O(state=enabled), what to do about a maintenance that is on for another reason.
      - V(leave) leaves it as it is, with a warning; V(refuse) fails.
    type: str
    choices: [leave, refuse]
    default: leave
extends_documentation_fragment:
  - vigie.run._attributes
  - vigie.run._consul
attributes:
  check_mode: {support: full}
  diff_mode: {support: full}
  idempotent: {support: full}
seealso:
  - module: vigie.run.gate
"""

EXAMPLES = r"""
- name: Take this host out of service discovery
  vigie.run.consul_maintenance:
    state: enabled
    reason: deploy portal 2.0.0
    consul_token: "{{ consul_management_token }}"

- name: Put it back
  vigie.run.consul_maintenance:
    state: disabled
    reason: deploy portal 2.0.0
    consul_token: "{{ consul_management_token }}"

- name: Take only one service out
  vigie.run.consul_maintenance:
    state: enabled
    service: web
    reason: index is being rebuilt
"""

RETURN = r"""
maintenance:
  description: Whether the node or service is in maintenance now, or would be in check mode.
  returned: success
  type: bool
  sample: true
reason:
  description: Reason of the maintenance that is on, empty when none is.
  returned: success
  type: str
  sample: deploy portal 2.0.0
foreign:
  description: Whether the maintenance that is on was begun by somebody else, for another reason.
  returned: success
  type: bool
  sample: false
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.vigie.run.plugins.module_utils._consul.client import (
    Access,
    Client,
)
from ansible_collections.vigie.run.plugins.module_utils._consul.maintenance import (
    Wanted,
    apply,
)
from ansible_collections.vigie.run.plugins.module_utils._consul.options import (
    consul_options,
)
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError


def run(module: AnsibleModule) -> dict[str, object]:
    params = module.params
    wanted = Wanted(
        enabled=params["state"] == "enabled",
        reason=params["reason"],
        service=params["service"] or "",
        force=params["force"],
    )
    access = Access.from_params(params)
    outcome = apply(
        Client(access), wanted, check_mode=module.check_mode, timeout=access.timeout
    )
    if outcome.foreign:
        seen = (
            f"{wanted.label} is already in maintenance for another reason: "
            f"{outcome.before.reason!r}"
        )
        if params["foreign"] == "refuse":
            raise RunError(f"{seen}. Ask whoever began it, and end it first.")
        module.warn(f"{seen}; it was left as it is")
    after = outcome.after.public()
    return {
        "changed": outcome.changed,
        "foreign": outcome.foreign,
        "diff": {"before": outcome.before.public(), "after": after},
        **after,
    }


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "state": {
                "type": "str",
                "choices": ["enabled", "disabled"],
                "required": True,
            },
            "service": {"type": "str"},
            "reason": {"type": "str", "default": "Maintenance by vigie.run"},
            "force": {"type": "bool", "default": False},
            "foreign": {
                "type": "str",
                "choices": ["leave", "refuse"],
                "default": "leave",
            },
            **consul_options(),
        },
        supports_check_mode=True,
    )
    try:
        result = run(module)
    except RunError as error:
        module.fail_json(msg=str(error), **error.details)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
