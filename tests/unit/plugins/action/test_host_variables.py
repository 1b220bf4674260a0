# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables of all hosts, read and checked in one task of a real play."""

from __future__ import annotations

from ansible_collections.vigie.run.tests.unit.plugins.action.plays import play

HOSTS = {"web-a": {"rotation_zone": "a"}, "web-b": {"rotation_zone": "b"}}
READ = "vigie.run.host_variables"
SHOW = {"ansible.builtin.debug": {"var": "seen.hosts"}, "run_once": True}


def read(**options):
    return {READ: options, "run_once": True, "register": "seen"}


def test_each_host_is_read_in_its_own_context(tmp_path):
    variables = {"label": "{{ inventory_hostname }} in {{ rotation_zone }}"}
    code, said = play(tmp_path, HOSTS, read(names=["label"]), SHOW, vars=variables)
    assert code == 0, said
    assert '"web-a": { "label": "web-a in a" }' in said
    assert '"web-b": { "label": "web-b in b" }' in said


def test_defaults_of_the_role_are_seen(tmp_path):
    hosts = {
        name: {**given, "rotation_services": ["web"], "rotation_unproved": True}
        for name, given in HOSTS.items()
    }
    describe = {"name": "vigie.run.rotation", "tasks_from": "describe"}
    show = {"ansible.builtin.debug": {"var": "rotation_hosts.hosts['web-b']"}}
    code, said = play(tmp_path, hosts, {"ansible.builtin.import_role": describe}, show)
    assert code == 0, said
    assert '"services": [ "web" ], "weight": 1, "zone": "b"' in said


def test_a_host_that_was_lost_is_still_read_and_known_to_be_lost(tmp_path):
    off = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1}
    variables = {"here": "{{ inventory_hostname in ansible_play_hosts }}"}
    tasks = ({"ansible.builtin.ping": {}}, read(names=["here"]), SHOW)
    _code, said = play(tmp_path, {**HOSTS, "web-c": off}, *tasks, vars=variables)
    assert '"web-b": { "here": true }' in said
    assert '"web-c": { "here": false }' in said


def test_the_mistakes_of_all_hosts_are_told_with_their_options(tmp_path):
    hosts = {
        "web-a": {"rotation_weight": "heavy"},
        "web-b": {"rotation_zone": "{{ nowhere }}"},
    }
    code, said = play(tmp_path, hosts, read(roles=["rotation"]))
    assert code != 0
    assert "web-a: argument 'rotation_weight' is of type" in said
    assert "web-b: rotation_zone: 'nowhere' is undefined" in said


def test_a_host_that_no_limit_holds_for_is_refused(tmp_path):
    describe = {"name": "vigie.run.rotation", "tasks_from": "describe"}
    code, said = play(tmp_path, HOSTS, {"ansible.builtin.import_role": describe})
    assert code != 0
    assert "rotation_services is empty; name the services of this host" in said


def test_an_unknown_role_is_named(tmp_path):
    code, said = play(tmp_path, HOSTS, read(roles=["rotatoin"]))
    assert code != 0
    assert "vigie.run has no role 'rotatoin'" in said
