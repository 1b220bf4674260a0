# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module release_info as a play uses it."""

from __future__ import annotations

import json

import pytest
from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.testing import patch_module_args
from ansible_collections.vigie.run.plugins.modules import release_info
from ansible_collections.vigie.run.tests.unit.fakes.app_host import AppHost


@pytest.fixture
def host(tmp_path):
    made = AppHost(tmp_path)
    yield made
    made.systemd.stop()


@pytest.fixture
def play(host, capsys, monkeypatch):
    """Run the module's main with options; return its result."""
    monkeypatch.setattr(
        AnsibleModule, "run_command", lambda _module, argv: host.systemd(argv)
    )

    def run(**options):
        options = {"path": str(host.path), **options}
        with patch_module_args(options), pytest.raises(SystemExit):
            release_info.main()
        return json.loads(capsys.readouterr().out)

    return run


def test_looking_changes_nothing(host, play):
    host.deploy("1.0")
    out = play(service="app", version="1.0")
    assert not out["changed"]
    assert (out["active"], out["running"], out["done"]) == ("1.0", "1.0", True)


def test_without_a_service_what_runs_is_unknown(host, play):
    host.deploy("1.0")
    out = play()
    assert (out["active"], out["running"], out["service_state"]) == ("1.0", None, None)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"path": "/"}, "path: '/' cannot hold releases"),
        ({"version": "../x"}, "version: '../x' cannot be a release"),
        ({"checksum": "md5:1"}, "checksum: 'md5:1' is not a SHA-256"),
    ],
)
def test_bad_options(play, options, message):
    out = play(**options)
    assert out["failed"]
    assert message in out["msg"]
