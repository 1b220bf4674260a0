# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""A file that holds a secret: never half there, never readable by others meanwhile.

`AnsibleModule.atomic_move` gives a new file the rights of the umask and takes them
away later; here a file has its owner and mode before it has its name.
"""

from __future__ import annotations

import grp
import os
import pwd
import tempfile
from collections.abc import Callable
from typing import Any

from ansible_collections.vigie.run.plugins.module_utils._errors import RunError


def check_place(path: str, owner: Any, group: Any) -> None:
    """See that a file can be written there, for them. Raises RunError naming the field.

    What is used up by being read is only asked for when this holds.
    """
    folder = os.path.dirname(path)
    if not os.path.isabs(path):
        raise RunError(f"dest: {path!r} is no absolute path")
    if os.path.isdir(path):
        raise RunError(f"dest: {path} is a folder; name the file in it")
    if not os.path.isdir(folder):
        raise RunError(f"dest: there is no folder {folder}; make it first")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise RunError(f"dest: {folder} cannot be written to by this user (become)")
    for field, name, known in (
        ("owner", owner, pwd.getpwnam),
        ("group", group, grp.getgrnam),
    ):
        if name is None or str(name).isdigit():
            continue
        try:
            known(str(name))
        except KeyError:
            raise RunError(f"{field}: there is no {name!r} on this host") from None


def replace(path: str, text: str, dress: Callable[[str], object]) -> None:
    """Put a file with this text in place, at once.

    dress: gives a file, still under another name, its owner, group and mode.
    """
    handle, beside = tempfile.mkstemp(prefix=".vigie-", dir=os.path.dirname(path))
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        dress(beside)
        os.replace(beside, path)
    except BaseException:
        os.unlink(beside)
        raise
