# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets in files of the controller: made once, by whoever is first."""

from __future__ import annotations

import base64
import multiprocessing
import uuid
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.plugin_utils._kept.files import FileStore
from ansible_collections.vigie.run.plugins.plugin_utils._kept.secret import (
    Kept,
    Wanted,
    keep,
)
from ansible_collections.vigie.run.tests.unit.plugins.action.plays import play

WANTED = [Wanted("token", "uuid"), Wanted("gossip", "key"), Wanted("admin", size=20)]


def ask(folder: Path, *, check_mode: bool = False, renew: tuple[str, ...] = ()) -> Kept:
    return keep(FileStore(folder), WANTED, renew, check_mode)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_each_kind_is_made_once_and_kept_for_its_owner(tmp_path: Path) -> None:
    made = ask(tmp_path / "kept")
    assert made.made == ["admin", "gossip", "token"]
    assert uuid.UUID(made.values["token"]).version == 4
    assert len(base64.b64decode(made.values["gossip"])) == 32
    assert len(made.values["admin"]) == 20
    assert made.values["admin"].isalnum()
    assert ask(tmp_path / "kept") == Kept(made.values, [])
    assert mode(tmp_path / "kept") == 0o700
    files = {path.name: mode(path) for path in (tmp_path / "kept").iterdir()}
    assert files == {"token": 0o600, "gossip": 0o600, "admin": 0o600}


def test_check_mode_gives_values_and_keeps_none(tmp_path: Path) -> None:
    foreseen = ask(tmp_path / "kept", check_mode=True)
    assert foreseen.made == ["admin", "gossip", "token"]
    assert all(one.fits(foreseen.values[one.name]) for one in WANTED)
    assert not (tmp_path / "kept").exists()


def test_a_secret_is_renewed_when_asked_and_the_others_stay(tmp_path: Path) -> None:
    before = ask(tmp_path).values
    renewed = ask(tmp_path, renew=("gossip",))
    assert renewed.made == ["gossip"]
    assert renewed.values["gossip"] != before["gossip"]
    assert {**renewed.values, "gossip": ""} == {**before, "gossip": ""}
    assert ask(tmp_path).values == renewed.values


@pytest.mark.parametrize(
    ("name", "text"),
    [("token", "no uuid"), ("gossip", "aGVsbG8="), ("admin", ""), ("admin", b"\xff")],
)
def test_what_is_there_and_does_not_fit_is_named_not_shown(
    tmp_path: Path, name: str, text: str | bytes
) -> None:
    data = text if isinstance(text, bytes) else text.encode()
    (tmp_path / name).write_bytes(data)
    with pytest.raises(RunError) as raised:
        ask(tmp_path)
    assert str(tmp_path / name) in str(raised.value)
    assert text == "" or repr(text)[1:-1] not in str(raised.value)
    assert (tmp_path / name).read_bytes() == data


def test_bad_requests_are_named(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"name '\.\./x' may hold"):
        Wanted("../x", "uuid")
    with pytest.raises(RunError, match="x: size must be between 16 and 1024"):
        Wanted("x", "password", 8)
    with pytest.raises(RunError, match="asked for twice: x"):
        keep(FileStore(tmp_path), [Wanted("x"), Wanted("x")], (), True)
    with pytest.raises(RunError, match="renew: not among the secrets: y"):
        keep(FileStore(tmp_path), [Wanted("x")], ("y",), True)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(
        RunError, match="file/kept/token on the controller cannot be used"
    ):
        ask(tmp_path / "file" / "kept")


def _ask_and_tell(folder: Path, queue: Any) -> None:
    queue.put(ask(folder).values)


def test_runs_at_once_get_the_same(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    queue = spawn.Queue()
    runs = [
        spawn.Process(target=_ask_and_tell, args=(tmp_path / "kept", queue))
        for _run in range(4)
    ]
    for run in runs:
        run.start()
    answers = [queue.get(timeout=60) for _run in runs]
    for run in runs:
        run.join(60)
    assert answers == [answers[0]] * 4


def test_in_a_play_nothing_of_it_is_shown(tmp_path: Path) -> None:
    asked = {
        "vigie.run.kept_secrets": {
            "dir": str(tmp_path / "kept"),
            "secrets": [{"name": "token", "kind": "uuid"}],
        },
        "register": "kept",
        "no_log": True,
    }
    reads = {
        "ansible.builtin.assert": {
            "that": "kept.secrets.token == lookup('file', where)",
            "quiet": True,
        },
        "vars": {"where": str(tmp_path / "kept" / "token")},
    }
    code, output = play(tmp_path, {"a": {}}, asked, reads, asked)
    assert code == 0, output
    assert "ok=3 changed=1" in output
    assert (tmp_path / "kept" / "token").read_text().strip() not in output


def test_rights_of_others_are_taken_away(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir(mode=0o755)
    (kept / "admin").write_text("correct horse battery\n")
    (kept / "admin").chmod(0o644)
    asked = {
        "vigie.run.kept_secrets": {
            "dir": str(kept),
            "secrets": [{"name": "admin", "kind": "password"}],
        },
        "no_log": True,
    }
    code, output = play(tmp_path, {"a": {}}, asked, asked)
    assert code == 0, output
    assert "ok=2 changed=1" in output
    assert (mode(kept), mode(kept / "admin")) == (0o700, 0o600)
