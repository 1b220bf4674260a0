# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Start the process that keeps a lock's place while a run of Ansible lives."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from ansible_collections.vigie.run.plugins.module_utils._consul.client import Access
from ansible_collections.vigie.run.plugins.module_utils._consul.lock_keeper import (
    READY,
    orders,
)
from ansible_collections.vigie.run.plugins.module_utils._consul.lock_record import (
    Me,
    Place,
)
from ansible_collections.vigie.run.plugins.module_utils._consul.process import Process
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError

LIMIT = 20.0  # seconds for a Python to start on a machine that is very busy
KEEPER = "ansible_collections.vigie.run.plugins.module_utils._consul.lock_keeper"
# The folder of the collections is this one, whatever else this Python has installed.
START = (
    "import sys, types; top = types.ModuleType('ansible_collections');"
    " top.__path__ = [sys.argv[1]]; sys.modules[top.__name__] = top;"
    f" from {KEEPER} import main; main()"
)
COLLECTIONS = Path(__file__).parents[4]
# All else in our environment may be a secret, and none of it is needed.
PASSED_ON = ("PATH", "LANG", "LC_ALL", "SSL_CERT_FILE", "SSL_CERT_DIR")


def start_keeper(
    agents: Sequence[Access], name: str, me: Me, place: Place, holder: Process
) -> None:
    """Start it, in a session of its own, and return once it watches the holder.

    Its name in the list of processes says which lock it keeps. Raises RunError.
    """
    told = orders(agents, name, me, place, holder)
    command = [sys.executable, "-I", "-c", START, str(COLLECTIONS)]
    try:
        keeper = subprocess.Popen(
            [*command, f"vigie.run keeps lock {name}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd="/",
            env={key: os.environ[key] for key in PASSED_ON if key in os.environ},
            start_new_session=True,
        )
    except OSError as error:
        raise RunError(f"{name}: no process can keep the lock: {error}") from error
    said = _first_words(keeper, told.encode())
    if said != READY:
        keeper.kill()
        _out, problem = keeper.communicate()
        last = problem.decode("utf-8", "replace").strip().splitlines()[-1:]
        raise RunError(
            f"{name}: the process that is to keep the lock did not start:"
            f" {''.join(last) or f'nothing was heard of it for {LIMIT:g} s'}"
        )
    for pipe in (keeper.stdout, keeper.stderr):
        if pipe:
            pipe.close()


def _first_words(keeper: subprocess.Popen[bytes], told: bytes) -> str:
    """What it answers to its orders, "" when it ends or says nothing in time."""
    if keeper.stdin is None or keeper.stdout is None:
        return ""
    try:
        keeper.stdin.write(told)
        keeper.stdin.close()
    except OSError:
        return ""  # it has ended already; its last words are on its standard error
    end = time.monotonic() + LIMIT
    heard = b""
    while len(heard) < len(READY) and time.monotonic() < end:
        ready, _out, _err = select.select([keeper.stdout], [], [], 0.5)
        if ready:
            piece = os.read(keeper.stdout.fileno(), 64)
            if not piece:
                break
            heard += piece
    return heard.decode("utf-8", "replace")
