# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""The table of Vault's types: a type is the file `types/NAME.py` and a line here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._converge.named import TypeTable
from .base import Vault

if TYPE_CHECKING:
    # Never run: Ansible packs into a module what it sees imported. At run time only
    # the types that a declaration uses are loaded.
    from .types import (  # noqa: F401
        approle_role,
        audit_device,
        auth_method,
        aws_auth_config,
        aws_auth_role,
        aws_engine_config,
        aws_engine_role,
        cert_role,
        database_connection,
        database_role,
        database_static_role,
        entity,
        entity_alias,
        gcp_auth_role,
        gcp_engine_config,
        gcp_roleset,
        gcp_static_account,
        group,
        group_alias,
        jwt_config,
        jwt_role,
        kubernetes_auth_config,
        kubernetes_role,
        kv_config,
        kv_secret,
        ldap_config,
        ldap_group,
        ldap_user,
        namespace,
        pki_crl,
        pki_intermediate,
        pki_role,
        pki_root,
        pki_urls,
        policy,
        secret_engine,
        ssh_ca,
        ssh_role,
        token_role,
        transit_key,
        userpass_user,
    )

NAMES = (
    "approle_role",
    "audit_device",
    "auth_method",
    "aws_auth_config",
    "aws_auth_role",
    "aws_engine_config",
    "aws_engine_role",
    "cert_role",
    "database_connection",
    "database_role",
    "database_static_role",
    "entity",
    "entity_alias",
    "gcp_auth_role",
    "gcp_engine_config",
    "gcp_roleset",
    "gcp_static_account",
    "group",
    "group_alias",
    "jwt_config",
    "jwt_role",
    "kubernetes_auth_config",
    "kubernetes_role",
    "kv_config",
    "kv_secret",
    "ldap_config",
    "ldap_group",
    "ldap_user",
    "namespace",
    "pki_crl",
    "pki_intermediate",
    "pki_role",
    "pki_root",
    "pki_urls",
    "policy",
    "secret_engine",
    "ssh_ca",
    "ssh_role",
    "token_role",
    "transit_key",
    "userpass_user",
)


def table(vault: Vault) -> TypeTable:
    """The types of one state on one cluster."""
    return TypeTable(f"{__package__}.types", NAMES, lambda type_: type_(vault))
