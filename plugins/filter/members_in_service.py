# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter: which members every load balancer sees in service."""

from __future__ import annotations

DOCUMENTATION = r"""
name: members_in_service
short_description: Name the members that are in service at every load balancer
version_added: 0.1.0
author:
  - the vigie.run authors (@vigie-run)
description:
  - A member is in service when each load balancer that knows it accepts traffic for it
    and finds it healthy. One balancer that does not is enough to call it away.
options:
  _input:
    description:
      - Results of M(vigie.run.haproxy_member_info), one a load balancer; each holds a
        list C(members).
    type: list
    elements: dict
    required: true
seealso:
  - module: vigie.run.haproxy_member_info
"""

EXAMPLES = r"""
- name: See who is in service
  vigie.run.haproxy_member_info:
    backend: portal
  loop: "{{ groups['balancers'] }}"
  delegate_to: "{{ item }}"
  run_once: true
  register: seen

- name: Name them
  ansible.builtin.debug:
    msg: "{{ seen.results | vigie.run.members_in_service }}"
"""

RETURN = r"""
_value:
  description: Names of the members in service, sorted.
  type: list
  elements: str
  sample: [web-a1, web-a2]
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any


def members_in_service(results: Iterable[Mapping[str, Any]]) -> list[str]:
    """Members that no balancer sees drained, in maintenance or unhealthy."""
    serving: set[str] = set()
    away: set[str] = set()
    for result in results:
        for member in result["members"]:
            well = member["state"] == "ready" and member["up"]
            (serving if well else away).add(member["name"])
    return sorted(serving - away)


class FilterModule:
    """The collection's filter on load balancer members."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"members_in_service": members_in_service}
