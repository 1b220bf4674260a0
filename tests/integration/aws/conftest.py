# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures: a stack on moto, on ministack, or on both in turn."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.vigie.run.plugins.module_utils._aws.session import Connection

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
