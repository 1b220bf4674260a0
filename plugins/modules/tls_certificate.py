# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A certificate whose key is made on the host: requested, placed, proved, restored."""

from __future__ import annotations

DOCUMENTATION = r"""
module: tls_certificate
short_description: A certificate whose key is made on the host, and stays there
version_added: 0.1.0
author: [the vigie.run authors (@vigie-run)]
description:
  - Keeps a certificate with its key in a folder of a host. The host makes the key and a request; whoever signs it, such as
    Vault's PKI, gets no more than the request.
  - All files change at once, since services read them through one link, V(current). The former certificate is kept until the
    new one is proved, and one call goes back to it.
  - The role P(vigie.run.vault_certificate#role) has these steps in their order, with Vault between them, and reloads services.
notes:
  - In O(dir)C(/current) are C(key.pem), C(cert.pem), C(chain.pem) (what is between the certificate and the authority),
    C(fullchain.pem) (certificate and chain), C(pair.pem) (these and the key, for HAProxy) and C(ca.pem) (whom to trust).
  - Keys are new with each certificate, and removed with it.
requirements:
  - openssl 1.1.1 or newer on the host
extends_documentation_fragment: [vigie.run._attributes]
attributes:
  check_mode: {support: full}
  diff_mode:
    support: full
    details: Names, dates and serial numbers are shown, keys never.
  idempotent: {support: full}
options:
  dir:
    description: Folder on the host for this one certificate, an absolute path. It is made; the folder that it is in must be there.
    type: path
    required: true
  state:
    description:
      - V(requested) looks whether a certificate is needed, and if so makes a key and gives RV(csr).
      - V(placed) has services read O(certificate), signed for that key, from now on. It is compared with what was requested.
      - V(proved) notes that services have taken it in, and removes the former one.
      - V(restored) goes back to the one that was proved last, or to none, and removes the other one.
    type: str
    choices: [requested, placed, proved, restored]
    default: requested
  names:
    description: DNS names that it is for; the first is the common name as well. C(*.) may begin one.
    type: list
    elements: str
    required: true
  addresses:
    description: IP addresses that it is for.
    type: list
    elements: str
    default: []
  key_type:
    description: Kind of the key.
    type: str
    choices: [ec-p256, ec-p384, rsa-2048, rsa-3072, rsa-4096]
    default: ec-p256
  source:
    description: From whom it is, in any words. Where they differ from those that it was requested with, another one is needed.
    type: dict
    default: {}
  renew_at:
    description: Share of its life after which another one is needed.
    type: float
    default: 0.67
  certificate:
    description: With O(state=placed), the certificate in PEM.
    type: str
  chain:
    description: With O(state=placed), all certificates of authorities above it in PEM, in any order, with the root where it is known.
    type: str
  owner:
    description: Owner of folder and files; where it is not given they stay with whom they are.
    type: str
  group:
    description: Their group, in the same way.
    type: str
  mode:
    description: Rights of the files, in octal. C(key.pem) and C(pair.pem) are never for others.
    type: str
    default: "0640"
seealso:
  - module: vigie.run.tls_authority
"""

EXAMPLES = r"""
- name: See whether a certificate is needed
  vigie.run.tls_certificate:
    dir: /etc/ssl/portal
    names: [portal.example.org]
    source: {role: web}
  register: request

- name: Have it signed
  ansible.builtin.set_fact:
    signed: "{{ lookup('vigie.run.vault', 'pki/sign/web', data={'csr': request.csr, 'common_name': 'portal.example.org'}) }}"
  when: request.needed and not ansible_check_mode

- name: Put it in place
  vigie.run.tls_certificate:
    state: placed
    dir: /etc/ssl/portal
    names: [portal.example.org]
    source: {role: web}
    certificate: "{{ signed.certificate }}"
    chain: "{{ signed.ca_chain | join('\n') }}"
  when: request.needed and not ansible_check_mode
"""

RETURN = r"""
needed:
  description: Whether a certificate is needed.
  returned: success
  type: bool
  sample: true
why:
  description: Why it is; empty where it is not.
  returned: success
  type: str
  sample: it ends 2026-12-01 08:00 UTC, and 67% of its life is over
csr:
  description: The request, in PEM.
  returned: with O(state=requested) where one is needed, not in check mode
  type: str
  sample: "-----BEGIN CERTIFICATE REQUEST-----…"
unproved:
  description: Whether services may not have taken in what is in place.
  returned: success
  type: bool
  sample: false
serial:
  description: Serial number of what is in place, in hexadecimal; empty where nothing is.
  returned: success
  type: str
  sample: 5e8c2f0e6b6f0a4c1c7b
ends:
  description: When it ends, in UTC; empty where nothing is in place.
  returned: success
  type: str
  sample: "2026-12-01T08:00:00Z"
"""

import grp
import ipaddress
import os
import pwd
import re
import time
from collections.abc import Callable, Sequence
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.module_utils._host.certificates import (
    Rights,
    Store,
    Wanted,
)
from ansible_collections.vigie.run.plugins.module_utils._host.openssl import (
    KEY_TYPES,
    OpenSsl,
    Run,
)

