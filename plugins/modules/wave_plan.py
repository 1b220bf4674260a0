# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action wave_plan, which plans on the controller itself."""

from __future__ import annotations

DOCUMENTATION = r"""
module: wave_plan
short_description: Plan in which waves hosts may be out of service
version_added: 0.1.0
author: [the vigie.run authors (@vigie-run)]
description:
  - Sorts hosts into waves, the hosts of one wave being out of service at the same time, so that no wave breaks a limit of
    the policy and there are as few waves as possible.
  - It computes only, on the controller, wherever the task is delegated to. Give it C(run_once=true). It touches no host
    and changes nothing. The same input gives the same plan.
  - Every mistake in the hosts or the policy is reported at once, each with its field and the remedy. A plan that breaks a
    rule is never returned.
extends_documentation_fragment: [vigie.run._attributes]
attributes:
  check_mode:
    support: full
    details: The plan is the same, for nothing is ever changed.
  diff_mode:
    support: N/A
    details: Nothing is ever changed.
  idempotent:
    support: full
options:
  hosts:
    description:
      - All hosts of the services, not only those that have something to do, for percentages are of all of them.
      - Among alike hosts this order is kept.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Inventory name, once in the list.
        type: str
        required: true
      zone:
        description: Zone, rack or room that may fail as a whole. Hosts without one share the empty zone.
        type: str
        default: ''
      services:
        description: Services that the host takes part in. Each one has its own limit. May be empty.
        type: list
        elements: str
        default: []
      role:
        description: Role within the services, one of O(policy.role_order).
        type: str
        default: ''
      weight:
        description: What the host takes of the limits of its services, from 1.
        type: int
        default: 1
      away:
        description:
          - Whether the host is out of service already, left so by an earlier run. It comes back first.
          - Until it is back it counts in every limit for hosts that are in service.
        type: bool
        default: false
      done:
        description: Whether nothing has to be done on the host. It is not planned, but percentages count it.
        type: bool
        default: false
      lost:
        description: Whether the host cannot be reached. It is not planned and keeps its place in every limit.
        type: bool
        default: false
  policy:
    description: The rules that the plan has to hold.
    type: dict
    default: {}
    suboptions:
      services:
        description:
          - Rules per service, a dictionary with the names of services as keys.
          - 'C(max_unavailable): the weight that may be away at a time, lost hosts included; a whole number from 1, or a
            percentage such as V(34%) of the weight of all hosts of the service, rounded down. O(policy.default_max_unavailable)
            where left out.'
          - 'C(after): a list of services, all hosts of which come in earlier waves.'
        type: dict
        default: {}
      default_max_unavailable:
        description: The C(max_unavailable) of services for which O(policy.services) has none.
        type: raw
        default: 1
      zones:
        description: How zones take turns.
        type: dict
        default: {}
        suboptions:
          order:
            description: Zones from first to last. Zones that are not listed come after those, by name.
            type: list
            elements: str
            default: []
          one_at_a_time:
            description:
              - Whether the hosts of a service in a wave are all in one zone. Within a service and role, a zone is then finished
                before the next one begins.
              - When V(false), O(policy.zones.order) is a preference only.
            type: bool
            default: true
      canary:
        description:
          - The most hosts that the first waves may hold, one entry a wave.
          - Whole numbers, or percentages of the hosts to do, rounded up.
        type: list
        elements: raw
        default: []
      wave_size:
        description: The most hosts in any wave, a number or a percentage of the hosts to do, at least one host. V(0) is no limit.
        type: raw
        default: 0
      role_order:
        description:
          - Roles from first to last. Within a service, the hosts of one role are done before those of the next begin.
          - The empty string is a host without a role.
        type: list
        elements: str
        default: [replica, follower, '', primary, leader]
      apart:
        description: Groups of hosts, by name, of which never more than one is away.
        type: list
        elements: list
        default: []
  elsewhere:
    description:
      - What the platform has besides O(hosts), so that one O(policy) may serve every play. Without it, a policy that names
        a service or a host which is not among O(hosts) is refused as a slip of the pen.
    type: dict
    default: {}
    suboptions:
      services:
        description:
          - Services that other hosts have, one entry for each host and service.
          - A percentage of O(policy.services) is one of all these hosts, each with a weight of 1, and of O(hosts) together.
        type: list
        elements: str
        default: []
      hosts:
        description: Names of other hosts.
        type: list
        elements: str
        default: []
  max_lost:
    description:
      - Hosts, or a percentage of O(hosts), that may be lost before the first wave. More are refused, so that nothing is touched.
      - The number it comes to is returned as RV(max_lost), for the budget of the waves that follow.
    type: raw
    default: 0
seealso:
  - name: How waves are made
    description: Each rule by example, and how to read the reasons.
    link: https://github.com/vigie-run/vigie.run/blob/main/docs/waves.md
"""

