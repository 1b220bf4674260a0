# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action host_variables, which runs on the controller itself."""

from __future__ import annotations

DOCUMENTATION = r"""
module: host_variables
short_description: Check and read variables of all hosts of a play in one task
version_added: 0.1.0
author: [the vigie.run authors (@vigie-run)]
description:
  - Reads variables of each host of the play as a task of that host would see them, with the defaults and variables of the
    role that the task stands in. C(hostvars) knows neither those nor the variables of a play.
  - A role checks its options whenever it is imported, host by host. With O(roles) all hosts are checked at once, so that
    the imports that follow can do without (C(rolespec_validate=false)). All mistakes are told together, each with its host.
  - It works on the controller alone and touches no host. Give it C(run_once=true).
extends_documentation_fragment: [vigie.run._attributes]
attributes:
  check_mode:
    support: full
  diff_mode:
    support: N/A
    details: Nothing is ever changed.
  idempotent:
    support: full
options:
  names:
    description: Names of the variables to read. Each of them has to be defined for every host.
    type: list
    elements: str
    default: []
  roles:
    description: Names of roles of this collection whose options to check, as their C(main) entry point declares them.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Check the options of all hosts
  vigie.run.host_variables:
    roles: [rotation, release]
  run_once: true

- name: See how many of each kind there are
  vigie.run.host_variables:
    names: [rotation_services]
  run_once: true
  register: seen
"""

RETURN = r"""
hosts:
  description: Under the name of each host of the play the variables that were asked for.
  returned: success
  type: dict
  sample: {web-a1: {rotation_services: [web]}}
"""