ARGUMENTS = {
    "dir": {"type": "path", "required": True},
    "state": {
        "type": "str",
        "choices": ["requested", "placed", "proved", "restored"],
        "default": "requested",
    },
    "names": {"type": "list", "elements": "str", "required": True},
    "addresses": {"type": "list", "elements": "str", "default": []},
    "key_type": {
        "type": "str",
        "choices": list(KEY_TYPES),
        "default": "ec-p256",
        "no_log": False,
    },
    "source": {"type": "dict", "default": {}},
    "renew_at": {"type": "float", "default": 0.67},
    "certificate": {"type": "str"},
    "chain": {"type": "str"},
    "owner": {"type": "str"},
    "group": {"type": "str"},
    "mode": {"type": "str", "default": "0640"},
}
_NAME = re.compile(r"(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*")
# RFC 5280 (ub-common-name) and RFC 1035.
_LONGEST_COMMON_NAME = 64
_LONGEST_NAME = 253


def run(params: dict[str, Any], check_mode: bool, command: Run) -> dict[str, Any]:
    """Do what the state says. Raises RunError for options that cannot be used."""
    wanted = _wanted(params)
    if not 0 < params["renew_at"] < 1:
        raise RunError("renew_at: is a share of its life, between 0 and 1")
    openssl = OpenSsl(command)
    store = Store(_folder(params["dir"]), _rights(params), openssl, check_mode)
    before = _seen(store)
    why = store.lack(wanted, params["renew_at"], time.time())
    told = {"needed": bool(why), "why": why}
    if params["state"] == "requested":
        told.update(_requested(store, wanted, why, check_mode))
    elif params["state"] == "placed":
        told["changed"] = True
        if not check_mode:
            store.place(params["certificate"], params["chain"], wanted)
            told.update(needed=False, why="")
    else:
        told["changed"] = store.unproved
        if told["changed"] and not check_mode:
            (store.prove if params["state"] == "proved" else store.restore)()
    after = _seen(store)
    shown = {**after, "issued": f"anew: {told['why']}"} if told["needed"] else after
    return {
        **told,
        **after,
        "unproved": store.unproved,
        "diff": {"before": before, "after": shown},
    }


def _requested(
    store: Store, wanted: Wanted, why: str, check_mode: bool
) -> dict[str, Any]:
    if not why:
        return {"changed": store.settle()}
    return {"changed": True, **({} if check_mode else {"csr": store.request(wanted)})}


def _seen(store: Store) -> dict[str, str]:
    found = store.certificate()
    if found is None:
        return {"serial": "", "ends": ""}
    ends = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(found.ends))
    return {"serial": found.serial, "ends": ends}


def _wanted(params: dict[str, Any]) -> Wanted:
    names = tuple(name.lower() for name in params["names"])
    if not names:
        raise RunError("names: name at least one")
    for name in names:
        if not _NAME.fullmatch(name) or len(name) > _LONGEST_NAME:
            raise RunError(f"names: {name!r} is no DNS name")
    if len(names[0]) > _LONGEST_COMMON_NAME:
        raise RunError(
            f"names: the first is the common name, and {names[0]!r} is longer than"
            f" {_LONGEST_COMMON_NAME} characters; put another one first"
        )
    try:
        addresses = tuple(str(ipaddress.ip_address(a)) for a in params["addresses"])
    except ValueError as error:
        raise RunError(f"addresses: {error}") from error
    return Wanted(names, addresses, params["key_type"], params["source"])


def _folder(path: str) -> str:
    if not os.path.isabs(path):
        raise RunError(f"dir: {path!r} is no absolute path")
    above = os.path.dirname(path.rstrip("/"))
    if not os.path.isdir(above):
        raise RunError(f"dir: there is no folder {above}; make it first")
    return path


def _rights(params: dict[str, Any]) -> Rights:
    if not re.fullmatch(r"0?[0-7]{3}", params["mode"]):
        raise RunError(f"mode: {params['mode']!r} is no mode; write one such as '0640'")
    return Rights(
        uid=_id("owner", params["owner"], lambda name: pwd.getpwnam(name).pw_uid),
        gid=_id("group", params["group"], lambda name: grp.getgrnam(name).gr_gid),
        mode=int(params["mode"], 8),
    )


def _id(field: str, name: str | None, find: Callable[[str], int]) -> int:
    if not name:
        return -1
    if name.isdigit():
        return int(name)
    try:
        return find(name)
    except KeyError:
        raise RunError(f"{field}: there is no {name!r} on this host") from None


def main() -> None:
    module = AnsibleModule(
        argument_spec=ARGUMENTS,
        supports_check_mode=True,
        required_if=[("state", "placed", ("certificate", "chain"))],
    )

    def command(argv: Sequence[str], given: str) -> tuple[int, str, str]:
        return module.run_command(list(argv), data=given, handle_exceptions=False)

    try:
        result = run(module.params, module.check_mode, command)
    except RunError as error:
        module.fail_json(msg=str(error), **error.details)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
