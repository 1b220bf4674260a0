# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import stat

import pytest
from ansible_collections.vigie.run.plugins.module_utils._journal import events
from ansible_collections.vigie.run.plugins.module_utils._journal.writer import Writer


def same(text):
    return text


def test_details_are_kept_by_an_allow_list():
    result = {"active": "2.0.0", "previous": "1.0.0", "stdout": "x", "secret": "y"}
    options = {"state": "active", "version": "2.0.0", "src": "http://x", "owner": "o"}
    assert events.detail("vigie.run.release", options, result, same) == {
        "state": "active",
        "version": "2.0.0",
        "active": "2.0.0",
        "previous": "1.0.0",
    }
    assert events.detail("ansible.builtin.command", options, result, same) is None


def test_details_of_a_loop_are_a_list_and_hidden_entries_are_left_out():
    results = [{"up": 5, "item": "x"}, {"up": 4, "_ansible_no_log": True}, {"up": 6}]
    kept = events.detail("vigie.run.haproxy_member", {}, {"results": results}, same)
    assert kept == [{"up": 5}, {"up": 6}]


def test_options_that_are_still_templates_are_not_kept():
    options = {"state": "{{ wanted }}", "backend": "web"}
    kept = events.detail("vigie.run.haproxy_member", options, {"total": 6}, same)
    assert kept == {"backend": "web", "total": 6}


def test_texts_are_masked_and_cut():
    value = {"saw": ["x" * 9000, "a secret"], "deep": [[[[[[[["lost"]]]]]]]]}
    kept = events.clean(value, lambda text: text.replace("secret", "***"))
    assert kept["saw"][1] == "a ***"
    assert len(kept["saw"][0]) < 4100
    assert "5000 characters" in kept["saw"][0]
    assert "lost" not in json.dumps(kept)


@pytest.mark.parametrize(
    ("serial", "hosts", "waves"),
    [
        ([], 6, 0),
        ([1], 6, 6),
        ([1, 2], 6, 4),
        (["1", "34%"], 6, 4),
        (["50%"], 5, 3),
        (["1%"], 6, 6),
        ([1, 0], 6, 2),
        ([10], 6, 1),
        ([2], 0, 0),
    ],
)
def test_number_of_waves_is_that_of_ansible(serial, hosts, waves):
    assert events.count_waves(serial, hosts) == waves


def test_file_names_are_safe_and_sort_by_time():
    names = [events.file_name("/x/a b;c.yml", "0123456789abcdef", at) for at in (0, 60)]
    assert names[0] == "19700101T000000Z-a_b_c-01234567.jsonl"
    assert names == sorted(names)


def test_the_writer_is_private_and_appends_whole_lines(tmp_path):
    old = os.umask(0)
    try:
        writer = Writer(tmp_path / "new", "x.jsonl")
    finally:
        os.umask(old)
    writer.write({"event": "run", "name": "é\n"})
    writer.write({"event": "end"}, sync=True)
    assert [json.loads(line)["event"] for line in writer.path.open()] == ["run", "end"]
    assert stat.S_IMODE(writer.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(writer.path.parent.stat().st_mode) == 0o700
    writer.close()
    writer.close()
    with pytest.raises(FileExistsError):
        Writer(tmp_path / "new", "x.jsonl")
