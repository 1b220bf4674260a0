# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading dpkg: names, holds, half-done work, differences."""

from __future__ import annotations

import pytest
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.module_utils._host import dpkg

# name, architecture, version, status; two-letter statuses end with a blank.
ROWS = [
    ("dpkg", "amd64", "1.21.22", "ii "),
    ("tzdata", "all", "2026b-0", "hi "),
    ("libc6", "amd64", "2.36-9", "ii "),
    ("libc6", "i386", "2.36-9", "ii "),
    ("gone", "amd64", "", "un "),
    ("removed", "amd64", "1.0", "rc "),
    ("openssl", "amd64", "3.0.22", "iF "),
    ("libssl3", "amd64", "3.0.22", "iU "),
    ("broken", "amd64", "1", "iHR"),
    ("man-db", "amd64", "2.11", "it "),
]
STATUS = "".join("\t".join(row) + "\n" for row in ROWS)


def test_names_carry_a_foreign_architecture_only():
    packages = dpkg.parse_status(STATUS)
    assert packages["libc6"].version == "2.36-9"
    assert "libc6:i386" in packages
    assert "tzdata" in packages


def test_what_is_not_there_is_left_out():
    assert not {"gone", "removed"} & set(dpkg.parse_status(STATUS))


def test_holds():
    held = [one.name for one in dpkg.parse_status(STATUS).values() if one.held]
    assert held == ["tzdata"]


def test_unfinished_packages_say_what_is_wrong():
    assert dpkg.unfinished(dpkg.parse_status(STATUS).values()) == {
        "openssl": "half configured",
        "libssl3": "unpacked, not configured",
        "broken": "must be installed again",
        "man-db": "has triggers to run",
    }


def test_changes_name_upgraded_new_and_removed_packages():
    def packages(**versions):
        return {name: dpkg.Package(name, v, "ii ") for name, v in versions.items()}

    before = packages(same="1", old="1", up="1")
    after = packages(same="1", new="3", up="2")
    assert dpkg.changes(before, after) == [
        dpkg.Change("new", "", "3"),
        dpkg.Change("old", "1", ""),
        dpkg.Change("up", "1", "2"),
    ]


def test_the_journal_counts_numbered_files_only(tmp_path):
    assert not dpkg.journal_left(str(tmp_path / "none"))
    (tmp_path / "tmp.i").touch()
    assert not dpkg.journal_left(str(tmp_path))
    (tmp_path / "0003").touch()
    assert dpkg.journal_left(str(tmp_path))


def test_a_dpkg_that_cannot_answer_is_an_error():
    with pytest.raises(RunError, match="database: parse error"):
        dpkg.read_status(lambda argv: (2, "", "parse error\n"))
