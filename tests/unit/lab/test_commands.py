# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line of the lab."""

from __future__ import annotations

import pytest

from lab import LabError
from lab.__main__ import main, parser, table
from lab.hosts import Status, _each
from lab.topology import Host


def test_the_table_shows_every_host_and_what_failed() -> None:
    found = [
        Status(Host("web-a1", "a", 1), "10.0.0.1", "running"),
        Status(Host("lb-a1", "a", 2), "10.0.0.2", "degraded", ("haproxy.service",)),
    ]
    assert table(found).splitlines() == [
        "HOST    ZONE  SUITE     ADDRESS   STATE     FAILED",
        "web-a1  a     bookworm  10.0.0.1  running",
        "lb-a1   a     bookworm  10.0.0.2  degraded  haproxy.service",
    ]


def test_the_flight_is_what_a_person_means() -> None:
    assert parser().parse_args(["up"]).topology == "flight"
    assert parser().parse_args(["up", "--topology", "molecule"]).topology == "molecule"


def test_a_remote_command_keeps_its_own_options() -> None:
    options = parser().parse_args(["ssh", "web-a1", "ls", "-l", "--all"])
    assert (options.host, options.argv) == ("web-a1", ["ls", "-l", "--all"])
    assert options.topology is None  # found by the host's name


def test_an_unknown_topology_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["up", "--topology", "moon"])
    assert caught.value.code == 2
    assert "flight" in capsys.readouterr().err


def test_all_that_went_wrong_on_many_hosts_is_told_at_once() -> None:
    done: list[str] = []

    def work(name: str) -> str:
        if name.startswith("bad"):
            raise LabError(f"{name} is bad")
        done.append(name)
        return name.upper()

    with pytest.raises(LabError, match=r"^bad1 is bad\nbad2 is bad$"):
        _each(["bad1", "one", "bad2", "two"], work)
    assert sorted(done) == ["one", "two"]
    assert _each(["one", "two"], work) == ["ONE", "TWO"]


def test_an_error_in_the_program_is_not_swallowed() -> None:
    with pytest.raises(ZeroDivisionError):
        _each([0], lambda number: 1 / number)
