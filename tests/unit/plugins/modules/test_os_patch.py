# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module os_patch: its options, its result, its failures."""

from __future__ import annotations

import json

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.module_utils._host import (
    patch,
    patch_options,
)
from ansible_collections.vigie.run.plugins.modules import os_patch

UPGRADED = [{"name": "openssl", "before": "1", "after": "2"}]


@pytest.fixture
def play(monkeypatch, capsys):
    """Run the module's main with options; return its result and what it wished."""
    monkeypatch.setattr(patch_options, "host", lambda module: "the host")

    def run(answer=None, **options):
        wished = []

        def act(host, wish):
            wished.append(wish)
            if isinstance(answer, RunError):
                raise answer
            return answer or {"changed": False, "upgraded": []}

        monkeypatch.setattr(patch, "patch", act)
        with patch_module_args(options), pytest.raises(SystemExit) as ended:
            os_patch.main()
        result = json.loads(capsys.readouterr().out)
        assert bool(ended.value.code) is bool(result.get("failed", False))
        return result, (wished or [None])[0]

    return run


def test_the_defaults_upgrade_everything_and_restart_what_is_stale(play):
    _result, wish = play()
    assert wish.selection.everything
    assert wish.refresh
    assert wish.restart_stale
    assert not wish.check
    assert (wish.lock_timeout, wish.reload_services) == (60, ())


def test_an_empty_list_is_nothing_and_not_everything(play):
    _result, wish = play(upgrades=[])
    assert wish.selection.upgrades == {}
    _result, wish = play(upgrades=[{"name": "openssl", "version": "2"}])
    assert wish.selection.upgrades == {"openssl": "2"}


def test_options_reach_the_host(play):
    _result, wish = play(
        only=["lib*"],
        exclude=["*-dev"],
        security=True,
        reload_services=["haproxy"],
        restart_exclude=["postgresql@*"],
        reboot_follows=True,
        download_only=True,
        _ansible_check_mode=True,
    )
    assert (wish.selection.only, wish.selection.exclude) == (("lib*",), ("*-dev",))
    assert wish.selection.security
    assert wish.reload_services == ("haproxy",)
    assert wish.restart_exclude == ("postgresql@*",)
    assert wish.reboot_follows
    assert wish.download_only
    assert wish.check


def test_the_diff_is_the_versions(play):
    result, _wish = play({"changed": True, "upgraded": UPGRADED})
    assert result["changed"]
    assert result["diff"]["before"] == "openssl 1\n"
    assert result["diff"]["after"] == "openssl 2\n"


def test_a_failure_keeps_what_was_done(play):
    details = {"changed": True, "upgraded": UPGRADED, "reboot_required": True}
    result, _wish = play(RunError("tzdata failed", **details))
    assert result["failed"]
    assert result["msg"] == "tzdata failed"
    assert result["reboot_required"]
    assert result["upgraded"] == UPGRADED


def test_a_pattern_that_is_none_is_refused(play):
    result, _wish = play(exclude=["a b"])
    assert "'a b' is no pattern" in result["msg"]
