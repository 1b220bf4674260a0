# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What release_info sees."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.vigie.run.tests.unit.fakes.app_host import AppHost


@pytest.fixture
def host(tmp_path: Path) -> Iterator[AppHost]:
    made = AppHost(tmp_path)
    yield made
    made.systemd.stop()


def test_a_fresh_host(host: AppHost) -> None:
    seen = host.info("1.0")
    assert (seen["active"], seen["running"], seen["previous"]) == (None, None, None)
    assert (seen["releases"], seen["staged"], seen["done"]) == ([], False, False)
    assert seen["free_bytes"] > 0
    assert not host.path.exists()


def test_a_host_in_use(host: AppHost) -> None:
    host.deploy("1.0")
    host.deploy("2.0")
    seen = host.info("2.0")
    assert (seen["active"], seen["running"], seen["previous"]) == ("2.0", "2.0", "1.0")
    assert seen["done"]
    assert seen["service_state"] == "active"
    assert [r["version"] for r in seen["releases"]] == ["1.0", "2.0"]
    assert seen["releases"][0]["activated_at"] < seen["releases"][1]["activated_at"]


def test_done_and_staged_mean_this_very_content(host: AppHost) -> None:
    host.deploy("1.0")
    other = "sha256:" + "0" * 64
    assert (host.info("1.0")["staged"], host.info("1.0")["done"]) == (True, True)
    seen = host.info("1.0", other)
    assert (seen["staged"], seen["done"]) == (False, False)


def test_a_stopped_service_is_not_done(host: AppHost) -> None:
    host.deploy("1.0")
    host.systemd.stop()
    seen = host.info("1.0")
    assert (seen["done"], seen["restart_due"]) == (False, "the service is inactive")


def test_a_bad_release_is_shown(host: AppHost) -> None:
    host.deploy("1.0")
    host.stage("2.0")
    host.call("2.0", state="bad", reason="slow")
    assert host.info("2.0")["bad"]
    assert host.info()["releases"][-1]["reason"] == "slow"
