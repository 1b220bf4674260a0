# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""A role of an SSH engine: which keys it signs, or for whom it makes passwords."""

from __future__ import annotations

from ..._converge.fields import flag, mapping, number, text
from ..common import mount, named, texts
from ..durations import duration
from ..paths import EnginePathType

OPTIONS = text("A value; empty for a mere switch.")


class SshRole(EnginePathType):
    name = "ssh_role"
    kinds = ("ssh",)
    path = "{mount}/roles/{name}"
    replaces = True
    commas = (
        "allowed_users",
        "allowed_domains",
        "allowed_extensions",
        "allowed_critical_options",
        "cidr_list",
        "exclude_cidr_list",
    )
    fields = {
        "mount": mount("engine"),
        "name": named("The role"),
        "key_type": text(
            "What it gives: signed keys, or passwords for one login.",
            choices=("ca", "otp"),
            required=True,
        ),
        "default_user": text("The user where a request says none."),
        "default_user_template": flag("It holds an identity template.", default=False),
        "allowed_users": texts("A user; `*` for all.", "The users."),
        "allowed_users_template": flag("They hold templates.", default=False),
        "allowed_domains": texts("A domain; `*` for all.", "The hosts' domains."),
        "allowed_domains_template": flag("They hold templates.", default=False),
        "allow_bare_domains": flag("The domains themselves.", default=False),
        "allow_subdomains": flag("Names below them.", default=False),
        "allow_user_certificates": flag("Sign keys of users.", default=False),
        "allow_host_certificates": flag("Sign keys of hosts.", default=False),
        "allow_user_key_ids": flag("A request may say the key's id.", default=False),
        "allow_empty_principals": flag("A key may be for nobody.", default=False),
        "key_id_format": text("The id otherwise."),
        "allowed_extensions": texts(
            "Such as permit-pty.", "Extensions that a request may say."
        ),
        "default_extensions": mapping(OPTIONS, "Those where it says none.", whole=True),
        "default_extensions_template": flag("They hold templates.", default=False),
        "allowed_critical_options": texts("One.", "Options that a request may say."),
        "default_critical_options": mapping(
            OPTIONS, "Those where it says none.", whole=True
        ),
        "algorithm_signer": text("How it is signed.", default="default"),
        "ttl": duration("How long a signature is valid; 0 as the engine says."),
        "max_ttl": duration("How long at most."),
        "not_before_duration": duration(
            "How long before it is signed it is valid.", default="30s"
        ),
        "cidr_list": texts("Such as 10.0.0.0/8.", "Hosts that passwords are for."),
        "exclude_cidr_list": texts(
            "Such as 10.0.0.0/8.", "Those that they are not for."
        ),
        "port": number("Where those hosts listen.", default=22),
    }


TYPE = SshRole
