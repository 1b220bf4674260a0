# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""The table of Consul's types: a type is the file `types/NAME.py` and a line here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._converge.named import TypeTable
from .base import Consul

if TYPE_CHECKING:
    # Never run: Ansible packs into a module what it sees imported. At run time only
    # the types that a declaration uses are loaded.
    from .types import (  # noqa: F401
        acl_auth_method,
        acl_binding_rule,
        acl_policy,
        acl_role,
        acl_token,
        api_gateway,
        catalog_node,
        config_entry,
        exported_services,
        file_system_certificate,
        http_route,
        ingress_gateway,
        inline_certificate,
        intention,
        jwt_provider,
        kv,
        kv_tree,
        mesh,
        prepared_query,
        proxy_defaults,
        service_defaults,
        service_intentions,
        service_resolver,
        service_router,
        service_splitter,
        tcp_route,
        terminating_gateway,
    )

NAMES = (
    "acl_auth_method",
    "acl_binding_rule",
    "acl_policy",
    "acl_role",
    "acl_token",
    "api_gateway",
    "catalog_node",
    "config_entry",
    "exported_services",
    "file_system_certificate",
    "http_route",
    "ingress_gateway",
    "inline_certificate",
    "intention",
    "jwt_provider",
    "kv",
    "kv_tree",
    "mesh",
    "prepared_query",
    "proxy_defaults",
    "service_defaults",
    "service_intentions",
    "service_resolver",
    "service_router",
    "service_splitter",
    "tcp_route",
    "terminating_gateway",
)


def table(consul: Consul) -> TypeTable:
    """The types of one state on one cluster."""
    return TypeTable(f"{__package__}.types", NAMES, lambda type_: type_(consul))
