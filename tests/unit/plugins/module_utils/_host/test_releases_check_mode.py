# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check mode of releases: says what will be, touches nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.vigie.run.tests.unit.fakes.app_host import AppHost


def snapshot(folder: Path) -> set[tuple[str, int]]:
    return {(str(p), p.lstat().st_mtime_ns) for p in folder.rglob("*")}


def forget_times(result: dict[str, Any]) -> dict[str, Any]:
    for release in result["releases"]:
        del release["staged_at"], release["activated_at"]
    return result


SHARED = {"shared": ["log"]}
FIRST = ("1.0.0", {"service": "app", **SHARED})


@pytest.mark.parametrize(
    "steps",
    [
        [FIRST],
        [FIRST, ("2.0.0", {"state": "staged"})],
        [FIRST, ("2.0.0", {"service": "app", **SHARED})],
        [FIRST, ("1.0.0", {"service": "app", "shared": ["log", "up"]})],
        [
            FIRST,
            ("2.0.0", {"service": "app"}),
            ("3.0.0", {"service": "app", "keep": 2}),
        ],
        [FIRST, ("2.0.0", {"service": "app"}), ("1.0.0", {"state": "absent"})],
        [
            FIRST,
            ("2.0.0", {"service": "app"}),
            ("1.0.0", {"state": "bad", "reason": "x"}),
        ],
        [FIRST, ("2.0.0", {"state": "staged"}), ("1.0.0", {"service": "app"})],
    ],
)
def test_check_mode_says_what_will_be_and_touches_nothing(
    host: AppHost, steps: list[tuple[str, dict[str, Any]]]
) -> None:
    *before, (version, options) = steps
    for earlier, settings in before:
        host.deploy(earlier, **settings) if "service" in settings else host.stage(
            earlier, **settings
        )
    if options.get("state", "active") in ("active", "staged"):
        src, checksum = host.archive(version)
        options = {**options, "src": src, "checksum": checksum}
    seen = snapshot(host.path)
    predicted = host.call(version, check=True, **options)
    assert snapshot(host.path) == seen
    real = host.call(version, **options)
    assert predicted["changed"] == real["changed"]
    assert predicted["diff"] == real["diff"]
    assert [r["version"] for r in predicted["releases"]] == [
        r["version"] for r in real["releases"]
    ]
    assert (real["diff"]["before"] != real["diff"]["after"]) or not (
        real["staged"] or real["switched"] or real["pruned"]
    )


def test_check_mode_on_a_fresh_host(host: AppHost) -> None:
    host.systemd.known = False
    result = host.call(
        "1.0.0",
        check=True,
        src="/srv/none.tar.gz",
        owner="nobody-yet",
        service="app",
        shared_files=[".env"],
    )
    assert result["changed"]
    assert result["diff"]["after"]["active"] == "1.0.0"
    assert len(host.warnings) >= 4
    assert not host.path.exists()
