# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options by which every AWS module says where it works, and as whom."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  region:
    description:
      - The AWS region.
      - Where it is not given, botocore's own search is used (E(AWS_REGION), the profile).
    type: str
    aliases: [aws_region]
  profile:
    description: A profile of the AWS configuration files, instead of E(AWS_PROFILE).
    type: str
    aliases: [aws_profile]
  access_key:
    description:
      - Access key id.
      - Where it is not given, botocore's own search is used (environment, profile, instance or container role).
    type: str
    aliases: [aws_access_key]
  secret_key:
    description: The secret of O(access_key).
    type: str
    aliases: [aws_secret_key]
  session_token:
    description: The session token of temporary credentials.
    type: str
    aliases: [aws_session_token]
  assume_role:
    description: ARN of a role to take on with these credentials; its session is renewed as long as the run lasts.
    type: str
  external_id:
    description: The external id that O(assume_role) asks for.
    type: str
  endpoint_url:
    description: Another place than AWS's own, such as a VPC endpoint or an emulator.
    type: str
    aliases: [aws_endpoint_url]
  ca_bundle:
    description: Certificate authorities to check AWS's certificates with, instead of botocore's own.
    type: path
    aliases: [aws_ca_bundle]
  validate_certs:
    description: Check certificates. Turning it off is for emulators only.
    type: bool
    default: true
requirements:
  - boto3 1.43 or newer (where the module runs; on the controller with C(delegate_to=localhost) or C(hosts=localhost))
"""
