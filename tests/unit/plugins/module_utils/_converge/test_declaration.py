# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A declaration is checked as a whole, before any call; each error names its remedy."""

from __future__ import annotations

import pytest
from ansible_collections.vigie.run.plugins.module_utils._converge.engine import (
    Options,
    converge,
)
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError

NET = {"type": "net", "cidr": "10.0.0.0/16"}
BOX = {"type": "box", "net": "net-7"}


def refused(shelf, resources, **options):
    """The lines of the error; nothing was asked of the service."""
    with pytest.raises(RunError) as caught:
        converge(resources, shelf, Options(**options))
    assert shelf.service.calls == []
    assert shelf.service.locks == 0
    assert all(line in str(caught.value) for line in caught.value.details["problems"])
    return caught.value.details["problems"]


def only(shelf, body, **others):
    (line,) = refused(shelf, {"web": {**BOX, **body}, "net": NET, **others})
    return line


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ({"siz": 5}, "web.siz is no known property; did you mean 'size'?"),
        ({"net": None}, "web.net must not be null"),
        ({"size": "big"}, "web.size takes a number, not 'big'"),
        ({"size": True}, "web.size takes a number, not True"),
        ({"size": "nan"}, "web.size takes a number, not 'nan'"),
        ({"open": "perhaps"}, "web.open takes true or false, not 'perhaps'"),
        ({"open": 1}, "web.open takes true or false, not 1"),
        ({"zones": "a"}, "web.zones takes a list, not 'a'"),
        ({"zones": ["a", None]}, "web.zones[1] is null; leave the entry out"),
        ({"zones": [["a"]]}, "web.zones[0] takes a text, not ['a']"),
        ({"tags": ["a"]}, "web.tags takes a mapping, not ['a']"),
        ({"tags": {"a": []}}, "web.tags.a takes a text, not []"),
        ({"color": "pink"}, "web.color is 'pink'; choose one of red, green, blue"),
        ({"rules": [{"source": "x"}]}, "web.rules[0].port is required; Which port."),
        ({"rules": [{"port": 1, "x": 2}]}, "web.rules[0].x is no known property;"),
        (
            {"rules": [{"port": 1}, {"port": "1"}]},
            "web.rules has two entries with port",
        ),
        ({"policy": "{"}, "web.policy takes a JSON document"),
        ({"low": 5, "high": 2}, "web low (5) is above high (2); swap them"),
        ({"type": "bax"}, "web.type 'bax' is unknown; did you mean 'box'?"),
        ({"type": None}, "web.type is required"),
        ({"protect": "maybe"}, "web.protect takes true or false, not 'maybe'"),
        (
            {"depends_on": ["nett"]},
            "web.depends_on names 'nett', which is not declared;",
        ),
        ({"depends_on": 5}, "web.depends_on takes a list of logical names"),
        ({"net": "${net}"}, "web.net refers to ${net} as a whole; name an attribute"),
        ({"net": "${nets.id}"}, "web.net refers to ${nets.id}, but 'nets' is not"),
        ({"net": "${net.ix}"}, "web.net refers to ${net.ix}: a net has no 'ix';"),
        (
            {"size": "${net.zones}"},
            "web.size takes a number, but ${net.zones} is a list",
        ),
        ({"zones": "${net.cidr}"}, "web.zones takes a list, "),
        ({"peer": "${net.cidr.x}"}, "web.peer refers to ${net.cidr.x}: cidr is a text"),
        ({"peer": "in ${net.tags}"}, "web.peer refers"),
        ({"tags": {"a": "${net.oops}"}}, "web.tags.a refers to ${net.oops}:"),
        (
            {"rules": [{"port": "${net.zones}"}]},
            "web.rules[0].port takes a number, but",
        ),
        ({"peer": "${web.id}"}, "web needs itself: web -> web"),
    ],
)
def test_one_error_names_resource_field_and_remedy(shelf, body, line):
    tags = {"tags": {"a": "b"}} if "tags" in str(body) else {}
    (said,) = refused(shelf, {"web": {**BOX, **body}, "net": {**NET, **tags}})
    if "in ${" in str(body):
        assert "which cannot stand inside a text; name one entry" in said
    else:
        assert said.startswith(line)


