# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""From the options of aws_stack and aws_stack_info to the engine, and back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .._converge.engine import Options, converge, survey
from .._converge.secrets import hide
from .._errors import RunError
from .base import Aws
from .options import session_from
from .provider import AwsProvider

STACK_ARGUMENTS: dict[str, dict[str, Any]] = {
    "name": {"type": "str", "required": True},
    "resources": {"type": "dict", "default": {}},
    "state": {
        "type": "str",
        "choices": ["present", "absent"],
        "default": "present",
    },
    "prune": {"type": "bool", "default": False},
    "allow_replace": {"type": "list", "elements": "str", "default": []},
    "tags": {"type": "dict", "default": {}},
    "parallel": {"type": "int", "default": 16},
    "wait_timeout": {"type": "float", "default": 2400.0},
}
INFO_ARGUMENTS = {name: STACK_ARGUMENTS[name] for name in ("name", "resources", "tags")}
Register = Callable[[Iterable[str]], object]


def run_stack(
    params: Mapping[str, Any], dry_run: bool, register_secrets: Register
) -> dict[str, Any]:
    """Converge as the parameters say: the module's result, `failed` included.

    register_secrets is told every secret value of the declaration before anything
    else happens. Raises RunError for what is wrong before the first step.
    """
    aws, provider, shown = _open(params, register_secrets)
    outcome = converge(
        with_tags(params["resources"], params["tags"], provider.types),
        provider,
        Options(
            state=params["state"],
            prune=params["prune"],
            allow_replace=tuple(params["allow_replace"]),
            parallel=params["parallel"],
            dry_run=dry_run,
        ),
    )
    return {
        **outcome.result(),
        "calls": aws.session.calls,
        "invocation": {"module_args": {**params, "resources": shown}},
    }


def look_at_stack(
    params: Mapping[str, Any], register_secrets: Register
) -> dict[str, Any]:
    """What lives of a stack, and how it differs from the declaration."""
    aws, provider, shown = _open(params, register_secrets)
    declared = with_tags(params["resources"], params["tags"], provider.types)
    found = survey(declared, provider)
    return {
        **found,
        "calls": aws.session.calls,
        "invocation": {"module_args": {**params, "resources": shown}},
    }


def with_tags(
    resources: Mapping[str, Any], tags: Mapping[str, Any], types: Mapping[str, Any]
) -> dict[str, Any]:
    """The declaration with the stack's tags under those of each resource.

    Where a resource is malformed it is left as it is, for the engine to complain.
    """
    return {
        name: _tagged(declared, tags, types) for name, declared in resources.items()
    }


def _tagged(declared: Any, tags: Mapping[str, Any], types: Mapping[str, Any]) -> Any:
    if not tags or not isinstance(declared, Mapping):
        return declared
    kind, own = declared.get("type"), declared.get("tags", {})
    known = isinstance(kind, str) and kind in types and "tags" in types[kind].fields
    if not known or not isinstance(own, Mapping):
        return declared
    return {**declared, "tags": {**tags, **own}}


def _open(
    params: Mapping[str, Any], register_secrets: Register
) -> tuple[Aws, AwsProvider, Any]:
    parallel = params.get("parallel", 16)
    _check(params["name"], parallel, params.get("wait_timeout", 1))
    aws = Aws(
        session_from(params, connections=parallel),
        params["name"],
        wait_timeout=params.get("wait_timeout", 0),
    )
    provider = AwsProvider(aws)
    shown, secrets = hide(params["resources"], provider.types)
    register_secrets(secrets)
    return aws, provider, shown


def _check(name: str, parallel: int, wait_timeout: float) -> None:
    if not re.fullmatch(r"[\w.-]{1,64}", name, re.ASCII):
        raise RunError(
            f"name: {name!r} is not a stack's name: use 1 to 64 letters, digits,"
            " '.', '_' and '-'"
        )
    if not 1 <= parallel <= 64:
        raise RunError(f"parallel: {parallel} is out of range: use 1 to 64")
    if wait_timeout <= 0:
        raise RunError(f"wait_timeout: {wait_timeout:g} is no time: use seconds > 0")
