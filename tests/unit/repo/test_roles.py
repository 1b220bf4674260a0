# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A role's defaults, its argument specification and its documentation agree."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

ROLES = sorted(
    path for path in (Path(__file__).parents[3] / "roles").glob("*") if path.is_dir()
)
each_role = pytest.mark.parametrize("role", ROLES, ids=lambda path: path.name)


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text()) if path.exists() else None


def entry_points(role: Path) -> dict[str, Any]:
    return load(role / "meta" / "argument_specs.yml")["argument_specs"]


@each_role
def test_defaults_equal_the_argument_specs(role):
    defaults = load(role / "defaults" / "main.yml") or {}
    optional = [
        (point, name, option.get("default"))
        for point, spec in entry_points(role).items()
        for name, option in (spec.get("options") or {}).items()
        if not option.get("required")
    ]
    wrong = [
        f"{point}: {name}: specified {value!r}, defaults {defaults.get(name)!r}"
        for point, name, value in optional
        if name not in defaults or defaults[name] != value
    ]
    unspecified = sorted(defaults.keys() - {name for _point, name, _value in optional})
    assert not wrong
    assert not unspecified, "in defaults/main.yml but no option of an entry point"


@each_role
def test_public_variables_carry_the_name_of_the_role(role):
    points = entry_points(role).values()
    names = {name for point in points for name in point.get("options", {})}
    prefix = f"{role.name}_"
    assert sorted(name for name in names if not name.startswith(prefix)) == []


@each_role
def test_internal_variables_carry_the_name_of_the_role_with_an_underscore(role):
    files = [role / "vars" / "main.yml", *(role / "vars" / "main").glob("*.yml")]
    internal = [name for path in files for name in load(path) or {}]
    assert [name for name in internal if not name.startswith(f"_{role.name}_")] == []


@each_role
def test_defaults_have_comments(role):
    path = role / "defaults" / "main.yml"
    body = path.read_text().partition("---\n")[2] if path.exists() else ""
    bare = [part for part in body.split("\n\n") if part.strip() and "#" not in part]
    assert not bare, "say of each group of entries what it is"


@each_role
@pytest.mark.parametrize("name", ["README.md", "meta/main.yml", "tasks/main.yml"])
def test_role_is_complete(role, name):
    assert (role / name).is_file()
