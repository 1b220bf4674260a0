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
from ansible_collections.vigie.run.plugins.module_utils._consul.state import (
    STATE_ARGUMENTS,
    run_state,
)

from lab.consul_cluster import Cluster
from tests.integration.declared import DeclaredState, Resources

EXAMPLES = Path(__file__).parents[3] / "docs" / "consul"


def example(name: str) -> dict[str, dict[str, Any]]:
    """What the reference page of a type prints."""
    return yaml.safe_load((EXAMPLES / f"{name}.yml").read_text("utf-8"))


@dataclass
class State(DeclaredState):
    """A state with a name of its own on a cluster.

    `prefix` begins the names of what tests make, so that none meets another's.
    """

    cluster: Cluster
    prefix: str = field(default_factory=lambda: f"t{uuid.uuid4().hex[:8]}")
    options: dict[str, Any] = field(default_factory=dict)

    def run(self, resources: Resources, *, check: bool = False, **options: Any) -> Any:
        """What the module would return, whatever it is."""
        defaults = {name: one.get("default") for name, one in STATE_ARGUMENTS.items()}
        given = {**defaults, "name": self.prefix, **self.access(), **self.options}
        given.update(options, resources=dict(resources))
        self.secrets: set[str] = set()
        return run_state(given, check, self.secrets.update)

    def access(self) -> dict[str, Any]:
        """The options that reach the cluster."""
        return {
            "consul_url": self.cluster.url,
            "consul_token": self.cluster.token,
            "consul_ca_path": str(self.cluster.ca),
            "consul_client_cert": None,
            "consul_client_key": None,
            "consul_timeout": 10.0,
        }
