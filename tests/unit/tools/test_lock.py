# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pins of several Pythons become one list of constraints."""

from __future__ import annotations

from tools.lock import merge


def test_one_version_everywhere_is_one_plain_line():
    pins = {"3.11": {"rich": "15.0"}, "3.13": {"rich": "15.0"}}
    assert merge(pins) == ["rich==15.0"]


def test_versions_that_differ_carry_the_python_they_are_for():
    pins = {
        "3.13": {"sphinx": "9.2"},
        "3.9": {"sphinx": "7.4"},
        "3.12": {"sphinx": "9.1"},
    }
    assert merge(pins) == [
        'sphinx==7.4; python_version <= "3.9"',
        'sphinx==9.1; python_version == "3.12"',
        'sphinx==9.2; python_version >= "3.13"',
    ]


def test_a_package_that_only_some_need_is_pinned_for_all():
    assert merge({"3.11": {"tomli": "2.0"}, "3.12": {}}) == ["tomli==2.0"]
