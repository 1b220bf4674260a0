# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.module_utils._journal import reader

RUN = '{"event": "run", "at": 1.0, "run": "x", "format": 1, "playbook": "a.yml"}\n'


def test_a_torn_last_line_is_counted_and_left_out(stories):
    journal = reader.parse("x", stories["killed"]())
    assert journal.unread == 1
    assert journal.events[0]["event"] == "run"
    assert journal.events[-1]["event"] == "task"


def test_events_of_a_later_version_are_kept_and_lines_without_time_are_not():
    text = RUN + '{"event": "new", "at": 2}\n{"event": "task"}\n[1]\n\n'
    journal = reader.parse("x", text)
    assert [event["event"] for event in journal.events] == ["run", "new"]
    assert journal.unread == 2


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "is no journal"),
        ('{"event": "task", "at": 1}\n', "is no journal"),
        ("<html>\n", "is no journal"),
        (RUN.replace('"format": 1', '"format": 2'), "has the journal format 2"),
    ],
)
def test_what_is_no_journal_is_refused(text, word):
    with pytest.raises(RunError, match=word):
        reader.parse("x.jsonl", text)


def test_a_folder_stands_for_the_newest_run_of_each_playbook(tmp_path):
    names = [
        "20261122T100000Z-deploy-aaaaaaaa.jsonl",
        "20261122T110000Z-deploy-00000000.jsonl",
        "20261122T103000Z-my-patch-bbbbbbbb.jsonl",
        "20261122T120000Z-report-cccccccc.jsonl",
        "notes.txt",
    ]
    for name in names:
        (tmp_path / name).write_text(RUN)
    found = [path.name for path in reader.find([tmp_path])]
    assert found == [names[2], names[1]]
    both = reader.find([tmp_path, tmp_path / names[0], tmp_path / names[1]])
    assert [path.name for path in both] == [names[0], names[2], names[1]]


def test_missing_paths_and_empty_folders_are_named(tmp_path):
    with pytest.raises(RunError, match="no such journal"):
        reader.find([tmp_path / "x.jsonl"])
    with pytest.raises(RunError, match=r"holds no journal.*callback"):
        reader.find([tmp_path])


@pytest.mark.parametrize(
    ("text", "word"),
    [("{", "is not JSON"), ("[]", "no load result"), ("{}", "no load result")],
)
def test_a_wrong_load_result_is_refused(tmp_path, text, word):
    path = tmp_path / "load.json"
    path.write_text(text)
    with pytest.raises(RunError, match=word):
        reader.read_load(path)
