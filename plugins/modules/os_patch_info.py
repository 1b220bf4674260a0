# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module: what waits to be patched on a Debian host."""

from __future__ import annotations

DOCUMENTATION = r"""
module: os_patch_info
short_description: Tell which upgrades and reboots wait on a Debian host
version_added: 0.1.0
description:
  - Reads what M(vigie.run.os_patch) would do with the same options, and whether the host asks for a reboot.
  - Its RV(upgrades) can be handed to M(vigie.run.os_patch) later, on this host or on others,
    so that every wave installs the versions that the canary proved.
  - Changes nothing on the host. With O(refresh), apt's package lists, which are a cache, are fetched, in check mode too.
author: [the vigie.run authors (@vigie-run)]
extends_documentation_fragment:
  - vigie.run._attributes
  - vigie.run._patch_selection
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  refresh:
    description: Fetch the package lists first.
    type: bool
    default: false
  reload_services:
    description: Units that M(vigie.run.os_patch) is told to reload and never to restart.
    type: list
    elements: str
    default: []
  restart_exclude:
    description: Shell patterns of units that M(vigie.run.os_patch) is told to leave alone.
    type: list
    elements: str
    default: []
  settle_timeout:
    description:
      - Seconds to wait first until systemd has started everything that belongs to the boot (C(systemctl is-system-running)).
        For use right after a reboot. With V(0), no wait.
    type: int
    default: 0
seealso:
  - module: vigie.run.os_patch
"""

EXAMPLES = r"""
- name: See which upgrades wait
  vigie.run.os_patch_info:
    refresh: true
    cache_valid_time: 3600
  register: state

- name: Say whether a reboot is due
  ansible.builtin.debug:
    msg: "{{ state.reboot_reasons | join('; ') | default('no reboot needed', true) }}"
"""

RETURN = r"""
pending:
  description: The upgrades that wait, by name. A package that is new has an empty C(before).
  returned: success
  type: list
  elements: dict
  sample:
    - name: openssl
      before: 3.0.20-1~deb12u2
      after: 3.0.22-1~deb12u2
      origin: Debian-Security:12/oldstable-security
      security: true
upgrades:
  description: The same in the form that O(vigie.run.os_patch#module:upgrades) takes.
  returned: success
  type: list
  elements: dict
  sample: [{name: openssl, version: 3.0.22-1~deb12u2}]
removals:
  description: Packages that the upgrade would remove.
  returned: success
  type: list
  elements: str
  sample: []
held:
  description: Packages on hold, which are never upgraded.
  returned: success
  type: list
  elements: str
  sample: [postgresql-15]
interrupted:
  description: Whether an installation was interrupted and must be repaired; M(vigie.run.os_patch) does.
  returned: success
  type: bool
  sample: false
unfinished:
  description: The packages that an interrupted or failed installation left, and in which state.
  returned: success
  type: list
  elements: dict
  sample: [{name: openssl, fault: half configured}]
reboot_required:
  description: Whether the host needs a reboot.
  returned: success
  type: bool
  sample: true
reboot_reasons:
  description: Why it does.
  returned: success
  type: list
  elements: str
  sample: ["asked for by linux-image-6.1.0-40-amd64 (/run/reboot-required)"]
stale:
  description: Units whose processes still run code that was replaced on disk, and why they are left so, if they are.
  returned: success
  type: list
  elements: dict
  sample: [{unit: nginx.service, files: [/usr/lib/x86_64-linux-gnu/libssl.so.3], why: ""}]
failed_units:
  description: Units that systemd has as failed, but for those of people's sessions.
  returned: success
  type: list
  elements: str
  sample: []
upgraded_since_boot:
  description: Whether a package was installed or upgraded since this boot.
  returned: success
  type: bool
  sample: true
boot_id:
  description: The id of this boot; another one proves that the host was rebooted.
  returned: success
  type: str
  sample: 5e7c2f0e-6f0c-4b6b-9a36-7a3a1c0f4d11
uptime:
  description: Seconds since the host's first process began.
  returned: success
  type: float
  sample: 86400.5
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.module_utils._host import (
    patch,
    patch_options,
)


def main() -> None:
    names = {"type": "list", "elements": "str", "default": []}
    module = AnsibleModule(
        argument_spec={
            **patch_options.SELECTION,
            "refresh": {"type": "bool", "default": False},
            "reload_services": names,
            "restart_exclude": names,
            "settle_timeout": {"type": "int", "default": 0},
        },
        supports_check_mode=True,
    )
    try:
        host = patch_options.host(module)
        state = patch.survey(host, patch_options.wish(module.params))
    except RunError as error:
        module.fail_json(msg=str(error), **error.details)
    module.exit_json(changed=False, **state)


if __name__ == "__main__":
    main()
