# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cluster that the other tests stand on."""

from __future__ import annotations

from lab.bao_cluster import Bao


def test_it_outlives_its_active_node_and_keeps_secrets(bao: Bao) -> None:
    active = bao.leader()
    bao.ask("sys/mounts/first", "POST", {"type": "kv"}, active)
    bao.ask("first/one", "POST", {"value": "kept"}, active)
    active.kill()
    other = bao.leader()
    assert other is not active
    assert bao.ask("first/one", server=other)["data"] == {"value": "kept"}
    assert other.audit.read_text().count("first/one") >= 1
