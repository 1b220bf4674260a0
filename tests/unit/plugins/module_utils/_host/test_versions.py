# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian versions, against the order that dpkg itself gives."""

from __future__ import annotations

from itertools import pairwise

import pytest
from ansible_collections.vigie.run.plugins.module_utils._host.versions import (
    newer,
    version_key,
)

# Each is newer than the one before it, as dpkg --compare-versions says.
ASCENDING = [
    "0~",
    "0",
    "1.0~beta1~svn1",
    "1.0~beta1",
    "1.0",
    "1.0-1~deb12u1",
    "1.0-1",
    "1.0-1+b1",
    "1.0-1+deb12u2",
    "1.0-1+deb12u10",
    "1.0a-1",
    "1.0+dfsg-1",
    "1.0.1-1",
    "1.9-1",
    "1.10-1",
    "6.12.43+deb13",
    "2026b-0",
    "2026f-0",
    "1:0.1",
    "2:0",
]


@pytest.mark.parametrize(("older", "later"), list(pairwise(ASCENDING)))
def test_order(older, later):
    assert newer(later, older)
    assert not newer(older, later)


def test_sorting_gives_the_same_order():
    assert sorted(sorted(ASCENDING), key=version_key) == ASCENDING


def test_equal_spellings_are_not_newer():
    assert not newer("0:1.0", "1.0")
    assert not newer("1.0-0", "1.0")
