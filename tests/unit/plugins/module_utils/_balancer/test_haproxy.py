# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Backends and servers as HAProxy's answers tell them."""

from __future__ import annotations

import pytest
from ansible_collections.vigie.run.plugins.module_utils._balancer.haproxy import (
    HaproxyBackend,
    read_members,
    table,
)
from ansible_collections.vigie.run.plugins.module_utils._balancer.runtime_api import (
    RuntimeApi,
)
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.tests.unit.fakes.fake_haproxy import (
    FakeHaproxy,
    Server,
    six_web_hosts,
)


@pytest.fixture
def fake(tmp_path):
    with FakeHaproxy(tmp_path / "admin.sock", six_web_hosts()) as haproxy:
        yield haproxy


def backend(fake, name="portal"):
    return HaproxyBackend(RuntimeApi(str(fake.path)), name)


def test_tables_are_read_by_the_names_of_their_columns():
    assert table("1\n# b a\n2 1\n\n", " ") == [{"b": "2", "a": "1"}]
    assert table('# a,b,\n1,"x, y",\n', ",") == [{"a": "1", "b": "x, y", "": ""}]


def test_what_is_no_table_is_shown():
    with pytest.raises(RunError, match="no table but: Unknown command"):
        table("Unknown command\n", ",")


@pytest.mark.parametrize(
    ("admin", "op", "state", "up", "in_service"),
    [
        (0, 2, "ready", True, True),
        (0, 1, "ready", True, True),
        (0, 0, "ready", False, False),
        (0, 3, "ready", False, False),
        (8, 2, "drain", True, False),
        (16, 2, "drain", True, False),
        (8, 0, "drain", False, False),
        (1, 0, "maint", False, False),
        (5, 0, "maint", False, False),
        (2, 0, "maint", False, False),
        (32, 0, "maint", False, False),
        (9, 0, "maint", False, False),
        (4, 2, "ready", True, True),
    ],
)
def test_states_follow_haproxys_bits(fake, admin, op, state, up, in_service):
    fake["web-a1"].admin, fake["web-a1"].op = admin, op
    seen = backend(fake).members()[0]
    assert (seen.state, seen.up, seen.in_service) == (state, up, in_service)


def test_sessions_queue_weight_and_check_are_told(fake):
    fake.backends["portal"]["web-a1"] = Server(scur=3, qcur=2, weight=7, backup=True)
    fake["web-a2"].fall()
    first, second = backend(fake).members()[:2]
    assert (first.sessions, first.queued, first.busy) == (3, 2, 5)
    assert (first.weight, first.backup) == (7, True)
    assert first.check == "L7OK 200: Layer7 check passed"
    assert second.why_away == (
        "down: L4CON: Layer4 connection problem, Connection refused"
    )


def test_all_backends_are_read_at_once(fake):
    members = read_members(RuntimeApi(str(fake.path)))
    assert [(m.pool, m.name) for m in members][-2:] == [
        ("portal", "web-c2"),
        ("other", "x"),
    ]


def test_an_unknown_backend_is_answered_with_those_that_exist(fake):
    with pytest.raises(RunError, match=r"backend shop does not exist.*portal, other\."):
        backend(fake, "shop").members()


def test_a_backend_without_servers_is_not_called_unknown(fake):
    fake.backends["empty"] = {}
    with pytest.raises(RunError, match="backend empty has no server"):
        backend(fake, "empty").members()


def test_numbers_that_a_reload_gave_anew_are_found_again(fake):
    portal = backend(fake)
    portal.members()
    fake["web-a1"].scur = 4
    fake.first_id = 9
    assert portal.members()[0].sessions == 4


def test_setting_is_one_connection_and_haproxys_refusal_is_told(fake):
    portal = backend(fake)
    portal.set_state({"web-a1": "drain", "web-a2": "maint"})
    assert fake.commands == [
        "set server portal/web-a1 state drain",
        "set server portal/web-a2 state maint",
    ]
    with pytest.raises(RunError, match=r"HAProxy refused .*gone.*No such server"):
        portal.set_state({"gone": "drain"})


@pytest.mark.parametrize("name", ["a;shutdown", "a b", "a/b", "a\nb", ""])
def test_names_that_would_be_commands_are_refused(fake, name):
    with pytest.raises(RunError, match="no name that HAProxy allows"):
        backend(fake, name)
    with pytest.raises(RunError, match="no name that HAProxy allows"):
        backend(fake).set_state({name: "drain"})
    assert fake.commands == []
