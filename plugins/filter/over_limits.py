# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter: the limits that a wave would break beside the hosts already gone."""

from __future__ import annotations

DOCUMENTATION = r"""
name: over_limits
short_description: Name the limits that a wave would break
version_added: 0.1.0
author:
  - the vigie.run authors (@vigie-run)
description:
  - A plan knows the hosts that were lost before it. Hosts that are lost later take
    their place in the limits too, and a wave that was planned without them may then be
    one too many.
positional: gone, hosts, plan
options:
  _input:
    description: The hosts of the wave, C(ansible_play_batch).
    type: list
    elements: str
    required: true
  gone:
    description: Hosts that failed or became unreachable since the plan.
    type: list
    elements: str
    required: true
  hosts:
    description:
      - Under each host's name C(_rotation_host), which holds C(services) and C(weight).
    type: dict
    required: true
  plan:
    description: The result of M(vigie.run.wave_plan), of which C(limits) is read.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Stop before a wave that would take too many away
  ansible.builtin.assert:
    that: over | length == 0
    fail_msg: "{{ over | join('; ') }}"
  vars:
    gone: "{{ ansible_play_hosts_all | difference(ansible_play_hosts) }}"
    over: >-
      {{ ansible_play_batch
         | vigie.run.over_limits(gone, rotation_hosts.hosts, rotation_plan) }}
"""

RETURN = r"""
_value:
  description: One sentence for each limit that would be broken.
  type: list
  elements: str
  sample: ["web: 3 would be away (1 is gone), the limit is 2"]
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any


def over_limits(
    wave: Iterable[str],
    gone: Iterable[str],
    hosts: Mapping[str, Mapping[str, Any]],
    plan: Mapping[str, Any],
) -> list[str]:
    """One sentence for each service of the wave whose limit would not hold."""
    leaving = _weights(wave, hosts)
    missing = _weights(gone, hosts)
    said = []
    for service, weight in leaving.items():
        limit = plan["limits"][service]
        lost = missing.get(service, 0)
        away = weight + lost + limit["lost"]
        if lost and away > limit["limit"]:
            said.append(
                f"{service}: {away} would be away ({lost} gone), the limit is"
                f" {limit['limit']}"
            )
    return said


def _weights(
    names: Iterable[str], hosts: Mapping[str, Mapping[str, Any]]
) -> dict[str, int]:
    """What the hosts weigh in each of their services."""
    weights: dict[str, int] = {}
    for name in names:
        host = hosts[name]["_rotation_host"]
        for service in host["services"]:
            weights[service] = weights.get(service, 0) + int(host["weight"])
    return weights


class FilterModule:
    """The collection's filter on the limits of a wave."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"over_limits": over_limits}