def test_all_errors_are_told_together(shelf):
    lines = refused(
        shelf,
        {
            "a": {"type": "box", "size": "x", "shap": 1},
            "b": {"type": "nte"},
            "c": "box",
            "d e": NET,
        },
        allow_replace=["aa"],
    )
    assert [line.split()[0] for line in lines] == [
        "b.type",
        "c",
        "'d",
        "a.net",
        "a.size",
        "a.shap",
        "allow_replace",
    ]
    assert "names 'aa', which is not declared; did you mean 'a'?" in lines[-1]


def test_a_cycle_is_shown(shelf):
    (line, other) = refused(
        shelf,
        {
            "a": {**BOX, "peer": "${b.id}"},
            "b": {**BOX, "peer": "${c.id}"},
            "c": {**BOX, "depends_on": ["a"]},
            "d": {**BOX, "size": "x"},
        },
    )
    assert other.startswith("d.size")
    cycle = line.partition("cannot be ordered: ")[2].partition(";")[0].split(" -> ")
    assert cycle[0] == cycle[-1]
    assert "".join(cycle[:-1]) in ("abc", "bca", "cab")


def test_two_resources_that_are_one_thing(shelf):
    (line,) = refused(
        shelf,
        {
            "name": {**NET, "note": "files"},
            "one": {"type": "store", "label": "files"},
            "two": {"type": "store", "label": "${name.note}"},
        },
    )
    assert line.startswith("two is the same store as one: files; declare it once")


def test_protected_resources_are_not_deleted_with_the_stack(shelf):
    (line,) = refused(shelf, {"net": {**NET, "protect": "yes"}}, state="absent")
    assert line.startswith("net.protect forbids to delete it; set it to false first")


def test_secrets_do_not_show_in_errors(shelf):
    lines = refused(
        shelf,
        {
            "a": {**BOX, "password": ["hush"]},
            "b": {**BOX, "size": "${c.password}"},
            "c": {**BOX, "password": "hush"},
        },
    )
    assert lines == [
        "a.password takes a text, not (sensitive)",
        "b.size does not fit what it refers to, which is secret",
    ]


def test_texts_of_numbers_and_flags_become_those(shelf):
    declared = {
        **BOX,
        "net": "${net.id}",
        "size": "5",
        "low": "1.5",
        "open": "Yes",
        "color": "red",
        "peer": None,
        "zones": [1, True],
        "tags": {1: 2.5, "f": False},
        "rules": [{"port": "443"}],
        "policy": '{"a": [1]}',
    }
    outcome = converge({"net": NET, "web": declared}, shelf)
    assert not outcome.failed
    (box,) = shelf.service.of("box")
    assert box.properties == {
        "net": "net-1",
        "size": 5,
        "low": 1.5,
        "open": True,
        "color": "red",
        "zones": ["1", "true"],
        "tags": {"1": "2.5", "f": "false"},
        "rules": [{"port": 443}],
        "policy": {"a": [1]},
    }
    assert not converge({"net": NET, "web": declared}, shelf).changed


def test_what_only_looks_like_a_reference_is_sent_as_it_is(shelf):
    note = "${aws:username} ${HOME} $HOME $${net.id}"
    converge({"net": {**NET, "note": note}}, shelf)
    (net,) = shelf.service.of("net")
    assert net.properties["note"] == "${aws:username} ${HOME} $HOME ${net.id}"


def test_an_empty_declaration_is_no_error(shelf):
    outcome = converge({}, shelf)
    assert (outcome.changed, outcome.failed, outcome.plan) == (False, False, [])
