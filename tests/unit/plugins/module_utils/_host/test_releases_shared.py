# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What outlives releases: shared folders and files."""

from __future__ import annotations

import pytest
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.tests.unit.fakes.app_host import AppHost


def test_shared_folders_outlive_releases(host: AppHost) -> None:
    shared = {"shared": ["log", "var/up"], "service": "app"}
    host.deploy("1.0.0", **shared)
    (host.path / "current/var/up/photo").write_text("x")
    host.deploy("2.0.0", **shared)
    assert (host.path / "current/var/up/photo").read_text() == "x"
    link = (host.path / "releases/2.0.0/var/up").readlink()
    assert str(link) == "../../../shared/var/up"
    assert not host.call("2.0.0", **shared)["changed"]


def test_shared_must_not_hide_what_the_release_brings(host: AppHost) -> None:
    host.deploy("1.0.0")
    src, _checksum = host.archive("2.0.0", "var/data", "app")
    with pytest.raises(RunError, match=r"var holds data .* leave var out .*shared/var"):
        host.call("2.0.0", src=src, service="app", shared=["var"])
    assert host.listed == ["1.0.0"]
    with pytest.raises(RunError, match="var/data is no folder"):
        host.call("2.0.0", src=src, service="app", shared=["var/data/deep"])


def test_a_shared_file_has_to_be_there(host: AppHost) -> None:
    options = {"shared_files": ["config/.env"], "service": "app"}
    with pytest.raises(
        RunError, match=r"shared_files: .*shared/config/.env is missing"
    ):
        host.deploy("1.0.0", **options)
    assert not (host.path / "current").is_symlink()
    (host.path / "shared/config").mkdir(parents=True)
    (host.path / "shared/config/.env").write_text("A=1")
    host.deploy("1.0.0", **options)
    assert (host.path / "current/config/.env").read_text() == "A=1"
