# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules that handle key shares, run by Ansible at its most talkative."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.vigie.run.plugins.module_utils._vault.session import Access
from ansible_collections.vigie.run.plugins.plugin_utils._vault_keys.init import Wanted
from ansible_collections.vigie.run.plugins.plugin_utils._vault_keys.node import Node
from ansible_collections.vigie.run.plugins.plugin_utils._vault_keys.places import (
    Keep,
    keeps,
)
from ansible_collections.vigie.run.tests.unit.plugins.action.plays import play

TWO_OF_THREE = Wanted(3, 2)


def node_at(url: str, ca: Path | None = None) -> Node:
    """What the modules talk to a node through."""
    return Node(Access(url, ca_path=str(ca or "")))


def files(folder: Path, *given: dict[str, Any]) -> list[Keep]:
    """Places, relative paths of which are in a folder."""
    return keeps(given, "keep", lambda path: str(folder / path))


def held(path: Path) -> dict[str, Any]:
    """What a file of shares holds."""
    return json.loads(path.read_text("utf-8"))


@dataclass
class Keys:
    """Runs tasks; `said` is all that Ansible ever printed."""

    folder: Path
    given: dict[str, Any]
    said: str = ""
    secrets: set[str] = field(default_factory=set)

    def run(self, module: str, **options: Any) -> dict[str, Any]:
        """The result of one task; whether it failed is part of it."""
        return self.run_all((module, options))[0]

    def run_all(self, *tasks: tuple[str, dict[str, Any]]) -> list[dict[str, Any]]:
        """The results of tasks of one play. `check`, beside the options: check mode."""
        book: list[dict[str, Any]] = []
        for number, (module, options) in enumerate(tasks):
            given = {**self.given, **options}
            check = given.pop("check", False)
            book.append(
                {
                    f"vigie.run.{module}": given,
                    "register": f"result{number}",
                    "ignore_errors": True,
                    "check_mode": check,
                    "diff": True,
                }
            )
        every = ", ".join(f"result{number}" for number in range(len(tasks)))
        book.append(
            {
                "ansible.builtin.copy": {
                    "content": f"{{{{ [{every}] | to_json }}}}",
                    "dest": "results.json",
                    "mode": "0600",
                }
            }
        )
        _code, said = play(self.folder, {"here": {}}, *book)
        self.said += said
        results = (self.folder / "results.json").read_text("utf-8")
        self.said += results
        return json.loads(results)

    def kept(self, name: str) -> dict[str, Any]:
        """What a file of shares holds, all of it being secret."""
        found = held(self.folder / name)
        self.secrets |= {*found["shares"].values(), found.get("root_token", "")} - {""}
        return found

    def shown(self) -> set[str]:
        """The secrets, in any spelling, that were printed or are in a result."""
        spelled = {*self.secrets, *map(_digits, self.secrets)}
        return {one for one in spelled if one in self.said}


def _digits(share: str) -> str:
    """A share in hexadecimal digits; what is none, as it is."""
    try:
        return base64.b64decode(share, validate=True).hex()
    except ValueError:
        return share
