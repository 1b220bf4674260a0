# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: haproxy_member
short_description: Take members of an HAProxy backend out of service, or put them back
version_added: 0.1.0
description:
  - Sets servers of a backend to drain, maintenance or ready over HAProxy's runtime API, all in one call, and waits until that is true in effect.
  - Out of service is waited for until no session and no queued request is left. Ready is waited for until the health check passes.
  - With O(max_unavailable) the backend is looked at first, as it is at this moment. Members that are away already for whatever reason
    (drained, in maintenance, down, of weight 0) count. Where the limit would be broken, nothing is touched.
    Looking and setting happen under a lock, so that two runs at once cannot both pass.
  - Weights, agent checks and health checks are left alone.
  - Runs on the balancer's host. The runtime socket needs the level V(admin).
author:
  - the vigie.run authors (@vigie-run)
extends_documentation_fragment:
  - vigie.run._attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  backend:
    description:
      - The backend that the members belong to.
    type: str
    required: true
  members:
    description:
      - The names of the servers in the backend.
    type: list
    elements: str
    required: true
  state:
    description:
      - With V(drained) the members get no new requests but those of clients bound to them (cookie, stick table), and finish what they serve.
      - With V(maint) they get no new requests at all, and are not health-checked any more. Sessions that they serve go on.
      - With V(ready) they get requests as soon as their health check passes.
    type: str
    choices: [drained, ready, maint]
    required: true
  max_unavailable:
    description:
      - How many of the backend's members may be out of service at once, as a number of at least 1
        or as a percentage, such as V(34%), of all its members, rounded down.
      - Spare members (C(backup)) do not count. No limit when not given.
      - Members that are away already may be named again, even where too many are away, since that makes nothing worse.
      - Not looked at with O(state=ready).
    type: str
  timeout:
    description:
      - How long to wait, in seconds, for the last session to end or for the health check to pass.
    type: float
    default: 60
  on_timeout:
    description:
      - What to do where sessions are left after O(timeout).
      - With V(proceed) the module warns and succeeds; RV(sessions_left) says how many there are.
      - With V(fail) the members that this call took out are put back to where they were, and the module fails.
      - A member that is not up in time after O(state=ready) is always a failure.
    type: str
    choices: [proceed, fail]
    default: proceed
  socket:
    description:
      - The unix socket of HAProxy's runtime API.
      - The lock is a file beside it, of the same name with C(.lock) added.
    type: path
    default: /run/haproxy/admin.sock
seealso:
  - module: vigie.run.haproxy_member_info
"""

EXAMPLES = r"""
- name: Take this host out of the balancer, never more than two of all at once
  vigie.run.haproxy_member:
    backend: portal
    members: ["{{ inventory_hostname }}"]
    state: drained
    max_unavailable: 2
  delegate_to: lb-a1

- name: Take a whole wave out, and give up rather than cut a session
  vigie.run.haproxy_member:
    backend: portal
    members: "{{ ansible_play_batch }}"
    state: drained
    max_unavailable: 34%
    timeout: 120
    on_timeout: fail
  delegate_to: lb-a1
  run_once: true

- name: Put it back, and wait until HAProxy finds it healthy
  vigie.run.haproxy_member:
    backend: portal
    members: ["{{ inventory_hostname }}"]
    state: ready
  delegate_to: lb-a1
"""

RETURN = r"""
members:
  description: The members named, in the order of O(members). Where the module failed, as seen last.
  returned: success, and failures after the members were found
  type: list
  elements: dict
  contains:
    name:
      description: The server's name.
      type: str
      sample: web-a1
    before:
      description: Its state before, one of V(ready), V(drain) and V(maint).
      type: str
      sample: ready
    after:
      description: Its state after.
      type: str
      sample: drain
    up:
      description: Whether its health check passes.
      type: bool
      sample: true
    sessions:
      description: Sessions it serves, with the requests that wait for it.
      type: int
      sample: 0
sessions_left:
  description: Sessions on these members when the wait ended, which may be cut now. In check mode, sessions at this moment. 0 with O(state=ready).
  returned: success
  type: int
  sample: 0
up:
  description: How many members of the backend are in service now, without spare ones.
  returned: success
  type: int
  sample: 5
total:
  description: How many members the backend has, without spare ones.
  returned: success
  type: int
  sample: 6
away:
  description: Who was out of service, and why, where O(max_unavailable) was the reason to fail.
  returned: limit reached
  type: list
  elements: dict
  contains:
    name:
      description: The server's name.
      type: str
      sample: web-b1
    why:
      description: Why it is out of service.
      type: str
      sample: "down: L4CON: Layer4 connection problem, Connection refused"
not_up:
  description: Who is not in service after O(timeout) with O(state=ready), and why.
  returned: time-out with O(state=ready)
  type: list
  elements: dict
  contains:
    name:
      description: The server's name.
      type: str
      sample: web-b1
    why:
      description: Why it is not in service.
      type: str
      sample: "down: L7STS 503: Layer7 wrong status, Service Unavailable"
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.vigie.run.plugins.module_utils._balancer.change import (
    Request,
    apply,
)
from ansible_collections.vigie.run.plugins.module_utils._balancer.haproxy import (
    HaproxyBackend,
)
from ansible_collections.vigie.run.plugins.module_utils._balancer.runtime_api import (
    RuntimeApi,
)
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError

ARGUMENTS = {
    "backend": {"type": "str", "required": True},
    "members": {"type": "list", "elements": "str", "required": True},
    "state": {
        "type": "str",
        "choices": ["drained", "ready", "maint"],
        "required": True,
    },
    "max_unavailable": {"type": "str"},
    "timeout": {"type": "float", "default": 60},
    "on_timeout": {
        "type": "str",
        "choices": ["proceed", "fail"],
        "default": "proceed",
    },
    "socket": {"type": "path", "default": "/run/haproxy/admin.sock"},
}


def main() -> None:
    """Read the options, change the members, return."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    params = module.params
    request = Request(
        names=params["members"],
        state="drain" if params["state"] == "drained" else params["state"],
        max_unavailable=params["max_unavailable"],
        timeout=params["timeout"],
        put_back=params["on_timeout"] == "fail",
        dry_run=module.check_mode,
    )
    try:
        backend = HaproxyBackend(RuntimeApi(params["socket"]), params["backend"])
        outcome = apply(backend, request)
    except RunError as error:
        module.fail_json(msg=str(error), **error.details)
    for warning in outcome.warnings:
        module.warn(warning)
    module.exit_json(diff=outcome.diff, **outcome.result())


if __name__ == "__main__":
    main()
