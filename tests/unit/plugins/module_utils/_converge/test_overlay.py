# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Declared properties over what a service has."""

from __future__ import annotations

import pytest
from ansible_collections.vigie.run.plugins.module_utils._converge.fields import (
    group,
    many,
    mapping,
    number,
    text,
)
from ansible_collections.vigie.run.plugins.module_utils._converge.overlay import overlay

PORT = group({"number": number("."), "name": text(".")}, ".")
FIELDS = {
    "size": group({"min": number("."), "max": number(".")}, "."),
    "ports": many(PORT, ".", order="key", key="name"),
    "zones": many(text("."), ".", order="set"),
    "labels": mapping(text("."), "."),
    "options": mapping(text("."), ".", whole=True),
    "subsets": mapping(group({"only_passing": text(".")}, "."), "."),
    "note": text("."),
}
THERE = {
    "Size": {"Min": 1, "Max": 9, "Unit": "GiB"},
    "Ports": [{"Name": "web", "Number": 80, "Tls": True}, {"Name": "old"}],
    "Zones": ["a", "b"],
    "Labels": {"team": "run", "cost": "12"},
    "Options": {"mode": "fast"},
    "Subsets": {"v1": {"OnlyPassing": "no", "Filter": "f"}, "v2": {}},
    "Note": "old",
    "Undeclared": {"kept": True},
}


@pytest.mark.parametrize(
    ("declared", "changed"),
    [
        ({"size": {"max": 5}}, {"Size": {"Min": 1, "Max": 5, "Unit": "GiB"}}),
        ({"size": {"min": None}}, {"Size": {"Max": 9, "Unit": "GiB"}}),
        (
            {"ports": [{"name": "web", "number": 81}, {"name": "new"}]},
            {"Ports": [{"Name": "web", "Number": 81, "Tls": True}, {"Name": "new"}]},
        ),
        ({"zones": ["c"]}, {"Zones": ["c"]}),
        (
            {"labels": {"team": None, "phase": "1"}},
            {"Labels": {"cost": "12", "phase": "1"}},
        ),
        ({"options": {"level": "2"}}, {"Options": {"level": "2"}}),
        (
            {"subsets": {"v1": {"only_passing": "yes"}, "v2": None}},
            {"Subsets": {"v1": {"OnlyPassing": "yes", "Filter": "f"}}},
        ),
    ],
    ids=[
        "group",
        "null in group",
        "keyed list",
        "set",
        "mapping",
        "whole mapping",
        "mapping of groups",
    ],
)
def test_what_is_declared_lies_over_what_is_there(
    declared: dict, changed: dict
) -> None:
    assert overlay(FIELDS, THERE, declared) == {**THERE, **changed}


def test_null_removes() -> None:
    assert "Note" not in overlay(FIELDS, THERE, {"note": None})


def test_services_in_lower_case() -> None:
    assert overlay(FIELDS, {"size": {"min": 1}}, {"size": {"max": 2}}, lower=True) == {
        "size": {"min": 1, "max": 2}
    }
