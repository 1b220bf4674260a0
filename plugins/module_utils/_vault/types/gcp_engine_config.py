# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""The service account with which a GCP engine makes credentials.

Vault cannot unset it: it goes with its engine.
"""

from __future__ import annotations

from ..common import mount, secret
from ..durations import duration
from ..paths import EnginePathType


class GcpEngineConfig(EnginePathType):
    name = "gcp_engine_config"
    kinds = ("gcp",)
    path = "{mount}/config"
    unique = ("mount",)
    stays = True
    kept_secret = ("credentials",)
    fields = {
        "mount": mount("engine"),
        "credentials": secret("The account's key, as its JSON text."),
        "ttl": duration("How long keys of accounts live."),
        "max_ttl": duration("How long at most."),
    }


TYPE = GcpEngineConfig
