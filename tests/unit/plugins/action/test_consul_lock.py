# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""consul_lock's options, before anything is asked of Consul."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.vigie.run.tests.unit.plugins.action.plays import play

WRONG = [
    ({"name": "a"}, "reason: is missing"),
    ({"name": "a", "state": "broken"}, "are missing: reason"),
    ({"name": "a", "reason": " "}, "reason: is empty"),
    ({"name": "a", "reason": "x", "slots": 0}, "slots: 0 places are none"),
    ({"name": "a", "reason": "x", "wait": -1}, "wait: -1 is less than 0 seconds"),
    ({"name": "a", "reason": "x", "ttl": 9}, "Consul takes 10 to 86400 seconds"),
    ({"name": "a//b", "reason": "x"}, "'a//b' is no name of a lock"),
    (
        {"name": "a", "reason": "x", "consul_other_urls": ["b:8500"]},
        "consul_other_urls: 'b:8500'",
    ),
]


def test_a_wrong_option_is_named(tmp_path: Path) -> None:
    tasks = [
        {"vigie.run.consul_lock": options, "ignore_errors": True}
        for options, _message in WRONG
    ]
    _code, said = play(tmp_path, {"here": {}}, *tasks)
    assert [message for _options, message in WRONG if message not in said] == []
    assert f"ignored={len(WRONG)}" in said
