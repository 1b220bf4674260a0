# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where Debian's packages come from, read from apt sources of every style."""

from __future__ import annotations

import urllib.error

import pytest

from lab import LabError, mirror

ONE_LINE = """\
# deb http://old.example/debian bookworm main
deb-src http://mirror.example/debian bookworm main
deb [arch=amd64 signed-by=/usr/share/keyrings/x.gpg] http://other.example/apt any main
deb http://mirror.example/debian/ bookworm main
deb http://security.example/debian-security bookworm-security main
"""
DEB822 = """\
Types: deb
# a remark
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main

Types: deb
URIs: http://gone.example/debian-security
Suites: bookworm-security
Enabled: no

Types: deb deb-src
URIs:
 http://security.example/debian-security
Suites: bookworm-security
Components: main
"""
WANTED = ("http://mirror.example/debian", "http://security.example/debian-security")


@pytest.mark.parametrize(
    "found", [mirror.one_line(ONE_LINE), mirror.deb822(DEB822)], ids=["list", "sources"]
)
def test_main_and_security_are_found_in_both_styles(found: object) -> None:
    assert mirror.pick(found, "bookworm") == WANTED


def test_another_release_or_vendor_is_no_debian_mirror() -> None:
    sources = [
        ("http://mirror.example/ubuntu", "noble"),
        ("http://mirror.example/debian", "trixie"),
    ]
    assert mirror.pick(sources, "bookworm") == ("", "")


def test_the_environment_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIGIE_LAB_MIRROR", "http://mine.example/debian")
    monkeypatch.setenv("VIGIE_LAB_SECURITY_MIRROR", "")
    found = mirror.find()
    assert (found.main, found.security) == ("http://mine.example/debian", "")


def test_no_mirror_is_told_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VIGIE_LAB_MIRROR", raising=False)
    monkeypatch.setattr(mirror, "_sources", lambda: iter(()))
    with pytest.raises(LabError, match=r"no Debian mirror; set VIGIE_LAB_MIRROR"):
        mirror.find()


def test_a_mirror_that_does_not_answer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    dead = mirror.Mirror("http://127.0.0.1:9/debian", "", "")
    with pytest.raises(LabError, match=r"/dists/trixie/InRelease does not answer") as e:
        mirror.check(dead, "trixie")
    assert "check the network" in str(e.value)
    assert isinstance(e.value.__cause__, urllib.error.URLError)


def test_a_list_of_mirrors_is_followed_to_its_first(tmp_path: object) -> None:
    path = f"{tmp_path}/debian.list"
    with open(path, "w", encoding="utf-8") as handle:
        handle.write("# near first\nhttp://near.example/debian/ priority:1\n")
    assert mirror._direct(f"mirror+file:{path}") == "http://near.example/debian"
