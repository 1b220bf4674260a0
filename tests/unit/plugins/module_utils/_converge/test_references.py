# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is a reference inside a declared value, and what becomes of it."""

from __future__ import annotations

import pytest
from ansible_collections.vigie.run.plugins.module_utils._converge.provider import (
    UNKNOWN,
    Live,
)
from ansible_collections.vigie.run.plugins.module_utils._converge.references import (
    MISSING,
    dig,
    dig_live,
    nearest,
    references,
    resolve,
)
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError

VALUES = {
    "net.id": "net-1",
    "net.zones": ["a", "b"],
    "db.endpoint.port": 5432,
    "db.open": True,
    "db.new": UNKNOWN,
}


def filled(value):
    return resolve(value, lambda ref: VALUES[".".join((ref.resource, *ref.path))])


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("${net.id}", "net-1"),
        ("${ net.id }", "net-1"),
        ("${net.zones}", ["a", "b"]),
        ("${db.endpoint.port}", 5432),
        ("${db.open}", True),
        ("${db.new}", UNKNOWN),
        ("a ${net.id} and ${net.id}", "a net-1 and net-1"),
        ("port ${db.endpoint.port} ${db.open}", "port 5432 true"),
        ("to ${db.new}", UNKNOWN),
        ("$${net.id}", "${net.id}"),
        ("$$${net.id}", "$${net.id}"),
        ("${net.id}$${x}", "net-1${x}"),
        ("${aws:username} ${HOME} $HOME ${} ${a b} $", None),
        ({"k": ["${net.id}", {"${net.id}": 1}]}, {"k": ["net-1", {"${net.id}": 1}]}),
        (5, 5),
        (None, None),
    ],
)
def test_resolves(written, value):
    expected = written if value is None else value
    assert filled(written) == expected
    assert type(filled(written)) is type(expected)


def test_list_inside_a_text_is_refused():
    with pytest.raises(RunError, match=r"\$\{net.zones\} is a list.*name one entry"):
        filled("in ${net.zones}")


def test_finds_references_and_bare_names():
    value = {"a": "${net.id} ${HOME}", "b": ["$${no.no}", "${aws:x}"]}
    assert [(r.resource, r.path) for r in references(value)] == [
        ("net", ("id",)),
        ("HOME", ()),
    ]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("a", "b"), 1),
        (("l", "1"), "y"),
        (("l", "2"), MISSING),
        (("l", "x"), MISSING),
        (("a", "c"), MISSING),
        (("u", "deep", "er"), UNKNOWN),
    ],
)
def test_digs(path, value):
    assert dig({"a": {"b": 1}, "l": ["x", "y"], "u": UNKNOWN}, path) == value


def test_live_thing_names_attributes_before_properties_and_always_its_id():
    live = Live("i-1", {"name": "p", "size": 3}, {"name": "a"})
    assert dig_live(live, ["name"]) == "a"
    assert dig_live(live, ["size"]) == 3
    assert dig_live(live, ["id"]) == "i-1"
    assert dig_live(live, ["other"]) is MISSING


def test_nearest_name():
    assert nearest("cidr_blok", ["cidr_block", "tags"]) == "did you mean 'cidr_block'?"
    assert nearest("zzz", ["b", "a"]) == "there is a, b"
    assert nearest("zzz", []) == "there is none"
