# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The AWS emulators as processes: started on a free port, stopped by their own id.

moto is the more faithful where it answers; ministack knows what moto does not
(ElastiCache, instance refresh, Cloud Control). Both keep everything in memory.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BIN = Path(sys.executable).parent
START_LIMIT = 60.0
REGION = "ca-central-1"


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _argv(name: str, port: int) -> list[str]:
    if name == "moto":
        return [str(BIN / "moto_server"), "-H", "127.0.0.1", "-p", str(port)]
    return [sys.executable, "-m", "ministack"]


@contextmanager
def emulator(name: str, log: Path) -> Iterator[str]:
    """`moto` or `ministack`, running: its URL."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    # Neither may reach for credentials, proxies or Docker of the machine.
    environment = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
    environment.update(
        GATEWAY_PORT=str(port),
        MINISTACK_HOST="127.0.0.1",
        # moto issues certificates after so many seconds.
        MOTO_ACM_VALIDATION_WAIT="0",
    )
    # moto knows Amazon's own policies only when asked to.
    environment.update(MOTO_IAM_LOAD_MANAGED_POLICIES="true")
    with log.open("wb") as file:
        process = subprocess.Popen(
            _argv(name, port), env=environment, stdout=file, stderr=file
        )
    try:
        _await(url, process, log)
        yield url
    finally:
        process.terminate()
        process.wait(60)


def _await(url: str, process: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + START_LIMIT
    while True:
        try:
            urllib.request.urlopen(url, timeout=2).close()
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            pass
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the emulator did not start: see {log}")
        time.sleep(0.1)
