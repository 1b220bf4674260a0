# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs against the service in memory, and what to ask of them."""

from __future__ import annotations

from ansible_collections.vigie.run.plugins.module_utils._converge.engine import (
    Options,
    converge,
)
from ansible_collections.vigie.run.tests.unit.plugins.module_utils._converge.shelf import (  # noqa: E501
    ServiceError,
)

NET = {"type": "net", "cidr": "10.0.0.0/16"}
STACK = {
    "net": NET,
    "web": {"type": "box", "net": "${net.id}", "size": 1},
    "lid": {"type": "lid", "box": "${web.id}", "label": "cover"},
    "route": {"type": "route", "target": "${web.id}", "members": ["${web.id}"]},
    "other": {"type": "net", "cidr": "10.9.0.0/16"},
}
ABSENT = Options(state="absent")


def changes(shelf):
    """What was done, in the order in which it began."""
    done = shelf.service.verbs("create", "update", "delete")
    shelf.service.calls.clear()
    return [f"{call.verb} {call.resource}" for call in done]


def outcomes(outcome):
    return {result["resource"]: result["outcome"] for result in outcome.results}


def result(outcome, resource):
    (found,) = [one for one in outcome.results if one["resource"] == resource]
    return found


def failing(verb, resource, moment="before", error=None):
    """A fault for exactly one call."""
    error = error or ServiceError("out of shelves")

    def fault(*what):
        if (what[0], what[2], what[3]) == (verb, resource, moment):
            raise error

    return fault


def one_at_a_time(resources, shelf, **options):
    outcome = converge(resources, shelf, Options(parallel=1, **options))
    assert not outcome.failed, outcome.message
    return changes(shelf)
