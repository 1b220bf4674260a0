# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that say how to reach Consul."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  consul_url:
    description:
      - Address of the Consul agent, as seen from the host that the module runs on.
      - C(http://host:port), C(https://host:port), C(host:port) or C(unix:///path/to/socket).
      - Where it is not given, the environment variable E(CONSUL_HTTP_ADDR) is used.
    type: str
    default: http://127.0.0.1:8500
  consul_token:
    description:
      - ACL token (its secret, a UUID).
      - Where it is not given, the environment variable E(CONSUL_HTTP_TOKEN) is used.
    type: str
  consul_ca_path:
    description:
      - Certificate authority that C(https) is checked with, instead of the system's own ones.
      - Where it is not given, the environment variable E(CONSUL_CACERT) is used.
    type: path
  consul_client_cert:
    description:
      - Client certificate, for agents that ask for one.
      - Where it is not given, the environment variable E(CONSUL_CLIENT_CERT) is used.
    type: path
  consul_client_key:
    description:
      - Private key of O(consul_client_cert).
      - Where it is not given, the environment variable E(CONSUL_CLIENT_KEY) is used.
    type: path
  consul_timeout:
    description: How long one request may take, in seconds.
    type: float
    default: 10.0
"""
