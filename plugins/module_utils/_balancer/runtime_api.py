# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Client of HAProxy's runtime API on its unix socket.

The rules are those of HAProxy's management guide, section "Unix Socket
commands", as of versions 2.6 and 3.0: one line of commands joined by `;`, one
answer per command, each ended by an empty line; then HAProxy hangs up.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import socket
import time
from collections.abc import Iterator, Sequence

from ansible_collections.vigie.run.plugins.module_utils._errors import RunError

# HAProxy reads a line into one buffer (tune.bufsize, 16 KiB unless configured).
MAX_LINE = 8000


class RuntimeApi:
    """Ask HAProxy's runtime API; each call of `ask` is one connection."""

    def __init__(self, path: str, timeout: float = 10.0) -> None:
        """`timeout`: seconds for a whole answer, from connecting to the last byte."""
        self.path = path
        self.timeout = timeout

    def ask(self, commands: Sequence[str]) -> list[str]:
        """Return the answer to each command, without its ending empty line.

        Raises RunError where the socket is missing, refuses, is not permitted or
        does not answer in time, and where its level is below admin.
        """
        answers: list[str] = []
        for line in _lines(commands):
            answers += _split(self._talk(line), line, self.path)
        if "Permission denied" in answers:
            raise RunError(
                f"HAProxy's runtime API at {self.path} denies the command: the socket "
                "lacks the level. Configure it as 'stats socket … level admin'."
            )
        return answers

    def _talk(self, line: list[str]) -> str:
        deadline = time.monotonic() + self.timeout
        chunks: list[bytes] = []
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as talk:
                talk.settimeout(self.timeout)
                talk.connect(self.path)
                talk.sendall((";".join(line) + "\n").encode())
                while True:
                    talk.settimeout(max(deadline - time.monotonic(), 0.001))
                    chunk = talk.recv(65536)
                    if not chunk:
                        return b"".join(chunks).decode("utf-8", "replace")
                    chunks.append(chunk)
        except OSError as error:
            raise self._explain(error) from error

    def _explain(self, error: OSError) -> RunError:
        where = f"HAProxy's runtime API at {self.path}"
        if isinstance(error, socket.timeout):
            return RunError(
                f"{where} did not answer within {self.timeout:g} s. "
                "See whether the process hangs: systemctl status haproxy."
            )
        if error.errno == errno.ENOENT:
            return RunError(
                f"{where}: there is no such socket. Start HAProxy, and let its "
                f"configuration hold 'stats socket {self.path} level admin' in "
                "section global, or set the option socket to the path it has."
            )
        if error.errno == errno.ECONNREFUSED:
            return RunError(
                f"{where} refuses the connection: nobody listens there. "
                "Start HAProxy (systemctl status haproxy says why it stopped)."
            )
        if error.errno in (errno.EACCES, errno.EPERM):
            return RunError(
                f"{where}: no permission for user id {os.geteuid()}. Run the task "
                "with become, or as a member of the group that owns the socket."
            )
        return RunError(f"{where} failed: {error}.")

    @contextlib.contextmanager
    def lock(self, wait: float = 30.0) -> Iterator[None]:
        """Hold the lock beside the socket, against other runs and against reloads.

        Raises RunError where it is not free within `wait` seconds.
        """
        path = f"{self.path}.lock"
        flags = os.O_RDONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            handle = os.open(path, flags, 0o660)
        except OSError as error:
            # Without the socket's folder the socket is what the user must hear of.
            if error.errno in (errno.ENOENT, errno.ENOTDIR):
                raise self._explain(error) from error
            raise RunError(
                f"Cannot open the lock {path}: {error.strerror}. Run the task with "
                "become, or as a member of the group that owns the folder."
            ) from error
        try:
            _acquire(handle, path, wait)
            yield
        finally:
            os.close(handle)


def _acquire(handle: int, path: str, wait: float) -> None:
    deadline = time.monotonic() + wait
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError as error:
            if time.monotonic() >= deadline:
                raise RunError(
                    f"{path} is held by another run or a reload for more than "
                    f"{wait:g} s. Find it with: fuser -v {path}"
                ) from error
        time.sleep(0.1)


def _lines(commands: Sequence[str]) -> Iterator[list[str]]:
    """Group commands into lines that HAProxy can read at once."""
    line: list[str] = []
    size = 0
    for command in commands:
        if line and size + len(command) + 1 > MAX_LINE:
            yield line
            line, size = [], 0
        line.append(command)
        size += len(command) + 1
    if line:
        yield line


def _split(text: str, commands: Sequence[str], path: str) -> list[str]:
    """Split what came back into one answer per command."""
    answers: list[str] = []
    lines: list[str] = []
    for row in text.splitlines(keepends=True):
        if row == "\n":
            answers.append("".join(lines).rstrip("\n"))
            lines = []
        else:
            lines.append(row)
    # Some answers (show backend) end with one empty line more.
    while len(answers) > len(commands) and not answers[-1]:
        answers.pop()
    if lines or len(answers) != len(commands):
        raise RunError(
            f"HAProxy's runtime API at {path} hung up in the middle of an answer "
            f"({len(answers)} of {len(commands)} came whole). HAProxy may have been "
            "stopped at this moment: try again."
        )
    return answers
