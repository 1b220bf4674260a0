# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Python that measures what it runs: for `ansible_python_interpreter`.

    VIGIE_TIMED=FILE interpreter ARGUMENT...

The module's process alone, AnsiballZ's unpacking and Python's start included, as one
JSON object in FILE.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path


def main() -> None:
    started = time.monotonic()
    process = subprocess.Popen([sys.executable, *sys.argv[1:]])
    _pid, status, usage = os.wait4(process.pid, 0)
    spent = {
        "wall_s": time.monotonic() - started,
        "cpu_s": usage.ru_utime + usage.ru_stime,
        "peak_mb": usage.ru_maxrss / 1024,
    }
    Path(os.environ["VIGIE_TIMED"]).write_text(json.dumps(spent))
    sys.exit(os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main()
