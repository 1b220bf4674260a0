# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module release as a play uses it."""

from __future__ import annotations

import json

import pytest
from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.common.parameters import PASS_VARS
from ansible.module_utils.testing import patch_module_args
from ansible_collections.vigie.run.plugins.modules import release
from ansible_collections.vigie.run.tests.unit.fakes.app_host import AppHost

# With ansible-core 2.19, results hold the options at any verbosity.
INVOCATION = (
    {"_ansible_inject_invocation": True} if "inject_invocation" in PASS_VARS else {}
)


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

    def run(version, **options):
        options = {"path": str(host.path), "version": version, **options}
        with patch_module_args(options), pytest.raises(SystemExit):
            release.main()
        return json.loads(capsys.readouterr().out)

    return run


def test_from_nothing_to_the_second_release_and_back(host, play):
    for version in ("1.0", "2.0"):
        src, checksum = host.archive(version)
        out = play(version, src=src, checksum=checksum, service="app", shared=["log"])
        assert (out["active"], out["running"], out["restarted"]) == (
            version,
            version,
            True,
        )
    assert (out["former"], out["previous"], out["pruned"]) == ("1.0", "1.0", [])
    assert not play("2.0", service="app", shared=["log"])["changed"]
    out = play("previous", service="app", mark_bad=["2.0"], reason="slow")
    assert (out["version"], out["running"], out["previous"]) == ("1.0", "1.0", None)
    assert out["diff"]["before"]["active"] == "2.0"
    assert out["diff"]["after"]["bad"] == {"2.0": "slow"}


def test_check_mode_shows_the_diff_and_touches_nothing(host, play):
    src, checksum = host.archive("1.0")
    out = play("1.0", src=src, checksum=checksum, _ansible_check_mode=True)
    assert out["changed"]
    assert out["diff"]["before"]["active"] is None
    assert out["diff"]["after"]["active"] == "1.0"
    assert not host.path.exists()


def test_a_failure_carries_its_fields(host, play):
    src, checksum = host.archive("1.0")
    wrong = "sha256:" + "0" * 64
    out = play("1.0", src=src, checksum=wrong)
    assert out["failed"]
    assert (out["expected"], out["got"]) == (wrong, checksum)
    assert host.listed == []


def test_marking_needs_a_reason(play):
    out = play("1.0", state="bad")
    assert out["failed"]
    assert "state is bad but all of the following are missing: reason" in out["msg"]


def test_headers_and_signed_addresses_stay_secret(host, play, monkeypatch):
    logged = []
    monkeypatch.setattr(
        AnsibleModule, "log", lambda _module, msg, **_more: logged.append(msg)
    )
    out = play(
        "1.0",
        src="http://me:hidden1@127.0.0.1:9/a.tar.gz?sig=hidden2#hidden3",
        checksum="0" * 64,
        headers={"Authorization": "Bearer hidden4"},
        timeout=2,
        **INVOCATION,
    )
    assert "could not be fetched" in out["msg"]
    assert "127.0.0.1:9/a.tar.gz" in out["invocation"]["module_args"]["src"]
    assert "127.0.0.1:9/a.tar.gz" in "".join(logged)
    assert "hidden" not in json.dumps(out) + "".join(logged)
    assert host.leftovers == []


def test_a_path_that_is_not_absolute(play):
    out = play("1.0", path="srv/app")
    assert out["msg"].startswith("path: 'srv/app' is not absolute")
