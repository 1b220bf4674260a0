# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""A listener rule: what happens to requests of one host, path, header or client."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ..._converge.fields import group, many, number, text
from ..._converge.provider import UNKNOWN, Desired, Live, Reading
from ..._converge.shape import from_api, to_api
from ..._errors import RunError
from ..actions import actions_field, actions_from_api, actions_to_api, problems
from ..elbv2 import ElbType, between
from ..errors import code, is_absent
from ..tags import TAGS

# What a condition looks at, and the property that says more about it.
LOOKS_AT = {
    "host-header": "host_header_config",
    "path-pattern": "path_pattern_config",
    "http-header": "http_header_config",
    "http-request-method": "http_request_method_config",
    "query-string": "query_string_config",
    "source-ip": "source_ip_config",
}
# These two may give their values without more.
PLAIN = ("host-header", "path-pattern")


def _values(doc: str) -> Any:
    return many(text("A value."), doc, order="set")


REGEX = {"regex_values": _values("Regular expressions, instead of values.")}
CONDITION = {
    "field": text("What is looked at.", required=True, choices=tuple(LOOKS_AT)),
    "values": _values("Of a host or a path: any of these; may hold `*` and `?`."),
    "host_header_config": group(
        {"values": _values("Any of these names."), **REGEX}, "Of a host."
    ),
    "path_pattern_config": group(
        {"values": _values("Any of these paths."), **REGEX}, "Of a path."
    ),
    "http_header_config": group(
        {
            "http_header_name": text("The header.", required=True),
            "values": _values("Any of these values."),
            **REGEX,
        },
        "Of a header.",
    ),
    "http_request_method_config": group(
        {"values": _values("Any of these methods.")}, "Of a method."
    ),
    "query_string_config": group(
        {
            "values": many(
                group(
                    {
                        "key": text("The name; left out, any."),
                        "value": text("The value.", required=True),
                    },
                    "A pair.",
                ),
                "Any of these pairs.",
                order="set",
            )
        },
        "Of a query string.",
    ),
    "source_ip_config": group(
        {"values": _values("Any of these networks.")}, "Of a client's address."
    ),
}
REWRITES = {
    "rewrites": many(
        group(
            {
                "regex": text("What is replaced.", required=True),
                "replace": text("By what.", required=True),
            },
            "A replacement.",
        ),
        "The replacement.",
        required=True,
    )
}
TRANSFORM = {
    "type": text(
        "What is rewritten.",
        required=True,
        choices=("host-header-rewrite", "url-rewrite"),
    ),
    "host_header_rewrite_config": group(REWRITES, "Of the host."),
    "url_rewrite_config": group(REWRITES, "Of path and query."),
}


