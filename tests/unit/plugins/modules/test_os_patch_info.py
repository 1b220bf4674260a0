# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module os_patch_info: its options and its result."""

from __future__ import annotations

import json

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.module_utils._host import (
    patch,
    patch_options,
)
from ansible_collections.vigie.run.plugins.modules import os_patch_info


@pytest.fixture
def play(monkeypatch, capsys):
    """Run the module's main with options; return its result and what it wished."""
    monkeypatch.setattr(patch_options, "host", lambda module: "the host")

    def run(failure=None, **options):
        wished = []

        def look(host, wish):
            wished.append(wish)
            if failure:
                raise failure
            return {"pending": [], "boot_id": "b"}

        monkeypatch.setattr(patch, "survey", look)
        with patch_module_args(options), pytest.raises(SystemExit):
            os_patch_info.main()
        return json.loads(capsys.readouterr().out), wished[0]

    return run


def test_it_changes_nothing_and_fetches_no_lists_by_itself(play):
    result, wish = play()
    assert not result["changed"]
    assert result["boot_id"] == "b"
    assert not wish.refresh


def test_it_selects_as_os_patch_does(play):
    _result, wish = play(
        security=True, only=["a"], refresh=True, settle_timeout=9, cache_valid_time=60
    )
    assert wish.selection.security
    assert wish.selection.only == ("a",)
    assert (wish.refresh, wish.cache_valid_time, wish.settle_timeout) == (True, 60, 9)


def test_a_source_that_fails_is_a_failure(play):
    result, _wish = play(RunError("these sources failed", sources=["http://x"]))
    assert result["failed"]
    assert result["sources"] == ["http://x"]


def test_a_host_without_apt_says_so(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(patch_options, "APT_GET", str(tmp_path / "apt-get"))
    with patch_module_args({}), pytest.raises(SystemExit):
        os_patch_info.main()
    assert "no apt-get" in json.loads(capsys.readouterr().out)["msg"]
