# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The resource types hold together, and their reference is what they say."""

from __future__ import annotations

import graphlib
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from ansible_collections.vigie.run.plugins.module_utils._converge.declaration import (
    read_declaration,
)
from ansible_collections.vigie.run.plugins.module_utils._converge.named import written

from tools import reference
from tools.reference import Reference

ROOT = Path(__file__).parents[3]
ALL = {one.name: one for one in reference.references()}
TYPES = [(provider, name) for provider in ALL for name in ALL[provider].types]
providers = pytest.mark.parametrize("told", ALL.values(), ids=list(ALL))
types = pytest.mark.parametrize(("provider", "name"), TYPES)


@providers
def test_the_table_names_every_file(told: Reference) -> None:
    files = (ROOT / f"plugins/module_utils/_{told.name}/types").glob("*.py")
    names = sorted(file.stem for file in files if file.stem != "__init__")
    assert list(told.types) == names


@providers
def test_the_reference_is_what_the_types_say(told: Reference) -> None:
    behind = [
        name
        for name, content in told.pages().items()
        if not (told.folder / name).exists()
        or (told.folder / name).read_text() != content
    ]
    assert not behind, "run make reference"


@providers
def test_types_use_each_other_in_one_direction(told: Reference) -> None:
    """A deletion without a declaration is ordered by this alone."""
    uses = {
        name: {*told.types[name].uses, *told.types[name].parents} for name in told.types
    }
    for name, others in uses.items():
        assert others <= set(told.types), f"{name} uses a type that is not there"
    graphlib.TopologicalSorter(uses).prepare()


@types
def test_a_type_is_complete(provider: str, name: str) -> None:
    kind = ALL[provider].types[name]
    assert kind.name == name
    assert "id" in kind.attributes
    assert set(kind.unique) <= set(kind.fields)
    assert set(kind.volatile) <= set(kind.attributes)
    assert set(getattr(kind, "newer", ())) <= set(kind.fields)
    if provider == "aws":
        assert kind.markable == ("tags" in kind.fields), "marks are tags"
    for path, item in reference.rows(kind.fields):
        if not item.doc and path.startswith("attributes."):
            continue  # AWS's own name for an attribute says it
        first = item.doc.split()[0].rstrip(",:;")
        assert not first[0].islower() or first in item.choices, path
        assert item.doc.endswith("."), path


@types
def test_a_type_has_an_example_that_is_well_formed(provider: str, name: str) -> None:
    told = ALL[provider]
    example = yaml.safe_load((told.folder / f"{name}.yml").read_text())
    assert name in {resource["type"] for resource in example.values()}
    if provider != "aws":
        example = written(example, told.types)
    read_declaration(example, SimpleNamespace(types=told.types))
