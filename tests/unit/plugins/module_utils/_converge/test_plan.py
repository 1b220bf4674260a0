# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a plan says for a declaration and a world, and what it refuses."""

from __future__ import annotations

import json

import pytest
from ansible_collections.vigie.run.plugins.module_utils._converge.engine import (
    Options,
    converge,
)
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError

NET = {"type": "net", "cidr": "10.0.0.0/16"}
STACK = {
    "net": NET,
    "web": {"type": "box", "net": "${net.id}", "size": 1, "password": "hush"},
    "route": {"type": "route", "target": "${web.id}", "note": "v${net.version}"},
}


def planned(shelf, resources, **options):
    return converge(resources, shelf, Options(dry_run=True, **options))


def actions(outcome):
    return {item["resource"]: item["action"] for item in outcome.plan}


def line(outcome, resource):
    (found,) = [item for item in outcome.plan if item["resource"] == resource]
    return found


def refused(shelf, resources, **options):
    before = len(shelf.service.verbs("create", "update", "delete"))
    with pytest.raises(RunError) as caught:
        converge(resources, shelf, Options(**options))
    assert len(shelf.service.verbs("create", "update", "delete")) == before
    return caught.value.details["problems"]


def changed(name, **values):
    return {**STACK, name: {**STACK[name], **values}}


def test_plan_of_a_new_stack(shelf):
    outcome = planned(shelf, STACK)
    assert outcome.changed
    assert [(i["resource"], i["action"], i["id"]) for i in outcome.plan] == [
        ("net", "create", None),
        ("web", "create", None),
        ("route", "create", None),
    ]
    assert line(outcome, "web")["reason"] == "does not exist"
    assert line(outcome, "web")["changes"] == [
        {"path": "net", "before": None, "after": "(known after apply)"},
        {"path": "size", "before": None, "after": 1},
        {"path": "password", "before": None, "after": "(sensitive)"},
    ]
    assert outcome.outputs["web"] == {"type": "box", "id": None}
    assert outcome.results == []


def test_dry_run_only_reads_and_takes_no_lock(shelf):
    planned(shelf, STACK)
    assert {call.verb for call in shelf.service.calls} == {"read"}
    assert shelf.service.locks == 0


def test_a_stack_as_declared_is_kept_without_a_lock(shelf):
    converge(STACK, shelf)
    outcome = converge(STACK, shelf)
    assert not outcome.changed
    assert set(actions(outcome).values()) == {"keep"}
    assert {result["outcome"] for result in outcome.results} == {"kept"}
    assert outcome.diff == {"before": "", "after": ""}
    assert outcome.outputs["web"]["endpoint"]["address"] == "box-2.example"
    assert shelf.service.locks == 1


def test_update_names_what_differs(shelf):
    converge(STACK, shelf)
    outcome = planned(shelf, changed("web", size=2, password="new"))
    assert actions(outcome) == {"net": "keep", "web": "update", "route": "keep"}
    assert line(outcome, "web")["changes"] == [
        {"path": "size", "before": 1, "after": 2},
        {"path": "password", "before": "(sensitive)", "after": "(sensitive)"},
    ]
    assert line(outcome, "web")["reason"] == "size, password differ"
    assert outcome.diff == {
        "before": "web.size: 1\nweb.password: (sensitive)\n",
        "after": "web.size: 2\nweb.password: (sensitive) changed\n",
    }
    assert "hush" not in json.dumps(vars(outcome))


def test_only_volatile_attributes_are_unknown_after_an_update(shelf):
    converge(STACK, shelf)
    outcome = planned(shelf, changed("net", note="x"))
    assert actions(outcome) == {"net": "update", "web": "keep", "route": "update"}
    assert line(outcome, "route")["changes"] == [
        {"path": "note", "before": "v1", "after": "(known after apply)"}
    ]


