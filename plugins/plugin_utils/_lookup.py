# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every lookup does with its options."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.plugins.lookup import LookupBase
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError


class OptionedLookup(LookupBase):
    """Options from what is written, from variables, and from the environment."""

    def read_options(
        self, variables: Mapping[str, Any] | None, given: Mapping[str, Any]
    ) -> None:
        """Set the options. Raises RunError for one that does not exist."""
        unknown = sorted(set(given) - set(self.option_definitions))
        if unknown:
            known = ", ".join(sorted(set(self.option_definitions) - {"_terms"}))
            raise RunError(
                f"{', '.join(unknown)}: there is no such option; there are {known}"
            )
        self.set_options(var_options=self._own(variables or {}), direct=given)

    def _own(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        """The variables that are options, evaluated: Ansible gives them as written."""
        names = {
            entry["name"]
            for definition in self.option_definitions.values()
            for entry in definition.get("vars", ())
        }
        return {
            name: self._evaluated(variables[name]) for name in names & variables.keys()
        }

    def _evaluated(self, value: Any) -> Any:
        # Asking what has no template in it is a quarter of what a quick lookup costs.
        plain = isinstance(value, str) and "{" not in value
        return value if plain else self._templar.template(value)
