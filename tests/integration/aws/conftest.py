# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures: a stack on moto, on ministack, or on both in turn."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from ansible_collections.vigie.run.plugins.module_utils._aws.base import Aws
from ansible_collections.vigie.run.plugins.module_utils._aws.session import (
    Connection,
    Session,
)
from botocore.stub import Stubber

from lab.emulators import REGION, emulator
from tests.integration.aws.stacks import Stack


def _running(name: str, folder: Path) -> Iterator[Connection]:
    with emulator(name, folder / f"{name}.log") as url:
        yield Connection(
            region=REGION, access_key="test", secret_key="test", endpoint_url=url
        )


@pytest.fixture(scope="session")
def moto_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """The way to a running moto."""
    yield from _running("moto", tmp_path_factory.mktemp("moto"))


@pytest.fixture(scope="session")
def ministack_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """The way to a running ministack."""
    yield from _running("ministack", tmp_path_factory.mktemp("ministack"))


@pytest.fixture
def moto(moto_server: Connection) -> Stack:
    """A new stack on moto."""
    return Stack(moto_server)


@pytest.fixture
def ministack(ministack_server: Connection) -> Stack:
    """A new stack on ministack."""
    return Stack(ministack_server, unknown=("maintenance_window", "patch_baseline"))


@pytest.fixture(params=["moto", "ministack"])
def stack(request: pytest.FixtureRequest) -> Stack:
    """A new stack, on each emulator in turn."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def aws() -> Aws:
    """A stack whose calls go nowhere."""
    connection = Connection(region=REGION, access_key="test", secret_key="test")
    return Aws(Session(connection), "portal", wait_timeout=5, interval=0)


class Stubs:
    """The stubber of each service that is asked for, in use."""

    def __init__(self, aws: Aws, stack: ExitStack) -> None:
        self._aws, self._stack = aws, stack
        self._stubs: dict[str, Stubber] = {}

    def __getitem__(self, service: str) -> Stubber:
        if service not in self._stubs:
            stub = Stubber(self._aws.client(service))
            self._stubs[service] = self._stack.enter_context(stub)
        return self._stubs[service]

    def all_used(self) -> None:
        for stub in self._stubs.values():
            stub.assert_no_pending_responses()


@pytest.fixture
def stubs(aws: Aws) -> Iterator[Stubs]:
    """The calls that are expected, each with its answer, all of them used."""
    with ExitStack() as stack:
        stubs = Stubs(aws, stack)
        yield stubs
        stubs.all_used()
