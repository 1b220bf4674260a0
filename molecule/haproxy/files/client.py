# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A client with a limit: asks the balancer and counts what went wrong.

    client.py PATH COUNT SECONDS    COUNT requests in SECONDS, as JSON

Every second request is on a kept connection, the others are on one of their own.
"""

from __future__ import annotations

import http.client
import json
import sys
import time

PATH, COUNT, SECONDS = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])


def ask(connection: http.client.HTTPConnection) -> str:
    """Return the body. Raises OSError, HTTPException or ValueError."""
    connection.request("GET", PATH)
    answer = connection.getresponse()
    body = answer.read().decode().strip()
    if answer.status != 200:
        raise ValueError(f"{answer.status} {body[:60]}")
    return body


kept = http.client.HTTPConnection("127.0.0.1", 80, timeout=20)
failures, bodies = [], {}
begin = time.monotonic()
for number in range(COUNT):
    own = http.client.HTTPConnection("127.0.0.1", 80, timeout=20)
    try:
        body = ask(own if number % 2 else kept)
        bodies[body] = bodies.get(body, 0) + 1
    except (OSError, http.client.HTTPException, ValueError) as error:
        failures.append(repr(error))
        kept.close()
    own.close()
    time.sleep(max(0.0, begin + (number + 1) * SECONDS / COUNT - time.monotonic()))
print(json.dumps({"requests": COUNT, "failures": failures, "bodies": bodies}))
