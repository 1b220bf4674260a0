# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is told of failures and interruptions, and of what lives."""

from __future__ import annotations

import os
import signal
import threading

import pytest
from ansible_collections.vigie.run.plugins.module_utils._converge.engine import (
    Options,
    converge,
    survey,
)
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
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


def test_a_failure_stops_only_what_needs_it(shelf):
    shelf.service.fault = failing("create", "web")
    outcome = converge(STACK, shelf)
    assert outcome.failed
    assert outcome.changed
    assert outcome.failed_resources == ["web"]
    assert outcomes(outcome) == {
        "net": "done",
        "web": "failed",
        "lid": "not_tried",
        "route": "not_tried",
        "other": "done",
    }
    assert result(outcome, "web")["error"] == (
        "creating web (box): ServiceError: out of shelves"
    )
    assert result(outcome, "lid")["error"] == "it waits for web, which failed"
    assert result(outcome, "lid")["id"] is None
    assert outcome.message == (
        "2 of 5 changes are done, 1 failed.\n"
        "- web: create: creating web (box): ServiceError: out of shelves\n"
        "Not tried: lid, route.\n"
        "Run again to carry on from there."
    )
    assert set(outcome.outputs) == {"net", "other"}
    shelf.service.fault = None
    again = converge(STACK, shelf)
    assert outcomes(again)["net"] == "kept"
    assert not again.failed
    assert again.message == ""


def test_what_is_kept_is_kept_whatever_fails(shelf):
    converge(STACK, shelf)
    shelf.service.fault = failing("update", "net")
    outcome = converge({**STACK, "net": {**NET, "note": "new"}}, shelf)
    assert outcomes(outcome).pop("net") == "failed"
    assert {*outcomes(outcome).values()} == {"failed", "kept"}
    assert outcome.message.splitlines()[0] == "0 of 1 changes are done, 1 failed."
    assert not outcome.changed


def test_the_words_of_the_provider_are_kept(shelf):
    said = RunError("the quota of boxes is used up; ask for more")
    shelf.service.fault = failing("create", "web", error=said)
    assert result(converge(STACK, shelf), "web")["error"] == str(said)


def test_a_deletion_that_fails_stops_what_it_uses(shelf):
    converge(STACK, shelf)
    shelf.service.fault = failing("delete", "web")
    outcome = converge(STACK, shelf, ABSENT)
    assert outcomes(outcome)["web"] == "failed"
    assert outcomes(outcome)["route"] == "done"
    assert outcomes(outcome)["net"] == "not_tried"
    assert "deleting web (box): ServiceError" in outcome.message


@pytest.mark.parametrize(
    ("verb", "name", "said"),
    [
        ("create", "web", "creating"),
        ("delete", "web", "the new one was made; the old box-2 remains:"),
    ],
)
def test_half_a_replacement_is_told_and_finished_later(shelf, verb, name, said):
    resources = {"net": NET, "web": {"type": "box", "net": "${net.id}", "shape": "a"}}
    converge(resources, shelf)
    resources["web"] = {**resources["web"], "shape": "b"}
    shelf.service.fault = failing(verb, name)
    options = Options(allow_replace=["web"])
    outcome = converge(resources, shelf, options)
    assert result(outcome, "web")["outcome"] == "failed"
    assert said.replace("creating", "replacing") in result(outcome, "web")["error"]
    shelf.service.fault = None
    assert not converge(resources, shelf, options).failed
    assert [t.properties["shape"] for t in shelf.service.of("box")] == ["b"]


def test_a_thing_deleted_and_not_made_anew_is_told(shelf):
    resources = {"files": {"type": "store", "label": "f", "kind": "a"}}
    converge(resources, shelf)
    resources["files"]["kind"] = "b"
    shelf.service.fault = failing("create", "files")
    outcome = converge(resources, shelf, Options(allow_replace=["files"]))
    error = result(outcome, "files")["error"]
    assert error.startswith("store-1 was deleted and not made anew: replacing files")


def test_a_value_that_does_not_fit_when_it_is_known_fails_its_step(shelf):
    resources = {
        "net": NET,
        "route": {"type": "route", "weight": "${net.arn}"},
    }
    outcome = converge(resources, shelf)
    assert result(outcome, "route")["error"] == (
        "route.weight takes a number, not 'arn:net-1'"
    )


