# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every lookup does with its options."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from ansible.plugins.lookup import LookupBase
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError


class OptionedLookup(LookupBase):
    """Options from what is written, from variables, and from the environment."""

    # The last lookup of a kind, and what its options came from. Ansible makes a lookup
    # each time one is evaluated, and looking for twenty options in six places takes as
    # long as Vault takes to answer.
    _last: ClassVar[dict[type, tuple[Any, OptionedLookup]]] = {}

    def read_options(
        self, variables: Mapping[str, Any] | None, given: Mapping[str, Any]
    ) -> OptionedLookup:
        """The lookup to ask for options: an earlier one that was told all the same.

        Raises RunError for an option that does not exist.
        """
        unknown = sorted(set(given) - set(self.option_definitions))
        if unknown:
            known = ", ".join(sorted(set(self.option_definitions) - {"_terms"}))
            raise RunError(
                f"{', '.join(unknown)}: there is no such option; there are {known}"
            )
        own = self._own(variables or {})
        environment = {name: os.environ.get(name) for name in self._names("env")}
        told = _scalars(own), _scalars(given), environment
        before, settled = self._last.get(type(self), (None, self))
        if None in told or told != before:
            self.set_options(var_options=own, direct=given)
            self._last[type(self)], settled = (told, self), self
        return settled

    def _own(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        """The variables that are options, evaluated: Ansible gives them as written."""
        names = variables.keys() & set(self._names("vars"))
        return {name: self._evaluated(variables[name]) for name in names}

    def _names(self, source: str) -> Iterator[str]:
        """What the options are called there: `vars` or `env`."""
        for definition in self.option_definitions.values():
            for entry in definition.get(source, ()):
                yield entry["name"]

    def _evaluated(self, value: Any) -> Any:
        # Asking what has no template in it is a quarter of what a quick lookup costs.
        plain = isinstance(value, str) and "{" not in value
        return value if plain else self._templar.template(value)


def _scalars(values: Mapping[str, Any]) -> dict[str, tuple[type, Any]] | None:
    """What can be compared, 1 and true being two things; None where anything cannot.

    Of a dictionary or a list the next one may be the same, and hold something else.
    """
    if not all(isinstance(one, (str, int, float)) for one in values.values()):
        return None
    return {name: (type(one), one) for name, one in values.items()}
