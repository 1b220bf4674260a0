# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a controller plugin reaches Consul: from its options, over one connection."""

from __future__ import annotations

import os
from typing import Any

from ansible.plugins import AnsiblePlugin
from ansible_collections.vigie.run.plugins.module_utils._consul.client import Access
from ansible_collections.vigie.run.plugins.module_utils._consul.session import Session
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError

_NAMES = (
    "consul_url",
    "consul_ca_path",
    "consul_client_cert",
    "consul_client_key",
    "consul_timeout",
)
# Seconds for servers that ask to come again. An election they wait out themselves.
_PATIENCE = 3.0
# By process: Ansible forks one for each task and host, and what two processes write to
# is no connection any more.
_kept: dict[tuple[int, Access, str], Session] = {}


def consul_access(plugin: AnsiblePlugin) -> Access:
    """Read the options of the documentation fragment `_consul_controller`.

    Raises RunError for a token that is given twice, or whose file cannot be used.
    """
    params: dict[str, Any] = {name: plugin.get_option(name) for name in _NAMES}
    return Access.from_params({**params, "consul_token": _token(plugin)})


def _token(plugin: AnsiblePlugin) -> str:
    """The token; what the user wrote wins over the environment, a file over a token."""
    token, token_origin = plugin.get_option_and_origin("consul_token")
    path, path_origin = plugin.get_option_and_origin("consul_token_file")
    if not path:
        return str(token or "")
    token_is_ours = bool(token) and not _is_environment(token_origin)
    if token_is_ours and not _is_environment(path_origin):
        raise RunError("consul_token, consul_token_file: give one of them, not both")
    return str(token) if token_is_ours else read_token(path)


def _is_environment(origin: str | None) -> bool:
    return (origin or "").startswith("env: ")


def read_token(path: str) -> str:
    """The token in a file. Raises RunError when it cannot be read or holds none."""
    try:
        with open(path, encoding="utf-8") as file:
            token = file.read().strip()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not text"
        raise RunError(f"consul_token_file: {path} cannot be read: {why}") from error
    if not token or len(token.split()) > 1:
        raise RunError(f"consul_token_file: {path} must hold one token, alone")
    return token


def kept_session(access: Access, datacenter: str = "") -> Session:
    """The session of this process; its connection is kept from one use to the next."""
    key = (os.getpid(), access, datacenter)
    if key not in _kept:
        _kept[key] = Session(access, _PATIENCE, datacenter)
    return _kept[key]
