# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""In which order a plan is carried out, and what it spares."""

from __future__ import annotations

import threading

import pytest
from ansible_collections.vigie.run.plugins.module_utils._converge.engine import (
    Options,
    converge,
)
from ansible_collections.vigie.run.tests.unit.plugins.module_utils._converge.runs import (  # noqa: E501
    ABSENT,
    NET,
    STACK,
    changes,
    failing,
    one_at_a_time,
    outcomes,
    result,
)
from ansible_collections.vigie.run.tests.unit.plugins.module_utils._converge.shelf import (  # noqa: E501
    ServiceError,
)


def test_makes_and_deletes_in_order_of_references(shelf):
    done = one_at_a_time(STACK, shelf)
    places = [done.index(f"create {name}") for name in ("net", "web", "lid")]
    assert places == sorted(places)
    gone = one_at_a_time(STACK, shelf, state="absent")
    assert gone.index("delete route") < gone.index("delete web")
    assert gone.index("delete cover") < gone.index("delete web")
    assert gone.index("delete web") < gone.index("delete net")
    assert shelf.service.things == {}


def test_independent_steps_run_at_once(shelf):
    """Each creation waits until the others have begun."""
    together = threading.Barrier(3, timeout=20)
    shelf.service.fault = lambda verb, *what: (
        together.wait() if (verb, what[2]) == ("create", "before") else None
    )
    resources = {name: {**NET, "cidr": name} for name in "abc"}
    assert not converge(resources, shelf, Options(parallel=3)).failed


def test_depends_on_orders_without_a_reference(shelf):
    resources = {"a": {**NET, "depends_on": ["b"]}, "b": {**NET, "cidr": "b"}}
    assert one_at_a_time(resources, shelf) == ["create b", "create a"]
    assert one_at_a_time(resources, shelf, state="absent") == ["delete a", "delete b"]


def test_replacement_creates_first_then_updates_then_deletes(shelf):
    shelf.types["route"].uses = ()
    one_at_a_time(STACK, shelf)
    resources = {**STACK, "web": {**STACK["web"], "shape": "round"}}
    done = one_at_a_time(resources, shelf, allow_replace=["web", "lid"])
    assert done.index("create web") < done.index("update route")
    assert done.index("update route") < done.index("delete web")
    # The lid's label is unique: the old one must go before the new one comes.
    assert done.index("delete cover") < done.index("create lid")
    assert done.index("create web") < done.index("delete cover")
    assert done.index("delete cover") < done.index("delete web")
    assert done[-1] == "delete web"


def test_a_declared_user_that_fails_holds_what_it_uses(shelf):
    """By what is declared alone: the types say nothing of each other here."""
    shelf.types["route"].uses = ()
    resources = {
        "files": {"type": "store", "label": "f", "kind": "a"},
        "fixed": {"type": "route", "pinned": "${files.id}"},
        "box": {"type": "box", "net": "n", "shape": "a"},
        "user": {"type": "route", "note": "${box.id}"},
    }
    converge(resources, shelf)
    resources["files"]["kind"] = resources["box"]["shape"] = "b"

    def fault(verb, type_, resource, moment):
        if (verb, resource) in (("delete", "fixed"), ("update", "user")):
            raise ServiceError("no")

    shelf.service.fault = fault
    allowed = Options(allow_replace=["files", "fixed", "box"])
    outcome = converge(resources, shelf, allowed)
    assert outcome.failed_resources == ["fixed", "user"]
    assert result(outcome, "files")["error"] == "it waits for fixed, which failed"
    assert "it waits for user, which failed" in result(outcome, "box")["error"]


def test_a_unique_name_is_freed_before_it_is_taken(shelf):
    """By what is declared alone: the types say nothing of each other here."""
    shelf.types["route"].uses = ()
    resources = {
        "net": NET,
        "files": {"type": "store", "label": "f", "kind": "a", "net": "${net.id}"},
        "user": {"type": "route", "pinned": "${files.id}"},
        "note": {"type": "route", "note": "${files.id}"},
    }
    one_at_a_time(resources, shelf)
    resources["files"]["kind"] = "b"
    done = one_at_a_time(resources, shelf, allow_replace=["files", "user"])
    assert done[:3] == ["delete user", "delete files", "create files"]
    assert sorted(done[3:]) == ["create user", "update note"]


