# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter: what a failed task has to say, also when it is a loop."""

from __future__ import annotations

DOCUMENTATION = r"""
name: failure_text
short_description: Say why a task failed, item by item when it is a loop
version_added: 0.1.0
author:
  - the vigie.run authors (@vigie-run)
description:
  - A loop says of itself that one or more items failed. This filter finds the message
    of each item that did.
options:
  _input:
    description: The result of a task, for example C(ansible_failed_result).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Remember why
  ansible.builtin.set_fact:
    why: "{{ ansible_failed_result | vigie.run.failure_text }}"
"""

RETURN = r"""
_value:
  description: The messages, each once.
  type: str
  sample: draining web-a1 would leave 3 of 6 members away, the limit is 2
"""

from collections.abc import Callable, Mapping
from typing import Any


def failure_text(result: Mapping[str, Any]) -> str:
    """The message of a failed result, or those of its failed items."""
    items = [
        str(item.get("msg"))
        for item in result.get("results") or ()
        if (item.get("failed") or item.get("unreachable")) and item.get("msg")
    ]
    return "; ".join(dict.fromkeys(items)) or str(result.get("msg") or "no message")


class FilterModule:
    """The collection's filter on failed results."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"failure_text": failure_text}
