# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""What somebody may do whom an auth method vouches for.

Consul gives binding rules no names. A rule is known by its auth method and its
description, which is the logical name unless one is declared. A prune deletes rules
whose description, or whose auth method, is in the scope.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..._converge.fields import group, text
from ..._converge.overlay import overlay
from ..._converge.provider import Change, Desired, Live, Reading
from ..._converge.shape import from_api, to_api
from ..acl_links import READ, WRITE, refuse_twins
from ..base import ConsulType


class AclBindingRule(ConsulType):
    name = "acl_binding_rule"
    since = "1.5"
    newer = {"bind_vars": "1.17"}
    uses = ("acl_auth_method", "acl_policy", "acl_role")
    unique = ("auth_method", "description")
    attributes = {"id": "The identifier that Consul gave it."}
    fields = {
        "auth_method": text("The acl_auth_method, by name.", required=True),
        "description": text("What it is for; the logical name.", required=True),
        "selector": text("Whom it is for, such as `value.team == shop`; everybody."),
        "bind_type": text(
            "What a token from a login gets. `policy` and `templated-policy` take newer"
            " versions of Consul.",
            required=True,
            choices=("service", "node", "role", "policy", "templated-policy"),
        ),
        "bind_name": text(
            "The service, node, role, policy or template. `$${value.team}` is filled in"
            " at the login.",
            required=True,
        ),
        "bind_vars": group(
            {"name": text("Of the service, node or so.")},
            "What fills a template in.",
        ),
    }

    def written(self, resource: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"description": resource, **body}

    def find(self, reading: Reading) -> Iterable[Live]:
        """One list, which has everything."""
        lives = [self._live(raw) for raw in self._list()]
        remedy = "delete the others"
        refuse_twins(self, reading.desired, lives, remedy)
        return lives

    def create(self, desired: Desired) -> Live:
        """A request that would make a second rule is not repeated in the dark."""
        body = to_api(self.fields, desired.properties)
        identity = self.identity(desired.properties)

        def made() -> Any:
            rules = ((self._live(raw), raw) for raw in self._list())
            return next(
                (raw for it, raw in rules if self.identity(it.properties) == identity),
                None,
            )

        rule = self.session.call(
            "PUT", "acl/binding-rule", needs=WRITE, body=body, made=made
        )
        return self.as_declared(self._live(rule), desired)

    def update(self, live: Live, desired: Desired, changes: Sequence[Change]) -> Live:
        body = overlay(self.fields, live.raw, desired.properties)
        rule = self.session.put(f"acl/binding-rule/{live.id}", needs=WRITE, body=body)
        return self._live(rule)

    def delete(self, live: Live) -> None:
        self.session.delete(f"acl/binding-rule/{live.id}", needs=WRITE)

    def _list(self) -> Any:
        return self.session.get("acl/binding-rules", needs=READ)

    def _live(self, raw: Mapping[str, Any]) -> Live:
        properties = {"description": "", **from_api(self.fields, raw)}
        scope = self.scope.of(self.name)
        names = (raw["AuthMethod"], properties["description"])
        scoped = next((name for name in names if name.startswith(scope)), None)
        return self.live(raw["ID"], properties, scoped, raw)


TYPE = AclBindingRule
