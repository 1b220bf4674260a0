# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action consul_lock_info, which runs on the controller itself."""

from __future__ import annotations

DOCUMENTATION = r"""
module: consul_lock_info
short_description: Say who holds which lock in Consul
version_added: 0.1.0
author: [the vigie.run authors (@vigie-run)]
description:
  - Reads locks of M(vigie.run.consul_lock), who holds them, why, since when, whether they are alive, and how places were
    lost. It changes nothing.
  - It works on the controller, whatever host the task is for. Give it C(run_once=true).
notes:
  - The token needs C(key:read) on C(vigie/lock/). Locks that it may not read are left out of a list of all.
options:
  name:
    description: Name of one lock. Without it, all locks are read.
    type: str
    default: ''
  consul_other_urls:
    description: Further agents of the same datacenter, asked in turn when the one of O(consul_url) does not answer.
    type: list
    elements: str
    default: []
extends_documentation_fragment:
  - vigie.run._attributes
  - vigie.run._consul
attributes:
  check_mode: {support: full}
  diff_mode:
    support: N/A
    details: Nothing is ever changed.
  idempotent: {support: full}
seealso:
  - module: vigie.run.consul_lock
"""

EXAMPLES = r"""
- name: See who holds what
  vigie.run.consul_lock_info:
    consul_url: https://consul.example.com:8501
  run_once: true
  register: held
"""

RETURN = r"""
locks:
  description:
    - Each lock with its last fence, its places and the trace of those that were lost, the oldest first. A lock that nobody
      ever held has no place and no trace.
    - C(alive) of a place says whether its run lives. One that does not is kept, or is about to be freed.
  returned: success
  type: list
  elements: dict
  sample:
    - name: platform/commerce
      fence: 17
      places:
        - alive: true
          away: [web-a1]
          fence: 17
          holder: ''
          keep: true
          owner: ana@ops1 (deploy.yml, AWX job 4711)
          reason: Deploy 4.2.1
          since: '2026-11-22T16:40:12Z'
          slots: 1
          ttl: 30
      trace:
        - at: '2026-11-22T16:39:58Z'
          what: broken
          by: ben@ops2 (unlock.yml)
          why: its controller burnt down
          place:
            away: []
            fence: 16
            holder: ''
            keep: false
            owner: ana@ops1 (deploy.yml, AWX job 4709)
            reason: Deploy 4.2.0
            since: '2026-11-22T15:10:40Z'
            slots: 1
            ttl: 30
"""
