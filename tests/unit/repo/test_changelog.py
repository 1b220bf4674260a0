# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changelog fragments are ones that a release can be written from."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

CHANGELOGS = Path(__file__).parents[3] / "changelogs"
FRAGMENTS = sorted((CHANGELOGS / "fragments").glob("*"))
each_fragment = pytest.mark.parametrize("path", FRAGMENTS, ids=lambda path: path.name)


@pytest.fixture
def sections() -> set[str]:
    config = yaml.safe_load((CHANGELOGS / "config.yaml").read_text())
    names = {name for name, _title in config["sections"]}
    return names | {config["trivial_section_name"], config["prelude_section_name"]}


@each_fragment
def test_fragment_has_known_sections(path, sections):
    assert path.suffix == ".yml"
    fragment = yaml.safe_load(path.read_text())
    assert fragment
    assert fragment.keys() <= sections


@each_fragment
def test_fragment_starts_with_the_name_of_what_changed(path):
    fragment = yaml.safe_load(path.read_text())
    fragment.pop("release_summary", None)
    entries = [entry for section in fragment.values() for entry in section]
    assert [entry for entry in entries if " - " not in entry] == []
