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

from ansible_collections.vigie.run.tests.unit.plugins.action.plays import play

from lab.bao_cluster import Bao, BaoServer


@dataclass
class Keys:
    """Runs modules against a cluster; `said` is all that Ansible ever printed."""

    cluster: Bao
    folder: Path
    said: str = ""
    secrets: set[str] = field(default_factory=set)

    def run(
        self, module: str, *, check: bool = False, node: int = 0, **options: Any
    ) -> dict[str, Any]:
        """The result of one task; whether it failed is part of it."""
        server = self.cluster.servers[node]
        given = {
            "vault_url": server.url,
            "vault_ca_path": str(self.cluster.ca),
            **options,
        }
        task = {
            f"vigie.run.{module}": given,
            "register": "result",
            "ignore_errors": True,
            "check_mode": check,
            "diff": True,
        }
        show = {"ansible.builtin.debug": {"var": "result"}}
        keep = {
            "ansible.builtin.copy": {
                "content": "{{ result | to_json }}",
                "dest": "result.json",
                "mode": "0600",
            },
            "check_mode": False,
        }
        _code, said = play(self.folder, {"here": {}}, task, show, keep)
        self.said += said
        return json.loads((self.folder / "result.json").read_text("utf-8"))

    def kept(self, name: str) -> dict[str, Any]:
        """What a file of shares holds."""
        held = json.loads((self.folder / name).read_text("utf-8"))
        self.secrets |= {*held["shares"].values(), held.get("root_token", "")} - {""}
        return held

    def status(self, server: BaoServer | None = None) -> dict[str, Any]:
        """How a node says that it is."""
        return self.cluster.ask("sys/seal-status", server=server)

    def shown(self) -> set[str]:
        """The secrets, in any spelling, that were printed or left in a result."""
        spelled = {*self.secrets, *map(_digits, self.secrets)}
        result = (self.folder / "result.json").read_text("utf-8")
        return {one for one in spelled if one in self.said or one in result}


def _digits(share: str) -> str:
    """A share in hexadecimal digits; what is none, as it is."""
    try:
        return base64.b64decode(share, validate=True).hex()
    except ValueError:
        return share
