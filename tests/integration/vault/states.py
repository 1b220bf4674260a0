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
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.module_utils._vault.options import (
    vault_options,
)
from ansible_collections.vigie.run.plugins.module_utils._vault.state import (
    STATE_ARGUMENTS,
    run_state,
)

from lab.bao_cluster import Bao

Resources = Mapping[str, Mapping[str, Any]]
EXAMPLES = Path(__file__).parents[3] / "docs" / "vault"


def example(name: str) -> dict[str, dict[str, Any]]:
    """What the reference page of a type prints."""
    return yaml.safe_load((EXAMPLES / f"{name}.yml").read_text("utf-8"))


@dataclass
class State:
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
