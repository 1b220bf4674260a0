# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep what was set over HAProxy's runtime API when HAProxy is reloaded or restarted.

    haproxy_state.py save SOCKET FILE              write the members' state to FILE
    haproxy_state.py reload SOCKET FILE MAINPID    save, reload, wait for the new worker
    haproxy_state.py forget SOCKET FILE            empty FILE: it was read, it grows old

Run by systemd (see the drop-in of haproxy.service). A reload holds the lock beside the
socket, so that no member is drained in the old worker after its state was saved, and
returns when the new worker answers, so that nothing is sent to the old one after it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

ANSWER_SECONDS = 10.0
WORKER_SECONDS = 30.0
LOCK_SECONDS = 30.0
# While both workers accept on the socket, one answer may still come from either.
ANSWERS_IN_A_ROW = 3
NOTHING = "1\n"


class StateError(Exception):
    """What went wrong, for the journal."""


def ask(path: str, command: str) -> str:
    """Return the runtime API's answer. Raises OSError."""
    chunks = []
    with socket.socket(socket.AF_UNIX) as talk:
        talk.settimeout(ANSWER_SECONDS)
        talk.connect(path)
        talk.sendall(f"{command}\n".encode())
        while True:
            chunk = talk.recv(65536)
            if not chunk:
                return b"".join(chunks).decode()
            chunks.append(chunk)


def write(file: Path, text: str) -> None:
    """Replace the file as a whole, safe against a power cut."""
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(handle, "w") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        os.chmod(name, 0o644)
        os.replace(name, file)
    except BaseException:
        os.unlink(name)
        raise


def save(path: str, file: Path) -> None:
    """Write the members' state to the file. Raises StateError or OSError."""
    state = ask(path, "show servers state")
    if not state.startswith("1\n# ") or not state.endswith("\n\n"):
        raise StateError(f"{path} gave no whole state but {state[:80]!r}")
    write(file, state)


def worker(path: str) -> str:
    """Return the process id of the worker that answers; empty where none does."""
    try:
        lines = ask(path, "show info").splitlines()
    except OSError:
        return ""
    found = (line[5:] for line in lines if line.startswith("Pid: "))
    return next(found, "")


@contextlib.contextmanager
def lock(path: str) -> Iterator[None]:
    """Hold off those who set members over the same socket."""
    flags = os.O_RDONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    handle = os.open(f"{path}.lock", flags, 0o660)
    try:
        until(lambda: _try_lock(handle), LOCK_SECONDS, f"{path}.lock is held by a run")
        yield
    finally:
        os.close(handle)


def _try_lock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def until(done: Callable[[], bool], limit: float, failure: str) -> None:
    """Wait until it is done. Raises StateError at the limit (seconds)."""
    deadline = time.monotonic() + limit
    while not done():
        if time.monotonic() >= deadline:
            raise StateError(f"{failure} for more than {limit:g} s")
        time.sleep(0.1)


def reload(path: str, file: Path, master: int) -> None:
    """Save, let the master start a new worker, wait for it, forget."""
    with lock(path):
        old = worker(path)
        if Path(path).exists():
            save(path, file)
        else:
            # What is loaded has no such socket, so nothing was set over it.
            print(f"{path} does not exist yet; there is no state to save")
        os.kill(master, signal.SIGUSR2)
        row: list[str] = []

        def new_answers() -> bool:
            row.append(worker(path))
            last = row[-ANSWERS_IN_A_ROW:]
            return len(last) == ANSWERS_IN_A_ROW and set(last).isdisjoint({"", old})

        until(
            new_answers,
            WORKER_SECONDS,
            "no new worker answers, so the old one still serves with the old "
            "configuration (journalctl -u haproxy says why)",
        )
        write(file, NOTHING)


def main(argv: list[str]) -> int:
    """Run one command; failures go to the journal and to the exit status."""
    command, path, file = argv[0], argv[1], Path(argv[2])
    try:
        if command == "save":
            with lock(path):
                save(path, file)
        elif command == "reload":
            reload(path, file, int(argv[3]))
        elif command == "forget":
            write(file, NOTHING)
        else:
            raise StateError(f"unknown command {command!r}")
    except (OSError, StateError) as error:
        print(f"haproxy_state {command}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
