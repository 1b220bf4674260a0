# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action consul_lock, which runs on the controller itself."""

from __future__ import annotations

DOCUMENTATION = r"""
module: consul_lock
short_description: Hold a lock in Consul while a play lives
version_added: 0.1.0
author: [the vigie.run authors (@vigie-run)]
description:
  - A mutex, or a semaphore of O(slots) places, for a change. Whoever uses the same cluster takes part in it, from any play,
    controller and AWX job.
  - The run of Ansible holds the lock, not the task. A small process on the controller renews it while C(ansible-playbook)
    lives, and frees it as soon as that has ended, however it ended. Where the whole controller is gone, Consul frees it
    within two and a half times O(ttl).
  - Each holding has a fence, a number that only ever rises. A later step proves with O(state=checked) that it still holds,
    and hands the number on to what else it may concern.
  - A place with O(keep) or with hosts O(away) outlives its run. It is given to nobody until somebody says why.
  - It works on the controller, whatever host the task is for. Give it C(run_once=true), or a O(holder) for each host.
notes:
  - The token needs C(key:write) on C(vigie/lock/NAME/) and C(session:write) on the node of the agent.
  - The same run that asks again, as another play or a retry does, holds the lock already. Its fence stays the same.
  - A run is the process C(ansible-playbook). A job that is suspended lives. A container that ends takes the renewing process
    with it, and then the lock is free once Consul notices.
  - Plays that wait for places hold forks meanwhile. Have more forks than hosts that may wait.
  - In check mode nothing is taken. Where somebody else holds the lock, that is a warning.
options:
  name:
    description:
      - Name of the lock, the same for all who share it. Parts are divided by slashes, as in V(platform/commerce).
    type: str
    required: true
  state:
    description:
      - V(held) waits for a place and takes it.
      - V(checked) fails unless the place is still held, and shows it alive again where its renewal had ended.
      - V(released) gives the place back. What is somebody else's meanwhile is left alone, and RV(lost) says so.
      - V(broken) takes the place from whoever has it, and leaves a trace with who, when and O(reason).
    type: str
    choices: [held, checked, released, broken]
    default: held
  reason:
    description:
      - Why, for those who find the lock taken. Required with O(state=broken), and with O(state=held) unless O(fence) is given.
    type: str
  wait:
    description:
      - How many seconds to wait for those who hold it. They are named when waiting begins, and at its end.
      - Nobody waits for a place that is kept and whose run is gone.
    type: int
    default: 0
  slots:
    description:
      - How many may hold the lock at once.
      - Where holders say different numbers, the smallest one counts.
    type: int
    default: 1
  holder:
    description:
      - What holds the place within the run, such as C(inventory_hostname) in a semaphore of hosts. Empty is the run itself.
      - With O(state=broken), which place is meant. Needed where there are several.
    type: str
  fence:
    description:
      - The place that has this fence. It is a ticket that a later job can carry on with, check or release the place that an
        earlier one took.
      - With O(state=broken), which place is meant.
    type: int
  keep:
    description:
      - Whether the place stays when the run ends without releasing it.
      - Where it is not given, a place that is held already stays as it is.
    type: bool
  away:
    description:
      - Hosts that are out of service under this lock. While there are any, the place is kept.
      - With O(state=released), hosts that did not come back. The place stays, kept for them, and nothing is released.
      - Where it is not given, a place that is held already stays as it is.
    type: list
    elements: str
  covers:
    description:
      - Hosts that this run looks after. A place of a run that is gone, kept for some of them and no others, is taken over.
    type: list
    elements: str
    default: []
  takeover:
    description:
      - A reason to take over a place that was kept for the same O(holder) by a run that is gone. It leaves a trace.
    type: str
    default: ''
  ttl:
    description:
      - After how many seconds without renewal Consul may end the holding. It takes up to twice that, and half of it more
        until somebody else gets the place, so that a living run can come back.
      - From 10 to 86400.
    type: int
    default: 30
  consul_other_urls:
    description:
      - Further agents of the same datacenter, asked in turn when the one of O(consul_url) does not answer. They take the
        same token and certificates.
      - Give some where the run restarts the very agent that it talks to.
    type: list
    elements: str
    default: []
extends_documentation_fragment:
  - vigie.run._attributes
  - vigie.run._consul
attributes:
  check_mode: {support: full}
  diff_mode: {support: full}
  idempotent: {support: full}
seealso:
  - module: vigie.run.consul_lock_info
"""

EXAMPLES = r"""
- name: Deploy alone on this platform
  vigie.run.consul_lock:
    name: platform/commerce
    reason: Deploy 4.2.1
    wait: 600
    consul_url: https://consul.example.com:8501
  run_once: true
  register: lock

- name: Stop if the lock was lost meanwhile
  vigie.run.consul_lock:
    name: platform/commerce
    state: checked
    fence: "{{ lock.fence }}"
    consul_url: https://consul.example.com:8501
  run_once: true

- name: Give it back
  vigie.run.consul_lock:
    name: platform/commerce
    state: released
    consul_url: https://consul.example.com:8501
  run_once: true

- name: Be one of three hosts that are out of service, and stay counted if this one dies
  vigie.run.consul_lock:
    name: platform/commerce/out
    slots: 3
    holder: "{{ inventory_hostname }}"
    keep: true
    reason: Disk replacement
    wait: 3600
    consul_url: https://consul.example.com:8501

- name: Free the place of a host that is back
  vigie.run.consul_lock:
    name: platform/commerce/out
    state: broken
    holder: web-a1
    reason: web-a1 was repaired and serves again (Ana)
    consul_url: https://consul.example.com:8501
  run_once: true
"""

RETURN = r"""
name:
  description: Name of the lock.
  returned: success
  type: str
  sample: platform/commerce
held:
  description: Whether a place is held now, or would be in check mode.
  returned: success
  type: bool
  sample: true
fence:
  description: Fence of the place that is held, larger than any before it. None where nothing is held, as in check mode.
  returned: success
  type: int
  sample: 17
place:
  description: The place that is held.
  returned: success
  type: dict
  sample: &place
    away: []
    fence: 17
    holder: ''
    keep: false
    owner: ana@ops1 (deploy.yml, AWX job 4711)
    reason: Deploy 4.2.1
    since: '2026-11-22T16:40:12Z'
    slots: 1
    ttl: 30
places:
  description: All places that are taken, and on failure those that were in the way.
  returned: success, or when somebody else holds the lock
  type: list
  elements: dict
  sample: [*place]
taken:
  description: The place that was taken over, or broken.
  returned: success
  type: dict
  sample:
lost:
  description: Whether a release found that the place had been lost before.
  returned: success
  type: bool
  sample: false
waited:
  description: Seconds that it took to get the place.
  returned: success
  type: float
  sample: 12.5
"""
