# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads one inventory and says what that took, as one line of JSON.

    python read_inventory.py SOURCE

Wall and CPU are of the reading alone, the memory is the process's. Calls are requests
to Consul.
"""

from __future__ import annotations

import json
import resource
import sys
import time

from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import init_plugin_loader


def main() -> None:
    init_plugin_loader()
    from ansible_collections.vigie.run.plugins.module_utils._consul.client import Client

    calls = 0
    request = Client.call

    def counted(*arguments: object, **options: object) -> object:
        nonlocal calls
        calls += 1
        return request(*arguments, **options)

    Client.call = counted
    wall, cpu = time.monotonic(), time.process_time()
    InventoryManager(loader=DataLoader(), sources=[sys.argv[1]])
    spent = {
        "wall_s": time.monotonic() - wall,
        "cpu_s": time.process_time() - cpu,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "calls": calls,
    }
    print(json.dumps(spent))


if __name__ == "__main__":
    main()
