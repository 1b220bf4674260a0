# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How controller plugins reach Consul: options, environment, variables."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  consul_url:
    description:
      - Address of the Consul agent or server, as seen from the controller.
      - C(http://host:port), C(https://host:port), C(host:port) or C(unix:///path/to/socket).
    type: str
    default: http://127.0.0.1:8500
    env: [{name: CONSUL_HTTP_ADDR}]
    vars: [{name: consul_url}]
  consul_token:
    description:
      - ACL token (its secret, a UUID).
      - One that is given here, or in O(consul_token_file), wins over one from the environment.
    type: str
    env: [{name: CONSUL_HTTP_TOKEN}]
    vars: [{name: consul_token}]
  consul_token_file:
    description:
      - File on the controller that holds the token and nothing else.
      - It is read anew each time, so that a token can be replaced under a long run.
    type: path
    env: [{name: CONSUL_HTTP_TOKEN_FILE}]
    vars: [{name: consul_token_file}]
  consul_ca_path:
    description: Certificate authority that C(https) is checked with, instead of the system's own ones.
    type: path
    env: [{name: CONSUL_CACERT}]
    vars: [{name: consul_ca_path}]
  consul_client_cert:
    description: Client certificate, for agents that ask for one.
    type: path
    env: [{name: CONSUL_CLIENT_CERT}]
    vars: [{name: consul_client_cert}]
  consul_client_key:
    description: Private key of O(consul_client_cert).
    type: path
    env: [{name: CONSUL_CLIENT_KEY}]
    vars: [{name: consul_client_key}]
  consul_timeout:
    description: How long one request may take, in seconds.
    type: float
    default: 10.0
    vars: [{name: consul_timeout}]
"""
