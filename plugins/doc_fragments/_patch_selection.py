# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options and return values that os_patch and os_patch_info share."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  upgrades:
    description:
      - Exactly these upgrades, as returned by RV(vigie.run.os_patch_info#module:upgrades), and nothing else.
      - Entries whose package is not installed here, is held, or is at this version or a newer one already, are passed over.
        So one list serves hosts that differ.
      - A version that the host's sources no longer have is an error, and so is an upgrade that brings along what the list does not name.
      - Without this option, everything that is pending; with an empty list, nothing.
    type: list
    elements: dict
    suboptions:
      name:
        description: Name of the package, with C(:architecture) when it is not the host's own.
        type: str
        required: true
      version:
        description: The version to upgrade to.
        type: str
        required: true
  only:
    description:
      - Shell patterns; only packages whose name matches one are upgraded, and what they depend on.
    type: list
    elements: str
    default: []
  exclude:
    description:
      - Shell patterns; packages whose name matches one stay as they are, and so does what needs a newer version of them.
      - They are pinned for this run only; nothing is written to the host's apt configuration.
    type: list
    elements: str
    default: []
  security:
    description:
      - Only packages for which a security suite has a fix that is newer than what is installed, and what they depend on.
    type: bool
    default: false
  cache_valid_time:
    description: With O(refresh), leave package lists alone that are younger than this many seconds.
    type: int
    default: 0
  lock_timeout:
    description:
      - Seconds to wait for the locks of dpkg and apt, the archive folder's among them, before giving up.
        The error names the process that holds the lock.
    type: int
    default: 60
  allow_removals:
    description: Accept an upgrade that removes packages. Otherwise it is refused, and names them.
    type: bool
    default: false
"""
