# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stack on an emulator, and the life that every resource type must live through."""

from __future__ import annotations

import functools
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.vigie.run.plugins.module_utils._aws.base import Aws
from ansible_collections.vigie.run.plugins.module_utils._aws.provider import AwsProvider
from ansible_collections.vigie.run.plugins.module_utils._aws.registry import Table
from ansible_collections.vigie.run.plugins.module_utils._aws.session import (
    Connection,
    Session,
)
from ansible_collections.vigie.run.plugins.module_utils._converge.engine import (
    Options,
    converge,
)
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError

Resources = Mapping[str, Mapping[str, Any]]
EXAMPLES = Path(__file__).parents[3] / "docs" / "aws"


def example(name: str) -> dict[str, dict[str, Any]]:
    """The stack that the reference page of a resource type prints."""
    return yaml.safe_load((EXAMPLES / f"{name}.yml").read_text("utf-8"))


@functools.cache
def _sessions(connection: Connection) -> tuple[Session, Session, list[list[str]]]:
    """One session to look with and one for runs, with where the latter notes calls.

    Shared by all stacks: making clients is most of a short test's time.
    """
    looking, running = Session(connection), Session(connection)
    notes: list[list[str]] = [[]]
    running._session.register(
        "before-call", lambda model, **_event: notes[0].append(model.name)
    )
    return looking, running, notes


class _Known(Table):
    """The types without those whose reads an emulator does not know.

    A deletion reads every type there is; a declaration of the others is untouched.
    """

    def __init__(self, aws: Aws, unknown: Sequence[str]) -> None:
        super().__init__(aws)
        self._unknown = unknown

    def __iter__(self) -> Iterator[str]:
        return (name for name in super().__iter__() if name not in self._unknown)


@dataclass
class Stack:
    """One stack with a name of its own on one emulator.

    unknown: types that the emulator cannot read.
    `client` reaches the emulator past the collection: to look, and to disturb.
    `operations` are the names of the calls that runs have sent, in order.
    """

    connection: Connection
    name: str = field(default_factory=lambda: f"t{uuid.uuid4().hex[:10]}")
    wait_timeout: float = 30.0
    operations: list[str] = field(default_factory=list)
    unknown: Sequence[str] = ()

    def __post_init__(self) -> None:
        self.session, self._running, self._notes = _sessions(self.connection)

    def client(self, service: str) -> Any:
        """A botocore client of the emulator."""
        return self.session.client(service)

    def aws(self) -> Aws:
        """What a run has, only more impatient."""
        self._notes[0] = self.operations
        return Aws(
            self._running,
            self.name,
            wait_timeout=self.wait_timeout,
            interval=0.05,
        )

    def run(self, resources: Resources, **options: Any) -> Any:
        """Converge; the outcome, whatever it is."""
        aws = self.aws()
        provider = AwsProvider(aws)
        provider.types = _Known(aws, self.unknown)
        return converge(resources, provider, Options(**options))

    def apply(self, resources: Resources, **options: Any) -> Any:
        """Converge, and fail the test where the run failed."""
        outcome = self.run(resources, **options)
        assert not outcome.failed, outcome.message
        return outcome

    def actions(self, resources: Resources, **options: Any) -> dict[str, str]:
        """What a run would do: logical name to action, `keep` left out."""
        outcome = self.apply(resources, dry_run=True, **options)
        return {
            step["resource"]: step["action"]
            for step in outcome.plan
            if step["action"] != "keep"
        }


def refused(stack: Stack, resources: Resources, **options: Any) -> str:
    """Why a run stops before it touches anything."""
    with pytest.raises(RunError) as stopped:
        stack.run(resources, **options)
    return str(stopped.value)


def live_through(
    stack: Stack,
    resources: Resources,
    *,
    changes: Sequence[Resources] = (),
    drift: Any = None,
    replacing: Resources | None = None,
) -> None:
    """Create, unchanged, each change in place, drift repaired, replaced, gone.

    changes: properties to merge into the declared resources, one set after the other.
    drift: called with the stack and the outputs; changes something behind our back.
    replacing: properties whose change replaces the resources that they are of.
    """
    declared = {name: dict(value) for name, value in resources.items()}
    assert set(stack.actions(declared).values()) == {"create"}
    outputs = stack.apply(declared).outputs
    assert stack.actions(declared) == {}, "not stable after its creation"
    for change in changes:
        _merge(declared, change)
        planned = stack.actions(declared)
        assert set(change) <= set(planned), f"{change}: not seen"
        assert "replace" not in planned.values(), planned
        stack.apply(declared)
        assert stack.actions(declared) == {}, f"{change}: not stable"
    if drift is not None:
        drift(stack, outputs)
        assert stack.actions(declared), "the drift was not seen"
        stack.apply(declared)
        assert stack.actions(declared) == {}, "the drift was not repaired"
    if replacing is not None:
        _merge(declared, replacing)
        names = tuple(replacing)
        planned = stack.actions(declared, allow_replace=names)
        assert {planned[name] for name in names} == {"replace"}
        stack.apply(declared, allow_replace=names)
        assert stack.actions(declared) == {}, "not stable after a replacement"
    stack.apply(declared, state="absent")
    assert stack.actions(declared, state="absent") == {}, "something was left"


def _merge(declared: dict[str, dict[str, Any]], change: Resources) -> None:
    for name, properties in change.items():
        declared[name].update(properties)


def eventually(what: str, true: Any, limit: float = 20.0) -> None:
    """Wait for a condition of an emulator that takes its time."""
    deadline = time.monotonic() + limit
    while not true():
        assert time.monotonic() < deadline, f"not within {limit} s: {what}"
        time.sleep(0.05)
