# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stage, activate, remove or mark one release of an application."""

from __future__ import annotations

DOCUMENTATION = r"""
module: release
short_description: Stage and activate releases of an application
version_added: 0.1.0
author:
  - the vigie.run authors (@vigie-run)
description:
  - Keeps the releases of one application side by side on a host and switches between them
    at once, with C(rename(2)). V(<path>/current) points to V(releases/<version>).
  - A run may be killed at any point. What was half unpacked never counts as a release and is
    removed by the next run; a switch whose restart was not made is completed by the next run.
  - What is known of each release is kept in V(<path>/releases/.vigie), outside of its files.
  - In check mode, what an earlier task may have had to provide (the archive, the unit, the
    user) gives a warning where it is missing, and a failure otherwise.
options:
  path:
    description: The application's folder, an absolute path. It is made when it is missing.
    type: path
    required: true
  version:
    description:
      - The release. Letters, digits and C(. _ + ~ -), beginning with a letter or a digit.
      - With O(state=active), V(previous) is the newest formerly active release that is not bad.
        Where O(mark_bad) is given and the active release is none of these, the host has gone back
        already and stays where it is, so that the same call can be made again.
    type: str
    required: true
  state:
    description:
      - V(staged) proves the archive and unpacks it, without touching what is active.
      - V(active) stages the release if it has to be, switches to it and restarts O(service).
      - V(absent) removes a release that is neither active nor running.
      - V(bad) marks a release, so that nothing activates it by accident.
    type: str
    choices: [staged, active, absent, bad]
    default: active
  src:
    description:
      - The archive, an absolute path on the host or an C(http), C(https) address. A zip, or a tar,
        plain or compressed with gzip, bzip2 or xz.
      - Not needed for a release that is staged already.
      - An archive with a member that is absolute, leads upwards, is a device or a link to the
        outside is refused as a whole. Set-id bits and writing for others are taken off.
    type: str
  archive:
    description:
      - The archive, a file on the controller, sent to the host with the call. Instead of O(src).
        With O(state=staged) it is sent only where the release is not staged yet.
        It is sent in check mode too, and removed, so that it is proved then as well.
    type: path
  checksum:
    description:
      - The SHA-256 of the archive, V(sha256:) and 64 hexadecimal digits.
      - Needed when O(src) is an address. Otherwise it saves reading an archive that is staged.
    type: str
  strip:
    description: Whether a single folder at the top of the archive is taken off.
    type: str
    choices: [auto, always, never]
    default: auto
  timeout:
    description: How long the server of O(src) may be silent, in seconds.
    type: int
    default: 30
  headers:
    description: HTTP headers to send when fetching O(src), for example C(Authorization).
    type: dict
    default: {}
  validate_certs:
    description: Whether the certificate of the server of O(src) has to be valid.
    type: bool
    default: true
  service:
    description:
      - The systemd service that runs the release.
      - It is restarted when the switch was changed, when its process still works in the folder of
        another release, when an earlier run was killed before its restart, when its unit or
        environment files are newer than its process, and when it does not run.
      - It may take as long to stop as its unit says (C(TimeoutStopSec)).
    type: str
  service_state:
    description:
      - How the service gets to know of the release. V(reloaded) suits a server that starts its
        workers anew on reload, such as PHP-FPM; it is started when it does not run, and restarted
        when its unit or environment files changed, which a reload does not read.
    type: str
    choices: [restarted, reloaded]
    default: restarted
  service_timeout:
    description:
      - How long to wait until systemd says that the service is active, in seconds.
      - For a restart, what the unit grants to stop (C(TimeoutStopSec)) comes on top of it, unless
        that is C(infinity).
    type: int
    default: 30
  shared:
    description:
      - Folders, relative to the release, that all releases share. Each is made in
        V(<path>/shared) and linked to from the release.
      - A release that brings data of its own at such a place is refused.
    type: list
    elements: str
    default: []
  shared_files:
    description: Files that all releases share. They have to be in V(<path>/shared) already.
    type: list
    elements: str
    default: []
  keep:
    description:
      - How many releases to keep, V(0) for all. Bad ones go first, then those that were staged or
        activated the longest ago.
      - The active, the running and the previous release are never removed, nor is one that
        something else than this module put there.
      - Where a release still has to be proved after it was activated, use V(0) then and prune when
        the next one is staged. Otherwise a failed release takes the place of one to go back to.
    type: int
    default: 5
  owner:
    description: Who owns the files of the release. By default who runs the module.
    type: str
  group:
    description: The group of the files of the release.
    type: str
  shared_owner:
    description: Who owns shared folders that are made. By default O(owner).
    type: str
  shared_group:
    description: The group of shared folders that are made. By default O(group).
    type: str
  mark_bad:
    description:
      - With O(state=active), releases to mark as bad first, each if it is active when the call
        starts. One that was active at some other time has not failed now.
      - Needs O(reason).
    type: list
    elements: str
    default: []
  reason:
    description: Why a release is bad. One that is bad already keeps its first reason.
    type: str
  instead:
    description:
      - The release that those marked bad are left for, kept with the mark. So a rollback of many
        hosts that is asked for again knows that it was made.
    type: str
  force:
    description:
      - Activate a release in spite of its being marked bad, which clears the mark.
      - Replace a staged release, if it is not in use, with other content of the same version.
    type: bool
    default: false
  lock_timeout:
    description: How long to wait for another run on the same O(path), in seconds.
    type: int
    default: 60
extends_documentation_fragment:
  - vigie.run._attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: partial
    details: With O(version=previous) and without O(mark_bad) each run goes back once more.
seealso:
  - module: vigie.run.release_info
"""

