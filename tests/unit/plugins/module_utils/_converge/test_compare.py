# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What counts as a difference, kind of field by kind of field."""

from __future__ import annotations

import json

import pytest
from ansible_collections.vigie.run.plugins.module_utils._converge.compare import compare
from ansible_collections.vigie.run.plugins.module_utils._converge.fields import (
    anything,
    document,
    flag,
    group,
    many,
    mapping,
    number,
    text,
)
from ansible_collections.vigie.run.plugins.module_utils._converge.provider import (
    UNKNOWN,
)
from hypothesis import given
from hypothesis import strategies as st

PORT = {"port": number("Port."), "source": text("Source."), "note": text("Note.")}


def differing(field, want, have):
    """The changes of one field as (path, before, after)."""
    changes = compare({"f": field}, {"f": want}, {} if have is ... else {"f": have})
    return [(change.path, change.before, change.after) for change in changes]


@pytest.mark.parametrize(
    ("field", "want", "have"),
    [
        (text("T"), "a", "a"),
        (text("T"), "5", 5),
        (text("T"), "true", True),
        (text("T"), "", ...),
        (text("T"), "", None),
        (text("T", normal=str.lower), "ABC", "abc"),
        (number("N"), 5, 5.0),
        (number("N"), 5, "5"),
        (number("N", normal=lambda n: n // 10), 51, 57),
        (flag("F"), True, "true"),
        (flag("F"), False, "no"),
        (flag("F", default=False), False, ...),
        (flag("F", default=False), None, False),
        (number("N", default=0), 0, None),
        (many(text("T"), "L"), [], ...),
        (many(text("T"), "L"), ["a", "b"], ["a", "b"]),
        (many(number("N"), "L"), [1, 2], ["1", 2.0]),
        (many(text("T"), "L", order="set"), ["a", "b", "a"], ["b", "a"]),
        (many(text("T", normal=str.lower), "L", order="set"), ["A"], ["a"]),
        (many(text("T"), "L", normal=sorted), ["b", "a"], ["a", "b"]),
        (group(PORT, "G"), {"port": 1}, {"port": 1, "source": "x"}),
        (group(PORT, "G"), {}, ...),
        (group(PORT, "G", whole=True), {"port": 1}, {"port": 1, "source": None}),
        (mapping(text("T"), "M"), {"a": "1"}, {"a": "1", "b": "2"}),
        (mapping(text("T"), "M"), {"b": None}, {"a": "1"}),
        (mapping(text("T"), "M"), {"b": None}, ...),
        (mapping(text("T"), "M", whole=True), {"a": "1"}, {"a": "1"}),
        (document("D"), {"a": [1, {"b": 2}]}, '{"a": [1, {"b": 2.0}]}'),
        (document("D"), '{"a":1}', {"a": 1}),
        (anything("A"), [1, {"a": None}], [1, {"a": None}]),
        (text("T", write_only=True), "secret", ...),
        (text("T"), None, ...),
        (text("T"), None, ""),
        (many(text("T"), "L"), None, []),
        (group(PORT, "G"), None, {"source": "", "note": None}),
        (group({"n": number("N", default=0)}, "G"), None, {"n": 0}),
    ],
)
def test_is_the_same(field, want, have):
    assert differing(field, want, have) == []


@pytest.mark.parametrize(
    ("field", "want", "have", "changes"),
    [
        (text("T"), "a", "A", [("f", "A", "a")]),
        (flag("F", default=True), None, False, [("f", False, True)]),
        (group({"n": number("N")}, "G"), None, {"n": 0}, [("f", {"n": 0}, None)]),
        (text("T"), "a", ..., [("f", None, "a")]),
        (text("T"), None, "a", [("f", "a", None)]),
        (text("T"), UNKNOWN, "a", [("f", "a", UNKNOWN)]),
        (number("N"), 5, 6, [("f", 6, 5)]),
        (number("N"), 0, ..., [("f", None, 0)]),
        (flag("F"), True, "no", [("f", "no", True)]),
        (flag("F"), False, ..., [("f", None, False)]),
        (
            many(text("T"), "L"),
            ["a", "c"],
            ["a", "b", "d"],
            [("f[1]", "b", "c"), ("f[2]", "d", None)],
        ),
        (many(text("T"), "L"), ["a", "b"], ["a"], [("f[1]", None, "b")]),
        (many(text("T"), "L"), [], ["a"], [("f[0]", "a", None)]),
        (many(text("T"), "L"), None, ["a"], [("f", ["a"], None)]),
        (
            many(text("T"), "L", order="set"),
            ["c", "a"],
            ["a", "b"],
            [("f[c]", None, "c"), ("f[b]", "b", None)],
        ),
        (
            many(text("T"), "L", order="set"),
            ["a", UNKNOWN],
            ["a"],
            [("f[1]", None, UNKNOWN)],
        ),
        (
            many(group(PORT, "G"), "L", order="key", key="port"),
            [{"port": 1, "source": "x"}, {"port": 3}],
            [{"port": 2}, {"port": "1", "source": "y", "note": "kept"}],
            [
                ("f[1].source", "y", "x"),
                ("f[3]", None, {"port": 3}),
                ("f[2]", {"port": 2}, None),
            ],
        ),
        (
            many(group(PORT, "G"), "L", order="set"),
            [{"port": 1}, {"port": 4}],
            [{"port": 1, "source": "x"}, {"port": 2}],
            [("f[1]", None, {"port": 4}), ("f[3]", {"port": 2}, None)],
        ),
        (
            many(group(PORT, "G"), "L"),
            [{"port": 1}],
            [{"port": 2, "note": "n"}],
            [("f[0].port", 2, 1)],
        ),
        (
            group(PORT, "G", whole=True),
            {"port": 1},
            {"port": 2, "source": "x"},
            [("f.port", 2, 1), ("f.source", "x", None)],
        ),
        (group(PORT, "G"), {"port": 1}, ..., [("f.port", None, 1)]),
        (
            group(PORT, "G"),
            {"source": None},
            {"source": "x"},
            [("f.source", "x", None)],
        ),
        (group(PORT, "G"), None, {"port": 1}, [("f", {"port": 1}, None)]),
        (
            mapping(text("T"), "M"),
            {"a": "1", "k8s.io/role": "", "gone": None},
            {"a": "2", "gone": "x", "other": "y"},
            [("f.a", "2", "1"), ("f.k8s.io/role", None, ""), ("f.gone", "x", None)],
        ),
        (
            mapping(text("T"), "M", whole=True),
            {"a": "1"},
            {"a": "1", "b": "2"},
            [("f.b", "2", None)],
        ),
        (document("D"), {"a": True}, '{"a": 1}', [("f", '{"a": 1}', {"a": True})]),
        (
            document("D"),
            {"a": UNKNOWN},
            '{"a": 1}',
            [("f", '{"a": 1}', {"a": UNKNOWN})],
        ),
        (
            anything("A"),
            {"a": 1},
            {"a": 1, "b": 2},
            [("f", {"a": 1, "b": 2}, {"a": 1})],
        ),
    ],
)
def test_differs(field, want, have, changes):
    assert differing(field, want, have) == changes


def test_undeclared_fields_are_no_difference():
    fields = {"a": text("A"), "b": text("B")}
    assert compare(fields, {"a": "1"}, {"a": "1", "b": "2"}) == []


def test_a_set_of_groups_pairs_as_many_as_it_can():
    """The first declared item fits both living ones; the second only the first."""
    field = many(group(PORT, "G"), "L", order="set")
    want = [{"port": 1}, {"port": 1, "source": "x"}]
    have = [{"port": 1, "source": "x"}, {"port": 1, "source": "y"}]
    assert differing(field, want, have) == []
    assert differing(field, want[:1], have) == [("f[2]", have[1], None)]


def flagged(field, want, have):
    changes = compare({"f": field}, {"f": want}, {"f": have})
    return [(change.path, change.sensitive, change.immutable) for change in changes]


def test_what_a_field_says_holds_for_all_that_is_inside():
    inner = {"a": text("A"), "b": text("B", immutable=True)}
    outer = group(inner, "G", sensitive=True)
    want, have = {"a": "1", "b": "1"}, {"a": "2", "b": "2"}
    assert flagged(outer, want, have) == [("f.a", True, False), ("f.b", True, True)]
    fixed = group(inner, "G", immutable=True)
    assert flagged(fixed, want, have) == [("f.a", False, True), ("f.b", False, True)]
    listed = many(text("T"), "L", immutable=True, order="set")
    assert flagged(listed, ["a"], []) == [("f[a]", False, True)]


def test_an_item_with_a_secret_inside_is_secret_as_a_whole():
    item = group({"name": text("N"), "password": text("P", sensitive=True)}, "G")
    keyed = many(item, "L", order="key", key="name")
    added = [{"name": "n", "password": "p"}]
    assert flagged(keyed, added, []) == [("f[n]", True, False)]
    assert flagged(keyed, [], added) == [("f[n]", True, False)]


def test_the_path_of_a_secret_in_a_set_does_not_tell_it():
    field = many(text("T", sensitive=True), "L", order="set")
    assert [path for path, *rest in flagged(field, ["hush"], ["psst"])] == [
        "f[0]",
        "f[1]",
    ]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=2), inner, max_size=3)
    ),
    max_leaves=8,
)


DOCUMENTS = st.dictionaries(st.sampled_from("abc"), JSON, min_size=1)


@given(value=DOCUMENTS, other=DOCUMENTS)
def test_documents_are_compared_as_structures(value, other):
    same = json.dumps(value, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (differing(document("D"), value, json.dumps(other)) == []) == same


TEXTS = st.lists(st.sampled_from("abcd"), max_size=5)


@given(want=TEXTS, have=TEXTS)
def test_sets_differ_by_what_is_in_one_only(want, have):
    changes = differing(many(text("T"), "L", order="set"), want, have)
    assert {after for path, before, after in changes} - {None} == set(want) - set(have)
    assert {before for path, before, after in changes} - {None} == set(have) - set(want)


@given(want=TEXTS, have=TEXTS)
def test_lists_are_equal_only_in_order(want, have):
    assert (differing(many(text("T"), "L"), want, have) == []) == (want == have)
