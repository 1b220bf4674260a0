# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look at the releases of an application."""

from __future__ import annotations

DOCUMENTATION = r"""
module: release_info
short_description: Look at the releases of an application
version_added: 0.1.0
author:
  - the vigie.run authors (@vigie-run)
description:
  - Tells which releases a host holds, which is active, which runs and which one a rollback
    would take, as M(vigie.run.release) keeps them.
  - Changes nothing and waits for nobody.
options:
  path:
    description: The application's folder, an absolute path. It need not exist.
    type: path
    required: true
  service:
    description: The systemd service that runs the release.
    type: str
  version:
    description: The release that RV(staged), RV(bad) and RV(done) are about.
    type: str
  checksum:
    description: The SHA-256 that the release of O(version) has to have to count as staged.
    type: str
extends_documentation_fragment:
  - vigie.run._attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
    details: It changes nothing.
  idempotent:
    support: full
seealso:
  - module: vigie.run.release
"""

EXAMPLES = r"""
- name: Look at the releases
  vigie.run.release_info:
    path: /srv/portal
    service: portal.service
    version: 2.0.0
  register: portal

- name: Say what runs
  ansible.builtin.debug:
    msg: "{{ portal.host }} runs {{ portal.running }}, could go back to {{ portal.previous }}"
"""

RETURN = r"""
path:
  description: The application's folder.
  returned: success
  type: str
  sample: /srv/portal
host:
  description: The name the host gives itself.
  returned: success
  type: str
  sample: web-a1
active:
  description: The release that V(current) points to.
  returned: success
  type: str
  sample: 2.0.0
running:
  description: The release in whose folder the service's process works, if it works in one.
  returned: success
  type: str
  sample: 2.0.0
previous:
  description: The newest formerly active release that is not bad.
  returned: success
  type: str
  sample: 1.0.0
releases:
  description: All releases of the host, those staged or activated last at the end.
  returned: success
  type: list
  elements: dict
  contains:
    version:
      description: The version.
      type: str
      sample: 2.0.0
    active:
      description: Whether V(current) points to it.
      type: bool
      sample: true
    running:
      description: Whether the service's process works in its folder.
      type: bool
      sample: true
    bad:
      description: Whether it is marked bad.
      type: bool
      sample: false
    reason:
      description: Why it is bad.
      type: str
      sample: ""
    instead:
      description: The release that a rollback left it for, if one did.
      type: str
      sample: 1.0.0
    checksum:
      description: The checksum of its archive, if known.
      type: str
      sample: sha256:3f5a0f5c0f0e5d4c6f3b2a1908f7e6d5c4b3a29180706f5e4d3c2b1a09f8e7d6
    source:
      description: Where it came from, without any credentials.
      type: str
      sample: https://artifacts.example.com/portal-2.0.0.tar.gz
    staged_at:
      description: When it was staged, in seconds since 1970.
      type: float
      sample: 1795341600.0
    activated_at:
      description: When it was last activated, in seconds since 1970; none if never.
      type: float
      sample: 1795341660.0
service_state:
  description: What systemd says of O(service).
  returned: success
  type: str
  sample: active
restart_due:
  description: Why O(service) has to be restarted to serve the active release, if it has to.
  returned: success
  type: str
  sample: the process still runs 1.0.0
free_bytes:
  description: How many bytes can still be written where O(path) lies.
  returned: success
  type: int
  sample: 8589934592
staged:
  description: Whether O(version) is on the host, with O(checksum) if that is given.
  returned: success
  type: bool
  sample: true
bad:
  description: Whether O(version) is marked bad.
  returned: success
  type: bool
  sample: false
done:
  description:
    - Whether O(version) is active (with O(checksum) if that is given) and its O(service) needs no
      restart. Such a host has nothing left to be done in a deployment.
  returned: success
  type: bool
  sample: true
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.module_utils._host.releases_info import info

ARGUMENTS = {
    "path": {"type": "path", "required": True},
    "service": {"type": "str"},
    "version": {"type": "str"},
    "checksum": {"type": "str"},
}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    options = {name: module.params[name] or "" for name in ARGUMENTS}
    try:
        result = info(
            options["path"],
            options["service"],
            options["version"],
            options["checksum"],
            module.run_command,
        )
    except RunError as error:
        module.fail_json(msg=str(error), **error.details)
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()
