# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter: the load balancers that a loop over them could not reach."""

from __future__ import annotations

DOCUMENTATION = r"""
name: silent_balancers
short_description: Name the load balancers that a loop could not reach
version_added: 0.1.0
author:
  - the vigie.run authors (@vigie-run)
description:
  - A task that is delegated to an unreachable load balancer makes the host that asked
    unreachable, although nothing is wrong with it. With C(ignore_unreachable) and this
    filter it fails instead, and can be rescued.
options:
  _input:
    description:
      - The C(results) of a loop over names of load balancers, or over the calls of
        P(vigie.run.balancer_calls#filter).
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Stop when a load balancer is out of reach
  ansible.builtin.fail:
    msg: "{{ silent | join(', ') }} is out of reach."
  when: silent | length > 0
  vars:
    silent: "{{ drained.results | vigie.run.silent_balancers }}"
"""

RETURN = r"""
_value:
  description: Inventory names of the load balancers that did not answer.
  type: list
  elements: str
  sample: [lb-b1]
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any


def silent_balancers(results: Iterable[Mapping[str, Any]]) -> list[str]:
    """The balancers whose item of a loop was unreachable."""
    items = [result["item"] for result in results if result.get("unreachable")]
    return [str(i["balancer"] if isinstance(i, Mapping) else i) for i in items]


class FilterModule:
    """The collection's filter on loops over load balancers."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"silent_balancers": silent_balancers}
