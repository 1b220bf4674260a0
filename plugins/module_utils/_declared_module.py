# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""A module that is given a whole declaration, in which secrets may be anywhere.

Which of its values are secrets is known only once its types are, and Ansible would
write all of them to the system's log before that. An `AnsibleModule(no_log=True)` does
not help: what the task says of `no_log` is put in its place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NoReturn

from ansible.module_utils.basic import AnsibleModule

from ._converge.secrets import HIDDEN
from ._errors import RunError

Register = Callable[[Iterable[str]], object]


class DeclaredModule(AnsibleModule):
    """Tells the system's log nothing, and shows no option `resources` unmasked."""

    def log(self, msg: str, log_args: dict[str, Any] | None = None) -> None:
        """Nothing is written."""

    def finish(self, work: Callable[[Register], dict[str, Any]]) -> NoReturn:
        """End with the result of the work, `failed` included.

        work: is given what to call with every secret, which is masked from then on.
        RunError is what the user can act upon.
        """
        try:
            result = work(self.no_log_values.update)
        except RunError as error:
            given = {"module_args": {**self.params, "resources": HIDDEN}}
            self.fail_json(msg=str(error), invocation=given, **error.details)
        if result.get("failed"):
            self.fail_json(**result)
        self.exit_json(**result)
