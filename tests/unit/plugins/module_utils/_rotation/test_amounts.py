# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Counts and percentages as policies write them."""

from __future__ import annotations

import pytest
from ansible_collections.vigie.run.plugins.module_utils._rotation.amounts import (
    count,
    read_amount,
    some,
)


@pytest.mark.parametrize(
    ("raw", "total", "down", "up"),
    [
        (2, 6, 2, 2),
        ("2", 6, 2, 2),
        (" 2 ", 6, 2, 2),
        ("34%", 6, 2, 3),
        ("34 %", 6, 2, 3),
        ("33%", 3, 0, 1),
        ("12.5%", 8, 1, 1),
        ("100%", 7, 7, 7),
        # 0.29 * 100 is 28.999... in floating point.
        ("29%", 100, 29, 29),
    ],
)
def test_rounding(raw, total, down, up):
    amount = read_amount(raw)
    assert (amount.down(total), amount.up(total)) == (down, up)


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (0, "0 is too low: use a whole number from 1"),
        ("0", "too low"),
        (-1, "-1 is too low"),
        ("-3", "too low"),
        ("0%", "'0%' is not a share: use above 0% to 100%"),
        ("101%", "not a share"),
        ("-5%", "not a number"),
        ("two", "'two' is not a number: use a whole number from 1, or a percentage"),
        ("", "not a number"),
        ("%", "not a number"),
        (1.5, "1.5 is not a number"),
        (True, "True is not a number"),
        (None, "None is not a number"),
        ([1], "not a number"),
    ],
)
def test_what_is_no_amount(raw, says):
    with pytest.raises(ValueError, match=says):
        read_amount(raw)


def test_zero_where_it_is_wanted():
    assert read_amount(0, zero=True).down(5) == 0
    assert read_amount("0%", zero=True).down(5) == 0
    with pytest.raises(ValueError, match="from 0"):
        read_amount(-1, zero=True)


def test_an_amount_reads_as_it_was_written():
    assert [str(read_amount(raw)) for raw in (2, "34%", "12.5%")] == [
        "2",
        "34%",
        "12.5%",
    ]


def test_words_for_messages():
    assert some(["a", "b"]) == "a, b"
    assert some("abcdefg") == "a, b, c, d, e and 2 more"
    assert (count(1, "host"), count(2, "host")) == ("1 host", "2 hosts")
