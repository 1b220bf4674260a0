#!/usr/bin/python
# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Draw a report from the journals of runs."""

from __future__ import annotations

DOCUMENTATION = r"""
module: journal_report
short_description: Draw a report from the journals of runs
version_added: 0.1.0
author: the vigie.run authors (@vigie-run)
description:
  - Draws one page of HTML from journals that P(vigie.run.journal#callback) wrote. It tells what was done where and when,
    with the waves as a timeline, releases and packages before and after, gates and what they saw, and what went wrong.
  - Given the result of a load test that ran meanwhile, it shows requests, failures and hosts away on the same axis of time.
  - The page needs nothing else, neither a script nor a font nor a connection. It is made for light and dark screens,
    for telephones and for paper.
  - The journal of a run that was killed is drawn too, and the page says so.
  - Runs where the journals are, usually on the controller.
options:
  journals:
    description:
      - Journals to draw, in any order.
      - A folder stands for the newest journal of each playbook in it, but for the playbook C(report).
    type: list
    elements: path
    required: true
  load:
    description:
      - Results of load tests that ran meanwhile, as JSON. See the guide of the report for their format.
    type: list
    elements: path
    default: []
  title:
    description: The heading of the page. By default the names of the playbooks.
    type: str
    default: ''
  dest:
    description: The file to write. Its folder must exist.
    type: path
    required: true
extends_documentation_fragment:
  - vigie.run._attributes
  - ansible.builtin.files
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
seealso:
  - plugin: vigie.run.journal
    plugin_type: callback
"""

EXAMPLES = r"""
- name: Draw the newest run of each playbook
  vigie.run.journal_report:
    journals: [~/.local/state/vigie.run/journal]
    dest: report.html
  delegate_to: localhost

- name: Draw one roll-out and the load it ran under
  vigie.run.journal_report:
    title: Roll-out of 2.0.0
    journals: [journal/20261122T100640Z-deploy-7519499a.jsonl]
    load: [load.json]
    dest: report.html
    mode: '0640'
  delegate_to: localhost
"""

RETURN = r"""
dest:
  description: The file, as an absolute path.
  returned: success
  type: str
  sample: /home/ada/report.html
runs:
  description: The runs on the page, oldest first.
  returned: success
  type: list
  elements: dict
  contains:
    run:
      description: The run's id.
      type: str
      sample: 7519499acf9201d3
    playbook:
      description: The playbook.
      type: str
      sample: deploy.yml
    outcome:
      description: V(ok), V(failed), V(stopped) (without results) or V(killed) (without an end in its journal).
      type: str
      sample: ok
    seconds:
      description: How long it took.
      type: float
      sample: 34.6
    hosts:
      description: How many hosts it touched.
      type: int
      sample: 6
    waves:
      description: How many waves began.
      type: int
      sample: 4
    lost:
      description: Hosts that ended failed or unreachable.
      type: list
      elements: str
      sample: []
    away_at_most:
      description: The most hosts out of service at once, as the load balancer saw it where a load result tells.
      type: int
      sample: 2
    requests:
      description: Requests that were due while it ran.
      type: int
      sample: 3460
    failures:
      description: How many of these failed.
      type: int
      sample: 0
requests:
  description: Requests in all load results.
  returned: success
  type: int
  sample: 3600
failures:
  description: Failed requests in all load results.
  returned: success
  type: int
  sample: 0
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.module_utils._journal.report import draw


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "journals": {"type": "list", "elements": "path", "required": True},
            "load": {"type": "list", "elements": "path", "default": []},
            "title": {"type": "str", "default": ""},
            "dest": {"type": "path", "required": True},
        },
        supports_check_mode=True,
        add_file_common_args=True,
    )
    options = module.params
    try:
        drawn = draw(
            options["journals"], options["load"], options["title"], options["dest"]
        )
    except RunError as error:
        module.fail_json(msg=str(error), **error.details)
    if drawn.changed and not module.check_mode:
        drawn.write(module.tmpdir, module.atomic_move)
    common = module.load_file_common_arguments(options)
    exists = not module.check_mode or not drawn.new
    changed = exists and module.set_fs_attributes_if_different(common, drawn.changed)
    result = {**drawn.result, "changed": drawn.changed or changed}
    if module._diff:
        result["diff"] = drawn.diff
    module.exit_json(**result)


if __name__ == "__main__":
    main()
