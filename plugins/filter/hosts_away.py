# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter: the hosts that a rotation has out of service."""

from __future__ import annotations

DOCUMENTATION = r"""
name: hosts_away
short_description: Name the hosts that a rotation has out of service
version_added: 0.1.0
author:
  - the vigie.run authors (@vigie-run)
description:
  - A host is away from the moment its wave begins, or was found away when the waves
    were planned, until it was put back.
  - What cannot be known counts as away, such as a host that became unreachable.
positional: hostvars, plan, kept_for
options:
  _input:
    description: The hosts whose waves have begun.
    type: list
    elements: str
    required: true
  hostvars:
    description:
      - The variables of all hosts. C(__rotation_back) is what came of putting one back.
    type: dict
    required: true
  plan:
    description:
      - The result of M(vigie.run.wave_plan), of which C(away) and C(lost) are read.
    type: dict
    required: true
  kept_for:
    description:
      - Hosts that an earlier run left away, and that the platform's lock was kept for.
        Those that are still lost are away. Of the others the plan has seen it.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: See who is away
  ansible.builtin.debug:
    msg: "{{ rotation_plan.order | vigie.run.hosts_away(hostvars, rotation_plan, []) }}"
"""

RETURN = r"""
_value:
  description: Their names, each once.
  type: list
  elements: str
  sample: [web-b1]
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any


def hosts_away(
    begun: Iterable[str],
    hostvars: Mapping[str, Mapping[str, Any]],
    plan: Mapping[str, Any],
    kept_for: Iterable[str],
) -> list[str]:
    """Each host that left, or may have, and was not put back."""
    lost = set(plan.get("lost", []))
    left = [*begun, *plan.get("away", []), *(name for name in kept_for if name in lost)]
    return [name for name in dict.fromkeys(left) if not _is_back(hostvars[name])]


def _is_back(variables: Mapping[str, Any]) -> bool:
    """The step that puts a host back ended well; skipped, it had nothing to do."""
    back = variables.get("__rotation_back")
    return bool(back) and not (back.get("failed") or back.get("unreachable"))


class FilterModule:
    """The collection's filter on the hosts that are out of service."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"hosts_away": hosts_away}
