# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""A policy: rules that say what a token may do.

Consul's own policies are never pruned.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..._converge.fields import text
from ..._converge.overlay import overlay
from ..._converge.provider import Change, Desired, Live, Reading
from ..._converge.shape import from_api
from ..acl_links import DATACENTERS, READ, WRITE, acl_name
from ..base import ConsulType
from ..client import ConsulError

# The ids of global-management and builtin/global-read-only; Consul reserves the rest.
RESERVED = "00000000-0000-0000-0000-0000000000"
BUILTIN = "builtin/"


class AclPolicy(ConsulType):
    name = "acl_policy"
    attributes = {"id": "The identifier that Consul gave it.", "name": "Its name."}
    fields = {
        "name": acl_name("policy"),
        "description": text("What it is for."),
        "rules": text("The rules, in HCL or JSON.", normal=str.strip),
        "datacenters": DATACENTERS,
    }

    def find(self, reading: Reading) -> Iterable[Live]:
        """One list. It has a hash for each policy instead of the rules, so that only
        the rules of those that differ are asked for."""
        declared = {one.properties["name"]: one.properties for one in reading.desired}
        for stub in self.session.get("acl/policies", needs=READ):
            name = stub["Name"]
            if name in declared:
                yield self._declared(stub, declared[name])
            elif reading.everything and not stub["ID"].startswith(RESERVED):
                yield self._live(stub)

    def create(self, desired: Desired) -> Live:
        name = desired.properties["name"]
        try:
            body = overlay(self.fields, {}, desired.properties)
            made = self.session.put("acl/policy", needs=WRITE, body=body)
        except ConsulError as error:
            if "already exists" not in error.said:
                raise
            made = self.session.get(f"acl/policy/name/{name}", needs=READ)
            return self.as_declared(self._live(made), desired)
        return self._live(made)

    def update(self, live: Live, desired: Desired, changes: Sequence[Change]) -> Live:
        there = live.raw
        if "rules" not in desired.properties:
            there = self._whole(live.id)
        body = overlay(self.fields, there, desired.properties)
        body = {name: value for name, value in body.items() if name != "Hash"}
        made = self.session.put(f"acl/policy/{live.id}", needs=WRITE, body=body)
        return self._live(made)

    def delete(self, live: Live) -> None:
        self.session.delete(f"acl/policy/{live.id}", needs=WRITE)

    def _declared(self, stub: Mapping[str, Any], wanted: Mapping[str, Any]) -> Live:
        if "rules" not in wanted:
            return self._live(stub)
        rules = wanted["rules"]
        if not isinstance(rules, str) or stub["Hash"] != policy_hash(stub, rules):
            rules = self._whole(stub["ID"])["Rules"]
        return self._live({**stub, "Rules": rules})

    def _whole(self, id_: str) -> Any:
        return self.session.get(f"acl/policy/{id_}", needs=READ)

    def _live(self, raw: Mapping[str, Any]) -> Live:
        reserved = raw["ID"].startswith(RESERVED) or raw["Name"].startswith(BUILTIN)
        scoped = None if reserved else raw["Name"]
        properties = from_api(self.fields, raw)
        return self.live(raw["ID"], properties, scoped, raw, name=raw["Name"])


def policy_hash(stub: Mapping[str, Any], rules: str) -> str:
    """What Consul's list says of a policy that is like `stub` and has these rules.

    As `ACLPolicy.SetHash` does since 1.4: BLAKE2b of the texts one after the other.
    """
    parts = (stub["Name"], stub["Description"], rules, *(stub["Datacenters"] or ()))
    digest = hashlib.blake2b("".join(parts).encode(), digest_size=32).digest()
    return base64.b64encode(digest).decode()


TYPE = AclPolicy
