# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""A certificate for API gateways that lies on their hosts."""

from __future__ import annotations

from ..._converge.fields import text
from ..config_entry import META, NAME, ConfigEntry


class FileSystemCertificate(ConfigEntry):
    name = "file_system_certificate"
    kind = "file-system-certificate"
    since = "1.19"
    fields = {
        "name": NAME,
        "certificate": text(
            "The file of the certificate and its chain.", required=True
        ),
        "private_key": text("The file of its key; a path, no secret.", required=True),
        "meta": META,
    }


TYPE = FileSystemCertificate
