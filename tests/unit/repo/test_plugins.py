# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every module and every shared file of the collection promises."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]
MODULES = sorted((ROOT / "plugins" / "modules").glob("*.py"))
MODULE_UTILS = sorted((ROOT / "plugins" / "module_utils").rglob("*.py"))
PRIVATE = "This module util is private to the collection"
ATTRIBUTES = {"check_mode", "diff_mode", "idempotent"}

each_module = pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
each_module_util = pytest.mark.parametrize(
    "path", MODULE_UTILS, ids=lambda path: str(path.relative_to(ROOT / "plugins"))
)


def block(path: Path, name: str) -> Any:
    """The YAML in a string constant of a module, without importing it."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Assign) and node.targets[0].id == name:
            return yaml.safe_load(ast.literal_eval(node.value))
    raise AssertionError(f"{path.name} has no {name}")


def imports(path: Path) -> set[str]:
    """Dotted names of the modules that a file imports, or imports from."""
    tree = ast.parse(path.read_text())
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return names


@each_module
def test_module_says_what_it_supports(path):
    documentation = block(path, "DOCUMENTATION")
    assert documentation["attributes"].keys() >= ATTRIBUTES
    assert "vigie.run._attributes" in documentation["extends_documentation_fragment"]


@each_module
def test_module_shows_how_it_is_used(path):
    examples = block(path, "EXAMPLES")
    assert any(f"vigie.run.{path.stem}" in task for task in examples)


@each_module
def test_module_supports_check_mode(path):
    documents_an_action = "def main" not in path.read_text()
    assert documents_an_action or "supports_check_mode=True" in path.read_text()


@each_module
def test_what_only_documents_is_an_action(path):
    action = path.parents[1] / "action" / path.name
    assert "def main" in path.read_text() or action.is_file()


@each_module
def test_no_module_imports_another(path):
    other = "ansible_collections.vigie.run.plugins.modules"
    assert not [name for name in imports(path) if name.startswith(other)]


@each_module_util
def test_module_util_is_private(path):
    relative = path.relative_to(ROOT / "plugins" / "module_utils")
    assert relative.parts[0].startswith("_")
    if path.name != "__init__.py" or path.stat().st_size:
        assert PRIVATE in path.read_text()


@each_module_util
def test_module_util_has_types(path):
    bare = [
        f"{function.name} (line {function.lineno})"
        for function in ast.walk(ast.parse(path.read_text()))
        if isinstance(function, ast.FunctionDef) and function.returns is None
    ]
    assert not bare, "functions without a return type"


def test_action_groups_name_modules_that_exist():
    groups = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text())[
        "action_groups"
    ]
    known = {path.stem for path in MODULES}
    unknown = {name: set(members) - known for name, members in groups.items()}
    assert not any(unknown.values()), unknown
    assert set(groups["all"]) == known


def test_there_is_no_sanity_ignore_file():
    assert not list((ROOT / "tests" / "sanity").glob("ignore*.txt"))
