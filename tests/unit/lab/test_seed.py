# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What hosts and programs are told about the lab."""

from __future__ import annotations

import ipaddress
import json
from pathlib import Path

import pytest

from lab import checkout, seed
from lab.network import Plan
from lab.topology import topology

PLAN = Plan("flight", ipaddress.IPv4Network("10.100.4.0/22"))


@pytest.fixture
def build(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A build folder of our own."""
    monkeypatch.setattr(checkout, "BUILD", tmp_path)
    return tmp_path


def test_every_host_resolves_every_other() -> None:
    lines = seed.render_hosts({"web-a1": "10.1.0.2", "lb-a1": "10.1.0.3"}).splitlines()
    assert lines == [
        "127.0.0.1\tlocalhost",
        "::1\tlocalhost ip6-localhost",
        "10.1.0.2\tweb-a1",
        "10.1.0.3\tlb-a1",
    ]


def test_the_description_holds_address_zone_and_groups() -> None:
    hosts = seed.describe(topology("flight"), PLAN)["hosts"]
    assert isinstance(hosts, dict)
    assert len(hosts) == 10
    assert hosts["consul-b1"]["address"] == "10.100.5.31"
    assert hosts["consul-b1"]["zone"] == "b"
    assert hosts["consul-b1"]["groups"] == ["consul_servers"]


def test_what_is_written_is_where_its_users_look(build: Path) -> None:
    seed.write(topology("flight"), PLAN)
    seed.write(topology("molecule"), PLAN)
    assert json.loads((build / "lab.json").read_text())["topology"] == "flight"
    assert "Host web-a1\n" in (build / "ssh_config").read_text()
    assert "Host deb12-a\n" in (build / "molecule/ssh_config").read_text()
    assert len((build / "flight/known_hosts").read_text().splitlines()) == 10


def test_keys_stay_when_it_is_written_again(build: Path) -> None:
    seed.write(topology("molecule"), PLAN)
    before = (build / "molecule/known_hosts").read_text()
    seed.write(topology("molecule"), PLAN)
    assert (build / "molecule/known_hosts").read_text() == before


def test_the_lone_load_balancer_gets_no_kernel(build: Path) -> None:
    seed.write(topology("flight"), PLAN)
    found = sorted(
        path.parent.name for path in build.glob("flight/hosts/*/preferences")
    )
    assert found == ["lb-a1"]


def test_remove_takes_its_own_and_leaves_the_other_topology(build: Path) -> None:
    seed.write(topology("flight"), PLAN)
    seed.write(topology("molecule"), PLAN)
    seed.remove(topology("flight"))
    assert sorted(path.name for path in build.iterdir()) == ["molecule"]


def test_two_checkouts_never_share_a_name() -> None:
    one = checkout.prefix_of(Path("/srv/one"))
    assert one == checkout.prefix_of(Path("/srv/one"))
    assert one != checkout.prefix_of(Path("/srv/two"))
    assert one.startswith("vigie-")
