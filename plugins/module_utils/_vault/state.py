# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""From the options of vault_state to the engine, and back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .._converge.engine import Options, converge
from .._converge.named import read_scope, written
from .._converge.secrets import hide
from .._errors import RunError
from .base import Vault
from .fingerprints import Fingerprints
from .login import Credentials
from .order import in_order
from .provider import VaultProvider
from .registry import NAMES
from .session import Access, Session, Shared

STATE_ARGUMENTS: dict[str, dict[str, Any]] = {
    "resources": {"type": "dict", "default": {}},
    "state": {
        "type": "str",
        "choices": ["present", "absent"],
        "default": "present",
    },
    "scope": {"type": "raw"},
    "fingerprints": {"type": "str", "no_log": False},
    "prune": {"type": "bool", "default": False},
    "allow_replace": {"type": "list", "elements": "str", "default": []},
    "parallel": {"type": "int", "default": 16},
    "patience": {"type": "float", "default": 30.0},
}
EXAMPLE = "[commerce-, commerce/]"
Register = Callable[[Iterable[str]], object]


def run_state(
    params: Mapping[str, Any],
    dry_run: bool,
    register_secrets: Register,
    shared: Shared | None = None,
) -> dict[str, Any]:
    """Converge as the parameters say: the module's result, `failed` included.

    register_secrets is told every secret value of the declaration before anything
    else happens. shared: as of Session. Raises RunError for what is wrong before the
    first step.
    """
    _check(params)
    scope = read_scope(params["scope"], NAMES, EXAMPLE)
    if params["prune"] and not scope:
        raise RunError(
            "scope: is required with prune: say which names and paths are this state's,"
            f" such as scope: {EXAMPLE}"
        )
    session = Session(
        Access.from_params(params),
        Credentials.from_params(params),
        params["patience"],
        shared=shared,
    )
    fingerprints = Fingerprints(session, params["fingerprints"] or "")
    absent = params["state"] == "absent"
    vault = Vault(session, scope, params["parallel"], fingerprints, absent)
    provider = VaultProvider(vault)
    shown, secrets = hide(params["resources"], provider.types)
    register_secrets(secrets)
    options = Options(
        state=params["state"],
        prune=params["prune"],
        allow_replace=tuple(params["allow_replace"]),
        parallel=params["parallel"],
        dry_run=dry_run,
    )
    try:
        try:
            resources = written(params["resources"], provider.types)
            outcome = converge(in_order(resources, provider.types), provider, options)
        finally:
            fingerprints.save()
    finally:
        register_secrets({session.token} - {""})
        session.close()
    return {
        **outcome.result(),
        "calls": session.calls,
        "invocation": {"module_args": {**params, "resources": shown}},
    }


def _check(params: Mapping[str, Any]) -> None:
    if not 1 <= params["parallel"] <= 64:
        raise RunError(f"parallel: {params['parallel']} is out of range: 1 to 64")
    if params["patience"] < 0:
        raise RunError(f"patience: {params['patience']:g} is no time: use seconds")
