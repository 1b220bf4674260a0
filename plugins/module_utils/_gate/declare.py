# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""From what the user declared to gates, with all mistakes told together."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, Callable

from ansible_collections.vigie.run.plugins.module_utils._consul.client import (
    Access,
    Client,
)
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.module_utils._gate.command import CommandGate
from ansible_collections.vigie.run.plugins.module_utils._gate.consul import ConsulGate
from ansible_collections.vigie.run.plugins.module_utils._gate.http_gate import HttpGate
from ansible_collections.vigie.run.plugins.module_utils._gate.model import Gate, Run
from ansible_collections.vigie.run.plugins.module_utils._gate.runner import Pace
from ansible_collections.vigie.run.plugins.module_utils._gate.systemd import SystemdGate
from ansible_collections.vigie.run.plugins.module_utils._gate.tcp import TcpGate
from ansible_collections.vigie.run.plugins.module_utils._http import parse_url

# Fields by type: what must be given, and what may be.
FIELDS: dict[str, tuple[set[str], set[str]]] = {
    "http": (
        {"url"},
        {
            "method",
            "headers",
            "secret_headers",
            "status",
            "body",
            "count",
            "max_ms",
            "validate_certs",
            "ca_path",
            "attempt_timeout",
        },
    ),
    "tcp": ({"port"}, {"host", "attempt_timeout"}),
    "systemd": ({"unit"}, {"state"}),
    "consul": (
        {"service"},
        {
            "token",
            "scope",
            "min_passing",
            "ignore_maintenance",
            "tags",
            "datacenter",
            "allow_warning",
            "in_each",
            "attempt_timeout",
        },
    ),
    "command": ({"argv"}, {"rc", "attempt_timeout"}),
}
_MIN_PASSING = re.compile(r"[1-9]\d*|(100|[1-9]?\d)(\.\d+)?%")


def make_gates(
    declared: list[dict[str, Any]], pace: Pace, access: Access, run: Run
) -> list[Gate]:
    """Build the gates, in the declared order.

    `declared` is the module's option, types converted, None for what was not
    given. Raises RunError that lists every mistake by its field, before anything
    is looked at.
    """
    problems = _pace_problems(pace)
    if not declared:
        problems.append("gates: at least one gate is needed")
    wanted = [
        {key: value for key, value in one.items() if value is not None}
        for one in declared
    ]
    for index, fields in enumerate(wanted):
        problems += [f"gates[{index}].{text}" for text in _problems(fields)]
    problems += _twice(wanted)
    if problems:
        raise RunError("Wrong declaration: " + "; ".join(problems), problems=problems)
    return [_make(fields, access, run) for fields in wanted]


def _make(fields: dict[str, Any], access: Access, run: Run) -> Gate:
    fields = dict(fields)
    kind = fields.pop("type")
    fields.setdefault("name", kind)
    if kind == "http":
        secret = fields.pop("secret_headers", {})
        fields["headers"] = {**_text(fields.get("headers", {})), **_text(secret)}
        fields["status"] = tuple(fields.get("status", (200,)))
        return HttpGate(**fields)
    if kind == "tcp":
        return TcpGate(**{"host": "127.0.0.1", **fields})
    if kind == "systemd":
        return SystemdGate(run=run, **fields)
    if kind == "consul":
        token = fields.pop("token", access.token)
        fields["tags"] = tuple(fields.get("tags", ()))
        return ConsulGate(client=Client(replace(access, token=token)), **fields)
    return CommandGate(run=run, **fields)


def _text(headers: dict[str, Any]) -> dict[str, str]:
    return {key: str(value) for key, value in headers.items()}


def _pace_problems(pace: Pace) -> list[str]:
    problems = []
    if pace.timeout < 0:
        problems.append(f"timeout: must be 0 or more, got {pace.timeout:g}")
    if pace.soak < 0:
        problems.append(f"soak: must be 0 or more, got {pace.soak:g}")
    if pace.interval <= 0:
        problems.append(f"interval: must be more than 0, got {pace.interval:g}")
    if pace.soak and pace.soak >= pace.timeout:
        problems.append(
            f"soak: {pace.soak:g} s cannot pass within the timeout of "
            f"{pace.timeout:g} s, which includes it"
        )
    return problems


def _problems(fields: dict[str, Any]) -> list[str]:
    """Mistakes of one gate, each beginning with its field."""
    kind = fields["type"]
    required, optional = FIELDS[kind]
    given = set(fields) - {"name", "type"}
    found = [f"{field}: required for type {kind}" for field in required - given]
    takes = ", ".join(sorted(required | optional))
    found += [
        f"{field}: not for type {kind}, which takes {takes}"
        for field in given - required - optional
    ]
    for field, check in _CHECKS.items():
        if field in fields and field in required | optional:
            wrong = check(fields[field])
            if wrong:
                found.append(f"{field}: {wrong}")
    return sorted(found)


def _twice(wanted: list[dict[str, Any]]) -> list[str]:
    names = [fields.get("name", "") for fields in wanted]
    return [
        f"gates[{index}].name: {name!r} is the name of an earlier gate too"
        for index, name in enumerate(names)
        if name and name in names[:index]
    ]


def _url(value: str) -> str:
    try:
        endpoint, _target = parse_url(value)
    except RunError as error:
        return str(error)
    return "a Unix socket is not supported here" if endpoint.socket_path else ""


def _regex(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        return (
            f"{value!r} is no regular expression: {error}; escape what is meant as text"
        )
    return ""


def _status(value: list[int]) -> str:
    if not value:
        return "at least one status is needed"
    wrong = [code for code in value if not 100 <= code <= 599]
    return f"{wrong[0]} is no HTTP status" if wrong else ""


def _more_than_zero(value: float) -> str:
    return "" if value > 0 else f"must be more than 0, got {value:g}"


def _filled(value: Any) -> str:
    return "" if value else "must not be empty"


def _tags(value: list[str]) -> str:
    # They become part of an expression that Consul evaluates.
    wrong = [tag for tag in value if not tag or '"' in tag or "\\" in tag]
    return f"{wrong[0]!r} cannot be looked for" if wrong else ""


_CHECKS: dict[str, Callable[[Any], str]] = {
    "url": _url,
    "method": lambda value: "" if value.isalpha() else f"{value!r} is no HTTP method",
    "status": _status,
    "body": _regex,
    "count": _more_than_zero,
    "max_ms": _more_than_zero,
    "attempt_timeout": _more_than_zero,
    "host": _filled,
    "port": lambda value: (
        "" if 1 <= value <= 65535 else f"must be from 1 to 65535, got {value}"
    ),
    "unit": _filled,
    "service": _filled,
    "tags": _tags,
    "argv": _filled,
    "min_passing": lambda value: (
        ""
        if _MIN_PASSING.fullmatch(value)
        else f"{value!r} is neither a number from 1 nor a percentage up to 100%"
    ),
}
