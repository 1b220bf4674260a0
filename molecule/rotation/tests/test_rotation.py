# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""After a rotation every member runs the new generation and serves."""

from __future__ import annotations

import pytest

testinfra_hosts = ["ssh://deb12-b", "ssh://deb13-b", "ssh://deb13-a"]
SHOW = (
    "import socket; s = socket.socket(socket.AF_UNIX);"
    " s.connect('/run/haproxy/admin.sock'); s.sendall(b'show stat\\n');"
    " print(s.makefile().read())"
)


def name_of(host):
    return host.check_output("hostname")


def test_the_member_runs_the_new_generation(host):
    if name_of(host) == "deb13-a":
        pytest.skip("the balancer is no member")
    fetch = (
        "import urllib.request as u; print(u.urlopen('http://127.0.0.1:8099').read())"
    )
    assert "generation 2" in host.check_output(f'python3 -c "{fetch}"')


def test_the_balancer_sees_both_in_service(host):
    if name_of(host) != "deb13-a":
        pytest.skip("only the balancer knows")
    rows = [r.split(",") for r in host.check_output(f'python3 -c "{SHOW}"').split("\n")]
    states = {row[1]: row[17] for row in rows if row[0] == "beacons"}
    assert states["deb12-b"] == states["deb13-b"] == "UP"
