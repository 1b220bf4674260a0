# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of a lookup: looked for once where they are told the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import pytest
from ansible_collections.vigie.run.plugins.plugin_utils._lookup import OptionedLookup


class Lookup(OptionedLookup):
    """Stands where Ansible knows the options of a lookup."""

    option_definitions: ClassVar[Mapping[str, Any]] = {
        "url": {"vars": [{"name": "vault_url"}], "env": [{"name": "VAULT_ADDR"}]},
        "version": {},
        "data": {},
    }

    def set_options(
        self,
        task_keys: Any = None,
        var_options: Mapping[str, Any] | None = None,
        direct: Mapping[str, Any] | None = None,
    ) -> None:
        self._options = {**(var_options or {}), **(direct or {})}

    def run(self, terms: Any, variables: Any = None, **kwargs: Any) -> list[Any]:
        return []


def test_what_is_told_the_same_is_looked_for_once() -> None:
    variables = {"vault_url": "https://vault:8200", "other": "x"}
    first = Lookup().read_options(variables, {"version": 3})
    assert Lookup().read_options({**variables, "other": "y"}, {"version": 3}) is first
    others = [
        Lookup().read_options(variables, {}),
        Lookup().read_options({"vault_url": "https://other:8200"}, {}),
        Lookup().read_options(variables, {"version": 3}),
    ]
    assert first not in others


def test_the_environment_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    first = Lookup().read_options({}, {})
    assert Lookup().read_options({}, {}) is first
    monkeypatch.setenv("VAULT_ADDR", "https://other:8200")
    assert Lookup().read_options({}, {}) is not first


def test_data_that_looks_the_same_may_be_something_else() -> None:
    assert Lookup().read_options({}, {"data": True}).get_option("data") is True
    assert Lookup().read_options({}, {"data": 1}).get_option("data") is not True
    for value in (1, True):
        told = Lookup().read_options({}, {"data": {"n": value}}).get_option("data")
        assert told["n"] is value
    data = {"n": 1}
    first = Lookup().read_options({}, {"data": data})
    data["n"] = 2
    assert Lookup().read_options({}, {"data": data}) is not first
