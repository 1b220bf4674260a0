# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wait until conditions hold, all at the same time."""

from __future__ import annotations

DOCUMENTATION = r"""
module: gate
short_description: Wait until conditions hold, all at the same time
version_added: 0.1.0
author: [the vigie.run authors (@vigie-run)]
description:
  - Looks at gates (HTTP, TCP, systemd, Consul, command) round by round until all of them hold in the same round,
    and, with O(soak), until they have held in every round for that long.
  - When the limit is reached, the task fails and says which gate did not hold, what was seen last and for how long it was looked at.
  - Mistakes in the declaration are reported together, before anything is looked at.
  - Everything is looked at from the host that the task runs on. Proxies from the environment are not used.
notes:
  - In check mode each gate is looked at once and the task never fails; RV(passed) tells whether all held.
    Gates that may change something (commands, HTTP methods other than GET, HEAD and OPTIONS) are not tried then.
options:
  gates:
    description: What must hold. Each gate takes O(gates[].name), O(gates[].type) and the options of its type.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - Name of the gate in messages and results.
          - Without it, the type is the name.
        type: str
      type:
        description: What kind of gate it is.
        type: str
        choices: [http, tcp, systemd, consul, command]
        required: true
      attempt_timeout:
        description:
          - How long one attempt may take, in seconds. Not for systemd gates.
          - Without it, V(5).
        type: float
      url:
        description: For http gates, which need it. C(http://…) or C(https://…).
        type: str
      method:
        description:
          - For http gates.
          - Without it, V(GET).
        type: str
      headers:
        description: For http gates. Header fields to send. No secrets, see O(gates[].secret_headers).
        type: dict
      secret_headers:
        description: For http gates. Header fields to send whose content is never shown.
        type: dict
      status:
        description:
          - For http gates. Statuses that are right. Redirections are not followed.
          - Without it, V([200]).
        type: list
        elements: int
      body:
        description:
          - For http gates. What must be in the body, as text or as a regular expression (Python's, C(^) and C($) match at each line).
          - The filter P(ansible.builtin.regex_escape#filter) makes text with special characters exact.
        type: str
      count:
        description:
          - For http gates. How many requests in a row must be answered rightly, over one connection. Warms caches.
          - Without it, V(1).
        type: int
      max_ms:
        description:
          - For http gates. Milliseconds that an answer may take at most.
          - Without it, only O(gates[].attempt_timeout) counts.
        type: int
      validate_certs:
        description:
          - For http gates. Whether certificates are checked.
          - Without it, V(true).
        type: bool
      ca_path:
        description: For http gates. Certificate authority that certificates are checked with, instead of the system's own ones.
        type: path
      host:
        description:
          - For tcp gates.
          - Without it, V(127.0.0.1).
        type: str
      port:
        description: For tcp gates, which need it.
        type: int
      unit:
        description: For systemd gates, which need it. C(portal) means C(portal.service).
        type: str
      state:
        description:
          - For systemd gates. Active state that is right.
          - Without it, V(active).
        type: str
        choices: [active, inactive, failed, activating, deactivating, reloading]
      service:
        description: For consul gates, which need it. Name of a service in the catalog.
        type: str
      token:
        description:
          - For consul gates. ACL token for this gate.
          - Without it, O(consul_token).
        type: str
      scope:
        description:
          - For consul gates. Look at the service's instances on the node of the asked agent (V(node)) or on all nodes (V(all)).
          - V(node) takes the ACL rule C(agent:read).
          - Without it, V(all).
        type: str
        choices: [node, all]
      min_passing:
        description:
          - For consul gates. How many of the registered instances must be passing, as a number or a percentage, rounded up. At least one in any case.
          - Without it, all of them.
        type: str
      ignore_maintenance:
        description:
          - For consul gates. Whether an instance in maintenance whose own checks pass counts as passing.
          - With V(false), it counts as away; this is what a limit on hosts that may be away at the same time needs.
          - Without it, V(true).
        type: bool
      tags:
        description: For consul gates. Only instances that have all of these tags are looked at.
        type: list
        elements: str
      datacenter:
        description:
          - For consul gates. Datacenter whose catalog is asked.
          - Without it, the agent's own.
        type: str
      allow_warning:
        description:
          - For consul gates. Whether an instance whose worst check is a warning counts as passing.
          - Without it, V(false). Consul gives such instances out to those who look for healthy ones over DNS, unless it is told otherwise.
        type: bool
      in_each:
        description:
          - For consul gates. An entry of the nodes' metadata, such as V(zone). O(gates[].min_passing) must then hold among the instances of each of its values.
          - Nodes without that entry are one group of their own.
        type: str
      argv:
        description: For command gates, which need it. The program and its arguments; no shell.
        type: list
        elements: str
      rc:
        description:
          - For command gates. Return code that is right.
          - Without it, V(0).
        type: int
  timeout:
    description:
      - How long to wait for all gates, in seconds, O(soak) included.
      - V(0) looks once.
    type: float
    default: 60.0
  soak:
    description: How long all gates must hold without a break, in seconds. A gate that does not hold starts it over.
    type: float
    default: 0.0
  interval:
    description: Pause between two rounds, in seconds.
    type: float
    default: 0.5
extends_documentation_fragment:
  - vigie.run._attributes
  - vigie.run._consul
attributes:
  check_mode: {support: full}
  diff_mode:
    support: N/A
    details: Nothing is changed.
  idempotent: {support: full}
seealso:
  - module: vigie.run.consul_maintenance
"""

