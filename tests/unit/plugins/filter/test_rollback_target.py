# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which release a fleet goes back to."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.vigie.run.plugins.filter.rollback_target import FilterModule

choose = FilterModule().filters()["rollback_target"]


def host(name: str, active: str, **activated: float | None) -> dict[str, Any]:
    """A host; keywords are v<version>: when it was activated."""
    return {
        "host": name,
        "active": active or None,
        "releases": [
            {"version": v[1:], "activated_at": at, "bad": False, "reason": ""}
            for v, at in activated.items()
        ],
    }


def mark(seen: dict[str, Any], version: str, reason: str) -> dict[str, Any]:
    for release in seen["releases"]:
        if release["version"] == version:
            release.update(bad=True, reason=reason)
    return seen


def test_the_newest_active_release_is_left_for_the_one_before() -> None:
    hosts = [host("a", "2", v1=10.0, v2=20.0), host("b", "2", v1=11.0, v2=21.0)]
    assert choose(hosts) == {"version": "1", "bad": ["2"]}


def test_a_half_done_rollout_is_left_too() -> None:
    hosts = [host("a", "2", v1=10.0, v2=20.0), host("b", "1", v1=11.0, v2=None)]
    assert choose(hosts) == {"version": "1", "bad": ["2"]}


def test_a_rollback_that_was_killed_goes_on_to_the_same_release() -> None:
    done = mark(host("a", "2", v1=1.0, v2=30.0, v3=20.0), "3", "rolled back")
    todo = mark(host("b", "3", v1=1.0, v2=11.0, v3=21.0), "3", "rolled back")
    assert choose([done, todo]) == {"version": "2", "bad": ["3"]}


def test_what_is_bad_on_one_host_is_bad_for_all() -> None:
    hosts = [
        mark(host("a", "3", v1=1.0, v2=10.0, v3=20.0), "2", "slow"),
        host("b", "3", v1=1.0, v2=10.0, v3=20.0),
    ]
    assert choose(hosts) == {"version": "1", "bad": ["2", "3"]}


def test_none_left_says_why_for_each() -> None:
    hosts = [
        mark(host("a", "4", v1=1.0, v2=2.0, v3=None, v4=9.0), "2", "slow"),
        host("b", "4", v2=2.0, v3=None, v4=9.0),
    ]
    with pytest.raises(AnsibleFilterError) as caught:
        choose(hosts)
    said = str(caught.value)
    for part in (
        "4 is what is being left",
        "2 is bad on a (slow)",
        "1 is not staged on b",
        "3 was never active",
    ):
        assert part in said


def test_a_named_release_has_to_be_everywhere_and_good() -> None:
    hosts = [host("a", "2", v1=None, v2=2.0), host("b", "2", v2=2.0)]
    with pytest.raises(AnsibleFilterError, match="go back to 1: it is not staged on b"):
        choose(hosts, "1")
    assert choose(hosts[:1], "1") == {"version": "1", "bad": []}
    with pytest.raises(AnsibleFilterError, match=r"is bad on b \(slow\)"):
        choose([hosts[0], mark(hosts[1], "2", "slow")], "2")


def test_no_hosts_and_no_releases() -> None:
    with pytest.raises(AnsibleFilterError, match="no hosts"):
        choose([])
    with pytest.raises(AnsibleFilterError, match="no host holds any"):
        choose([host("a", "")])
