# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a controller plugin reaches Vault: with the run's login, over one connection."""

from __future__ import annotations

import os

from ansible.plugins import AnsiblePlugin
from ansible_collections.vigie.run.plugins.module_utils._vault.login import Credentials
from ansible_collections.vigie.run.plugins.module_utils._vault.options import (
    vault_options,
)
from ansible_collections.vigie.run.plugins.module_utils._vault.reads import Secrets
from ansible_collections.vigie.run.plugins.module_utils._vault.session import (
    Access,
    Session,
)
from ansible_collections.vigie.run.plugins.plugin_utils._vault_token import (
    shared_token,
)

# Seconds for a cluster that elects an active node.
PATIENCE = 30.0
# By process: Ansible forks one for each task and host, and what two processes write to
# is no connection any more.
_kept: dict[str, Secrets] = {}


def kept_secrets(plugin: AnsiblePlugin) -> Secrets:
    """What reads secrets in this process, for the options of `_vault_controller`.

    Raises RunError for options that are missing or do not fit.
    """
    params = {name: plugin.get_option(name) for name in vault_options()}
    access, credentials = Access.from_params(params), Credentials.from_params(params)
    who = f"{os.getpid()} {access!r} {credentials.method} {credentials.mount}"
    key = f"{who} {sorted(credentials.values.items())} {credentials.token}"
    if key not in _kept:
        session = Session(access, credentials, PATIENCE, shared=shared_token)
        _kept[key] = Secrets(session)
    return _kept[key]
