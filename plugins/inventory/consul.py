# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Inventory from Consul's catalog."""

from __future__ import annotations

DOCUMENTATION = r"""
name: consul
short_description: Hosts from Consul's catalog, with their services and their health
version_added: 0.1.0
author:
  - the vigie.run authors (@vigie-run)
description:
  - Every node of the catalog becomes a host, in groups by service, tag, zone and health.
  - Reads three answers a datacenter and one for each name of a service, over at most four connections.
    Their number does not grow with the number of nodes.
  - The configuration is a YAML file whose name ends with C(consul.yml) or C(consul.yaml).
notes:
  - With ACLs, the token needs C(node:read) and C(service:read). Consul leaves out what it may not read, without a word.
  - A node's metadata are that node's own words. They become variables only by O(meta_variables), under names that you choose, for
    a host that could choose names would set C(ansible_connection), and commands meant for it would run elsewhere.
options:
  plugin:
    description: Marks the file as one of this plugin.
    type: str
    required: true
    choices: [vigie.run.consul]
  datacenters:
    description:
      - Datacenters to read, through the agent at O(consul_url).
      - Without any, the agent's own.
    type: list
    elements: str
    default: []
  filter:
    description:
      - Expression on nodes that the server applies, for example C(Meta.env == "production").
      - It may use C(Node), C(Address), C(Datacenter), C(ID), C(Meta.KEY) and C(TaggedAddresses.TAG).
    type: str
    default: ''
  services:
    description:
      - Only hosts with one of these services. Others are not read and have no say in a host's status.
    type: list
    elements: str
    default: []
  service_tags:
    description: Only hosts with a service that has all of these tags.
    type: list
    elements: str
    default: []
  statuses:
    description:
      - Only hosts with one of these statuses.
      - A host's status is the worst of its node's checks and those of its services. V(maintenance) is of the node or of one of its services, and the worst.
    type: list
    elements: str
    choices: [passing, warning, critical, maintenance]
    default: [passing, warning, critical, maintenance]
  stale:
    description: Let any server answer, also while none leads. What it says may be some moments old.
    type: bool
    default: false
  hostnames:
    description:
      - Where a host's name comes from, in order of preference.
      - C(name) is the node's name, C(name.datacenter) tells datacenters apart, C(address) is the node's address,
        C(address.TAG) one of its tagged addresses such as C(address.wan), C(meta.KEY) an entry of its metadata.
      - Nodes for which there is none are left out, with a warning. So are nodes that would be C(localhost), which is the controller.
    type: list
    elements: str
    default: [name]
  addresses:
    description:
      - Where C(ansible_host) comes from, in the same words as O(hostnames).
      - Empty to set none.
    type: list
    elements: str
    default: [address]
  meta_variables:
    description: Variables from the node's metadata. Each name of a variable has the key of an entry.
    type: dict
    default: {}
  group_by:
    description:
      - What hosts are grouped by.
      - V(status) gives C(consul_passing), C(consul_warning), C(consul_critical) and C(consul_maintenance).
    type: list
    elements: str
    choices: [service, tag, status, datacenter]
    default: [service, tag, status]
  meta_groups:
    description: Entries of the metadata that hosts are grouped by. V(zone) gives C(zone_a), C(zone_b) and so on.
    type: list
    elements: str
    default: [zone]
  group_prefixes:
    description:
      - What names of groups begin with, by kind.
      - What is left out keeps what it has by itself, that is C(service_) for C(service), C(tag_) for C(tag), C(consul_) for C(status),
        C(datacenter_) for C(datacenter), and nothing for C(meta).
    type: dict
    default: {}
extends_documentation_fragment:
  - vigie.run._consul_controller
  - constructed
  - inventory_cache
seealso:
  - plugin: vigie.run.consul_kv
    plugin_type: lookup
"""

EXAMPLES = r"""
# consul.yml: everything, from the agent of the controller
plugin: vigie.run.consul

---
# production.consul.yml: web servers that are in use, two datacenters
plugin: vigie.run.consul
consul_url: https://consul.example:8501
consul_ca_path: /etc/ssl/consul-ca.pem
consul_token_file: ~/.consul/inventory-token
datacenters: [lyon, paris]
filter: Meta.env == "production"
services: [portal]
statuses: [passing, warning]
hostnames: [name.datacenter]
addresses: [address.wan, address]
meta_variables: {zone: zone, rotation_role: role}
group_prefixes: {service: ''}

---
# built.consul.yml: groups and variables of one's own, kept for ten minutes
plugin: vigie.run.consul
compose:
  portal_port: consul_catalog.services.portal.port
groups:
  balancers: "'haproxy' in consul_catalog.services"
keyed_groups:
  - key: consul_catalog.meta.rack
    prefix: rack
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: ~/.cache/ansible-consul
cache_timeout: 600
"""

import difflib
from dataclasses import asdict
from typing import Any

from ansible.errors import AnsibleParserError
from ansible.inventory.data import InventoryData
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable
from ansible_collections.vigie.run.plugins.module_utils._consul.catalog import (
    Node,
    Question,
    read_catalog,
)
from ansible_collections.vigie.run.plugins.module_utils._consul.client import Access
from ansible_collections.vigie.run.plugins.module_utils._consul.inventory import (
    Host,
    Hosts,
    Layout,
    arrange,
)
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.plugin_utils._consul_access import (
    consul_access,
)

