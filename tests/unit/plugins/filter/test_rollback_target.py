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


def mark(
    seen: dict[str, Any], version: str, reason: str, instead: str | None = None
) -> dict[str, Any]:
    for release in seen["releases"]:
        if release["version"] == version:
            release.update(bad=True, reason=reason, instead=instead)
    return seen


def rolled_back(name: str, **activated: float | None) -> dict[str, Any]:
    """A host that was taken back from 2 to 1, where 0 had been before."""
    seen = host(name, "1", v0=1.0, v1=30.0, v2=20.0, **activated)
    return mark(seen, "2", "rolled back", instead="1")


def test_the_newest_active_release_is_left_for_the_one_before() -> None:
    hosts = [host("a", "2", v1=10.0, v2=20.0), host("b", "2", v1=11.0, v2=21.0)]
    assert choose(hosts) == {"version": "1", "bad": ["2"], "note": ""}


def test_a_half_done_rollout_is_left_too() -> None:
    hosts = [host("a", "2", v1=10.0, v2=20.0), host("b", "1", v1=11.0, v2=None)]
    assert choose(hosts) == {"version": "1", "bad": ["2"], "note": ""}


def test_a_rollback_that_was_killed_goes_on_to_the_same_release() -> None:
    done = mark(host("a", "2", v1=1.0, v2=30.0, v3=20.0), "3", "rolled back")
    todo = mark(host("b", "3", v1=1.0, v2=11.0, v3=21.0), "3", "rolled back")
    assert choose([done, todo]) == {"version": "2", "bad": ["3"], "note": ""}


def test_a_rollback_that_reached_all_hosts_leaves_nothing_more() -> None:
    """Asked for twice, or killed before the last host was put back."""
    chosen = choose([rolled_back("a"), rolled_back("b")])
    assert (chosen["version"], chosen["bad"]) == ("1", [])
    assert "1 is active everywhere since the last rollback" in chosen["note"]
    assert "-e app_version=" in chosen["note"]
    assert choose([rolled_back("a"), rolled_back("b")], "0")["version"] == "0"


def test_a_mark_that_reached_one_host_only_will_do() -> None:
    unmarked = host("b", "1", v0=1.0, v1=30.0, v2=20.0)
    assert choose([rolled_back("a"), unmarked])["bad"] == []


def test_after_the_next_deployment_a_rollback_leaves_that_one() -> None:
    hosts = [rolled_back("a", v4=40.0), rolled_back("b", v4=41.0)]
    for seen in hosts:
        seen["active"] = "4"
    assert choose(hosts) == {"version": "1", "bad": ["2", "4"], "note": ""}
    hosts[1]["active"] = "1"  # it was killed half-way
    assert choose(hosts) == {"version": "1", "bad": ["2", "4"], "note": ""}


def test_a_failed_deployment_is_no_rollback() -> None:
    """3 failed on its canary after 2 had been activated: 2 is what is left."""
    hosts = [
        mark(host("a", "2", v1=1.0, v2=20.0, v3=30.0), "3", "gate health"),
        host("b", "2", v1=1.0, v2=20.0, v3=None),
    ]
    assert choose(hosts) == {"version": "1", "bad": ["2", "3"], "note": ""}


def test_a_goal_that_turned_out_bad_is_left() -> None:
    hosts = [mark(rolled_back("a"), "1", "slow"), rolled_back("b")]
    assert choose(hosts)["version"] == "0"


def test_what_is_bad_on_one_host_is_bad_for_all() -> None:
    hosts = [
        mark(host("a", "3", v1=1.0, v2=10.0, v3=20.0), "2", "slow"),
        host("b", "3", v1=1.0, v2=10.0, v3=20.0),
    ]
    assert choose(hosts) == {"version": "1", "bad": ["2", "3"], "note": ""}


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
    assert choose(hosts[:1], "1") == {"version": "1", "bad": [], "note": ""}
    with pytest.raises(AnsibleFilterError, match=r"is bad on b \(slow\)"):
        choose([hosts[0], mark(hosts[1], "2", "slow")], "2")


def test_no_hosts_and_no_releases() -> None:
    with pytest.raises(AnsibleFilterError, match="no hosts"):
        choose([])
    with pytest.raises(AnsibleFilterError, match="no host holds any"):
        choose([host("a", "")])
