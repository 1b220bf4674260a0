# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""A certificate for API gateways that Consul keeps itself.

Its private key lies in Consul's own data; `file_system_certificate` leaves it on the
gateways' hosts.
"""

from __future__ import annotations

from ..._converge.fields import text
from ..config_entry import META, NAME, ConfigEntry


class InlineCertificate(ConfigEntry):
    name = "inline_certificate"
    kind = "inline-certificate"
    since = "1.15"
    fields = {
        "name": NAME,
        "certificate": text(
            "The certificate and its chain, as PEM.", required=True, normal=str.strip
        ),
        "private_key": text(
            "Its key, as PEM.", required=True, sensitive=True, normal=str.strip
        ),
        "meta": META,
    }


TYPE = InlineCertificate
