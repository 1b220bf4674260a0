# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""From the options of consul_state to the engine, and back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from .._converge.engine import Options, converge
from .._converge.references import nearest
from .._converge.secrets import hide
from .._errors import RunError
from .base import EVERYTHING, Consul
from .client import Access
from .provider import ConsulProvider
from .registry import NAMES
from .session import Session

STATE_ARGUMENTS: dict[str, dict[str, Any]] = {
    "name": {"type": "str", "required": True},
    "resources": {"type": "dict", "default": {}},
    "state": {
        "type": "str",
        "choices": ["present", "absent"],
        "default": "present",
    },
    "scope": {"type": "raw"},
    "prune": {"type": "bool", "default": False},
    "allow_replace": {"type": "list", "elements": "str", "default": []},
    "datacenter": {"type": "str"},
    "parallel": {"type": "int", "default": 8},
    "patience": {"type": "float", "default": 30.0},
    "value_limit": {"type": "int", "default": 512 * 1024},
    "lock_wait": {"type": "float", "default": 300.0},
}
Register = Callable[[Iterable[str]], object]


def run_state(
    params: Mapping[str, Any], dry_run: bool, register_secrets: Register
) -> dict[str, Any]:
    """Converge as the parameters say: the module's result, `failed` included.

    register_secrets is told every secret value of the declaration before anything
    else happens. Raises RunError for what is wrong before the first step.
    """
    _check(params)
    scope = read_scope(params["scope"])
    if params["prune"] and not scope:
        raise RunError(
            "scope: is required with prune: say which names and keys are this state's,"
            " such as scope: [commerce-, commerce/]"
        )
    session = Session(
        Access.from_params(params), params["patience"], params["datacenter"] or ""
    )
    consul = Consul(session, scope, value_limit=params["value_limit"])
    provider = ConsulProvider(consul, params["name"])
    shown, secrets = hide(params["resources"], provider.types)
    register_secrets(secrets)
    resources = written(params["resources"], provider.types)
    consul.prefixes = _prefixes(resources)
    try:
        outcome = converge(resources, provider, _options(params, dry_run))
    finally:
        session.close()
    return {
        "changed": outcome.changed,
        "failed": outcome.failed,
        "plan": outcome.plan,
        "results": outcome.results,
        "outputs": outcome.outputs,
        "diff": outcome.diff,
        "calls": session.calls,
        "invocation": {"module_args": {**params, "resources": shown}},
        **({"msg": outcome.message} if outcome.failed else {}),
    }


def read_scope(given: Any) -> dict[str, Sequence[str]]:
    """The scope by type; under EVERYTHING where it is the same for all.

    Raises RunError for what is neither a list of prefixes nor a mapping of them.
    """
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        return {EVERYTHING: _scope_prefixes("scope", given)}
    for name in given:
        if name not in NAMES:
            raise RunError(f"scope.{name}: is no type; {nearest(str(name), NAMES)}")
    return {name: _scope_prefixes(f"scope.{name}", one) for name, one in given.items()}


def written(resources: Mapping[str, Any], types: Mapping[str, Any]) -> dict[str, Any]:
    """The declaration with what goes without saying.

    Where a resource is malformed it is left as it is, for the engine to complain.
    """
    return {
        name: types[body["type"]].written(name, body)
        if isinstance(body, Mapping) and body.get("type") in NAMES
        else body
        for name, body in resources.items()
    }


def _prefixes(resources: Mapping[str, Any]) -> list[str]:
    """The key prefixes that are declared. A prefix may not be a reference."""
    given = (body.get("prefix") for body in resources.values() if _is_mapping(body))
    return [prefix for prefix in given if isinstance(prefix, str)]


def _is_mapping(value: Any) -> bool:
    return isinstance(value, Mapping)


def _scope_prefixes(where: str, given: Any) -> list[str]:
    prefixes = [given] if isinstance(given, str) else given
    fits = isinstance(prefixes, (list, tuple)) and prefixes
    if not fits or not all(isinstance(one, str) and one for one in prefixes):
        raise RunError(
            f"{where}: takes the prefixes of the names and keys that are this state's,"
            f" such as [commerce-, commerce/], or ['{EVERYTHING}'] for all there is"
        )
    return list(prefixes)


def _options(params: Mapping[str, Any], dry_run: bool) -> Options:
    return Options(
        state=params["state"],
        prune=params["prune"],
        allow_replace=tuple(params["allow_replace"]),
        parallel=params["parallel"],
        dry_run=dry_run,
    )


def _check(params: Mapping[str, Any]) -> None:
    if not re.fullmatch(r"[\w.-]{1,64}", params["name"], re.ASCII):
        raise RunError(
            f"name: {params['name']!r} is not a state's name: use 1 to 64 letters,"
            " digits, '.', '_' and '-'"
        )
    for name, low, high in (("parallel", 1, 64), ("value_limit", 1, 1 << 30)):
        if not low <= params[name] <= high:
            raise RunError(f"{name}: {params[name]} is out of range: {low} to {high}")
    if params["patience"] < 0:
        raise RunError(f"patience: {params['patience']:g} is no time: use seconds")
