# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which snapshots go; taking them is proved on real servers in molecule/consul."""

from __future__ import annotations

import importlib.util
import json
import os
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[3]
DAY = 86400
NOW = 1_800_000_000


@pytest.fixture(scope="module")
def script() -> ModuleType:
    path = ROOT / "roles/consul/files/consul_snapshot.py"
    spec = importlib.util.spec_from_file_location("consul_snapshot", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def snapshots(tmp_path: Path) -> list[Path]:
    """Five snapshots, the first made four days ago and the last now."""
    paths = [tmp_path / f"dc1-2026010{day}T000000Z.snap" for day in range(1, 6)]
    for age, path in enumerate(reversed(paths)):
        path.touch()
        os.utime(path, (NOW - age * DAY, NOW - age * DAY))
    return paths


@pytest.mark.parametrize(
    ("keep", "oldest", "gone"),
    [
        (2, 0, 3),
        (9, 0, 0),
        (9, NOW - 2 * DAY, 2),
        (4, NOW - 2 * DAY, 2),
        (1, 0, 4),
        (0, NOW + DAY, 4),
    ],
    ids=["number", "room", "age", "both", "one", "never the newest"],
)
def test_the_oldest_go(
    script: ModuleType, snapshots: list[Path], keep: int, oldest: float, gone: int
) -> None:
    assert sorted(script.outdated(snapshots, keep, oldest)) == snapshots[:gone]


def test_a_failure_is_one_line_and_removes_nothing(
    script: ModuleType,
    snapshots: list[Path],
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = snapshots[0].parent
    settings = folder / "settings.json"
    wanted = {
        "consul": "/nonexistent/consul",
        "folder": str(folder),
        "name": "dc1",
        "keep": 1,
        "max_age_days": 1,
        "environment": {},
    }
    settings.write_text(json.dumps(wanted))
    assert script.main(["consul-snapshot", str(settings)]) == 1
    assert capsys.readouterr().err.count("\n") == 1
    assert sorted(folder.glob("*.snap")) == snapshots


# Says what it is given to say, line by line of ``words``; then it saves.
CONSUL = """#!/bin/sh
if [ "$2" = inspect ]; then echo 'Index 7'; exit; fi
read -r word <{words} || {{ echo saved >"$3"; exit; }}
sed -i 1d {words}
echo "$word" >&2
exit 1
"""


@pytest.mark.parametrize(
    ("words", "code", "asked"),
    [
        (["Unexpected response code: 500 (read tcp: connection reset by peer)"], 0, 2),
        (["Unexpected response code: 500 (No cluster leader)"] * 9, 1, 3),
        (["Unexpected response code: 403 (Permission denied)"], 1, 1),
    ],
    ids=["a leader that hung up", "no leader", "denied"],
)
def test_what_may_pass_is_asked_again(
    script: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    code: int,
    asked: int,
) -> None:
    said = tmp_path / "words"
    said.write_text("".join(f"{word}\n" for word in words))
    program = tmp_path / "consul"
    program.write_text(CONSUL.format(words=said))
    program.chmod(0o700)
    monkeypatch.setattr(script, "PAUSES", (0, 0))
    settings = tmp_path / "settings.json"
    settings.write_text(
        json.dumps(
            {
                "consul": str(program),
                "folder": str(tmp_path),
                "name": "dc1",
                "keep": 1,
                "max_age_days": 0,
                "environment": {},
            }
        )
    )
    assert script.main(["consul-snapshot", str(settings)]) == code
    assert capsys.readouterr().err.count("; again in") == asked - 1
    assert len(list(tmp_path.glob("dc1-*.snap"))) == (code == 0)
