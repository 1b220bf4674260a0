# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may be away while the gossip key is rotated; real clusters: tests/integration."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.vigie.run.plugins.module_utils._consul.client import Client
from ansible_collections.vigie.run.plugins.module_utils._consul.keyring import (
    Ring,
    Wanted,
    rotate,
)
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError

OLD, NEW = "A" * 22 + "==", "B" * 21 + "A=="
ALIVE, LEFT, FAILED = 1, 3, 4


class Cluster(Client):
    """Two nodes here, one of them `failed` or not, and a server elsewhere."""

    def __init__(self, here: int, elsewhere: int = ALIVE) -> None:
        self.said: list[str] = []
        self.members = [member("a", ALIVE), member("b", here)]
        self.wide = [member("a.dc1", ALIVE), member("x.dc2", elsewhere, "dc2")]

    def get(self, path: str, params: Any = None, **_more: Any) -> Any:
        if path == "agent/members":
            return self.wide if "wan" in params else self.members
        return [ring(OLD)]

    def call(self, method: str, *_path: Any, **_more: Any) -> Any:
        self.said.append(method)


def member(name: str, status: int, datacenter: str = "dc1") -> dict[str, Any]:
    return {"Name": name, "Status": status, "Tags": {"dc": datacenter}}


def ring(*keys: str) -> dict[str, Any]:
    return {
        "WAN": False,
        "Datacenter": "dc1",
        "Keys": dict.fromkeys(keys, 2),
        "PrimaryKeys": {keys[0]: 2},
        "NumNodes": 2,
    }


@pytest.mark.parametrize(
    ("cluster", "absent"),
    [(Cluster(FAILED), ["b"]), (Cluster(ALIVE, FAILED), ["x.dc2"])],
)
def test_nodes_that_failed_are_named_and_nothing_is_done(
    cluster: Cluster, absent: list[str]
) -> None:
    with pytest.raises(RunError, match=f"the new key: {absent[0]}. Bring") as raised:
        rotate(cluster, Wanted(NEW), check_mode=False, timeout=1)
    assert raised.value.details == {"absent": absent}
    assert not cluster.said


@pytest.mark.parametrize("without", [frozenset(), frozenset({"b"})])
def test_nodes_that_left_or_may_stay_behind_hold_nobody_up(
    without: frozenset[str],
) -> None:
    cluster = Cluster(FAILED if without else LEFT)
    wanted = Wanted(NEW, without=without)
    assert rotate(cluster, wanted, check_mode=True, timeout=1).changed


def test_an_answer_from_before_the_primary_key_was_told() -> None:
    told = {**ring(NEW), "PrimaryKeys": None}
    assert Ring.of(told).uses(NEW)
    assert not Ring.of({**told, "Keys": {NEW: 2, OLD: 2}}).uses(NEW)


def test_what_is_shown_holds_no_key() -> None:
    shown = str(rotate(Cluster(ALIVE), Wanted(NEW), check_mode=True, timeout=1))
    assert OLD not in shown
    assert NEW not in shown