EXAMPLES = r"""
- name: Plan the waves of the web hosts, zone by zone after one canary
  vigie.run.wave_plan:
    hosts: >-
      {{ dict(groups['web'] | zip(groups['web'] | map('extract', hostvars, 'zone')))
         | dict2items(key_name='name', value_name='zone')
         | map('combine', {'services': ['web']}) | list }}
    policy:
      services:
        web:
          max_unavailable: 34%
      zones:
        order: [a, b, c]
      canary: [1]
  run_once: true
  register: plan

- name: Put the hosts into a group in the order of the plan
  ansible.builtin.add_host:
    name: "{{ item }}"
    groups: [in_waves]
    wave_serial: "{{ plan.serial }}"
  loop: "{{ plan.order }}"

- name: Plan a database with its proxies, the primary last and the proxies after it
  vigie.run.wave_plan:
    hosts:
      - {name: db-a1, zone: a, services: [db], role: primary}
      - {name: db-b1, zone: b, services: [db], role: replica}
      - {name: proxy-a1, zone: a, services: [proxy]}
      - {name: proxy-b1, zone: b, services: [proxy], away: true}
    policy:
      services:
        db:
          max_unavailable: 1
        proxy:
          max_unavailable: 50%
          after: [db]
      apart:
        - [db-a1, proxy-a1]
  run_once: true
"""

RETURN = r"""
waves:
  description: The waves in order.
  returned: success
  type: list
  elements: dict
  contains:
    number:
      description: Number of the wave, from 1.
      type: int
    canary:
      description: Whether the size of this wave is one of O(policy.canary).
      type: bool
    hosts:
      description: The hosts that may be out of service in this wave, in the order of O(hosts).
      type: list
      elements: dict
      contains:
        name:
          description: Inventory name.
          type: str
        zone:
          description: As given.
          type: str
        services:
          description: As given.
          type: list
          elements: str
        reason:
          description: Why the host is in this wave and in none before.
          type: str
  sample:
    - number: 1
      canary: true
      hosts:
        - {name: web-a1, zone: a, services: [web], reason: "canary: 1 host first"}
order:
  description: The names of all planned hosts, wave after wave.
  returned: success
  type: list
  elements: str
  sample: [web-a1, web-a2, web-b1, web-b2]
serial:
  description: The number of hosts in each wave, as the C(serial) of a play over RV(order) takes it.
  returned: success
  type: list
  elements: int
  sample: [1, 1, 2]
limits:
  description: What each service allows, in units of weight.
  returned: success
  type: dict
  contains:
    limit:
      description: Under the name of each service, what may be away at a time.
      type: int
    total:
      description: Under the name of each service, the weight of all its hosts.
      type: int
    lost:
      description: Under the name of each service, what lost hosts take of the limit.
      type: int
  sample: {web: {limit: 2, total: 6, lost: 0}}
away:
  description: Hosts given as away.
  returned: success
  type: list
  elements: str
  sample: []
done:
  description: Hosts given as done.
  returned: success
  type: list
  elements: str
  sample: [web-c1]
lost:
  description: Hosts given as lost.
  returned: success
  type: list
  elements: str
  sample: []
max_lost:
  description: Number of hosts that O(max_lost) allows to lose.
  returned: success
  type: int
  sample: 0
fewest:
  description: Whether it is proved that no plan with fewer waves holds the policy.
  returned: success
  type: bool
  sample: true
summary:
  description: The plan for people, a line for each wave with what binds it.
  returned: success
  type: list
  elements: str
  sample:
    - 4 hosts in 3 waves, the fewest possible
    - "wave 1 of 3 (canary): web-a1 [canary: 1 host first]"
problems:
  description: Each mistake in the hosts or the policy.
  returned: when the input is bad or no plan is possible
  type: list
  elements: str
  sample: ["policy.services.web.max_unavailable: 0 is too low: use a whole number from 1, or a percentage such as \"25%\"."]
"""
