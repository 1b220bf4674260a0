# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""From the options of consul_state to the engine, and back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .._converge.engine import Options, converge
from .._converge.named import read_scope, written
from .._converge.secrets import hide
from .._errors import RunError
from .base import Consul
from .client import Access
from .config_entry import in_order
from .provider import ConsulProvider, Lock
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
    "lock": {"type": "bool", "default": True},
    "lock_wait": {"type": "float", "default": 300.0},
}
EXAMPLE = "[commerce-, commerce/]"
Register = Callable[[Iterable[str]], object]


def run_state(
    params: Mapping[str, Any], dry_run: bool, register_secrets: Register
) -> dict[str, Any]:
    """Converge as the parameters say: the module's result, `failed` included.

    register_secrets is told every secret value of the declaration before anything
    else happens. Raises RunError for what is wrong before the first step.
    """
    _check(params)
    scope = read_scope(params["scope"], NAMES, EXAMPLE)
    if params["prune"] and not scope:
        raise RunError(
            "scope: is required with prune: say which names and keys are this state's,"
            f" such as scope: {EXAMPLE}"
        )
    access = Access.from_params(params)
    session = Session(access, params["patience"], params["datacenter"] or "")
    consul = Consul(session, scope, value_limit=params["value_limit"])
    lock = Lock(access, f"state/{params['name']}", params["lock_wait"])
    provider = ConsulProvider(consul, lock if params["lock"] else None)
    shown, secrets = hide(params["resources"], provider.types)
    register_secrets(secrets)
    resources = in_order(written(params["resources"], provider.types))
    consul.prefixes = _prefixes(resources)
    try:
        outcome = converge(resources, provider, _options(params, dry_run))
    finally:
        session.close()
    return {
        **outcome.result(),
        "calls": session.calls,
        "invocation": {"module_args": {**params, "resources": shown}},
    }


def _prefixes(resources: Mapping[str, Any]) -> list[str]:
    """The key prefixes that are declared. A prefix may not be a reference."""
    bodies = [body for body in resources.values() if isinstance(body, Mapping)]
    given = [body.get("prefix") for body in bodies]
    return [prefix for prefix in given if isinstance(prefix, str)]


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
