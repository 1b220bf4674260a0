# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rotate the key that Consul's gossip is encrypted with."""

from __future__ import annotations

DOCUMENTATION = r"""
module: consul_keyring
short_description: Rotate the key that Consul's gossip is encrypted with
version_added: 0.1.0
author: [the vigie.run authors (@vigie-run)]
description:
  - Brings a running cluster to encrypt its gossip with O(primary), in one task and without a restart. The key is installed
    on every node, then used, then the old keys are removed, and each step begins when all nodes have done the one before.
  - The keyrings of all pools are seen to, that between datacenters and those of the segments included.
  - A run that is stopped between the steps leaves a cluster that talks, and the next one goes on from there.
notes:
  - With ACLs, the token needs C(keyring:write), and C(node:read) on all nodes.
  - Consul keeps its keyring in C(serf/) in its data directory, and reads the option C(encrypt) only where there is none.
    Give a node that was away meanwhile, and new ones, the new key.
  - Keys are not shown anywhere, only the first digits of their SHA-256.
options:
  primary:
    description: The key to use, 16, 24 or 32 bytes in Base64, as C(consul keygen) makes it.
    type: str
    required: true
  retire:
    description:
      - Whether all other keys are removed.
      - Consul before 1.8 does not tell which of several keys is used; with V(false) it is told again at each run there.
    type: bool
    default: true
  without:
    description:
      - Names of nodes that are away and may be left behind. Others that are away are a reason not to begin.
      - Servers of other datacenters are named as Consul does, C(name.datacenter).
    type: list
    elements: str
    default: []
  timeout:
    description: How long all nodes may take for each step, in seconds.
    type: float
    default: 60.0
extends_documentation_fragment:
  - vigie.run._attributes
  - vigie.run._consul
attributes:
  check_mode: {support: full}
  diff_mode:
    support: full
    details: Shows fingerprints of keys.
  idempotent: {support: full}
seealso:
  - module: vigie.run.kept_secrets
"""

EXAMPLES = r"""
- name: Encrypt the gossip with a new key
  vigie.run.consul_keyring:
    primary: "{{ new_gossip_key }}"
    consul_token: "{{ consul_management_token }}"
  run_once: true

- name: Install and use it, and keep the old one for nodes that come back
  vigie.run.consul_keyring:
    primary: "{{ new_gossip_key }}"
    retire: false
    consul_token: "{{ consul_management_token }}"
  run_once: true
"""

RETURN = r"""
keyrings:
  description: By pool how many nodes it has and the fingerprints of the keys that they have and use now, or would in check mode.
  returned: success
  type: dict
  sample: {LAN of dc1: {nodes: 5, keys: [3a7bd3e2360a], primary: [3a7bd3e2360a]}}
absent:
  description: Names of the nodes that are away.
  returned: when they are the reason not to begin
  type: list
  elements: str
  sample: [web-a1]
"""

from dataclasses import replace

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.vigie.run.plugins.module_utils._consul.client import (
    Access,
    Client,
)
from ansible_collections.vigie.run.plugins.module_utils._consul.keyring import (
    Wanted,
    rotate,
)
from ansible_collections.vigie.run.plugins.module_utils._consul.options import (
    consul_options,
)
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError

# How long Consul itself waits for nodes that do not answer, with room for the answer.
_LEAST_TIMEOUT = 30.0


def run(module: AnsibleModule) -> dict[str, object]:
    params = module.params
    wanted = Wanted(params["primary"], params["retire"], frozenset(params["without"]))
    access = Access.from_params(params)
    client = Client(replace(access, timeout=max(access.timeout, _LEAST_TIMEOUT)))
    outcome = rotate(
        client, wanted, check_mode=module.check_mode, timeout=params["timeout"]
    )
    return {
        "changed": outcome.changed,
        "keyrings": outcome.after,
        "diff": {"before": outcome.before, "after": outcome.after},
    }


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "primary": {"type": "str", "required": True, "no_log": True},
            "retire": {"type": "bool", "default": True},
            "without": {"type": "list", "elements": "str", "default": []},
            "timeout": {"type": "float", "default": 60.0},
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
