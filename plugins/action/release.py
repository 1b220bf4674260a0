# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's part of the module release: look, and send what is missing."""

from __future__ import annotations

import hashlib
import os
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):
    """Sends `archive`, a file here, ahead of the module; all else is the module's.

    A release that is to be staged is looked for first, over the same connection, and
    where it is staged already nothing is sent. In check mode the archive is sent as
    well, to a folder that is gone with the task, so that an archive which would be
    refused is refused then too.
    """

    def run(
        self, tmp: str | None = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Run the module, with `archive` turned into a `src` on the host."""
        result = super().run(tmp, task_vars)
        options = self._task.args.copy()
        archive = options.pop("archive", None)
        if archive:
            archive = self._readable(archive)
            options["checksum"] = options.get("checksum") or _checksum(archive)
        before = None
        try:
            if options.get("state") == "staged":
                before = self._look(options, task_vars)
                if before.get("failed"):
                    return {**result, **before}
                if not before["active"]:
                    options.pop("service", None)  # its unit may not be there yet
            if before and _nothing_to_do(before, options):
                result["changed"] = False
            else:
                if archive:
                    options["src"] = self._send(archive)
                done = self._execute_module(module_args=options, task_vars=task_vars)
                result.update(done)
        finally:
            self._remove_tmp_path(self._connection._shell.tmpdir)
        return {**result, "before": before} if before else result

    def _readable(self, archive: str) -> str:
        """The archive's path on the controller, when it is the one source."""
        if self._task.args.get("src"):
            raise AnsibleActionFail(
                "archive, src: both are given; archive is a file on the"
                " controller, src one on the host or an address."
            )
        path = os.path.expanduser(archive)
        if not os.path.isfile(path):
            raise AnsibleActionFail(
                f"archive: there is no file {path} on the controller; build it, or"
                " correct the path or the version in it."
            )
        return path

    def _look(
        self, options: dict[str, Any], task_vars: dict[str, Any] | None
    ) -> dict[str, Any]:
        """What `release_info` says of the host."""
        asked = ("path", "service", "version", "checksum")
        found = self._execute_module(
            module_name="vigie.run.release_info",
            module_args={name: options[name] for name in asked if options.get(name)},
            task_vars=task_vars,
        )
        return {k: v for k, v in found.items() if not k.startswith("_ansible")}

    def _send(self, archive: str) -> str:
        """Copy the archive to the task's own folder on the host; say where it is."""
        folder = self._make_tmp_path()
        there = self._connection._shell.join_path(folder, os.path.basename(archive))
        self._transfer_file(archive, there)
        self._fixup_perms2((folder, there), execute=False)
        return there


def _nothing_to_do(before: dict[str, Any], options: dict[str, Any]) -> bool:
    """Whether the very content is staged; the module reads a file that is there."""
    compared = bool(options.get("checksum")) or not options.get("src")
    return bool(before["staged"]) and not before["bad"] and compared


def _checksum(path: str) -> str:
    with open(path, "rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
