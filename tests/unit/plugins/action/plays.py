# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plays on hosts that are this machine, by a real ansible-playbook."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[4]


def environment(folder: Path) -> dict[str, str]:
    """This collection, no settings of anybody's; what is written is in `folder`."""
    return {
        **os.environ,
        "ANSIBLE_CONFIG": str(folder / "none.cfg"),
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "build" / "collections"),
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_LOCAL_TEMP": str(folder / "local"),
        "ANSIBLE_REMOTE_TEMP": str(folder / "remote"),
    }


def play(
    folder: Path, inventory: dict[str, dict[str, Any]], *tasks: Any, **keywords: Any
) -> tuple[int, str]:
    """Exit code and output, in one line, of a play over hosts (name: variables)."""
    local = {
        "ansible_connection": "local",
        "ansible_python_interpreter": sys.executable,
    }
    every = {name: {**local, **given} for name, given in inventory.items()}
    (folder / "hosts.json").write_text(json.dumps({"all": {"hosts": every}}))
    book = [{"hosts": "all", "gather_facts": False, **keywords, "tasks": list(tasks)}]
    (folder / "play.json").write_text(json.dumps(book))
    done = subprocess.run(
        [
            str(Path(sys.executable).with_name("ansible-playbook")),
            *("-i", "hosts.json", "play.json"),
        ],
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, " ".join((done.stdout + done.stderr).split())
