# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every decision about releases, without a disk."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.module_utils._host import releases
from ansible_collections.vigie.run.plugins.module_utils._host.releases import (
    Release,
    State,
)
from hypothesis import given
from hypothesis import strategies as st


def state(*names: str, active: str = "", running: str = "", **bad: str) -> State:
    """Releases staged in that order; a * after the name: was active."""
    found = [
        Release(
            name.rstrip("*"),
            checksum="aa",
            staged=10 * place,
            activated=10 * place + 1 if name.endswith("*") else 0,
            bad=name.rstrip("*") in bad,
            reason=bad.get(name.rstrip("*"), ""),
        )
        for place, name in enumerate(names, 1)
    ]
    return State(releases.sort_releases(found), active, running)


@pytest.mark.parametrize(
    "good", ["1", "1.0.0", "v2.0~rc1+build-7", "20261122_1", "x" * 128]
)
def test_good_versions(good: str) -> None:
    releases.check_version(good)


@pytest.mark.parametrize(
    "bad", ["", ".", "..", ".hidden", "-rf", "a/b", "a b", "a\n", "é", "x" * 129]
)
def test_bad_versions(bad: str) -> None:
    with pytest.raises(RunError, match=r"version: .* cannot be a release"):
        releases.check_version(bad)


def test_previous_is_a_name_only_where_it_can_be_resolved() -> None:
    releases.check_version("previous", relative=True)
    with pytest.raises(RunError, match="only with state=active"):
        releases.check_version("previous")


@pytest.mark.parametrize(
    ("path", "says"),
    [("srv/x", "is not absolute"), ("/", "one folder"), ("/srv/../x", "one folder")],
)
def test_bad_paths(path: str, says: str) -> None:
    with pytest.raises(RunError, match=f"path: .* {says}|path: .*{says}"):
        releases.check_path(path)


def test_paths_are_made_plain() -> None:
    assert releases.check_path("/srv//portal/") == "/srv/portal"


@pytest.mark.parametrize("entry", ["/var", "../x", "a/../../b", ".", ""])
def test_shared_entries_that_lead_outside(entry: str) -> None:
    with pytest.raises(RunError, match="must be a relative path below"):
        releases.check_shared("shared", (entry,))


def test_shared_entries_must_not_overlap() -> None:
    assert releases.check_shared("shared", ("var/log/", "./up")) == ("var/log", "up")
    releases.check_overlap(("var/log", "var/logs"))
    with pytest.raises(RunError, match="'var/log' lies inside 'var'"):
        releases.check_overlap(("var/log", "var"))
    with pytest.raises(RunError, match="named twice"):
        releases.check_overlap(("var", "var"))


def test_previous_is_the_newest_formerly_active_that_is_good() -> None:
    seen = state("1*", "2*", "3*", "4", active="3")
    assert seen.previous == "2"
    assert state("1*", "2*", "3*", active="3", **{"2": "slow"}).previous == "1"
    assert state("1", "2*", active="2").previous == ""


def test_previous_goes_by_activation_not_by_staging() -> None:
    seen = state("1*", "2*", "3*", active="3")
    first = seen.find("1")
    assert first is not None
    again = seen.put(replace(first, activated=99))
    assert again.previous == "1"


def test_resolving_previous_lists_why_each_is_passed_over() -> None:
    seen = state("1*", "2", "3*", active="3", **{"1": "leaks"})
    with pytest.raises(RunError) as caught:
        releases.resolve(seen, "previous")
    assert "1 is bad (leaks); 2 was never active; 3 is active" in str(caught.value)
    with pytest.raises(RunError, match="there are no releases"):
        releases.resolve(State(), "previous")


def test_going_back_can_be_asked_for_twice() -> None:
    before = state("1*", "2*", "3*", active="3")
    assert releases.resolve(before, "previous", ("3",)) == "2"
    after = replace(before, active="2")
    assert releases.resolve(after, "previous", ("3",)) == "2"
    assert releases.resolve(before, "previous", ("3", "2")) == "1"


def test_staging_is_needed_once() -> None:
    seen = state("1", "2", active="2")
    assert releases.needs_staging(seen, "3", "", False)
    assert not releases.needs_staging(seen, "1", "", False)
    assert not releases.needs_staging(seen, "1", "aa", False)


def test_other_content_under_the_same_version_is_refused() -> None:
    seen = state("1", "2", active="2")
    with pytest.raises(
        RunError, match=r"1 is staged already .*aa, now sha256:bb.*force"
    ):
        releases.needs_staging(seen, "1", "bb", False)
    assert releases.needs_staging(seen, "1", "bb", True)
    with pytest.raises(RunError, match="it is in use"):
        releases.needs_staging(seen, "2", "bb", True)
    with pytest.raises(RunError, match="it is in use"):
        releases.needs_staging(replace(seen, running="1"), "1", "bb", True)


def test_pruning_takes_bad_ones_first_then_the_oldest() -> None:
    seen = state("1*", "2*", "3*", "4*", "5*", active="5", **{"3": "slow"})
    assert releases.prunable(seen, 4) == ("3",)
    assert releases.prunable(seen, 3) == ("3", "1")
    assert releases.prunable(seen, 1) == ("3", "1", "2")
    assert releases.prunable(seen, 0) == ()
    assert releases.prunable(seen, 1, also="2") == ("3", "1")


def test_pruning_leaves_what_something_else_put_there() -> None:
    seen = state("1*", "2*", active="2").put(Release("foreign"))
    assert releases.prunable(seen, 1) == ()


@given(
    st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=9),
    st.integers(0, 8),
    st.integers(0, 8),
    st.integers(0, 10),
)
def test_pruning_never_takes_what_is_needed(
    kinds: list[tuple[bool, bool]], active: int, running: int, keep: int
) -> None:
    size = len(kinds)
    found = tuple(
        Release(str(n), staged=n + 1, activated=20 + n if was else 0, bad=bad)
        for n, (was, bad) in enumerate(kinds)
    )
    seen = State(found, str(active % size), str(running % size))
    gone = releases.prunable(seen, keep)
    assert not {seen.active, seen.running, seen.previous} & set(gone)
    assert keep == 0 or size - len(gone) >= min(keep, size)
    needed = len({seen.active, seen.running, seen.previous} - {""})
    assert keep == 0 or size - len(gone) <= max(keep, needed)


def test_what_is_in_use_cannot_be_removed() -> None:
    seen = state("1*", "2*", active="2", running="1")
    for version, why in (("2", "is active"), ("1", "is still running")):
        with pytest.raises(RunError, match=why):
            releases.refuse_removal(seen, version)


def test_a_bad_release_is_refused_with_its_reason() -> None:
    with pytest.raises(RunError, match=r"marked bad \(leaks\).*force=true"):
        releases.refuse_bad(Release("1", bad=True, reason="leaks"), False)
    releases.refuse_bad(Release("1", bad=True), True)
