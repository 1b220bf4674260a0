# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When an image is built again, and what goes into it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from lab import image
from lab.mirror import Mirror

SOURCE = Mirror("http://mirror.example/debian", "http://security.example/debian", "")


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    """A copy of the recipe that may be changed."""
    return Path(shutil.copytree(image.RECIPE, tmp_path / "recipe"))


def test_the_same_recipe_is_the_same_image_wherever_it_lies(recipe: Path) -> None:
    here = image.fingerprint("bookworm", SOURCE)
    assert image.fingerprint("bookworm", SOURCE, recipe) == here


def test_any_change_of_the_recipe_is_another_image(recipe: Path) -> None:
    before = image.fingerprint("bookworm", SOURCE, recipe)
    script = recipe / "rootfs/usr/local/sbin/init-host"
    script.chmod(0o644)
    modes = image.fingerprint("bookworm", SOURCE, recipe)
    script.write_text("#!/bin/sh\n", encoding="utf-8")
    content = image.fingerprint("bookworm", SOURCE, recipe)
    script.rename(script.with_name("init"))
    names = image.fingerprint("bookworm", SOURCE, recipe)
    assert len({before, modes, content, names}) == 4


def test_suite_and_mirror_make_another_image() -> None:
    other = Mirror("http://other.example/debian", SOURCE.security, "")
    assert image.fingerprint("trixie", SOURCE) != image.fingerprint("bookworm", SOURCE)
    assert image.fingerprint("trixie", SOURCE) != image.fingerprint("trixie", other)


def test_the_image_is_lean() -> None:
    argv = image.bootstrap_argv("bookworm", SOURCE, "/tmp/root.tar")
    include = next(word for word in argv if word.startswith("--include="))
    for package in ("perl", "man-db", "curl", "consul", "haproxy", "ca-certificates"):
        assert package not in include.removeprefix("--include=").split(",")
    assert argv[-3:] == ["bookworm", "/tmp/root.tar", SOURCE.main]


def test_a_mirror_over_https_brings_certificates_and_a_proxy_is_kept() -> None:
    source = Mirror("https://mirror.example/debian", "", "http://proxy.example:3128")
    argv = image.bootstrap_argv("trixie", source, "/tmp/root.tar")
    assert any(word.endswith(",ca-certificates") for word in argv)
    assert '--aptopt=Acquire::http::Proxy "http://proxy.example:3128"' in argv


def test_no_file_of_the_recipe_names_a_mirror_or_holds_a_key() -> None:
    for path in image.RECIPE.rglob("*"):
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            assert "://" not in text.replace("https://www.gnu.org/", ""), path
            assert "ssh-ed25519" not in text, path
