# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's part of the module release: hand an archive over with the call."""

from __future__ import annotations

import os
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):
    """Sends `archive`, a file here, ahead of the module; all else is the module's.

    In check mode it is sent as well, to a folder that is gone with the task, so that
    an archive which would be refused is refused then too.
    """

    TRANSFERS_FILES = True

    def run(
        self, tmp: str | None = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Run the module, with `archive` turned into a `src` on the host."""
        result = super().run(tmp, task_vars)
        self._supports_check_mode = True
        options = self._task.args.copy()
        archive = options.pop("archive", None)
        try:
            if archive:
                if options.get("src"):
                    raise AnsibleActionFail(
                        "archive, src: both are given; archive is a file on the"
                        " controller, src one on the host or an address."
                    )
                options["src"] = self._send(os.path.expanduser(archive))
            result.update(
                self._execute_module(module_args=options, task_vars=task_vars)
            )
        finally:
            self._remove_tmp_path(self._connection._shell.tmpdir)
        return result

    def _send(self, archive: str) -> str:
        """Copy the archive to the task's own folder on the host; say where it is."""
        if not os.path.isfile(archive):
            raise AnsibleActionFail(
                f"archive: there is no file {archive} on the controller; build it, or"
                " correct the path or the version in it."
            )
        folder = self._connection._shell.tmpdir
        there = self._connection._shell.join_path(folder, os.path.basename(archive))
        self._transfer_file(archive, there)
        self._fixup_perms2((folder, there))
        return there
