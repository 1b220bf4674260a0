# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values from Consul's key-value store."""

from __future__ import annotations

DOCUMENTATION = r"""
name: consul_kv
short_description: Values from Consul's key-value store, many at once
version_added: 0.1.0
author:
  - the vigie.run authors (@vigie-run)
description:
  - Reads keys, or with O(recurse) whole folders of keys, up to 64 in one call.
  - A key that does not exist is an error that names it, unless there is a O(default).
  - The connection is kept for the next lookup of the same process. Ansible has a process for each task and host, so that all that a task
    looks up, in its loop, its variables and its template, takes one connection.
notes:
  - With ACLs, the token needs C(key:read) for each key, or C(key_prefix:read) for each folder. What it may not read in a folder is left out by
    Consul, without a word.
  - Values are data, and never evaluated as templates.
  - Nothing of what is read is logged by the lookup. A task that prints it does, unless it has C(no_log).
options:
  _terms:
    description: Keys, or with O(recurse) folders. A folder may be written with or without its slash at the end; V('') is everything.
    type: list
    elements: str
    required: true
  recurse:
    description: Give for each term a dictionary of all keys in that folder and below. Their names begin after the folder.
    type: bool
    default: false
  default:
    description: What is given for a key that does not exist, and for a folder without keys. Without it they are errors.
    type: raw
  decode:
    description:
      - What values are.
      - V(text) and V(base64) give strings, V(base64) of any bytes; V(json) and V(yaml) give what is written in them.
    type: str
    choices: [text, json, yaml, base64]
    default: text
  details:
    description: Give for each key a dictionary with C(value), C(key), C(flags), C(create_index), C(modify_index) and C(session).
    type: bool
    default: false
  datacenter:
    description: Datacenter to read from, where it is not the agent's own.
    type: str
    default: ''
extends_documentation_fragment:
  - vigie.run._consul_controller
seealso:
  - plugin: vigie.run.consul
    plugin_type: inventory
"""

EXAMPLES = r"""
- name: One key
  ansible.builtin.debug:
    msg: "{{ lookup('vigie.run.consul_kv', 'portal/release') }}"

- name: Several keys in one call, from a server that the controller can reach
  ansible.builtin.set_fact:
    portal: "{{ dict(names | zip(query('vigie.run.consul_kv', *keys))) }}"
  vars:
    names: [host, port]
    keys: [portal/database/host, portal/database/port]
    consul_url: https://consul.example:8501
    consul_token_file: ~/.consul/token

- name: A folder as a dictionary, with what is in force where there is none
  ansible.builtin.set_fact:
    limits: "{{ lookup('vigie.run.consul_kv', 'portal/limits', recurse=true, default={}) }}"

- name: A document
  ansible.builtin.debug:
    msg: "{{ lookup('vigie.run.consul_kv', 'portal/features', decode='json').search }}"
"""

RETURN = r"""
_raw:
  description: For each term its value, or with O(recurse) a dictionary of values.
  type: list
  elements: raw
  sample: ["4.2.1"]
"""

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any

import yaml
from ansible.errors import AnsibleLookupError
from ansible_collections.vigie.run.plugins.module_utils._consul.reads import (
    Value,
    read_keys,
    read_trees,
)
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.plugin_utils._consul_access import (
    consul_access,
    kept_session,
)
from ansible_collections.vigie.run.plugins.plugin_utils._lookup import OptionedLookup

_NAMED = 5


class LookupModule(OptionedLookup):
    """Reads what the terms name, decodes it, and names what is missing."""

    def run(
        self,
        terms: Sequence[Any],
        variables: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> list[Any]:
        """One value, or one dictionary, for each term."""
        try:
            self._asked = self.read_options(variables, kwargs)
            self._check(terms)
            access = consul_access(self._asked)
            session = kept_session(access, self._asked.get_option("datacenter"))
            if self._asked.get_option("recurse"):
                names = [_folder(term) for term in terms]
                trees = read_trees(session, names)
                found = {name: self._tree(name, trees[name]) for name in trees}
            else:
                names = list(terms)
                keys = read_keys(session, names)
                found = {name: self._entry(entry) for name, entry in keys.items()}
            return self._in_order(names, found, kwargs)
        except RunError as error:
            raise AnsibleLookupError(str(error)) from error

    def _check(self, terms: Sequence[Any]) -> None:
        recurse = self._asked.get_option("recurse")
        for term in terms:
            if not isinstance(term, str) or not (term or recurse):
                raise RunError(f"{term!r} is no key: a key is text, and not empty")

    def _tree(self, folder: str, entries: list[Value]) -> dict[str, Any]:
        """The keys of a folder by what their names add to its own.

        Keys that end with a slash are folders that somebody made by hand.
        """
        return {
            entry.key[len(folder) :]: self._entry(entry)
            for entry in entries
            if not entry.key.endswith("/")
        }

    def _entry(self, entry: Value) -> Any:
        value = decoded(entry, self._asked.get_option("decode"))
        if not self._asked.get_option("details"):
            return value
        return {
            "key": entry.key,
            "value": value,
            "flags": entry.flags,
            "create_index": entry.create_index,
            "modify_index": entry.modify_index,
            "session": entry.session,
        }

    def _in_order(
        self, names: Sequence[str], found: Mapping[str, Any], kwargs: Mapping[str, Any]
    ) -> list[Any]:
        """What was found for each name, or the default. An empty folder is none."""
        recurse = self._asked.get_option("recurse")
        there = {name: one for name, one in found.items() if one or not recurse}
        missing = [name for name in dict.fromkeys(names) if name not in there]
        if missing and "default" not in kwargs:
            raise RunError(_lacking(missing, recurse))
        return [there.get(name, kwargs.get("default")) for name in names]


def decoded(entry: Value, kind: str) -> Any:
    """The value as `kind` says. Raises RunError that never shows any of it."""
    if kind == "base64":
        return base64.b64encode(entry.value).decode()
    try:
        text = entry.value.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RunError(
            f"key {entry.key!r}: its value is no text (byte {error.start + 1}); "
            "take decode='base64'"
        ) from error
    try:
        if kind == "json":
            return json.loads(text)
        return yaml.safe_load(text) if kind == "yaml" else text
    except json.JSONDecodeError as error:
        why = f"{error.msg} at line {error.lineno} column {error.colno}"
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        why = getattr(error, "problem", None) or "it cannot be read"
        why += f" at line {mark.line + 1} column {mark.column + 1}" if mark else ""
    raise RunError(f"key {entry.key!r}: its value is no {kind.upper()}: {why}")


def _folder(term: str) -> str:
    """With its slash: without it, Consul would mean all keys that begin so."""
    return f"{term.rstrip('/')}/" if term.strip("/") else ""


def _lacking(missing: list[str], recurse: bool) -> str:
    named = ", ".join(repr(name) for name in missing[:_NAMED])
    if len(missing) > _NAMED:
        named += f" and {len(missing) - _NAMED} more"
    what = "no key in the folder" if recurse else "no key"
    said = f"Consul has {what} {named}; give a default if that is right"
    slashed = any(name.startswith("/") for name in missing)
    return f"{said}. Keys of Consul begin without a slash" if slashed else said
