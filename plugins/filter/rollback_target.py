# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter: the release that a whole fleet goes back to."""

from __future__ import annotations

DOCUMENTATION = r"""
name: rollback_target
short_description: Choose the release that all hosts go back to
version_added: 0.1.0
author:
  - the vigie.run authors (@vigie-run)
description:
  - Chooses one release for all hosts from what M(vigie.run.release_info) saw on each.
  - What is bad on one host is bad for all. Where no host's active release is bad, the
    one that was activated last is what is being left. Of the releases that all hosts
    hold, that were active somewhere and are not bad, the one activated last is taken.
  - A rollback that was cut short after the mark was set comes to the same release when
    it is run again. One that was finished leaves nothing more, until another release
    is deployed; a named release goes further back.
positional: name
options:
  _input:
    description: The results of M(vigie.run.release_info) of all hosts.
    type: list
    elements: dict
    required: true
  name:
    description: The release to go back to. Empty to have it chosen.
    type: str
    default: ""
seealso:
  - plugin: vigie.run.release_info
    plugin_type: module
"""

EXAMPLES = r"""
- name: Choose the release to go back to
  ansible.builtin.set_fact:
    target: "{{ states | vigie.run.rollback_target }}"
  vars:
    states: "{{ ansible_play_hosts | map('extract', hostvars, 'release_state') }}"
"""

RETURN = r"""
_value:
  description: The release to activate, and those to mark as bad on every host before.
  type: dict
  contains:
    version:
      description: The release to activate.
      type: str
      sample: 1.0.0
    bad:
      description: The releases to mark as bad; none when a release was named.
      type: list
      elements: str
      sample: [2.0.0]
    note:
      description: Why nothing is left, when the last rollback has reached all hosts.
      type: str
      sample: ""
"""

from collections.abc import Callable, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.module_utils._host.rollback import choose


def rollback_target(states: Sequence[dict[str, Any]], name: str = "") -> dict[str, Any]:
    """The release to go back to and those to mark as bad."""
    try:
        return choose(list(states), str(name or ""))
    except RunError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """The collection's filter on rollbacks."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"rollback_target": rollback_target}
