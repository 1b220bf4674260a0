# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module as a play uses it, against a runtime API on a real socket."""

from __future__ import annotations

import json

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.vigie.run.plugins.modules import haproxy_member
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
        options = {"backend": "portal", "socket": str(fake.path), **options}
        with patch_module_args(options), pytest.raises(SystemExit):
            haproxy_member.main()
        return json.loads(capsys.readouterr().out)

    return run


def test_drained_and_back(play):
    out = play(members=["web-a1", "web-a2"], state="drained", max_unavailable="34%")
    assert out["changed"]
    assert [member["after"] for member in out["members"]] == ["drain", "drain"]
    assert (out["sessions_left"], out["up"], out["total"]) == (0, 4, 6)
    assert out["diff"]["before"] == {"web-a1": "ready", "web-a2": "ready"}
    assert not play(members=["web-a1"], state="drained", max_unavailable=2)["changed"]
    back = play(members=["web-a1", "web-a2"], state="ready")
    assert (back["changed"], back["up"]) == (True, 6)


def test_check_mode_foretells_and_touches_nothing(fake, play):
    out = play(members=["web-a1"], state="maint", _ansible_check_mode=True)
    assert out["changed"]
    assert out["diff"]["after"] == {"web-a1": "maint"}
    assert fake.changes == []


def test_the_limit_fails_with_who_is_away_in_fields(fake, play):
    fake["web-b1"].fall()
    out = play(members=["web-a1"], state="drained", max_unavailable="1")
    assert out["failed"]
    assert out["limit"] == 1
    assert [entry["name"] for entry in out["away"]] == ["web-b1"]
    assert "Nothing was changed" in out["msg"]


def test_sessions_left_proceed_with_a_warning_or_fail(fake, play):
    fake["web-a1"].scur = 2
    left = {"members": ["web-a1"], "state": "drained", "timeout": 0.1}
    failed = play(**left, on_timeout="fail")
    assert failed["failed"]
    assert "Put back: web-a1 to ready" in failed["msg"]
    assert fake["web-a1"].admin == 0
    out = play(**left)
    assert out["sessions_left"] == 2
    assert "web-a1 (2)" in json.dumps(out["warnings"])


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"members": ["nobody"]}, "no member nobody. Its members are: web-a1"),
        ({"backend": "shop"}, "Its backends are: portal, other"),
        ({"socket": "/nonexistent/haproxy.sock"}, "there is no such socket"),
        ({"max_unavailable": "0"}, "max_unavailable: '0' is neither"),
    ],
)
def test_bad_input_is_one_clear_message(play, options, text):
    out = play(**{"members": ["web-a1"], "state": "drained", **options})
    assert out["failed"]
    assert text in out["msg"]
