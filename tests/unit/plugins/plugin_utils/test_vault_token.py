# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asking the process that holds a run's tokens."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ansible_collections.vigie.run.plugins.plugin_utils import _vault_token
from ansible_collections.vigie.run.plugins.plugin_utils._vault_broker import SOCKET

TASKS = 12


def test_many_tasks_at_once_wait_for_their_turn(tmp_path: Path) -> None:
    """More of them than the queue of the process takes."""
    with socket.socket(socket.AF_UNIX) as server, ThreadPoolExecutor(TASKS) as pool:
        server.bind(str(tmp_path / SOCKET))
        server.listen(1)
        asked = [
            pool.submit(_vault_token._asked, tmp_path, {}) for _one in range(TASKS)
        ]
        for _number in range(TASKS):
            server.settimeout(10)
            line, _peer = server.accept()
            with line:
                line.recv(64)
                line.sendall(b'{"token": "t"}\n')
        assert [one.result() for one in asked] == [{"token": "t"}] * TASKS
