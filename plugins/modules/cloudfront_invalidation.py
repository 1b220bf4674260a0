# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible module: take cached paths back from CloudFront."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cloudfront_invalidation
short_description: Take cached paths back from CloudFront, and wait until it is done
version_added: 0.1.0
author: [the vigie.run authors (@vigie-run)]
description:
  - Invalidates paths of a CloudFront distribution and waits until no edge serves the old content any more.
  - With O(reference), such as the version that was deployed, it happens once for each reference, however often the play runs.
  - Where CloudFront has its hands full of invalidations, the module waits for room within O(wait_timeout).
extends_documentation_fragment:
  - vigie.run._attributes
  - vigie.run._aws
attributes:
  check_mode:
    support: full
    details: Looks through the latest 100 invalidations of the distribution for O(reference).
  diff_mode:
    support: none
  idempotent:
    support: partial
    details: With O(reference); without it each run invalidates.
options:
  distribution_id:
    description: The distribution.
    type: str
    required: true
  paths:
    description:
      - What to invalidate, such as V(/index.html) or V(/files/*). A star may stand at the end only.
      - The first 1,000 paths of a month are free of charge; a path with a star counts as one.
    type: list
    elements: str
    required: true
  reference:
    description:
      - What the invalidation is for. CloudFront makes one invalidation for a reference and the same paths,
        and refuses a reference that was used for other paths.
      - Without it each run makes a new one.
    type: str
  wait:
    description: Wait until the invalidation is completed.
    type: bool
    default: true
  wait_timeout:
    description: How long to wait, in seconds; for room, and again for completion.
    type: float
    default: 900
seealso:
  - module: vigie.run.aws_stack
"""

EXAMPLES = r"""
- name: After a release the edges let go of what they have
  vigie.run.cloudfront_invalidation:
    distribution_id: E2QWRUHAPOMQZL
    paths:
      - /
      - /assets/*
    reference: "{{ app_version }}"
  delegate_to: localhost
  run_once: true

- name: A page was wrong and has been corrected
  vigie.run.cloudfront_invalidation:
    distribution_id: "{{ stack.outputs.edge.id }}"
    paths: [/fr/urgence.html]
    wait: false
"""

RETURN = r"""
invalidation:
  description: The invalidation; the one that there was, where the reference is known already.
  returned: success
  type: dict
  contains:
    id:
      description: CloudFront's own identifier; empty where check mode finds that it is to be made.
      type: str
      sample: I2J0I21PCUYOIK
    status:
      description: V(InProgress) or V(Completed); empty like C(id).
      type: str
      sample: Completed
    distribution_id:
      description: The distribution.
      type: str
      sample: E2QWRUHAPOMQZL
    reference:
      description: The reference, made up where none was given.
      type: str
      sample: "2026.11.3"
    paths:
      description: The paths.
      type: list
      elements: str
      sample: [/, /assets/*]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.vigie.run.plugins.module_utils._aws.invalidation import (
    invalidate,
)
from ansible_collections.vigie.run.plugins.module_utils._aws.options import (
    ARGUMENTS,
    TOGETHER,
)
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError

OPTIONS = {
    "distribution_id": {"type": "str", "required": True},
    "paths": {"type": "list", "elements": "str", "required": True},
    "reference": {"type": "str"},
    "wait": {"type": "bool", "default": True},
    "wait_timeout": {"type": "float", "default": 900.0},
}


def main() -> None:
    """Read the options, invalidate, return."""
    module = AnsibleModule(
        argument_spec={**OPTIONS, **ARGUMENTS},
        required_together=TOGETHER,
        supports_check_mode=True,
    )
    try:
        result = invalidate(module.params, module.check_mode)
    except RunError as error:
        module.fail_json(msg=str(error), **error.details)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