class ListenerRule(ElbType):
    """API: CreateRule, ModifyRule, SetRulePriorities."""

    name = "listener_rule"
    noun = "Rule"
    parents = ("listener",)
    uses = ("target_group",)
    unique = ("listener_arn", "priority")
    later = ("actions", "conditions")
    fields = {
        "listener_arn": text(
            "The listener it is part of.", required=True, immutable=True
        ),
        "priority": number(
            "Its place among the listener's rules: the lowest is asked first.",
            required=True,
            check=between(1, 50000),
        ),
        "conditions": many(
            group(CONDITION, "A condition."),
            "What a request must be like; all of these.",
            required=True,
            order="set",
        ),
        "actions": actions_field(
            "What happens to such a request. A weight that is left out is left alone,"
            " so that deployments can shift it."
        ),
        "transforms": many(
            group(TRANSFORM, "A rewrite."), "What is rewritten before it is forwarded."
        ),
        "tags": TAGS,
    }
    attributes = {"id": "Its ARN.", "arn": "Its ARN."}

    def __init__(self, aws: Any) -> None:
        super().__init__(aws)
        # Two rules that exchange their places look and set one after the other.
        self._placing = threading.Lock()

    def check(self, properties: Mapping[str, Any]) -> Sequence[str]:
        """Actions and conditions that make sense."""
        said = list(problems("actions", properties.get("actions")))
        conditions = properties.get("conditions")
        if isinstance(conditions, (list, tuple)):
            for position, condition in enumerate(conditions):
                if isinstance(condition, Mapping):
                    said += _condition_problems(f"conditions[{position}]", condition)
        return said

    # -- reading ----------------------------------------------------------------

    def listed(self, reading: Reading) -> Iterable[Mapping[str, Any]]:
        """One call for each listener: AWS lists them in no other way."""
        arns = {live.id for live in reading.parents.get("listener", ())}
        declared = (d.properties.get("listener_arn") for d in reading.desired)
        arns.update(arn for arn in declared if isinstance(arn, str))
        for arn in sorted(arns):
            try:
                found = self.described(ListenerArn=arn)
            except Exception as error:
                # A listener that does not exist has no rules.
                if not is_absent(error):
                    raise
                continue
            # The default rule is the listener's own.
            yield from (rule for rule in found if not rule.get("IsDefault"))

    def properties(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """With the listener, which AWS names only inside the rule's ARN."""
        return {
            **super().properties(raw),
            "listener_arn": listener_of(raw["RuleArn"]),
            "priority": int(raw["Priority"]),
            "conditions": [_condition(each) for each in raw.get("Conditions") or ()],
            "actions": actions_from_api(raw.get("Actions") or ()),
        }

    # -- writing ----------------------------------------------------------------

    def make(self, desired: Desired) -> Live:
        """Create it; where a rule of the stack still has its place, wait for that."""
        given = self.parameters(desired)
        given["Conditions"] = _conditions(desired.properties["conditions"])
        actions = actions_to_api(desired.properties["actions"])

        def create() -> Live | None:
            try:
                raw = self.created(desired, **given, Actions=actions)
            except Exception as error:
                if code(error) != "PriorityInUse":
                    raise
                want = desired.properties
                self._refuse_stranger(want["listener_arn"], want["priority"])
                return None
            return self.lives([raw])[0]

        what = f"priority {desired.properties['priority']} to be free"
        return self.aws.wait(what, create)

    def change(self, live: Live, desired: Desired, changed: frozenset[str]) -> None:
        """Its place, and what it says."""
        want = desired.properties
        if "priority" in changed:
            self._move(live.id, int(want["priority"]))
        parameters: dict[str, Any] = {}
        if "conditions" in changed:
            parameters["Conditions"] = _conditions(want["conditions"])
        if "transforms" in changed:
            transforms = to_api(self.fields, {"transforms": want["transforms"] or None})
            parameters.update(transforms or {"ResetTransforms": True})
        if "actions" in changed:
            # As they are now, not as they were planned: weights move.
            now = self.described(RuleArns=[live.id])[0].get("Actions") or ()
            parameters["Actions"] = actions_to_api(want["actions"], now)
        if parameters:
            self.client.modify_rule(RuleArn=live.id, **parameters)

    def _move(self, arn: str, priority: int) -> None:
        """Give it its place; a rule of the stack that stands there takes its old one.

        AWS sets the places of several rules at once, so both are in force all the
        time. Whoever was moved aside goes on to the place that it is declared to have.
        """
        listener = listener_of(arn)
        with self._placing:
            places = {
                rule["RuleArn"]: rule["Priority"]
                for rule in self.described(ListenerArn=listener)
            }
            moves = {arn: priority}
            for other, place in places.items():
                if place == str(priority) and other != arn:
                    self._refuse_stranger(listener, priority)
                    moves[other] = int(places[arn])
            self.client.set_rule_priorities(
                RulePriorities=[
                    {"RuleArn": rule, "Priority": place}
                    for rule, place in moves.items()
                ]
            )

    def _refuse_stranger(self, listener: str, priority: int) -> None:
        found = self.described(ListenerArn=listener)
        there = [rule for rule in found if rule["Priority"] == str(priority)]
        for live in self.lives(there):
            if not live.owned:
                raise RunError(
                    f"priority {priority} belongs to the rule {live.id}, which is not"
                    " of this stack: choose another one, or move that rule."
                )


def listener_of(rule_arn: str) -> str:
    """The listener's ARN: the rule's own without its last part."""
    return rule_arn.rsplit("/", 1)[0].replace(":listener-rule/", ":listener/", 1)


def _conditions(declared: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """As parameters; AWS takes several values of a host or a path in one way only."""
    parameters = []
    for condition in declared:
        values = condition.get("values")
        if values:
            rest = {k: v for k, v in condition.items() if k != "values"}
            config = LOOKS_AT[condition["field"]]
            condition = {**rest, config: {**(rest.get(config) or {}), "values": values}}
        parameters.append(to_api(CONDITION, condition))
    return parameters


def _condition(raw: Mapping[str, Any]) -> dict[str, Any]:
    """A live condition; the values of a host or a path in both of their spellings."""
    condition = from_api(CONDITION, raw)
    if condition["field"] in PLAIN:
        config = condition.setdefault(LOOKS_AT[condition["field"]], {})
        values = condition.get("values") or config.get("values") or []
        condition["values"] = config["values"] = values
    return condition


def _condition_problems(path: str, condition: Mapping[str, Any]) -> Iterator[str]:
    field = condition.get("field")
    if field is UNKNOWN or field not in LOOKS_AT:
        return
    mine = LOOKS_AT[field]
    given = [name for name, value in condition.items() if value is not None]
    foreign = [name for name in given if name.endswith("_config") and name != mine]
    if foreign:
        yield f"{path}: {foreign[0]} does not go with {field}; use {mine}"
    if field not in PLAIN and "values" in given:
        yield f"{path}: {field} takes no values of its own; put them into {mine}"
    if mine not in given and "values" not in given:
        either = f"values or {mine}" if field in PLAIN else mine
        yield f"{path}: {field} needs {either}"


TYPE = ListenerRule
