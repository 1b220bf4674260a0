# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check and read variables of all hosts of a play, in one go on the controller."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase

ROLES = Path(__file__).parents[2] / "roles"
LIST = {"type": "list", "elements": "str", "default": []}
# Who takes part is the same for all hosts, and only the running task knows it: the play
# that it was written in is not the copy which counts the hosts that are lost.
PRESENCE = ("ansible_play_hosts", "ansible_play_hosts_all", "ansible_play_batch")


class ActionModule(ActionBase):
    """Needs no connection: what hosts are given is known on the controller."""

    _requires_connection = False

    def run(
        self, tmp: str | None = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Check every host's options of every role, then read what is asked for."""
        result = super().run(tmp, task_vars)
        _checked, asked = self.validate_argument_spec({"names": LIST, "roles": LIST})
        present = {key: (task_vars or {})[key] for key in PRESENCE}
        hosts = {
            name: Variables(self, name, present)
            for name in present["ansible_play_hosts_all"]
        }
        problems = [
            f"{name}: {mistake}"
            for role in asked["roles"]
            for name, mistake in mistakes(self._options(role), hosts)
        ]
        if problems:
            raise AnsibleActionFail("; ".join(problems))
        result["changed"] = False
        result["hosts"] = {
            name: {key: variables[key] for key in asked["names"]}
            for name, variables in hosts.items()
        }
        return result

    def _options(self, role: str) -> dict[str, Any]:
        path = ROLES / role / "meta" / "argument_specs.yml"
        if not path.is_file():
            raise AnsibleActionFail(f"roles: vigie.run has no role {role!r}.")
        specs = self._loader.load_from_file(str(path))["argument_specs"]
        return specs["main"]["options"]


class Variables(Mapping[str, Any]):
    """One host's variables as its own task would see them.

    ``hostvars`` knows neither the defaults of a role nor the variables of a play.
    """

    def __init__(
        self, action: ActionBase, host: str, present: dict[str, list[str]]
    ) -> None:
        play = action._task.get_play()
        manager = play.get_variable_manager()
        known = manager.get_vars(
            play=play, host=manager._inventory.get_host(host), task=action._task
        )
        self._raw = {**known, **present}
        self._templar = action._templar.copy_with_new_env(available_variables=self._raw)

    def __getitem__(self, name: str) -> Any:
        return self._templar.template(self._raw[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._raw)

    def __len__(self) -> int:
        return len(self._raw)


def mistakes(
    options: dict[str, Any], hosts: Mapping[str, Mapping[str, Any]]
) -> Iterator[tuple[str, str]]:
    """A host and one sentence for each of its options that the role would refuse."""
    validator = ArgumentSpecValidator(options)
    for host, variables in hosts.items():
        given = {}
        for name in options:
            try:
                given[name] = variables[name]
            except KeyError:
                continue  # the role has no default, and the option may be needless
            except AnsibleError as error:
                yield host, f"{name}: {error}"
        for message in validator.validate(given).error_messages:
            yield host, message