def test_deleting_first_waits_for_what_the_new_one_needs(shelf):
    """So that a failure before it leaves the old thing in service."""
    resources = {
        "net": NET,
        "files": {"type": "store", "label": "f", "net": "${net.id}"},
    }
    one_at_a_time(resources, shelf)
    resources["net"] = {**NET, "cidr": "new"}
    options = Options(allow_replace=["net", "files"])
    shelf.service.fault = failing("create", "net")
    outcome = converge(resources, shelf, options)
    assert outcomes(outcome) == {"net": "failed", "files": "not_tried"}
    assert len(shelf.service.of("store")) == 1
    shelf.service.fault = None
    changes(shelf)
    done = one_at_a_time(resources, shelf, allow_replace=["net", "files"])
    assert done == ["create net", "delete files", "create files", "delete net"]


def test_an_update_whose_changes_have_vanished_is_not_sent(shelf):
    resources = {
        "net": {**NET, "note": "a"},
        "route": {"type": "route", "note": "v${net.version}"},
    }
    one_at_a_time(resources, shelf)
    (thing,) = shelf.service.of("net")
    thing.generation = 0
    (route,) = shelf.service.of("route")
    resources["net"]["note"] = "b"
    outcome = converge(resources, shelf)
    assert [item["action"] for item in outcome.plan] == ["update", "update"]
    assert outcomes(outcome) == {"net": "done", "route": "kept"}
    assert changes(shelf) == ["update net"]
    assert route.properties["note"] == "v1"


@pytest.mark.parametrize("type_", ["store", "route"])
def test_a_replacement_that_turns_out_needless_is_not_made(shelf, type_):
    """Whether the old thing would go first (a unique name) or last."""
    user = {
        "store": {"type": "store", "label": "f", "kind": "v${net.version}"},
        "route": {"type": "route", "pinned": "v${net.version}"},
    }[type_]
    resources = {"net": {**NET, "note": "a"}, "user": user}
    one_at_a_time(resources, shelf)
    (thing,) = shelf.service.of("net")
    thing.generation = 0
    resources["net"]["note"] = "b"
    outcome = converge(resources, shelf, Options(allow_replace=["user"]))
    assert [item["action"] for item in outcome.plan] == ["update", "replace"]
    assert outcomes(outcome) == {"net": "done", "user": "kept"}
    assert changes(shelf) == ["update net"]


def test_a_replacement_that_turns_out_to_be_an_update(shelf):
    resources = {
        "net": {**NET, "note": "a"},
        "route": {"type": "route", "pinned": "v${net.version}", "note": "a"},
    }
    one_at_a_time(resources, shelf)
    shelf.service.put("route", "route", pinned="left over")
    (thing,) = shelf.service.of("net")
    thing.generation = 0
    resources["net"]["note"] = resources["route"]["note"] = "b"
    outcome = converge(resources, shelf, Options(allow_replace=["route"]))
    assert [item["action"] for item in outcome.plan] == ["update", "replace", "delete"]
    assert [one["outcome"] for one in outcome.results] == ["done", "done", "done"]
    assert sorted(changes(shelf)) == ["delete route", "update net", "update route"]
    assert [t.properties["note"] for t in shelf.service.of("route")] == ["b"]


def test_prune_deletes_after_what_stops_using_it(shelf):
    """Whether or not the types say that one may use the other."""
    shelf.types["route"].uses = ()
    one_at_a_time(STACK, shelf)
    resources = {
        "net": NET,
        "route": {"type": "route", "target": "${net.id}", "members": []},
    }
    done = one_at_a_time(resources, shelf, prune=True)
    assert done[0] == "update route"
    assert done.index("delete cover") < done.index("delete web")
    assert sorted(done[1:]) == ["delete cover", "delete other", "delete web"]


def test_prune_frees_what_must_be_deleted_first(shelf):
    """What is no longer declared uses a thing whose name is to be taken anew."""
    resources = {
        "files": {"type": "store", "label": "f", "kind": "a"},
        "user": {"type": "route", "pinned": "${files.id}"},
        "former": {"type": "route", "pinned": "${files.id}"},
    }
    one_at_a_time(resources, shelf)
    resources["files"]["kind"] = "b"
    resources["former"] = {"type": "route", "pinned": "elsewhere"}
    del resources["user"]
    allowed = ["files", "former"]
    done = one_at_a_time(resources, shelf, prune=True, allow_replace=allowed)
    assert done.index("delete user") < done.index("delete files")
    assert done.index("delete former") < done.index("delete files")


def test_what_no_longer_refers_to_the_old_thing_lets_go_of_it_first(shelf):
    resources = {name: STACK[name] for name in ("net", "web", "route", "other")}
    one_at_a_time(resources, shelf)
    resources["web"] = {**STACK["web"], "shape": "round"}
    resources["route"] = {"type": "route", "target": "${other.id}", "members": []}
    shelf.service.fault = failing("update", "route")
    outcome = converge(resources, shelf, Options(allow_replace=["web"]))
    assert "it waits for route, which failed" in result(outcome, "web")["error"]
    assert not shelf.service.verbs("delete")