EXAMPLES = r"""
- name: Wait until the new release is healthy and stays so for five seconds
  vigie.run.gate:
    gates:
      - name: unit
        type: systemd
        unit: portal
      - name: health
        type: http
        url: http://127.0.0.1:8080/health
        body: ok 2.0.0
      - name: warm
        type: http
        url: http://127.0.0.1:8080/
        count: 20
        max_ms: 300
    timeout: 30
    soak: 5

- name: Never begin a wave with fewer than two thirds of the web service in use
  vigie.run.gate:
    gates:
      - name: enough
        type: consul
        service: web
        min_passing: 67%
        ignore_maintenance: false
    consul_token: "{{ consul_management_token }}"
  run_once: true

- name: Go on only when half of the hosts of each zone have been well for half a minute
  vigie.run.gate:
    gates:
      - name: zones
        type: consul
        service: web
        tags: [public]
        min_passing: 50%
        in_each: zone
        ignore_maintenance: false
    soak: 30
    timeout: 300
    consul_url: https://consul.example:8501
    consul_token: "{{ consul_management_token }}"
  delegate_to: localhost
  run_once: true

- name: Look once and decide later
  vigie.run.gate:
    gates:
      - type: tcp
        host: db-a1
        port: 5432
    timeout: 0
  register: database
  failed_when: false
"""

RETURN = r"""
passed:
  description: Whether all gates held. Only in check mode can it be false without a failure.
  returned: always but for a wrong declaration
  type: bool
  sample: true
gates:
  description: State of each gate at its last look, in the declared order.
  returned: always but for a wrong declaration
  type: list
  elements: dict
  contains:
    name:
      description: Name of the gate.
      type: str
    type:
      description: Type of the gate.
      type: str
    target:
      description: What was looked at.
      type: str
    passed:
      description: Whether it held at the last look.
      type: bool
    saw:
      description: What was seen at the last look.
      type: str
    seconds:
      description:
        - Seconds from the start to the look since when it holds, or to the last look when it does not hold.
        - In check mode, how long the look took.
      type: float
    attempts:
      description: How many times it was looked at.
      type: int
  sample:
    - name: health
      type: http
      target: http://127.0.0.1:8080/health
      passed: true
      saw: 200 'ok 2.0.0'
      seconds: 1.52
      attempts: 4
waited:
  description: How long was waited, in seconds.
  returned: always but for a wrong declaration
  type: float
  sample: 6.6
problems:
  description: The mistakes in the declaration, each beginning with its field.
  returned: for a wrong declaration
  type: list
  elements: str
  sample: ["gates[1].port: required for type tcp"]
"""

import time

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.vigie.run.plugins.module_utils._consul.client import Access
from ansible_collections.vigie.run.plugins.module_utils._consul.options import (
    consul_options,
)
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.module_utils._gate.declare import make_gates
from ansible_collections.vigie.run.plugins.module_utils._gate.options import (
    gate_options,
)
from ansible_collections.vigie.run.plugins.module_utils._gate.runner import (
    Pace,
    look_once,
    wait,
)


def run(module: AnsibleModule) -> dict[str, object]:
    params = module.params
    pace = Pace(params["timeout"], params["soak"], params["interval"])

    def command(argv: list[str]) -> tuple[int, str, str]:
        return module.run_command(argv, handle_exceptions=False)

    gates = make_gates(params["gates"], pace, Access.from_params(params), command)
    started = time.monotonic()
    if module.check_mode:
        reports = look_once(gates, params["timeout"])
    else:
        reports = wait(gates, pace)
    return {
        "changed": False,
        "passed": all(report.passed for report in reports),
        "gates": [report.public() for report in reports],
        "waited": round(time.monotonic() - started, 2),
    }


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "gates": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": gate_options(),
            },
            "timeout": {"type": "float", "default": 60.0},
            "soak": {"type": "float", "default": 0.0},
            "interval": {"type": "float", "default": 0.5},
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
