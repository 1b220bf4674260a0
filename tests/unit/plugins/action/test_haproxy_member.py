# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A load balancer that cannot be reached, asked by a host that can."""

from __future__ import annotations

import pytest
from ansible_collections.vigie.run.tests.unit.plugins.action.plays import play

OFF = {
    "ansible_connection": "ssh",
    "ansible_host": "127.0.0.1",
    "ansible_port": 1,
    "ansible_ssh_common_args": "-o ConnectTimeout=5",
}
CALLS = {
    "haproxy_member": {"backend": "portal", "members": ["web-a"], "state": "ready"},
    "haproxy_member_info": {"backend": "portal"},
}
each_call = pytest.mark.parametrize("name", CALLS)


@each_call
def test_the_host_that_asked_can_be_rescued(tmp_path, name):
    call = {f"vigie.run.{name}": CALLS[name], "delegate_to": "lb-a", "run_once": True}
    rescue = {"ansible.builtin.debug": {"msg": "rescued {{ inventory_hostname }}"}}
    block = {"block": [call], "rescue": [rescue]}
    code, said = play(tmp_path, {"web-a": {}, "lb-a": OFF}, block, hosts="web-a")
    assert code == 0, said
    assert "Load balancer lb-a is out of reach: " in said
    assert "rescued web-a" in said


@each_call
def test_a_balancer_that_asks_for_itself_is_unreachable(tmp_path, name):
    call = {f"vigie.run.{name}": CALLS[name]}
    code, said = play(tmp_path, {"lb-a": OFF}, call)
    assert code != 0
    assert "unreachable=1" in said
