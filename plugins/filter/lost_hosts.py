# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter: the hosts that a rotation has lost so far, and why."""

from __future__ import annotations

DOCUMENTATION = r"""
name: lost_hosts
short_description: Name the hosts that a rotation has lost so far
version_added: 0.1.0
author:
  - the vigie.run authors (@vigie-run)
description:
  - Ansible's own counters forget unreachable hosts and start anew with every batch.
    This filter counts over all batches of a play, hosts that failed, hosts that became
    unreachable, hosts whose failure was rescued (they were put back as they were, yet
    did not get what the others got) and hosts that the plan already had to leave out.
positional: present, hostvars, plan
options:
  _input:
    description: All hosts of the play, C(ansible_play_hosts_all).
    type: list
    elements: str
    required: true
  present:
    description: Hosts that still take part, C(ansible_play_hosts).
    type: list
    elements: str
    required: true
  hostvars:
    description: The variables of all hosts; C(rotation_lost) says why a host is lost.
    type: dict
    required: true
  plan:
    description: The result of M(vigie.run.wave_plan), of which C(lost) is read.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Stop before this batch when a host was lost in an earlier one
  ansible.builtin.assert:
    that: lost | length == 0
    fail_msg: "Lost {{ lost | map(attribute='why') | join('; ') }}"
  vars:
    lost: >-
      {{ ansible_play_hosts_all
         | vigie.run.lost_hosts(ansible_play_hosts, hostvars, rotation_plan) }}
"""

RETURN = r"""
_value:
  description: One dictionary for each lost host, in the order of the plan.
  type: list
  elements: dict
  sample:
    - name: web-a1
      why: "web-a1 (Prove that this host is healthy: gate 'health' did not hold)"
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any


def lost_hosts(
    targeted: Iterable[str],
    present: Iterable[str],
    hostvars: Mapping[str, Mapping[str, Any]],
    plan: Mapping[str, Any],
) -> list[dict[str, str]]:
    """Each lost host once, with the reason as a sentence for a person."""
    still_here = set(present)
    lost: dict[str, str] = dict.fromkeys(
        plan.get("lost", []), "out of reach when the waves were planned"
    )
    for name in targeted:
        reason = hostvars[name].get("rotation_lost") if name in hostvars else None
        if reason:
            lost[name] = str(reason)
        elif name not in still_here and name not in lost:
            lost[name] = "failed or unreachable, see above"
    return [{"name": name, "why": f"{name} ({why})"} for name, why in lost.items()]


class FilterModule:
    """The collection's filter on the losses of a rotation."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"lost_hosts": lost_hosts}