def test_a_step_that_turns_out_to_need_a_replacement_fails(shelf):
    """The net's address changes with an update, though its type did not say so."""
    net = shelf.types["net"]
    net.volatile = ()
    resources = {
        "net": {**NET, "note": "a"},
        "route": {"type": "route", "pinned": "${net.version}", "note": "a"},
    }
    one_at_a_time(resources, shelf)
    resources["net"]["note"] = resources["route"]["note"] = "b"
    outcome = converge(resources, shelf)
    assert outcomes(outcome) == {"net": "done", "route": "failed"}
    assert result(outcome, "route")["error"] == (
        "route.pinned turned out to differ, which takes a replacement; run again to"
        " plan it"
    )


def test_the_plan_is_made_anew_inside_the_lock(shelf):
    """Another run has made the net in between."""
    shelf.service.on_lock = lambda: shelf.service.put("net", "net", cidr="c")
    outcome = converge({"net": {"type": "net", "cidr": "c"}}, shelf)
    assert [item["action"] for item in outcome.plan] == ["keep"]
    assert not outcome.changed
    assert changes(shelf) == []


def test_what_another_run_is_half_way_through_is_not_refused(shelf):
    """The route was there before what it goes by was seen."""
    declared = {"net": NET, "route": {"type": "route", "pinned": "${net.id}"}}
    assert converge(declared, shelf).changed
    net = shelf.service.of("net")[0]
    del shelf.service.things[net.id]
    with pytest.raises(RunError, match="allow_replace"):
        converge(declared, shelf)
    shelf.service.on_lock = lambda: shelf.service.things.update({net.id: net})
    assert not converge(declared, shelf).changed


def test_without_a_lock_the_first_plan_is_applied(shelf):
    """Nothing keeps another run away: looking twice would only cost."""
    shelf.lock = lambda: None
    shelf.service.locked = True
    assert converge({"net": NET}, shelf).changed
    assert [call.verb for call in shelf.service.calls] == ["read", "create"]


# -- interruptions -----------------------------------------------------------------


@pytest.mark.parametrize("name", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_lets_running_steps_end_and_starts_no_more(shelf, name):
    before = signal.getsignal(name)

    def fault(verb, type_, resource, moment):
        if (verb, resource, moment) == ("create", "net", "before"):
            os.kill(os.getpid(), name)

    shelf.service.fault = fault
    resources = {"net": NET, "web": STACK["web"]}
    outcome = converge(resources, shelf, Options(parallel=1))
    assert outcome.failed
    assert outcomes(outcome) == {"net": "done", "web": "not_tried"}
    assert outcome.message.startswith("The run was interrupted.\n1 of 2 changes")
    assert signal.getsignal(name) is before
    shelf.service.fault = None
    assert not converge(resources, shelf).failed


def test_works_outside_the_main_thread(shelf):
    found = []
    thread = threading.Thread(target=lambda: found.append(converge(STACK, shelf)))
    thread.start()
    thread.join(20)
    assert found
    assert not found[0].failed


# -- survey ------------------------------------------------------------------------


def test_survey_tells_what_lives_differs_and_is_too_much(shelf):
    converge({**STACK, "web": {**STACK["web"], "password": "hush"}}, shelf)
    shelf.service.marked("web")[0].properties["size"] = 9
    shelf.service.put("net", "old", cidr="o")
    shelf.service.put("store", label="files")
    shelf.service.calls.clear()
    declared = {**STACK, "files": {"type": "store", "label": "files"}}
    seen = survey(declared, shelf)
    assert seen["live"]["web"]["id"] == shelf.service.marked("web")[0].id
    assert seen["live"]["web"]["properties"]["password"] == "(sensitive)"
    assert seen["live"]["web"]["properties"]["size"] == 9
    assert "files" not in seen["live"]
    drift = {item["resource"]: item["changes"] for item in seen["drift"]}
    assert drift["web"] == [{"path": "size", "before": 9, "after": 1}]
    assert [one["resource"] for one in seen["undeclared"]] == ["old"]
    assert [(one["resource"], one["how"]) for one in seen["adoptable"]] == [
        ("files", "label it files")
    ]
    assert seen["problems"] == []
    assert {call.verb for call in shelf.service.calls} == {"read"}


def test_survey_shows_drift_that_nobody_allowed_to_repair(shelf):
    converge(STACK, shelf)
    shelf.service.marked("net")[0].properties["cidr"] = "x"
    seen = survey({"net": {**NET, "protect": True}}, shelf)
    assert [item["action"] for item in seen["drift"]] == ["replace"]
