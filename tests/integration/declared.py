# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A declared state of a service, and the life that every type must live through."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError

Resources = Mapping[str, Mapping[str, Any]]


class DeclaredState(ABC):
    """What tests do with a state, whatever the service is."""

    @abstractmethod
    def run(self, resources: Resources, *, check: bool = False, **options: Any) -> Any:
        """What the module would return, whatever it is."""

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
        drift: Callable[[Any, dict[str, Any]], None] | None = None,
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
