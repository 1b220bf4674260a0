# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: haproxy_member_info
short_description: See the members of HAProxy's backends as they are now
version_added: 0.1.0
description:
  - Reads the state, the health and the sessions of the servers in HAProxy's backends over the runtime API.
  - Runs on the balancer's host.
author:
  - the vigie.run authors (@vigie-run)
extends_documentation_fragment:
  - vigie.run._attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: N/A
  idempotent:
    support: full
options:
  backend:
    description:
      - The backend to read. All backends when not given.
    type: str
  socket:
    description:
      - The unix socket of HAProxy's runtime API.
    type: path
    default: /run/haproxy/admin.sock
seealso:
  - module: vigie.run.haproxy_member
"""

EXAMPLES = r"""
- name: See the web hosts as the balancer sees them
  vigie.run.haproxy_member_info:
    backend: portal
  register: portal

- name: Name those that get no requests
  ansible.builtin.debug:
    msg: "{{ portal.members | rejectattr('in_service') | map(attribute='name') }}"
"""

RETURN = r"""
members:
  description: The servers in the order of HAProxy's configuration.
  returned: success
  type: list
  elements: dict
  contains:
    backend:
      description: The backend that the server belongs to.
      type: str
      sample: portal
    name:
      description: The server's name.
      type: str
      sample: web-a1
    address:
      description: Address and port.
      type: str
      sample: 10.90.1.11:8080
    state:
      description: What was asked for, one of V(ready), V(drain) and V(maint).
      type: str
      sample: ready
    up:
      description: Whether the health check passes. True where there is no check.
      type: bool
      sample: true
    in_service:
      description: Whether it gets new requests; it is ready, up and of a weight above 0.
      type: bool
      sample: true
    sessions:
      description: Sessions it serves now, with the requests that wait for it.
      type: int
      sample: 3
    weight:
      description: Its weight at this moment.
      type: int
      sample: 1
    backup:
      description: Whether it is a spare server, which does not count for O(vigie.run.haproxy_member#module:max_unavailable).
      type: bool
      sample: false
    check:
      description: The last answer of the health check in HAProxy's words.
      type: str
      sample: "L7OK 200: Layer7 check passed"
up:
  description: How many members are in service, without spare ones.
  returned: success
  type: int
  sample: 6
total:
  description: How many members there are, without spare ones.
  returned: success
  type: int
  sample: 6
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.vigie.run.plugins.module_utils._balancer.balancer import (
    Member,
    counted,
)
from ansible_collections.vigie.run.plugins.module_utils._balancer.haproxy import (
    HaproxyBackend,
    read_members,
)
from ansible_collections.vigie.run.plugins.module_utils._balancer.runtime_api import (
    RuntimeApi,
)
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError


def shown(member: Member) -> dict[str, Any]:
    """Return the fields of one member for the result."""
    return {
        "backend": member.pool,
        "name": member.name,
        "address": member.address,
        "state": member.state,
        "up": member.up,
        "in_service": member.in_service,
        "sessions": member.busy,
        "weight": member.weight,
        "backup": member.backup,
        "check": member.check,
    }


def main() -> None:
    """Read the options, ask HAProxy, return."""
    module = AnsibleModule(
        argument_spec={
            "backend": {"type": "str"},
            "socket": {"type": "path", "default": "/run/haproxy/admin.sock"},
        },
        supports_check_mode=True,
    )
    api, backend = RuntimeApi(module.params["socket"]), module.params["backend"]
    try:
        members = (
            read_members(api)
            if backend is None
            else HaproxyBackend(api, backend).members()
        )
    except RunError as error:
        module.fail_json(msg=str(error), **error.details)
    pool = counted(members)
    module.exit_json(
        changed=False,
        members=[shown(member) for member in members],
        up=sum(member.in_service for member in pool),
        total=len(pool),
    )


if __name__ == "__main__":
    main()
