# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shares of several holders, wrong ones among them, on the three-node cluster."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.plugin_utils._vault_keys.shares import (
    Share,
    gather,
)
from ansible_collections.vigie.run.plugins.plugin_utils._vault_keys.unseal import (
    Seen,
    look,
    unseal,
)

from lab.bao_cluster import Bao, BaoServer
from tests.integration.vault.keys import node_at

WRONG = "5a" * 33


def _sealed(bao: Bao) -> BaoServer:
    server = bao.standbys()[0]
    bao.ask("sys/seal", "PUT", {}, server)
    return server


def _give(
    bao: Bao, servers: Sequence[BaoServer], shares: Sequence[str], wait: float = 60.0
) -> list[Seen]:
    nodes = [node_at(server.url, bao.ca) for server in servers]
    found = look(nodes)
    unseal(nodes, found, gather(shares, []).shares, wait)
    return found


def test_a_wrong_quorum_names_its_origins_and_starts_anew(bao: Bao) -> None:
    server = _sealed(bao)
    with pytest.raises(RunError) as stopped:
        _give(bao, [server], [WRONG, bao.shares[0]])
    said = str(stopped.value)
    assert "one of shares[0], shares[1] is wrong" in said
    assert "2 good ones are needed, from the first" in said
    assert not any(share in said for share in (WRONG, bao.shares[0]))
    assert bao.ask("sys/seal-status", server=server)["progress"] == 0
    (seen,) = _give(bao, [server], bao.shares[:2])
    assert (seen.after.sealed, seen.changed) == (False, True)


def test_a_wrong_share_among_enough_is_left_out_and_told(bao: Bao) -> None:
    server = _sealed(bao)
    (seen,) = _give(bao, [server], [WRONG, *bao.shares])
    assert not seen.after.sealed
    (warning,) = seen.warnings
    assert "not by shares[0], shares[1]: one of these is wrong" in warning


def test_a_wrong_share_that_somebody_had_given_costs_nothing(bao: Bao) -> None:
    server = _sealed(bao)
    bao.ask("sys/unseal", "PUT", {"key": WRONG}, server)
    (seen,) = _give(bao, [server], bao.shares[:2])
    assert not seen.after.sealed
    assert "and the 1 that others had given before" in seen.warnings[0]


def test_the_share_of_one_holder_goes_to_every_node(bao: Bao) -> None:
    server, other = bao.standbys()
    for one in (server, other):
        bao.ask("sys/seal", "PUT", {}, one)
    first = _give(bao, bao.servers, bao.shares[:1])
    assert sorted(str(seen.after) for seen in first) == [
        "sealed (1 of 2 shares)",
        "sealed (1 of 2 shares)",
        "unsealed",
    ]
    second = _give(bao, bao.servers, bao.shares[2:])
    assert [str(seen.after) for seen in second] == ["unsealed"] * 3


def test_a_dead_node_holds_up_no_other(bao: Bao) -> None:
    server, other = bao.standbys()
    bao.ask("sys/seal", "PUT", {}, server)
    other.kill()
    dead, seen = _give(bao, [other, server], bao.shares)
    assert dead.result()["reachable"] is False
    assert "connection refused" in dead.error
    assert not seen.after.sealed


def test_what_is_no_share_is_not_given_and_not_shown() -> None:
    with pytest.raises(RunError, match=r"shares\[1\] is no key share") as stopped:
        gather([WRONG, "correct horse battery staple"], [])
    assert "horse" not in str(stopped.value)
    assert WRONG not in repr(Share("somewhere", WRONG))
