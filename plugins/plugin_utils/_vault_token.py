# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The token that all tasks of a run share, from the process that holds it."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import stat
import tempfile
from dataclasses import asdict
from pathlib import Path

from ansible_collections.vigie.run.plugins.module_utils._consul.process import Process
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.module_utils._vault.login import Credentials
from ansible_collections.vigie.run.plugins.module_utils._vault.session import Access
from ansible_collections.vigie.run.plugins.plugin_utils import _vault_broker
from ansible_collections.vigie.run.plugins.plugin_utils._detached import (
    start,
    this_run,
)
from ansible_collections.vigie.run.plugins.plugin_utils._vault_broker import (
    LOCK,
    SOCKET,
)

# Longer than a login with all its patience.
LIMIT = 60.0
# What a Unix socket's path may have (unix(7)), with room for its name.
LONGEST_FOLDER = 90


def shared_token(access: Access, credentials: Credentials, stale: str = "") -> str:
    """A token for these credentials, got once in this run.

    stale: one that was refused. Raises RunError with the reason of a refused login.
    """
    order = {
        "access": asdict(access),
        "credentials": asdict(credentials),
        "stale": stale,
    }
    run = this_run()
    folder = _folder(run)
    answer = _asked(folder, order)
    if answer is None:
        _start(folder, run)
        answer = _asked(folder, order)
    if answer is None:
        raise RunError(f"the process that holds this run's tokens ({folder}) is gone")
    if "error" in answer:
        raise RunError(answer["error"])
    return answer["token"]


def _folder(run: Process) -> Path:
    """A folder of this run that nobody else can look into."""
    name = f"vigie-{os.getuid()}-{run.mark()}"
    place = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir())
    if not os.access(place, os.W_OK) or len(str(place / name)) > LONGEST_FOLDER:
        place = Path("/tmp")
    folder = place / name
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        found = folder.lstat()
        mine = found.st_uid == os.getuid() and stat.S_ISDIR(found.st_mode)
        if not mine or found.st_mode & 0o077:
            raise RunError(
                f"{folder} is not this user's alone: remove it, and run again"
            ) from None
    return folder


def _start(folder: Path, run: Process) -> None:
    """Start the broker, unless another task is just doing that."""
    with open(folder / LOCK, "w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if not _reachable(folder):
            told = {"folder": str(folder), "holder": asdict(run)}
            start(_vault_broker.__name__, "holds tokens of Vault", json.dumps(told))


def _reachable(folder: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(folder / SOCKET))
        except OSError:
            return False
        return True


def _asked(folder: Path, order: dict[str, object]) -> dict[str, str] | None:
    """What the broker says; None where there is none."""
    with socket.socket(socket.AF_UNIX) as line:
        try:
            # Without a limit: with one, a queue that is full just now is an error.
            line.connect(str(folder / SOCKET))
            line.settimeout(LIMIT)
            line.sendall(json.dumps(order).encode() + b"\n")
            with line.makefile("r", encoding="utf-8") as answer:
                said = answer.readline()
        except OSError:
            return None
        return json.loads(said) if said else None
