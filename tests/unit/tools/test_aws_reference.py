# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The resource types hold together, and their reference is what they say."""

from __future__ import annotations

import graphlib
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from ansible_collections.vigie.run.plugins.module_utils._aws.registry import NAMES
from ansible_collections.vigie.run.plugins.module_utils._converge.fields import Field

from tools import aws_reference

ROOT = Path(__file__).parents[3]
TYPES = aws_reference.table()


def test_the_table_names_every_file() -> None:
    files = (ROOT / "plugins/module_utils/_aws/types").glob("*.py")
    assert sorted(NAMES) == sorted(f.stem for f in files if f.stem != "__init__")
    assert list(NAMES) == sorted(NAMES)


def test_the_reference_is_what_the_types_say() -> None:
    behind = [
        name
        for name, content in aws_reference.pages().items()
        if not (aws_reference.PAGES / name).exists()
        or (aws_reference.PAGES / name).read_text() != content
    ]
    assert not behind, "run make aws-reference"


def test_types_use_each_other_in_one_direction() -> None:
    """A deletion without a declaration is ordered by this alone."""
    uses = {name: {*TYPES[name].uses, *TYPES[name].parents} for name in NAMES}
    for name, others in uses.items():
        assert others <= set(NAMES), f"{name} uses a type that is not there"
    graphlib.TopologicalSorter(uses).prepare()


@pytest.mark.parametrize("name", NAMES)
def test_a_type_is_complete(name: str) -> None:
    kind = TYPES[name]
    assert kind.name == name
    assert "id" in kind.attributes
    assert set(kind.unique) <= set(kind.fields)
    assert set(kind.volatile) <= set(kind.attributes)
    assert kind.markable == ("tags" in kind.fields), "marks are tags"
    for path, item in _all(kind.fields):
        if not item.doc and path.startswith("attributes."):
            continue  # AWS's own name for an attribute says it
        first = item.doc.split()[0].rstrip(",:;")
        assert not first[0].islower() or first in item.choices, path
        assert item.doc.endswith("."), path


@pytest.mark.parametrize("name", NAMES)
def test_a_type_has_an_example(name: str) -> None:
    example = yaml.safe_load((aws_reference.PAGES / f"{name}.yml").read_text())
    assert name in {resource["type"] for resource in example.values()}


def _all(fields: dict[str, Field]) -> Iterator[tuple[str, Field]]:
    return aws_reference.rows(fields)
