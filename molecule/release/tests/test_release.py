# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""After 1.0.0, 2.0.0 and a failed 3.0.0: 2.0.0 serves, and all is in its place."""

from __future__ import annotations

import json

import pytest

testinfra_hosts = ["ssh://deb12-b", "ssh://deb13-b"]
PATH = "/srv/portal"


def known(host, version):
    return json.loads(
        host.file(f"{PATH}/releases/.vigie/{version}.json").content_string
    )


def test_current_points_to_the_release_by_a_relative_link(host):
    assert host.run(f"readlink {PATH}/current").stdout.strip() == "releases/2.0.0"


def test_the_process_works_in_the_active_release(host):
    pid = host.run("systemctl show -P MainPID portal.service").stdout.strip()
    folder = host.run(f"readlink /proc/{pid}/cwd").stdout.strip()
    assert folder == f"{PATH}/releases/2.0.0", host.run("journalctl -u portal").stdout
    assert host.process.get(pid=int(pid)).user == "portal"


def test_the_service_runs_and_starts_at_boot(host):
    service = host.service("portal")
    assert service.is_running
    assert service.is_enabled


def test_the_previous_release_was_active_and_kept(host):
    assert host.file(f"{PATH}/releases/1.0.0/app.py").is_file
    assert known(host, "1.0.0")["activated_at"]


def test_the_failed_release_is_marked_with_its_reason(host):
    assert known(host, "3.0.0")["bad"]
    assert known(host, "3.0.0")["reason"] == "health: answered 503"
    assert not known(host, "2.0.0")["bad"]


@pytest.mark.parametrize("name", ["log", "uploads"])
def test_shared_folders_are_linked_and_belong_to_the_service(host, name):
    link = host.file(f"{PATH}/current/{name}")
    assert link.is_symlink
    assert link.linked_to == f"{PATH}/shared/{name}"
    assert host.file(f"{PATH}/shared/{name}").user == "portal"


def test_the_service_can_write_to_shared_folders_alone(host):
    code = host.file(f"{PATH}/current/app.py")
    assert code.user == "root"
    unit = host.file("/etc/systemd/system/portal.service").content_string
    assert "ProtectSystem=strict" in unit
    assert f"ReadWritePaths=-{PATH}/shared" in unit


def test_the_environment_reaches_the_process_and_nobody_else(host):
    assert host.file("/etc/default/portal").mode == 0o600
    pid = host.run("systemctl show -P MainPID portal.service").stdout.strip()
    seen = host.run(f"tr '\\0' '\\n' < /proc/{pid}/environ").stdout.splitlines()
    assert 'PORTAL_SECRET=a "quoted" $word and a \\ backslash' in seen
    assert "PORTAL_PORT=8088" in seen


def test_nothing_half_done_is_left(host):
    for what in (f"{PATH}/releases/.vigie -mindepth 2", f"{PATH} -name '*.new'"):
        assert host.run(f"find {what}").stdout == ""
