# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real servers as processes of this machine, each on a loopback address of its own.

Two clusters at once, or a killed server that comes back, never meet. For what needs
systemd, packages or a network to cut, use the lab's hosts.
"""

from __future__ import annotations

import json
import os
import random
import signal
import ssl
import subprocess
import time
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from lab import LabError

LIMIT = 60.0
_Answer = TypeVar("_Answer")


@dataclass
class Server:
    """One server: its name, loopback address, folder, and what starts it."""

    name: str
    address: str
    folder: Path
    argv: tuple[str, ...] = ()
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process; what it says is in the folder's `log`."""
        log = (self.folder / "log").open("ab")
        self.process = subprocess.Popen(
            self.argv,
            cwd=self.folder,
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
        )
        log.close()

    def kill(self) -> None:
        """As a power cut: nothing is said to anybody."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(LIMIT)
            self.process = None

    def freeze(self) -> None:
        """Its connections stay open, and nothing answers."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen server go on."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        if self.process is not None:
            os.kill(self.process.pid, number)


def loopback_net() -> str:
    """Three numbers of a loopback network that nobody else is likely to use."""
    return f"127.{random.randint(16, 254)}.{random.randint(0, 254)}"


def run(argv: list[str], folder: Path) -> str:
    """What a command says; LabError with the end of its complaint."""
    done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise LabError(f"{' '.join(argv)} failed: {done.stderr.strip()[-400:]}")
    return done.stdout


def ask(
    url: str,
    method: str = "GET",
    body: Any = None,
    headers: Mapping[str, str] | None = None,
    ca: Path | None = None,
) -> Any:
    """One request past the collection: the decoded answer, None for an empty one.

    A body of bytes is sent as it is, others as JSON. Nothing of the environment has a
    say. Raises urllib's HTTPError.
    """
    if not (body is None or isinstance(body, bytes)):
        body = json.dumps(body).encode()
    request = urllib.request.Request(
        url, method=method, data=body, headers=dict(headers or {})
    )
    handlers: list[Any] = [urllib.request.ProxyHandler({})]
    if ca is not None:
        context = ssl.create_default_context(cafile=str(ca))
        handlers.append(urllib.request.HTTPSHandler(context=context))
    direct = urllib.request.build_opener(*handlers)
    with direct.open(request, timeout=10) as answer:
        said = answer.read()
    return json.loads(said) if said.strip() else None


def await_true(
    what: str, ready: Callable[[], _Answer | None], limit: float = LIMIT
) -> _Answer:
    """Ask until the answer is true; errors of servers in trouble count as false.

    Raises LabError naming `what` after `limit` seconds.
    """
    end = time.monotonic() + limit
    seen = "nothing"
    while True:
        try:
            answer = ready()
            if answer:
                return answer
        except (OSError, ValueError) as error:
            seen = str(error)
        if time.monotonic() > end:
            raise LabError(f"waited {limit:g} s for {what}, in vain: {seen}")
        time.sleep(0.1)
