# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""How others than Consul vouch for who asks for a token: Kubernetes, JSON Web Tokens.

What `config` takes is told by Consul's documentation of the method, in its own names.
Consul Enterprise and newer versions know more methods (oidc, aws-iam).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..._converge.fields import anything, mapping, text
from ..._converge.overlay import overlay
from ..._converge.provider import Change, Desired, Live, Reading
from ..._converge.shape import from_api
from ..acl_links import READ, WRITE, acl_name
from ..base import ConsulType
from ..durations import duration

HOLDERS = ("config", "sensitive_config")


class AclAuthMethod(ConsulType):
    name = "acl_auth_method"
    since = "1.5"
    newer = {"display_name": "1.8", "max_token_ttl": "1.8", "token_locality": "1.8"}
    attributes = {"id": "Its name.", "name": "Its name."}
    fields = {
        "name": acl_name("method"),
        "method_type": text(
            "What it is, as Consul names it: kubernetes, jwt, oidc or aws-iam.",
            required=True,
            immutable=True,
            api="Type",
        ),
        "display_name": text("Its name in the user interface."),
        "description": text("What it is for."),
        "max_token_ttl": duration(
            "How long a token from a login lives at most; for ever.",
            default="0s",
            api="MaxTokenTTL",
        ),
        "token_locality": text(
            "Whether its tokens are known in other datacenters.",
            choices=("local", "global"),
            default="local",
        ),
        "config": mapping(anything("A setting."), "Its settings."),
        "sensitive_config": mapping(
            anything("A setting."),
            "Settings that are never shown, such as ServiceAccountJWT.",
            sensitive=True,
        ),
    }

    def check(self, properties: Mapping[str, Any]) -> Sequence[str]:
        one, other = (properties.get(holder) for holder in HOLDERS)
        if not isinstance(one, Mapping) or not isinstance(other, Mapping):
            return ()
        return [
            f"declares {name!r} in both config and sensitive_config; keep one"
            for name in sorted(one.keys() & other.keys())
        ]

    def find(self, reading: Reading) -> Iterable[Live]:
        """One list, and one call for the settings of each that is declared."""
        declared = {one.properties["name"]: one.properties for one in reading.desired}
        for stub in self.session.get("acl/auth-methods", needs=READ):
            wanted = declared.get(stub["Name"])
            if wanted is not None:
                yield self._live(self._whole(stub["Name"]), wanted)
            elif reading.everything:
                yield self._live(stub, {})

    def create(self, desired: Desired) -> Live:
        return self._write("acl/auth-method", {}, desired)

    def update(self, live: Live, desired: Desired, changes: Sequence[Change]) -> Live:
        return self._write(f"acl/auth-method/{live.id}", live.raw, desired)

    def delete(self, live: Live) -> None:
        """Its binding rules and the tokens of its logins go with it."""
        self.session.delete(f"acl/auth-method/{live.id}", needs=WRITE)

    def _whole(self, name: str) -> Any:
        return self.session.get(f"acl/auth-method/{name}", needs=READ)

    def _write(self, path: str, raw: Mapping[str, Any], desired: Desired) -> Live:
        wanted = desired.properties
        plain = {name: wanted[name] for name in wanted if name not in HOLDERS}
        body = overlay(self.fields, raw, plain)
        settings = dict(raw.get("Config") or {})
        for holder in HOLDERS:
            settings.update(wanted.get(holder) or {})
        body["Config"] = {k: v for k, v in settings.items() if v is not None}
        return self._live(self.session.put(path, needs=WRITE, body=body), wanted)

    def _live(self, raw: Mapping[str, Any], wanted: Mapping[str, Any]) -> Live:
        name = raw["Name"]
        properties = from_api(self.fields, raw)
        secret = wanted.get("sensitive_config") or {}
        settings = raw.get("Config") or {}
        properties["config"] = {k: v for k, v in settings.items() if k not in secret}
        properties["sensitive_config"] = {
            k: v for k, v in settings.items() if k in secret
        }
        return self.live(name, properties, name, raw, name=name)


TYPE = AclAuthMethod
