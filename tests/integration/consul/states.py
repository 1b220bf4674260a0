# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A declared state on the cluster, and the life that every type must live through."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.vigie.run.plugins.module_utils._consul.state import (
    STATE_ARGUMENTS,
    run_state,
)
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError

from lab.consul_cluster import Cluster

Resources = Mapping[str, Mapping[str, Any]]
EXAMPLES = Path(__file__).parents[3] / "docs" / "consul"


def example(name: str) -> dict[str, dict[str, Any]]:
    """What the reference page of a type prints."""
    return yaml.safe_load((EXAMPLES / f"{name}.yml").read_text("utf-8"))


@dataclass
class State:
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

    def apply(self, resources: Resources, **options: Any) -> Any:
        """Converge, and fail the test where the run failed."""
        result = self.run(resources, **options)
        assert not result["failed"], result.get("msg")
        return result

    def actions(self, resources: Resources, **options: Any) -> dict[str, str]:
        """What a run would do: logical name to action, `keep` left out."""
        plan = self.apply(resources, check=True, **options)["plan"]
        return {
            step["resource"]: step["action"]
            for step in plan
            if step["action"] != "keep"
        }

    def refused(self, resources: Resources, **options: Any) -> str:
        """Why a run stops before it touches anything."""
        with pytest.raises(RunError) as stopped:
            self.run(resources, **options)
        return str(stopped.value)

    def live_through(
        self,
        resources: Resources,
        *,
        changes: Sequence[Resources] = (),
        drift: Callable[[State, dict[str, Any]], None] | None = None,
    ) -> None:
        """Create, unchanged, each change in place, drift repaired, gone.

        changes: properties to merge into the resources, one set after the other.
        drift: given this and the outputs, changes something behind our back.
        """
        declared = {name: dict(value) for name, value in resources.items()}
        assert set(self.actions(declared).values()) == {"create"}
        outputs = self.apply(declared)["outputs"]
        assert self.actions(declared) == {}, "not stable after its creation"
        for change in changes:
            for name, properties in change.items():
                declared[name] = {**declared[name], **properties}
            assert self.actions(declared) == dict.fromkeys(change, "update")
            self.apply(declared)
            assert self.actions(declared) == {}, f"not stable after {change}"
        if drift is not None:
            drift(self, outputs)
            assert "update" in self.actions(declared).values(), "drift was not seen"
            self.apply(declared)
            assert self.actions(declared) == {}, "drift was not repaired"
        self.apply(declared, state="absent")
        assert set(self.actions(declared).values()) == {"create"}, "not gone"
