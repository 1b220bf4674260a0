# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The live limit: who counts as away, and when it refuses."""

from __future__ import annotations

import pytest
from ansible_collections.vigie.run.plugins.module_utils._balancer.balancer import (
    Member,
    check_limit,
    limit_of,
    pick,
)
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError


def member(name, state="ready", up=True, weight=1, backup=False, check="L7OK"):
    return Member("portal", name, "::1:80", state, up, 0, 0, weight, backup, check)


@pytest.mark.parametrize(
    ("spec", "total", "limit"),
    [
        ("1", 6, 1),
        ("9", 6, 9),
        ("34%", 6, 2),
        ("33%", 6, 1),
        ("12.5%", 8, 1),
        ("100%", 6, 6),
        (" 50 % ", 7, 3),
        ("10%", 6, 0),
    ],
)
def test_percentages_are_rounded_down(spec, total, limit):
    assert limit_of(spec, total) == limit


@pytest.mark.parametrize("spec", ["0", "0%", "-1", "101%", "two", "", "%", "1.5", "٣"])
def test_a_limit_that_is_none_is_refused(spec):
    with pytest.raises(RunError, match=r"max_unavailable: .*neither a whole number"):
        limit_of(spec, 6)


@pytest.mark.parametrize(
    ("absent", "why"),
    [
        (member("w2", state="drain"), "w2 (drain)"),
        (member("w2", state="maint", up=False), "w2 (maint)"),
        (member("w2", up=False, check="L4CON"), "w2 (down: L4CON)"),
        (member("w2", weight=0), "w2 (weight 0)"),
        (
            member("w2", state="drain", up=False, check="L7STS 503"),
            "w2 (drain, down: L7STS 503)",
        ),
    ],
)
def test_whoever_is_away_counts_and_is_named(absent, why):
    pool = [member("w1"), absent, member("w3")]
    with pytest.raises(RunError) as refusal:
        check_limit("backend portal", pool, [pool[0]], "1")
    assert f"Away now: {why}. Nothing was changed." in str(refusal.value)
    assert "taking out w1 would leave 2 of 3 members away" in str(refusal.value)
    assert refusal.value.details["away"][0]["name"] == "w2"
    check_limit("backend portal", pool, [pool[0]], "2")


def test_a_percentage_that_comes_to_nothing_says_so():
    with pytest.raises(RunError, match=r"max_unavailable is 10% \(that is 0\)"):
        check_limit("b", [member("w1"), member("w2")], [member("w1")], "10%")


def test_members_that_are_away_already_may_be_named_again():
    pool = [member("w1", up=False), member("w2", state="drain"), member("w3")]
    check_limit("b", pool, pool[:2], "1")


def test_spare_members_neither_count_nor_hide_behind_the_others():
    spare = member("spare", state="maint", backup=True)
    pool = [member("w1"), member("w2"), spare]
    check_limit("b", pool, [pool[0]], "50%")
    check_limit("b", pool, [spare], "1")


def test_unknown_members_are_named_with_those_that_exist():
    with pytest.raises(RunError, match=r"no member w8, w9\. Its members are: w1, w2"):
        pick("backend portal", [member("w1"), member("w2")], ["w8", "w1", "w9"])
