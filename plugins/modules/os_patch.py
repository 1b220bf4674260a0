# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module: upgrade the packages of a Debian host."""

from __future__ import annotations

DOCUMENTATION = r"""
module: os_patch
short_description: Upgrade the packages of a Debian host, and bring its services onto the new code
version_added: 0.1.0
description:
  - One call does what patching a host takes. It repairs an interrupted installation, waits for the package manager's locks,
    refreshes the package lists, upgrades what is asked for, renews services that still run replaced code,
    and says whether a reboot is due and why.
  - apt fetches every archive before it unpacks the first one. A download that fails leaves the host as it was.
  - What was upgraded is read from dpkg before and after, not from what apt prints, and compared with what was planned.
  - When it fails, its result still holds what was upgraded, and whether a reboot is due.
  - Configuration files that were changed on the host are kept (C(--force-confdef), C(--force-confold)).
author: [the vigie.run authors (@vigie-run)]
extends_documentation_fragment:
  - vigie.run._attributes
  - vigie.run._patch_selection
attributes:
  check_mode:
    support: full
    details: Fetches apt's package lists, which are a cache, to say exactly what would be upgraded.
      Services that would run replaced code after the upgrade are not foreseen.
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  refresh:
    description: Fetch the package lists first.
    type: bool
    default: true
  download_only:
    description: Only fetch the archives into apt's cache, so that the upgrade itself takes less time.
    type: bool
    default: false
  reload_services:
    description:
      - Units that package scripts must neither stop, start nor restart, such as a load balancer. Afterwards they are reloaded,
        if their package or code that they run was replaced.
      - The means is a temporary C(/usr/sbin/policy-rc.d) that refuses actions on these units while this module runs.
        Should the module be killed, the file has no effect any more, and the next run removes it.
      - Somebody else's C(/usr/sbin/policy-rc.d) is never touched; it is an error.
      - A unit that cannot be reloaded is an error. One that the host does not have is a warning.
    type: list
    elements: str
    default: []
  restart_stale:
    description:
      - Restart services whose processes run code that was replaced on disk, also by an earlier upgrade. PID 1 re-executes itself.
      - Never restarted, but named in RV(reboot_reasons), are services that carry sessions, the network, containers
        or virtual machines, such as D-Bus and systemd-logind.
    type: bool
    default: true
  restart_exclude:
    description: Shell patterns of units that O(restart_stale) leaves alone.
    type: list
    elements: str
    default: []
  reboot_follows:
    description: The caller reboots the host when it has to be. Then no service is restarted or reloaded before.
    type: bool
    default: false
seealso:
  - module: vigie.run.os_patch_info
"""

EXAMPLES = r"""
- name: Upgrade everything that waits
  vigie.run.os_patch:

- name: Security fixes alone, and leave the database as it is
  vigie.run.os_patch:
    security: true
    exclude: ["postgresql-*"]

- name: Install what was planned before the first wave, and keep the load balancer running
  vigie.run.os_patch:
    upgrades: "{{ state.upgrades }}"
    refresh: false
    reload_services: [haproxy]
  register: patched

- name: Reboot when the host asks for it
  ansible.builtin.reboot:
  when: patched.reboot_required
"""

RETURN = r"""
upgraded:
  description: Packages whose version changed, or would in check mode. A new one has an empty C(before), a removed one an empty C(after).
  returned: success, and failure after the upgrade began
  type: list
  elements: dict
  sample: [{name: openssl, before: 3.0.20-1~deb12u2, after: 3.0.22-1~deb12u2}]
upgrades:
  description: The versions that RV(upgraded) led to, in the form that O(upgrades) takes. Hand a canary's to the hosts after it.
  returned: success, and failure after the upgrade began
  type: list
  elements: dict
  sample: [{name: openssl, version: 3.0.22-1~deb12u2}]
downloaded:
  description: The upgrades whose archives are in apt's cache now.
  returned: with O(download_only)
  type: list
  elements: dict
  sample: [{name: openssl, before: 3.0.20-1~deb12u2, after: 3.0.22-1~deb12u2}]
repaired:
  description: Whether an interrupted installation was repaired first, or would be in check mode.
  returned: success, and failure after the upgrade began
  type: bool
  sample: false
repaired_packages:
  description: The packages that it had left unfinished.
  returned: success, and failure after the upgrade began
  type: list
  elements: str
  sample: [libc-bin]
held:
  description: Packages on hold, which are never upgraded.
  returned: success, and failure after the upgrade began
  type: list
  elements: str
  sample: [postgresql-15]
restarted:
  description: Units that were restarted because they ran replaced code.
  returned: success, and failure after the upgrade began
  type: list
  elements: str
  sample: [ssh.service]
reloaded:
  description: Units of O(reload_services) that were reloaded.
  returned: success, and failure after the upgrade began
  type: list
  elements: str
  sample: [haproxy.service]
stale:
  description: Units whose processes run replaced code in the end, and why they are left so.
  returned: success, and failure after the upgrade began
  type: list
  elements: dict
  sample: [{unit: dbus.service, files: [/usr/lib/x86_64-linux-gnu/libexpat.so.1.8.10], why: no restart is safe}]
reboot_required:
  description: Whether the host needs a reboot now.
  returned: success, and failure after the upgrade began
  type: bool
  sample: true
reboot_reasons:
  description: Why it does.
  returned: success, and failure after the upgrade began
  type: list
  elements: str
  sample: ["asked for by linux-image-6.1.0-40-amd64 (/run/reboot-required)"]
failed_units:
  description: Units that systemd has as failed, but for those of people's sessions.
  returned: success, and failure after the upgrade began
  type: list
  elements: str
  sample: []
failed_units_before:
  description: The same before the upgrade.
  returned: success, and failure after the upgrade began
  type: list
  elements: str
  sample: []
upgraded_since_boot:
  description: Whether a package was installed or upgraded since this boot.
  returned: success, and failure after the upgrade began
  type: bool
  sample: true
boot_id:
  description: The id of this boot; another one later proves that the host was rebooted.
  returned: success, and failure after the upgrade began
  type: str
  sample: 5e7c2f0e-6f0c-4b6b-9a36-7a3a1c0f4d11
failed_packages:
  description: Packages whose scripts failed.
  returned: failure of a package
  type: list
  elements: str
  sample: [openssl]
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
            "refresh": {"type": "bool", "default": True},
            "download_only": {"type": "bool", "default": False},
            "reload_services": names,
            "restart_stale": {"type": "bool", "default": True},
            "restart_exclude": names,
            "reboot_follows": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    try:
        wish = patch_options.wish(module.params, check=module.check_mode)
        result = patch.patch(patch_options.host(module), wish)
    except RunError as error:
        module.fail_json(msg=str(error), **error.details)
    module.exit_json(diff=patch.diff(result["upgraded"]), **result)


if __name__ == "__main__":
    main()
