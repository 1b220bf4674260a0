# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a play sees of the members."""

from __future__ import annotations

import json

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.vigie.run.plugins.modules import haproxy_member_info
from ansible_collections.vigie.run.tests.unit.fakes.fake_haproxy import (
    FakeHaproxy,
    six_web_hosts,
)


@pytest.fixture
def fake(tmp_path):
    with FakeHaproxy(tmp_path / "admin.sock", six_web_hosts(), chunk=512) as haproxy:
        yield haproxy


@pytest.fixture
def play(fake, capsys):
    """Run the module's main with options; return its result."""

    def run(**options):
        options = {"socket": str(fake.path), **options}
        with patch_module_args(options), pytest.raises(SystemExit):
            haproxy_member_info.main()
        return json.loads(capsys.readouterr().out)

    return run


def test_one_backend(fake, play):
    fake["web-a1"].admin, fake["web-a1"].scur = 8, 2
    fake["web-a2"].backup = True
    out = play(backend="portal")
    assert not out["changed"]
    assert (out["up"], out["total"]) == (4, 5)
    assert out["members"][0] == {
        "backend": "portal",
        "name": "web-a1",
        "address": "10.90.1.11:8080",
        "state": "drain",
        "up": True,
        "in_service": False,
        "sessions": 2,
        "weight": 1,
        "backup": False,
        "check": "L7OK 200: Layer7 check passed",
    }


def test_all_backends_also_in_check_mode(play):
    out = play(_ansible_check_mode=True)
    assert {member["backend"] for member in out["members"]} == {"portal", "other"}


def test_an_unknown_backend_is_one_clear_message(play):
    out = play(backend="shop")
    assert out["failed"]
    assert "Its backends are: portal, other." in out["msg"]