_NAMED = 3


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    """Reads, arranges, and fills Ansible's inventory."""

    NAME = "vigie.run.consul"

    def verify_file(self, path: str) -> bool:
        """Whether the file's name is one of ours."""
        ours = path.endswith(("consul.yml", "consul.yaml"))
        return ours and super().verify_file(path)

    def parse(
        self,
        inventory: InventoryData,
        loader: DataLoader,
        path: str,
        cache: bool = True,
    ) -> None:
        """Fill the inventory; AnsibleParserError says what is wrong."""
        super().parse(inventory, loader, path, cache)
        config = self._read_config_data(path)
        try:
            layout = self._layout(config)
            nodes = self._nodes(path, cache)
            arranged = arrange(nodes, layout)
        except RunError as error:
            raise AnsibleParserError(str(error)) from error
        self._warn(nodes, arranged)
        self._fill(arranged.hosts)

    def _layout(self, config: dict[str, Any]) -> Layout:
        layout = Layout(
            hostnames=self.get_option("hostnames"),
            addresses=self.get_option("addresses"),
            kinds=self.get_option("group_by"),
            meta_groups=self.get_option("meta_groups"),
            prefixes=self.get_option("group_prefixes"),
            meta_variables=self.get_option("meta_variables"),
            statuses=self.get_option("statuses"),
            served_only=self._served_only(),
        )
        problems = self._unknown(config) + layout.problems()
        if problems:
            raise RunError("; ".join(problems))
        return layout

    def _served_only(self) -> bool:
        return bool(self.get_option("services") or self.get_option("service_tags"))

    def _unknown(self, config: dict[str, Any]) -> list[str]:
        """Options that nobody reads, with the likeliest that was meant."""
        known = set(self.option_definitions)
        found = []
        for name in sorted(set(config) - known):
            near = difflib.get_close_matches(name, known, 1)
            meant = f"; did you mean {near[0]}?" if near else ""
            found.append(f"{name}: there is no such option{meant}")
        return found

    def _nodes(self, path: str, cache: bool) -> list[Node]:
        """From the cache where it may be used and holds what is asked for."""
        access = consul_access(self)
        question = Question(
            datacenters=tuple(self.get_option("datacenters")),
            filter=self.get_option("filter"),
            services=tuple(dict.fromkeys(self.get_option("services"))),
            tags=tuple(self.get_option("service_tags")),
            stale=self.get_option("stale"),
        )
        if not self.get_option("cache"):
            return read_catalog(access, question)
        key = self.get_cache_key(path)
        asked = _asked(access, question)
        if cache:
            kept = self.cache.get(key, {})
            if kept.get("asked") == asked:
                return kept["nodes"]
        nodes = read_catalog(access, question)
        self.cache[key] = {"asked": asked, "nodes": nodes}
        return nodes

    def _warn(self, nodes: list[Node], arranged: Hosts) -> None:
        if arranged.nameless:
            count = len(arranged.nameless)
            named = ", ".join(arranged.nameless[:_NAMED])
            more = f" and {count - _NAMED} more" if count > _NAMED else ""
            self.display.warning(
                f"hostnames: {named}{more} were left out: none of "
                f"{', '.join(self.get_option('hostnames'))} gives a name that may be used"
            )
        seen = {one["service"] for node in nodes for one in node["services"].values()}
        lacking = sorted(set(self.get_option("services")) - seen)
        if lacking:
            self.display.warning(
                f"services: no instance of {', '.join(lacking)} is there, or the token "
                "lacks service:read for it"
            )
        elif not seen and not self._served_only() and not self.get_option("filter"):
            self.display.warning(
                "Consul shows no service, not even its own: the token lacks "
                "service:read"
            )

    def _fill(self, hosts: list[Host]) -> None:
        safe: dict[str, str] = {}
        constructed = any(
            self.get_option(name) for name in ("compose", "groups", "keyed_groups")
        )
        for host in hosts:
            self.inventory.add_host(host.name)
            # The inventory's own way copies and marks each string with where it is
            # from, which takes several times as long as all the rest.
            variables = self.inventory.get_host(host.name)
            for name, value in host.variables.items():
                variables.set_variable(name, value)
            for name in host.groups:
                if name not in safe:
                    safe[name] = self.inventory.add_group(
                        self._sanitize_group_name(name)
                    )
                self.inventory.add_child(safe[name], host.name)
            if constructed:
                self._construct(host)

    def _construct(self, host: Host) -> None:
        strict = self.get_option("strict")
        given = (host.variables, host.name, strict)
        self._set_composite_vars(self.get_option("compose"), *given)
        self._add_host_to_composed_groups(self.get_option("groups"), *given)
        self._add_host_to_keyed_groups(self.get_option("keyed_groups"), *given)


def _asked(access: Access, question: Question) -> dict[str, Any]:
    """What an answer depends on, as JSON gives it back. Not the token: it is secret."""
    asked = {"url": access.url, **asdict(question)}
    return {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in asked.items()
    }
