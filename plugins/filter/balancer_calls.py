# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter: from hosts to one call for each load balancer and backend."""

from __future__ import annotations

DOCUMENTATION = r"""
name: balancer_calls
short_description: Group the hosts of a wave into one call for each load balancer
version_added: 0.1.0
author:
  - the vigie.run authors (@vigie-run)
description:
  - A wave leaves its load balancers together, so that their limit is checked once for
    all of it. This filter turns the hosts of a wave, as the P(vigie.run.rotation#role)
    role describes them, into the fewest calls of M(vigie.run.haproxy_member).
options:
  _input:
    description:
      - One dictionary a host with C(balancers), C(backend), C(member),
        C(max_unavailable) and C(drain_timeout). Hosts without balancers are left out.
    type: list
    elements: dict
    required: true
seealso:
  - module: vigie.run.haproxy_member
"""

EXAMPLES = r"""
- name: Drain the whole wave at every load balancer
  vigie.run.haproxy_member:
    backend: "{{ item.backend }}"
    members: "{{ item.members }}"
    max_unavailable: "{{ item.max_unavailable }}"
    state: drained
  loop: "{{ exits | vigie.run.balancer_calls }}"
  delegate_to: "{{ item.balancer }}"
  run_once: true
  vars:
    exits: "{{ ansible_play_batch | map('extract', hostvars, 'balancer_exit') }}"
"""

RETURN = r"""
_value:
  description:
    - One dictionary for each load balancer and backend. Where hosts disagree, the
      smallest C(max_unavailable) and the longest drain win, a number before a share.
  type: list
  elements: dict
  sample:
    - balancer: lb-a1
      backend: portal
      members: [web-a1, web-a2]
      max_unavailable: 2
      drain_timeout: 60
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any


def balancer_calls(hosts: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One call for each balancer and backend, in the order the hosts name them."""
    calls: dict[tuple[str, str], dict[str, Any]] = {}
    for host in hosts:
        for balancer in host["balancers"]:
            call = calls.setdefault(
                (balancer, host["backend"]),
                {
                    "balancer": balancer,
                    "backend": host["backend"],
                    "members": [],
                    "max_unavailable": host["max_unavailable"],
                    "drain_timeout": int(host["drain_timeout"]),
                },
            )
            call["members"].append(host["member"])
            call["max_unavailable"] = _stricter(
                call["max_unavailable"], host["max_unavailable"]
            )
            call["drain_timeout"] = max(
                call["drain_timeout"], int(host["drain_timeout"])
            )
    return list(calls.values())


def _stricter(one: int | str, other: int | str) -> int | str:
    """The smaller of two limits; a percentage gives way to a number of members."""
    if str(one).endswith("%") and str(other).endswith("%"):
        return min(one, other, key=lambda share: float(str(share)[:-1]))
    if str(one).endswith("%"):
        return other
    if str(other).endswith("%"):
        return one
    return min(int(one), int(other))


class FilterModule:
    """The collection's filters on hosts of a rotation."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"balancer_calls": balancer_calls}