def test_what_is_not_declared_goes_in_the_order_of_types(shelf):
    """Also where nothing lives of the type in between."""
    shelf.types["route"].uses = ("box",)
    converge({"net": NET, "route": {"type": "route", "note": "n"}}, shelf)
    shelf.service.fault = failing("delete", "route")
    outcome = converge({}, shelf, Options(prune=True))
    assert outcomes(outcome) == {"route": "failed", "net": "not_tried"}
    shelf.service.fault = None
    assert not converge({}, shelf, Options(prune=True)).failed
    assert shelf.service.things == {}


def test_types_order_what_a_declaration_against_them_leaves_open(shelf):
    """A net said to need a box, and a store, no longer declared, in another net."""
    resources = {
        "first": NET,
        "box": {"type": "box", "net": "${first.id}"},
        "net": {**NET, "cidr": "b", "depends_on": ["box"]},
        "gone": {"type": "store", "label": "g", "net": "${first.id}"},
    }
    one_at_a_time(resources, shelf)
    del resources["gone"]
    resources["first"] = {**NET, "cidr": "new"}
    resources["net"] = {**resources["net"], "cidr": "new too"}
    shelf.service.fault = failing("delete", "gone")
    options = Options(prune=True, allow_replace=["first", "box", "net"])
    outcome = converge(resources, shelf, options)
    assert "it waits for gone, which failed" in result(outcome, "first")["error"]
    shelf.service.fault = None
    assert not converge(resources, shelf, options).failed
    assert len(shelf.service.things) == 3


def test_a_failed_creation_does_not_stop_prune(shelf):
    """It may be what makes room."""
    one_at_a_time(STACK, shelf)
    shelf.service.fault = failing("create", "new")
    resources = {"net": NET, "new": {**NET, "cidr": "n"}}
    outcome = converge(resources, shelf, Options(prune=True))
    assert outcome.failed_resources == ["new"]
    assert [thing.mark for thing in shelf.service.things.values()] == ["net"]


def test_absent_deletes_what_is_not_declared_as_well(shelf):
    one_at_a_time(STACK, shelf)
    stranger = shelf.service.put("net", cidr="10.0.0.0/16")
    outcome = converge({"net": NET}, shelf, ABSENT)
    assert not outcome.failed
    assert outcome.outputs == {}
    assert list(shelf.service.things) == [stranger]
    assert not converge({"net": NET}, shelf, ABSENT).changed


def test_absent_deletes_the_unmarked_by_identity(shelf):
    shelf.service.put("lid", box="elsewhere", label="l")
    shelf.service.put("lid", box="elsewhere", label="m")
    lid = {"type": "lid", "box": "elsewhere", "label": "l"}
    outcome = converge({"lid": lid}, shelf, ABSENT)
    assert outcomes(outcome) == {"lid": "done"}
    assert [t.properties["label"] for t in shelf.service.of("lid")] == ["m"]


def test_a_declaration_may_order_against_its_types(shelf):
    """Boxes use nets; here a net is said to need a box, beside undeclared ones."""
    resources = {
        "box": {"type": "box", "net": "${first.id}"},
        "first": NET,
        "net": {**NET, "cidr": "b", "depends_on": ["box"]},
    }
    shelf.types["box"].uses = ("net", "route")
    resources["route"] = {"type": "route", "depends_on": ["box"]}
    shelf.types["route"].uses = ()
    one_at_a_time(resources, shelf)
    shelf.service.put("net", "old", cidr="o")
    gone = one_at_a_time(resources, shelf, state="absent")
    assert gone.index("delete route") < gone.index("delete box")
    assert gone.index("delete net") < gone.index("delete box")
    assert gone.index("delete box") < gone.index("delete first")
    assert shelf.service.things == {}


def test_a_former_user_goes_before_what_it_comes_after_now(shelf):
    """It no longer refers to what deletes first, but waits for it through another."""
    store = {"type": "store", "label": "s", "kind": "a"}
    one_at_a_time({"s": store, "r": {"type": "route", "pinned": "${s.id}"}}, shelf)
    resources = {
        "s": {**store, "kind": "b"},
        "between": {**NET, "depends_on": ["s"]},
        "r": {"type": "route", "pinned": None, "target": "${between.id}"},
    }
    done = one_at_a_time(resources, shelf, allow_replace=["s", "r"])
    assert done.index("delete r") < done.index("delete s")
    assert done.index("create between") < done.index("create r")