EXAMPLES = r"""
- name: Stage a release while the host serves
  vigie.run.release:
    path: /srv/portal
    version: 2.0.0
    state: staged
    src: https://artifacts.example.com/portal-2.0.0.tar.gz
    checksum: sha256:3f5a0f5c0f0e5d4c6f3b2a1908f7e6d5c4b3a29180706f5e4d3c2b1a09f8e7d6

- name: Stage a release that was built on the controller
  vigie.run.release:
    path: /srv/portal
    version: 2.0.0
    state: staged
    archive: "{{ playbook_dir }}/build/portal-2.0.0.tar.gz"

- name: Switch to it
  vigie.run.release:
    path: /srv/portal
    version: 2.0.0
    service: portal.service
    shared: [log, uploads]

- name: Go back, and remember why
  vigie.run.release:
    path: /srv/portal
    version: previous
    mark_bad: [2.0.0]
    reason: checkout fails for guests
    service: portal.service

- name: Forget a release
  vigie.run.release:
    path: /srv/portal
    version: 1.0.0
    state: absent
"""

RETURN = r"""
version:
  description: The release, with V(previous) resolved.
  returned: success
  type: str
  sample: 2.0.0
former:
  description: The release that was active before this call.
  returned: success
  type: str
  sample: 1.0.0
active:
  description: The release that V(current) points to.
  returned: success
  type: str
  sample: 2.0.0
before:
  description: What M(vigie.run.release_info) saw before.
  returned: with O(state=staged)
  type: dict
  sample: {active: 1.0.0, staged: false, done: false}
running:
  description: The release in whose folder the service's process works, if it works in one.
  returned: success
  type: str
  sample: 2.0.0
previous:
  description: The release that O(version=previous) stands for now.
  returned: success
  type: str
  sample: 1.0.0
staged: {description: "Whether this call unpacked the release.", returned: success, type: bool, sample: false}
switched: {description: "Whether this call switched to the release.", returned: success, type: bool, sample: true}
restarted: {description: "Whether this call restarted (or reloaded, or started) the service.", returned: success, type: bool, sample: true}
restart_reason:
  description: Why it did.
  returned: success
  type: str
  sample: the release was switched
pruned:
  description: The releases that were removed to keep only O(keep).
  returned: success
  type: list
  elements: str
  sample: [0.9.0]
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
log:
  description: The last lines of the service's journal.
  returned: when the service did not come up
  type: list
  elements: str
  sample: ["portal: cannot bind port 8080"]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.module_utils._host.archive import (
    secrets_of,
)
from ansible_collections.vigie.run.plugins.module_utils._host.releases_request import (
    from_options,
)
from ansible_collections.vigie.run.plugins.module_utils._host.releases_run import (
    perform,
)

ARGUMENTS = {
    "path": {"type": "path", "required": True},
    "version": {"type": "str", "required": True},
    "state": {
        "type": "str",
        "choices": ["staged", "active", "absent", "bad"],
        "default": "active",
    },
    "src": {"type": "str"},
    "archive": {"type": "path"},
    "checksum": {"type": "str"},
    "strip": {"type": "str", "choices": ["auto", "always", "never"], "default": "auto"},
    "timeout": {"type": "int", "default": 30},
    "headers": {"type": "dict", "default": {}, "no_log": True},
    "validate_certs": {"type": "bool", "default": True},
    "service": {"type": "str"},
    "service_state": {
        "type": "str",
        "choices": ["restarted", "reloaded"],
        "default": "restarted",
    },
    "service_timeout": {"type": "int", "default": 30},
    "shared": {"type": "list", "elements": "str", "default": []},
    "shared_files": {"type": "list", "elements": "str", "default": []},
    "keep": {"type": "int", "default": 5},
    "owner": {"type": "str"},
    "group": {"type": "str"},
    "shared_owner": {"type": "str"},
    "shared_group": {"type": "str"},
    "mark_bad": {"type": "list", "elements": "str", "default": []},
    "reason": {"type": "str"},
    "instead": {"type": "str"},
    "force": {"type": "bool", "default": False},
    "lock_timeout": {"type": "int", "default": 60},
}


class HidingModule(AnsibleModule):
    """Hides what signs an address, from the system's log and from ``invocation``."""

    def _log_invocation(self) -> None:
        self.no_log_values.update(secrets_of(self.params["src"] or ""))
        super()._log_invocation()


def main() -> None:
    """Run the module."""
    module = HidingModule(
        argument_spec=ARGUMENTS,
        required_if=[("state", "bad", ["reason"])],
        mutually_exclusive=[("src", "archive")],
        supports_check_mode=True,
    )
    # The action plugin of the same name has turned it into src.
    if module.params.pop("archive") is not None:
        module.fail_json(msg="archive: is only for plays; here use src.")
    try:
        request = from_options(module.params)
        result = perform(request, module.run_command, module.check_mode, module.warn)
    except RunError as error:
        module.fail_json(msg=str(error), **error.details)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
