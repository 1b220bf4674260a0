# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""How a PKI engine tells which certificates are revoked."""

from __future__ import annotations

from ..._converge.fields import flag
from ..common import mount
from ..durations import duration
from ..paths import EnginePathType


class PkiCrl(EnginePathType):
    name = "pki_crl"
    kinds = ("pki",)
    path = "{mount}/config/crl"
    unique = ("mount",)
    resets = True
    fields = {
        "mount": mount("engine"),
        "expiry": duration("How long a list is valid.", default="72h"),
        "disable": flag("Make no lists.", default=False),
        "ocsp_disable": flag(
            "Answer no questions about one certificate.", default=False
        ),
        "ocsp_expiry": duration("How long such an answer is valid.", default="12h"),
        "auto_rebuild": flag(
            "Make lists from time to time, and not at each revocation.", default=False
        ),
        "auto_rebuild_grace_period": duration(
            "How long before its end a list is made anew.", default="12h"
        ),
        "enable_delta": flag("Lists of what is new, too.", default=False),
        "delta_rebuild_interval": duration("How often those.", default="15m"),
    }


TYPE = PkiCrl
