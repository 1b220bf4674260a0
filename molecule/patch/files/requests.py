# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask the balancer, a hundred times a second at most, until told to stop.

Ends when /run/patch-test.stop is there, or after 120 s. Prints how many requests
were made and, by kind, how many failed.
"""

from __future__ import annotations

import collections
import json
import socket
import time
from pathlib import Path

STOP = Path("/run/patch-test.stop")


def ask() -> str:
    """Make one request; return what went wrong, or ''."""
    answer = b""
    try:
        with socket.create_connection(("127.0.0.1", 18080), 5) as connection:
            connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
            while block := connection.recv(4096):
                answer += block
    except OSError as error:
        return type(error).__name__
    return "" if answer.endswith(b"\r\n\r\nok") else "wrong answer"


def main() -> None:
    end, kinds = time.monotonic() + 120, collections.Counter()
    while time.monotonic() < end and not STOP.exists():
        kinds[ask()] += 1
        time.sleep(0.01)
    made = sum(kinds.values())
    kinds.pop("", None)
    print(json.dumps({"requests": made, "failures": kinds}))


main()