def test_replacement_spreads_to_what_refers_to_it(shelf):
    converge(STACK, shelf)
    resources = changed("net", cidr="10.1.0.0/16")
    lines = refused(shelf, resources)
    assert lines == [
        "net.cidr cannot change from '10.0.0.0/16' to '10.1.0.0/16' without replacing"
        " net-1 (cidr cannot change in place); write allow_replace: [net] to delete it"
        " and make it anew, or put the property back",
        "web.net cannot change without replacing box-2 (net cannot change in place, and"
        " follows net, which is replaced); write allow_replace: [web] to delete it and"
        " make it anew, or put the property back",
    ]
    outcome = planned(shelf, resources, allow_replace=["net", "web"])
    assert actions(outcome) == {"net": "replace", "web": "replace", "route": "update"}
    assert outcome.diff["before"].splitlines()[:3] == [
        "net.type: net",
        "net.id: net-1",
        "net.cidr: 10.0.0.0/16",
    ]
    assert outcome.diff["after"].splitlines()[:3] == [
        "net.type: net",
        "net.id: (known after apply)",
        "net.cidr: 10.1.0.0/16",
    ]


def test_protection_forbids_replacement_even_where_it_is_allowed(shelf):
    converge(STACK, shelf)
    resources = {**STACK, "net": {**NET, "cidr": "x", "protect": True}}
    (said, *rest) = refused(shelf, resources, allow_replace=["net", "web"])
    assert "set protect: false and write allow_replace: [net]" in said
    assert rest == []


def test_a_declared_value_is_known_before_its_resource_exists(shelf):
    resources = {**STACK, "route": {"type": "route", "note": "in ${net.cidr}"}}
    changes = line(planned(shelf, resources), "route")["changes"]
    assert changes == [{"path": "note", "before": None, "after": "in 10.0.0.0/16"}]


def test_an_attribute_that_a_kept_thing_lacks_stops_the_plan(shelf):
    converge(STACK, shelf)
    resources = {**STACK, "route": {"type": "route", "note": "${net.note}"}}
    (said,) = refused(shelf, resources)
    assert said == "route.note refers to ${net.note}, but net (net-1) has none now"


def test_what_a_sensitive_reference_fills_is_secret_however_far(shelf):
    resources = changed("route", note="pw ${web.password}")
    resources["far"] = {"type": "net", "cidr": "c", "note": "${route.note}"}
    outcome = planned(shelf, resources)
    assert "hush" not in json.dumps(vars(outcome))
    outcome = converge(resources, shelf)
    assert "hush" not in json.dumps(vars(outcome))
    (route,) = shelf.service.of("route")
    assert route.properties["note"] == "pw hush"


# -- whose things are they --------------------------------------------------------


def test_a_thing_of_somebody_else_with_our_identity_stops_the_plan(shelf):
    shelf.service.put("store", label="files")
    (said,) = refused(shelf, {"files": {"type": "store", "label": "files"}})
    assert said == (
        "files: store store-1 exists and does not belong to this stack; label it files"
    )


def test_a_thing_that_cannot_be_marked_is_ours_by_its_identity(shelf):
    shelf.service.put("box", "web", net="n", size=1)
    shelf.service.put("lid", box="elsewhere", label="l", note="old")
    lid = {"type": "lid", "box": "elsewhere", "label": "l", "note": "new"}
    outcome = planned(shelf, {"web": {"type": "box", "net": "n"}, "lid": lid})
    assert actions(outcome) == {"web": "keep", "lid": "update"}


def test_a_thing_of_the_stack_without_a_name_is_ours_by_its_identity(shelf):
    shelf.service.put("store", "", label="files", note="old")
    shelf.service.put("store", "", label="rest")
    store = {"type": "store", "label": "files", "note": "new"}
    outcome = planned(shelf, {"files": store}, prune=True)
    assert actions(outcome) == {"files": "update", "store-2": "delete"}


def test_an_identity_that_the_stack_has_under_another_name(shelf):
    shelf.service.put("store", "old", label="files")
    (said,) = refused(shelf, {"new": {"type": "store", "label": "files"}})
    assert "new exists as store-1, which belongs to this stack as old" in said


