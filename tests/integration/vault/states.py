# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A declared state on the cluster, and the life that every type must live through."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.vigie.run.plugins.module_utils._vault.options import (
    vault_options,
)
from ansible_collections.vigie.run.plugins.module_utils._vault.state import (
    STATE_ARGUMENTS,
    run_state,
)

from lab.bao_cluster import Bao
from tests.integration.declared import DeclaredState, Resources

EXAMPLES = Path(__file__).parents[3] / "docs" / "vault"


def example(name: str) -> dict[str, dict[str, Any]]:
    """What the reference page of a type prints."""
    return yaml.safe_load((EXAMPLES / f"{name}.yml").read_text("utf-8"))


@dataclass
class State(DeclaredState):
    """A state on a cluster.

    `prefix` begins the names of what tests make, so that none meets another's.
    """

    bao: Bao
    prefix: str = field(default_factory=lambda: f"t{uuid.uuid4().hex[:8]}")
    options: dict[str, Any] = field(default_factory=dict)

    def run(self, resources: Resources, *, check: bool = False, **options: Any) -> Any:
        """What the module would return, whatever it is."""
        arguments = {**STATE_ARGUMENTS, **vault_options()}
        defaults = {name: one.get("default") for name, one in arguments.items()}
        given = {**defaults, **self.access(), **self.options, **options}
        self.secrets: set[str] = set()
        return run_state(
            {**given, "resources": dict(resources)}, check, self.secrets.update
        )

    def access(self) -> dict[str, Any]:
        """The options that reach the cluster, as root."""
        return {
            "vault_url": self.bao.url,
            "vault_token": self.bao.token,
            "vault_ca_path": str(self.bao.ca),
        }

    def ask(self, path: str, method: str = "GET", body: Any = None) -> Any:
        """One request to the active node past the collection."""
        return self.bao.ask(path, method, body, self.bao.leader())
