# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Start a process that does something beside a run of Ansible, as long as that lives.

What it is told may be secret: it comes through its standard input, and nothing of it
is in its arguments, in its environment or in a file.
"""

from __future__ import annotations

import multiprocessing
import os
import select
import subprocess
import sys
import time
from pathlib import Path

from ansible_collections.vigie.run.plugins.module_utils._consul.process import (
    READY,
    Process,
)
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError

LIMIT = 20.0  # seconds for a Python to start on a machine that is very busy
# The folder of the collections is this one, whatever else this Python has installed.
START = (
    "import sys, types, importlib; top = types.ModuleType('ansible_collections');"
    " top.__path__ = [sys.argv[1]]; sys.modules[top.__name__] = top;"
    " importlib.import_module(sys.argv[2]).main()"
)
COLLECTIONS = Path(__file__).parents[4]
# All else in our environment may be a secret, and none of it is needed.
PASSED_ON = ("PATH", "LANG", "LC_ALL", "SSL_CERT_FILE", "SSL_CERT_DIR")


def this_run() -> Process:
    """The run of Ansible that we are, or whose task we do in a process of its own."""
    parent = multiprocessing.parent_process()
    return Process.of(os.getpid() if parent is None else parent.pid or os.getppid())


def start(module: str, title: str, told: str) -> None:
    """Run `main()` of a module in a session of its own; return once it is ready.

    It reads `told` from its standard input and calls `say_ready`. `title`
    is what the list of processes shows. Raises RunError with its last words.
    """
    command = [sys.executable, "-I", "-c", START, str(COLLECTIONS), module]
    try:
        process = subprocess.Popen(
            [*command, f"vigie.run {title}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd="/",
            env={key: os.environ[key] for key in PASSED_ON if key in os.environ},
            start_new_session=True,
        )
    except OSError as error:
        raise RunError(f"the process that {title} cannot start: {error}") from error
    if _first_words(process, told.encode()) != READY:
        process.kill()
        _out, problem = process.communicate()
        last = problem.decode("utf-8", "replace").strip().splitlines()[-1:]
        raise RunError(
            f"the process that {title} did not start:"
            f" {''.join(last) or f'nothing was heard of it for {LIMIT:g} s'}"
        )
    for pipe in (process.stdout, process.stderr):
        if pipe:
            pipe.close()


def _first_words(process: subprocess.Popen[bytes], told: bytes) -> str:
    """What it answers to its orders, "" when it ends or says nothing in time."""
    if process.stdin is None or process.stdout is None:
        return ""
    try:
        process.stdin.write(told)
        process.stdin.close()
    except OSError:
        return ""  # it has ended already; its last words are on its standard error
    end = time.monotonic() + LIMIT
    heard = b""
    while len(heard) < len(READY) and time.monotonic() < end:
        ready, _out, _err = select.select([process.stdout], [], [], 0.5)
        if ready:
            piece = os.read(process.stdout.fileno(), 64)
            if not piece:
                break
            heard += piece
    return heard.decode("utf-8", "replace")
