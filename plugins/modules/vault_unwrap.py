# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bring a secret of Vault to a host, wrapped, and unwrap it there, once."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vault_unwrap
short_description: Bring a secret of Vault to a host, wrapped, and unwrap it there, once
version_added: 0.1.0
author: [the vigie.run authors (@vigie-run)]
description:
  - Gives an application on a host its AppRole secret id, or another secret that Vault makes, so that nobody but that host ever
    sees it. The controller gets a token that wraps the secret, with the run's one login; the host unwraps it, which can be
    done once.
  - The host is looked at first. While what it has is still good, no secret is made, and nothing changes.
  - A token that was used already, that has expired, or that wraps an answer of another path is an alarm. It fails the task,
    says what may have happened, and nothing is written.
  - The file is put in place at once, with its owner and mode, and what is used up by being unwrapped is only asked for when
    the file can be written.
notes:
  - The controller reaches Vault by the variables of P(vigie.run.vault#lookup) (C(vault_url), C(vault_auth) and so on), and needs
    C(update) on O(creation_path). O(vault_url) and O(vault_ca_path) are how the host reaches it; the host needs no rights.
  - A secret that was wrapped and could not be unwrapped goes on living in Vault until it expires. Give secret ids a
    C(secret_id_ttl).
extends_documentation_fragment:
  - vigie.run._attributes
  - ansible.builtin.files
attributes:
  check_mode:
    support: full
    details: No secret is made. A O(token) that is given is looked up, and not used up.
  diff_mode:
    support: full
    details: Shows that the file is replaced, never what is in it.
  idempotent:
    support: partial
    details: With a O(token) that is given, it is unwrapped and written each time.
options:
  dest:
    description: The file on the host that holds the secret, and nothing else. Its folder must be there.
    type: path
    required: true
  creation_path:
    description:
      - Path in Vault that makes the secret, such as V(auth/approle/role/web/secret-id).
      - It is asked with O(data), and a O(token) must be of an answer of it.
    type: str
    required: true
  field:
    description: Which field of the answer is the secret.
    type: str
    default: secret_id
  data:
    description: What O(creation_path) is asked with, such as the C(metadata) or the C(cidr_list) of a secret id.
    type: dict
    default: {}
  wrap_ttl:
    description: How long the host has time to unwrap it, such as V(2m).
    type: str
    default: 2m
  token:
    description:
      - A wrapping token that somebody else got. It is unwrapped and written whatever is there.
      - Without it one is made with the run's login when there is need.
    type: str
  role_id:
    description:
      - The AppRole's role id. With it the host proves by a login, whose token it gives back at once, that its secret id is
        good, and a new one before it is written. Where it is not good any more there is need of another one.
      - A login counts, where C(secret_id_num_uses) limits them.
    type: str
  max_age:
    description:
      - How old the file may be, such as V(20d). Where it is older, there is need of another secret.
      - Make it shorter than the C(secret_id_ttl), by as long as runs may stay away.
    type: str
  mode:
    description: Rights of the file.
    type: raw
    default: "0600"
  vault_url:
    description: Address of Vault or OpenBao, as the host reaches it.
    type: str
    required: true
  vault_namespace:
    description: The namespace, where the server has them.
    type: str
  vault_ca_path:
    description: A file on the host, the authority that C(https) is checked with, instead of the system's own ones.
    type: path
  vault_timeout:
    description: How long one request may take, in seconds.
    type: float
    default: 15.0
seealso:
  - plugin: vigie.run.vault
    plugin_type: lookup
"""

EXAMPLES = r"""
- name: Give the application a secret id of its own
  vigie.run.vault_unwrap:
    vault_url: https://vault.internal:8200
    vault_ca_path: /etc/ssl/private-ca.pem
    creation_path: auth/approle/role/web/secret-id
    data:
      metadata: '{"host": "{{ inventory_hostname }}"}'
    role_id: "{{ app_role_id }}"
    max_age: 20d
    dest: /etc/app/secret-id
    owner: app
    group: app

- name: Unwrap a token that somebody else brought
  vigie.run.vault_unwrap:
    vault_url: https://vault.internal:8200
    creation_path: auth/approle/role/web/secret-id
    token: "{{ token_of_the_security_team }}"
    dest: /etc/app/secret-id
"""

RETURN = r"""
needed:
  description: Whether there was need of a new secret.
  returned: success
  type: bool
  sample: true
why:
  description: Why there was; empty where there was not.
  returned: success
  type: str
  sample: "/etc/app/secret-id is older than 20d"
accessor:
  description: What Vault calls the secret, to look it up and to revoke it by. No secret itself.
  returned: when one was written and Vault gave one
  type: str
  sample: 84896a0c-1347-aa90-a4f6-aca8b7558780
alarm:
  description: What was wrong with a wrapping token that somebody may have used.
  returned: when that was so
  type: str
  sample: foreign path
"""

import os
import time
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.module_utils._host import secret_file
from ansible_collections.vigie.run.plugins.module_utils._vault import wrapping
from ansible_collections.vigie.run.plugins.module_utils._vault.durations import seconds
from ansible_collections.vigie.run.plugins.module_utils._vault.session import Access

ARGUMENTS = {
    "dest": {"type": "path", "required": True},
    "creation_path": {"type": "str", "required": True},
    "field": {"type": "str", "default": "secret_id"},
    "data": {"type": "dict", "default": {}},
    "wrap_ttl": {"type": "str", "default": "2m"},
    "token": {"type": "str", "no_log": True},
    "role_id": {"type": "str"},
    "max_age": {"type": "str"},
    "mode": {"type": "raw", "default": "0600"},
    "vault_url": {"type": "str", "required": True},
    "vault_namespace": {"type": "str"},
    "vault_ca_path": {"type": "path"},
    "vault_timeout": {"type": "float", "default": 15.0},
}


class Delivery:
    """One secret for one file of this host."""

    def __init__(self, module: AnsibleModule) -> None:
        """Raises RunError for options that cannot be used."""
        params = module.params
        self._module = module
        self._params = params
        # Who wrote a link keeps it.
        self._path = os.path.realpath(params["dest"])
        self._creation_path = params["creation_path"].strip("/")
        self._longest = _age(params["max_age"])
        secret_file.check_place(self._path, params["owner"], params["group"])
        role_id = params["role_id"]
        self._mount = wrapping.auth_mount(self._creation_path) if role_id else ""
        without = {"vault_client_cert": None, "vault_client_key": None}
        self._access = Access.from_params({**params, **without})
        self._session = wrapping.asking(self._access)

    def look(self) -> dict[str, Any]:
        """Whether there is need of a secret; owner and mode are seen to."""
        why = self._lack()
        changed = bool(why)
        if not why:
            changed = self._dress(self._path)
        return {**self._told(why), "changed": changed}

    def take(self, token: str) -> dict[str, Any]:
        """Unwrap a secret, and put it in its place."""
        wrapping.examine(self._session, token, self._creation_path)
        told = {**self._told("a token was given"), "changed": True}
        if self._module.check_mode:
            return told
        field = self._params["field"]
        got = wrapping.unwrap(self._access, token, self._creation_path, field)
        self._module.no_log_values.add(got.secret)
        if self._params["role_id"] and not self._good(got.secret):
            raise RunError(
                "role_id: the new secret id does not log in with it; is it the role id"
                f" of {self._creation_path}, and may this host log in? {self._path}"
                " was left as it was"
            )
        secret_file.replace(self._path, got.secret, self._dress)
        return {**told, "accessor": got.accessor} if got.accessor else told

    def _lack(self) -> str:
        """Why there is need of a secret; empty where there is none."""
        try:
            age = time.time() - os.stat(self._path).st_mtime
            with open(self._path, encoding="utf-8") as file:
                held = file.read().strip()
        except FileNotFoundError:
            return f"{self._path} is not there"
        except (OSError, UnicodeDecodeError) as error:
            raise RunError(f"dest: {self._path} cannot be read: {error}") from error
        if not held:
            return f"{self._path} is empty"
        self._module.no_log_values.add(held)
        if age > self._longest:
            return f"{self._path} is older than {self._params['max_age']}"
        if self._params["role_id"] and not self._good(held):
            return f"the secret id in {self._path} does not log in any more"
        return ""

    def _good(self, secret_id: str) -> bool:
        role_id = self._params["role_id"]
        return wrapping.logs_in(self._session, self._mount, role_id, secret_id)

    def _dress(self, path: str) -> bool:
        """Owner, group, mode and context of the file, which may still be elsewhere."""
        wanted = self._module.load_file_common_arguments(self._params, self._path)
        return self._module.set_fs_attributes_if_different(
            {**wanted, "path": path}, False
        )

    def _told(self, why: str) -> dict[str, Any]:
        there = os.path.exists(self._path)
        before = {"path": self._path, "secret": "the former one" if there else None}
        after = {**before, "secret": "a new one"} if why else before
        diff = {"before": before, "after": after}
        return {"needed": bool(why), "why": why, "diff": diff}


def _age(text: str | None) -> float:
    if not text:
        return float("inf")
    found = seconds(text)
    if isinstance(found, str) or found <= 0:
        raise RunError(
            f"max_age: {text!r} is no duration; write one such as 12h or 20d"
        )
    return found


def main() -> None:
    module = AnsibleModule(
        argument_spec=ARGUMENTS, add_file_common_args=True, supports_check_mode=True
    )
    try:
        delivery = Delivery(module)
        token = module.params["token"]
        result = delivery.take(token) if token else delivery.look()
    except RunError as error:
        module.fail_json(msg=str(error), **error.details)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
