# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of what handles key shares: how to reach Vault, and where they are kept."""

from __future__ import annotations

_PLACE = r"""
      file:
        description:
          - A file on the controller; a relative path is beside the playbook.
          - It has mode C(0600), and a folder that is made for it C(0700).
        type: str
      aws_secret:
        description: Name of a secret in AWS Secrets Manager. It needs boto3 on the controller.
        type: str
      gcp_secret:
        description: Name of a secret in GCP Secret Manager. It needs requests, and google-auth unless O({option}[].access_token)
          is given, on the controller.
        type: str
      shares:
        description: Numbers, from 1 on, of the shares that are meant. Where it is not given, all are.
        type: list
        elements: int
      root_token:
        description: Whether the root token is meant, too.
        type: bool
        default: false
      region:
        description: Region of O({option}[].aws_secret); where it is not given, what botocore finds.
        type: str
      profile:
        description: Profile for O({option}[].aws_secret).
        type: str
      assume_role:
        description: ARN of a role to assume for O({option}[].aws_secret).
        type: str
      kms_key:
        description: KMS key of O({option}[].aws_secret), when it is made; where it is not given, the account's own.
        type: str
      project:
        description: Project of O({option}[].gcp_secret); where it is not given, that of the credentials.
        type: str
      service_account_file:
        description: Key file of a service account for O({option}[].gcp_secret); where it is not given, what google-auth finds.
        type: str
      access_token:
        description: OAuth access token for O({option}[].gcp_secret), instead of google-auth's.
        type: str
      endpoint_url:
        description: Another address of the secret manager, such as a VPC endpoint's.
        type: str
"""


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  vault_url:
    description:
      - Address of a node of Vault or OpenBao, such as C(https://vault-a1.internal:8200). Name nodes, not a load balancer.
      - Where it is not given, the environment variable E(VAULT_ADDR) is used.
    type: str
  vault_ca_path:
    description:
      - Certificate authority that C(https) is checked with, instead of the system's own ones.
      - Where it is not given, the environment variable E(VAULT_CACERT) is used.
    type: path
  vault_client_cert:
    description:
      - Client certificate, for servers that ask for one.
      - Where it is not given, the environment variable E(VAULT_CLIENT_CERT) is used.
    type: path
  vault_client_key:
    description:
      - Private key of O(vault_client_cert).
      - Where it is not given, the environment variable E(VAULT_CLIENT_KEY) is used.
    type: path
  vault_timeout:
    description: How long one request may take, in seconds.
    type: float
    default: 15.0
"""

    # With an annotation: ansible-test expects nothing but a literal without one.
    KEEP: str = r"""
options:
  keep:
    description:
      - Where to keep what Vault says, once. Every share needs a place, and so does the root token.
      - One place may hold all, or each holder's share has a place of its own. Each is named by one of O(keep[].file),
        O(keep[].aws_secret) and O(keep[].gcp_secret), and holds a JSON document.
      - A place that holds shares is never written over.
    type: list
    elements: dict
    required: true
    suboptions:""" + _PLACE.format(option="keep")

    KEPT: str = r"""
options:
  shares:
    description:
      - Key shares to give, in hexadecimal digits or base64. Ask for them with C(vars_prompt), or take them from Ansible Vault.
    type: list
    elements: str
    default: []
  kept:
    description:
      - Places with key shares to give, as M(vigie.run.vault_init) made them. A place that is not there is passed over; it is
        another holder's, maybe.
      - A share that is encrypted for a PGP key is decrypted by C(gpg), where the controller has its holder's key.
      - Places are read only when a share is needed.
    type: list
    elements: dict
    default: []
    suboptions:""" + _PLACE.format(option="kept")
