# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""A security group: who may talk to its members, and to whom they may talk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..._converge.fields import many, text
from ..._converge.provider import Desired, Live, Reading
from ..._converge.shape import from_api
from ..ec2 import Ec2Type
from ..errors import is_absent, is_in_use
from ..security_rules import (
    RULE,
    check_rule,
    check_wording,
    from_permissions,
    keyed,
    permission,
    single,
)
from ..tags import TAGS

# Our list, its key in an answer, and the end of its calls' names.
DIRECTIONS = {"ingress": "IpPermissions", "egress": "IpPermissionsEgress"}


def _check_name(value: str) -> str | None:
    if value.startswith("sg-"):
        return "AWS keeps names that start with sg- for itself"
    return check_wording(value)


class SecurityGroup(Ec2Type):
    """API: CreateSecurityGroup, AuthorizeSecurityGroupIngress and its siblings."""

    name = "security_group"
    noun = "SecurityGroup"
    tag_type = "security-group"
    parents = ("vpc",)
    uses = ("vpc",)
    unique = ("vpc_id", "group_name")
    fields = {
        "group_name": text(
            "Its name in the VPC.", required=True, immutable=True, check=_check_name
        ),
        "description": text(
            "What it is for; its name where this is left out.",
            immutable=True,
            check=check_wording,
        ),
        "vpc_id": text("The VPC it is part of.", required=True, immutable=True),
        "ingress": many(
            RULE,
            "Who may open connections to its members: all such rules.",
            order="set",
            normal=single,
        ),
        "egress": many(
            RULE,
            "To whom its members may open connections: all such rules. Where this is"
            " left out, AWS's own rule stays, which allows everything.",
            order="set",
            normal=single,
        ),
        "tags": TAGS,
    }
    attributes = {"id": "The group's id.", "arn": "Its ARN."}

    _id = "GroupId"

    def check(self, properties: Mapping[str, Any]) -> Sequence[str]:
        """Each rule says whom it is for and which ports it is about."""
        return [
            f"{name}[{position}]: {said}"
            for name in DIRECTIONS
            for position, rule in enumerate(properties.get(name) or ())
            if rule and (said := check_rule(rule))
        ]

    def seen(self, raw: Mapping[str, Any]) -> Live:
        """Rules one by one, as AWS keeps them."""
        rules = {
            ours: from_permissions(raw.get(key) or (), raw["GroupId"], raw["OwnerId"])
            for ours, key in DIRECTIONS.items()
        }
        live = self.live(
            raw["GroupId"],
            from_api(self.fields, raw),
            raw.get("Tags"),
            raw,
            arn=raw.get("SecurityGroupArn"),
        )
        return replace(live, properties={**live.properties, **rules})

    def strangers(self, missing: Sequence[Desired], reading: Reading) -> Iterable[Live]:
        """Another group of the same name in the same VPC."""
        names = sorted({d.properties["group_name"] for d in missing})
        vpcs = sorted({d.properties["vpc_id"] for d in missing})
        return self.described(
            Filters=[
                {"Name": "group-name", "Values": names},
                {"Name": "vpc-id", "Values": vpcs},
            ]
        )

    def make(self, desired: Desired) -> Live:
        """Create it; then its rules, which are no part of a creation."""
        given = desired.properties
        answer = self.aws.client("ec2").create_security_group(
            GroupName=given["group_name"],
            Description=given.get("description") or given["group_name"],
            VpcId=given["vpc_id"],
            TagSpecifications=self.specification(desired),
        )
        live = self.ready(answer["GroupId"])
        rules = frozenset(name for name in DIRECTIONS if given.get(name) is not None)
        if rules:
            self.change(live, desired, rules)
            live = self.fetch(live)
        return live

    def change(self, live: Live, desired: Desired, changed: frozenset[str]) -> None:
        """Allow what is new before what is old is taken away."""
        for name in sorted(changed):
            wanted = keyed(desired.properties.get(name))
            present = keyed(live.properties.get(name))
            added = {k: words for k, words in wanted.items() if k not in present}
            reworded = {
                k: words
                for k, words in wanted.items()
                if k in present and words is not None and words != present[k]
            }
            dropped = {k: None for k in present if k not in wanted}
            self._send("authorize_security_group_{}", name, live.id, added)
            self._send(
                "update_security_group_rule_descriptions_{}", name, live.id, reworded
            )
            self._send("revoke_security_group_{}", name, live.id, dropped)

    def remove(self, live: Live) -> None:
        """Delete it as soon as nothing needs it, neither rules of its siblings.

        Two groups may each be named in the other's rules, so that no order would
        do: rules of this stack's groups that stand in the way are taken away.
        """

        def gone() -> bool:
            try:
                self.aws.client("ec2").delete_security_group(GroupId=live.id)
            except Exception as error:
                if is_absent(error):
                    return True
                if is_in_use(error):
                    self._take_out_of_rules(live.id)
                    return False
                raise
            return True

        self.aws.wait(f"security group {live.id} to be free of its members", gone)

    def _take_out_of_rules(self, id_: str) -> None:
        for name, prefix in (("ingress", ""), ("egress", "egress.")):
            there = {"Name": f"{prefix}ip-permission.group-id", "Values": [id_]}
            for other in self.described(Filters=[there]):
                if other.owned and other.id != id_:
                    rules = keyed(other.properties[name])
                    named = {key: None for key in rules if key[-1] == id_}
                    self._send("revoke_security_group_{}", name, other.id, named)

    def _send(
        self, call: str, direction: str, id_: str, rules: Mapping[Any, Any]
    ) -> None:
        """One call for all of them."""
        if rules:
            getattr(self.aws.client("ec2"), call.format(direction))(
                GroupId=id_,
                IpPermissions=[permission(k, words, id_) for k, words in rules.items()],
            )


TYPE = SecurityGroup
