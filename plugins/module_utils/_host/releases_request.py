# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""The options of the module ``release`` as one checked value."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.module_utils._host import releases


@dataclass(frozen=True)
class Request:
    """The options of the module, with its names and defaults."""

    path: str
    version: str
    state: str = "active"
    src: str = ""
    checksum: str = ""
    strip: str = "auto"
    timeout: int = 30
    headers: dict[str, str] = field(default_factory=dict)
    validate_certs: bool = True
    service: str = ""
    service_state: str = "restarted"
    service_timeout: int = 30
    shared: tuple[str, ...] = ()
    shared_files: tuple[str, ...] = ()
    keep: int = 5
    owner: str = ""
    group: str = ""
    shared_owner: str = ""
    shared_group: str = ""
    mark_bad: tuple[str, ...] = ()
    reason: str = ""
    instead: str = ""
    force: bool = False
    lock_timeout: int = 60

    @property
    def is_remote(self) -> bool:
        """Whether the archive is to be fetched."""
        return self.src.startswith(("http://", "https://"))

    @property
    def links(self) -> tuple[str, ...]:
        """All that is linked to the shared folder."""
        return self.shared + self.shared_files


def from_options(options: dict[str, Any]) -> Request:
    """Check the options and turn them into a request. Raises RunError."""
    known = {k: v for k, v in options.items() if v is not None}
    for name in ("shared", "shared_files", "mark_bad"):
        known[name] = tuple(known.get(name, ()))
    for name in ("shared", "shared_files"):
        known[name] = releases.check_shared(name, known[name])
    request = Request(**{**known, "path": releases.check_path(known["path"])})
    releases.check_overlap(request.links)
    releases.check_version(request.version, relative=request.state == "active")
    for version in (*request.mark_bad, *filter(None, [request.instead])):
        releases.check_version(version)
    if request.mark_bad and not request.reason:
        raise RunError("reason: mark_bad needs it; say what is wrong with the release.")
    if request.keep < 0:
        raise RunError(f"keep: {request.keep} is below 0; 0 keeps all releases.")
    if request.src and request.version == releases.PREVIOUS:
        raise RunError("src: version=previous is on the host already; leave src out.")
    if request.src and not request.is_remote and not request.src.startswith("/"):
        raise RunError(
            f"src: {request.src!r} is neither an absolute path on the host nor an "
            "http(s) address."
        )
    if request.is_remote and not request.checksum:
        raise RunError("checksum: an archive from the network needs one.")
    return request
