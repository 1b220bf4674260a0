# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import stat

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.vigie.run.plugins.modules import journal_report

RUN = {"event": "run", "at": 100.0, "run": "abc", "format": 1, "playbook": "deploy.yml"}
PLAY = {
    "event": "play",
    "at": 101.0,
    "play": "x",
    "hosts": ["h1"],
    "wave": 1,
    "waves": 1,
}
TASK = {
    "event": "task",
    "at": 103.0,
    "host": "h1",
    "task": "Switch",
    "action": "vigie.run.release",
    "start": 101.0,
    "end": 103.0,
    "status": "changed",
    "detail": {"former": "1.0.0", "active": "2.0.0"},
}
END = {"event": "end", "at": 104.0, "outcome": "ok", "seconds": 4.0, "stats": {}}
LOAD = {
    "requests": 4,
    "failures": 1,
    "seconds": [{"t": 102, "requests": 4, "failures": 1}],
}


@pytest.fixture(name="files")
def files_fixture(tmp_path):
    lines = [json.dumps(event) for event in (RUN, PLAY, TASK, END)]
    name = "20261122T100000Z-deploy-abcabcab.jsonl"
    (tmp_path / name).write_text("\n".join(lines) + "\n")
    (tmp_path / "load.json").write_text(json.dumps(LOAD))
    return tmp_path


@pytest.fixture(name="draw")
def draw_fixture(files, capfd):
    def draw(check=False, diff=False, **options):
        arguments = {
            "journals": [str(files)],
            "load": [str(files / "load.json")],
            "dest": str(files / "report.html"),
            "_ansible_check_mode": check,
            "_ansible_diff": diff,
            "_ansible_tmpdir": str(files),
            "_ansible_remote_tmp": str(files),
            **options,
        }
        with patch_module_args(arguments), pytest.raises(SystemExit):
            journal_report.main()
        return json.loads(capfd.readouterr().out)

    return draw


def test_the_page_is_written_once(draw, files):
    first, second = draw(mode="0640"), draw(mode="0640")
    page = files / "report.html"
    assert (first["changed"], second["changed"]) == (True, False)
    assert "1.0.0\u00a0→ 2.0.0" in page.read_text("utf-8")
    assert stat.S_IMODE(page.stat().st_mode) == 0o640
    assert first["runs"] == [
        {
            "run": "abc",
            "playbook": "deploy.yml",
            "outcome": "ok",
            "seconds": 4.0,
            "hosts": 1,
            "waves": 1,
            "lost": [],
            "away_at_most": 0,
            "requests": 4,
            "failures": 1,
        }
    ]
    assert (first["requests"], first["failures"]) == (4, 1)
    assert sorted(path.suffix for path in files.iterdir()) == [
        ".html",
        ".json",
        ".jsonl",
    ]


def test_check_mode_tells_and_writes_nothing(draw, files):
    told = draw(check=True, diff=True, mode="0640")
    assert told["changed"] is True
    assert told["diff"]["before"] == ""
    assert told["diff"]["after"].startswith("<!DOCTYPE html>")
    assert not (files / "report.html").exists()
    draw()
    assert draw(check=True)["changed"] is False


def test_a_changed_title_is_a_change(draw, files):
    draw()
    assert "<h1>deploy.yml</h1>" in (files / "report.html").read_text("utf-8")
    assert draw(title="Roll-out")["changed"] is True
    assert "<h1>Roll-out</h1>" in (files / "report.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (
            {"journals": ["/nowhere/x.jsonl"]},
            "/nowhere/x.jsonl: there is no such journal",
        ),
        ({"load": ["/nowhere/load.json"]}, "cannot be read: No such file"),
        ({"dest": "/nowhere/report.html"}, "the folder /nowhere does not exist"),
        ({"dest": "/tmp"}, "is a folder; name the file in it"),
        ({"journals": []}, "journals names no journal"),
    ],
)
def test_bad_input_fails_with_one_clear_message(draw, options, word):
    told = draw(**options)
    assert told["failed"] is True
    assert word in told["msg"]
