# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Ansible's own masking is told, where the version has it."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from ansible.plugins.action import ActionBase
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.plugin_utils import _here, _masking


class Work(_here.HereAction):
    """Work that learns a secret, and fails with both in its words."""

    arguments: ClassVar[dict[str, Any]] = {
        "token": {"type": "str", "no_log": True},
        "name": {"type": "str"},
    }

    def __init__(self) -> None:
        """No task, no connection: what needs them is replaced."""

    def work(self, params: dict[str, Any], secrets: set[str]) -> dict[str, Any]:
        secrets.add("a learnt secret")
        raise RunError(f"{params['token']} and a learnt secret of {params['name']}")


def test_options_and_what_was_learnt_are_registered_and_not_returned(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: set[str] = set()
    given = {"token": "a given token", "name": "portal"}
    monkeypatch.setattr(_masking, "register_secret", told.add)
    monkeypatch.setattr(ActionBase, "run", lambda *_: {})
    monkeypatch.setattr(_here.HereAction, "_is_here", lambda *_: True)
    monkeypatch.setattr(Work, "validate_argument_spec", lambda *_a, **_k: ({}, given))
    result = Work().run()
    assert told == {"a given token", "a learnt secret"}
    assert result["failed"]
    assert result["msg"] == "******** and ******** of portal"
