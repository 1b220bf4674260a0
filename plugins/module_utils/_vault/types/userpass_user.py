# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""A user who logs in with a password."""

from __future__ import annotations

from ..common import mount, named, secret, token_fields
from ..paths import AuthPathType


class UserpassUser(AuthPathType):
    name = "userpass_user"
    kinds = ("userpass",)
    path = "auth/{mount}/users/{name}"
    kept_secret = ("password",)
    fields = {
        "mount": mount("method", "userpass"),
        "name": named("The user", normal=str.lower),
        "password": secret("The password."),
        **token_fields(),
    }


TYPE = UserpassUser