def test_things_that_are_equally_as_declared_stop_the_plan(shelf):
    for size in (1, 2):
        shelf.service.put("net", "net", cidr="10.0.0.0/16", note=str(size))
    (said,) = refused(shelf, {"net": NET}, allow_replace=["net"])
    assert said.startswith("net is the name of 2 things of type net (net-1, net-2)")
    assert "delete the others, or take their marks of this stack off" in said


def test_what_an_interrupted_replacement_left_is_deleted(shelf):
    shelf.service.put("net", "net", cidr="old")
    shelf.service.put("net", "net", cidr="10.0.0.0/16")
    (said,) = refused(shelf, {"net": NET})
    assert "write allow_replace: [net] to keep net-2 and delete the rest" in said
    outcome = converge({"net": NET}, shelf, Options(allow_replace=["net"]))
    assert [(i["id"], i["action"], i["reason"]) for i in outcome.plan] == [
        ("net-2", "keep", "as declared"),
        ("net-1", "delete", "left over from an interrupted replacement"),
    ]
    assert [thing.id for thing in shelf.service.of("net")] == ["net-2"]


# -- what is not declared ---------------------------------------------------------


def test_what_is_not_declared_stays_unless_pruned(shelf):
    converge(STACK, shelf)
    assert actions(planned(shelf, {"net": NET})) == {"net": "keep"}
    outcome = planned(shelf, {"net": NET}, prune=True)
    assert actions(outcome) == {"net": "keep", "web": "delete", "route": "delete"}
    assert line(outcome, "web")["reason"] == "no longer declared"
    assert outcome.diff["before"].splitlines()[0] == "route.type: route"
    assert outcome.diff["after"] == ""


def test_prune_keeps_a_protected_name_whose_type_has_changed(shelf):
    shelf.service.put("net", "data", cidr="1")
    resources = {"data": {"type": "store", "label": "d", "protect": True}}
    (said,) = refused(shelf, resources, prune=True)
    assert said.startswith("data is protected, and net net-1 would be deleted")


def test_only_types_in_use_are_read(shelf):
    planned(shelf, {"lid": {"type": "lid", "box": "b", "label": "l"}})
    assert sorted(c.type for c in shelf.service.calls) == ["box", "lid"]
    shelf.service.calls.clear()
    planned(shelf, {"net": NET}, prune=True)
    assert sorted(c.type for c in shelf.service.calls) == sorted(shelf.types)


def test_reads_do_not_grow_with_resources(shelf):
    resources = {f"n{i}": {**NET, "cidr": str(i)} for i in range(200)}
    planned(shelf, resources)
    assert len(shelf.service.calls) == 1


def test_a_type_is_read_after_its_parents_with_references_into_them(shelf):
    seen = {}
    lid = shelf.types["lid"]
    read = lid.read

    def spy(reading):
        seen["desired"], seen["parents"] = reading.desired, reading.parents
        return read(reading)

    lid.read = spy
    resources = {
        "net": NET,
        "web": {"type": "box", "net": "${net.id}"},
        "lid": {"type": "lid", "box": "${web.id}", "label": "l", "note": "${net.id}"},
    }
    planned(shelf, resources)
    assert "(known after apply)" in repr(seen["desired"])
    converge(resources, shelf)
    planned(shelf, resources)
    (desired,) = seen["desired"]
    assert desired.properties["box"] == "box-2"
    # A net is no parent of a lid: it may not have been read by then.
    assert repr(desired.properties["note"]) == "(known after apply)"
    assert [live.id for live in seen["parents"]["box"]] == ["box-2"]
    ends = [call.ended for call in shelf.service.calls if call.type == "box"]
    begins = [call.began for call in shelf.service.calls if call.type == "lid"]
    assert ends[-1] < begins[-1]


def test_a_failing_read_names_its_type(shelf):
    def fault(verb, type_, resource, moment):
        raise OSError("no route")

    shelf.service.fault = fault
    with pytest.raises(RunError, match="reading net: OSError: no route"):
        converge({"net": NET}, shelf)


def test_types_that_use_each_other_are_a_programming_error(shelf):
    shelf.types["net"].uses = ("box",)
    with pytest.raises(ValueError, match=r"types use each other: .*net"):
        converge(STACK, shelf)
