# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets from Vault or OpenBao."""

from __future__ import annotations

DOCUMENTATION = r"""
name: vault
short_description: Secrets from Vault or OpenBao, with one login for the whole run
version_added: 0.1.0
author:
  - the vigie.run authors (@vigie-run)
description:
  - Reads secrets by their paths, of both versions of the key-value engine and of any other; makes dynamic credentials, and
    certificates, with O(data).
  - A run logs in once. A small process beside it holds the token in its memory alone, renews it, gives it to every task of the
    run that asks with the same credentials, and revokes it when the run has ended, however it ended.
  - A path or field that does not exist is an error that names it, unless there is a O(default).
notes:
  - Dynamic credentials end with the token that made them. With a login they end with the run. What has to live longer is better
    made where it is used, or with O(vault_auth=token).
  - Secrets are registered with Ansible's own masking where the version has it. Use C(no_log) on tasks that handle them all the same.
  - Values are data, and never evaluated as templates.
options:
  _terms:
    description:
      - Paths as V(secret/app), or V(secret/app#password) for one field. Where the engine is the second version of key-value,
        V(secret/data/app) means the same.
    type: list
    elements: str
    required: true
  default:
    description: What is given where there is nothing at a path. Without it that is an error.
    type: raw
  version:
    description: Which version of a secret, where the engine keeps several. The newest where it is not given.
    type: int
    default: 0
  data:
    description:
      - Write this to the path and give what Vault answers, such as a certificate of C(pki/issue/ROLE).
      - It is done anew each time that the lookup is evaluated. Keep the answer in a fact.
    type: dict
  wrap_ttl:
    description:
      - With O(data), let Vault wrap the answer for so long, such as V(300s), and give the wrapping token instead, which can
        be unwrapped once, where the answer is needed.
    type: str
    default: ''
extends_documentation_fragment:
  - vigie.run._vault_controller
seealso:
  - module: vigie.run.vault_state
"""

EXAMPLES = r"""
- name: One field of a secret
  ansible.builtin.debug:
    msg: "{{ lookup('vigie.run.vault', 'secret/app#password') | length }}"

- name: Several secrets, with a login by AppRole, and what is in force where one is missing
  ansible.builtin.set_fact:
    app: "{{ query('vigie.run.vault', 'secret/app', 'secret/app/extra', default={}) }}"
  no_log: true
  vars:
    vault_url: https://vault.internal:8200
    vault_auth: approle
    vault_role_id: "{{ app_role_id }}"
    vault_secret_id: "{{ app_secret_id }}"

- name: A certificate
  ansible.builtin.set_fact:
    certificate: "{{ lookup('vigie.run.vault', 'pki/issue/web', data={'common_name': 'www.example.org'}) }}"
  no_log: true
"""

RETURN = r"""
_raw:
  description: For each term a dictionary of what is there, or the value of the field that it names.
  type: list
  elements: raw
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ansible.errors import AnsibleLookupError
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.module_utils._vault.reads import (
    Secrets,
    Term,
)
from ansible_collections.vigie.run.plugins.plugin_utils._lookup import OptionedLookup
from ansible_collections.vigie.run.plugins.plugin_utils._masking import mask
from ansible_collections.vigie.run.plugins.plugin_utils._vault_access import (
    kept_secrets,
)

# Reads at once, each on a connection of its own.
PARALLEL = 8


class LookupModule(OptionedLookup):
    """Reads what the terms name, and names what is missing."""

    def run(
        self,
        terms: Sequence[Any],
        variables: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> list[Any]:
        """What is at each path, or its field."""
        try:
            options = self.read_options(variables, kwargs)
            reading = _Reading(kept_secrets(options), options, kwargs)
            found = reading.all([Term.read(term) for term in terms])
        except RunError as error:
            raise AnsibleLookupError(str(error)) from error
        mask(found)
        return found


class _Reading:
    """What one lookup asks of the secrets."""

    def __init__(
        self, secrets: Secrets, options: OptionedLookup, given: Mapping[str, Any]
    ) -> None:
        """Raises RunError for options that do not go together."""
        self._secrets = secrets
        self._given = given
        self._version = options.get_option("version")
        self._data = options.get_option("data")
        self._wrap_ttl = options.get_option("wrap_ttl")
        if self._wrap_ttl and self._data is None:
            raise RunError("wrap_ttl: goes with data; only an answer is wrapped")

    def all(self, terms: list[Term]) -> list[Any]:
        """What is found for each; reads go side by side, writes one after the other."""
        if len(terms) < 2 or self._data is not None:
            return [self._one(term) for term in terms]
        # The first one alone: it logs in, and learns of the engine for the others.
        first = self._one(terms[0])
        with ThreadPoolExecutor(PARALLEL) as pool:
            return [first, *pool.map(self._one, terms[1:])]

    def _one(self, term: Term) -> Any:
        if self._data is not None:
            return self._secrets.write(term, self._data, self._wrap_ttl)
        found = self._secrets.read(term, self._version)
        if found is not None:
            return found
        if "default" in self._given:
            return self._given["default"]
        raise RunError(f"{term.path}: there is nothing, and no default was given")
