# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""An IAM role: who may assume it, and what it may do."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..._converge.fields import document, many, mapping, number, text
from ..._converge.provider import Desired, Live, Reading
from ..._converge.shape import from_api, to_api
from ..base import AwsType
from ..calls import said, settled
from ..errors import code, is_absent, is_in_use
from ..policies import normal_policy
from ..tags import TAGS, pairs

NAME = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)
POLICY_NAME = re.compile(r"[\w+=,.@-]{1,128}", re.ASCII)
PATH = re.compile(r"/([\x21-\x7e]{1,510}/)?", re.ASCII)
AT_CREATION = (
    "role_name",
    "path",
    "assume_role_policy_document",
    "description",
    "max_session_duration",
    "permissions_boundary",
)
# In no answer but that of ListRoles, which in turn has nothing of the rest.
ONLY_LISTED = {"description", "max_session_duration"}
# The largest page, where IAM gives a tenth of it by default.
PAGE = {"PageSize": 1000}


def _wrong_name(name: str) -> str | None:
    """What IAM would say of a role's name."""
    if NAME.fullmatch(name):
        return None
    return "takes 1 to 64 letters, digits and any of +=,.@_-"


def _wrong_path(path: str) -> str | None:
    """What IAM would say of a path."""
    return None if PATH.fullmatch(path) else "begins and ends with /, as in /platform/"


def _wrong_policy_names(policies: Mapping[str, Any]) -> str | None:
    wrong = [name for name in policies if not POLICY_NAME.fullmatch(name)]
    if wrong:
        return f"{wrong[0]}: takes 1 to 128 letters, digits and any of +=,.@_-"
    return None


def _wrong_duration(seconds: float) -> str | None:
    return None if 3600 <= seconds <= 43200 else "is from 3600 to 43200 seconds"


class IamRole(AwsType):
    """API: CreateRole, PutRolePolicy, AttachRolePolicy, GetAccountAuthorizationDetails.

    The last is the only call that gives the tags and policies of many roles at once.
    """

    name = "iam_role"
    service = "iam"
    unique = ("role_name",)
    fields = {
        "role_name": text(
            "Its name.", required=True, immutable=True, check=_wrong_name
        ),
        "path": text(
            "Where it is filed, such as /platform/.", immutable=True, check=_wrong_path
        ),
        "assume_role_policy_document": document(
            "Who may assume it.", required=True, normal=normal_policy
        ),
        "description": text("What it is for."),
        "max_session_duration": number(
            "Seconds a session may last.", check=_wrong_duration
        ),
        "permissions_boundary": text("The ARN of the policy that limits it."),
        "inline_policies": mapping(
            document("What it allows.", normal=normal_policy),
            "Its own policies by name; others that it has are removed.",
            whole=True,
            check=_wrong_policy_names,
        ),
        "managed_policy_arns": many(
            text("A policy's ARN."), "The managed policies that it has.", order="set"
        ),
        "tags": TAGS,
    }
    attributes = {"id": "Its name.", "arn": "Its ARN.", "role_id": "Its unique id."}

    def find(self, reading: Reading) -> Iterable[Live]:
        """All roles in pages of the account; those of the stack, and declared ones."""
        roles = self.aws.pages(
            "iam",
            "get_account_authorization_details",
            "RoleDetailList",
            Filter=["Role"],
            PaginationConfig=PAGE,
        )
        listed: dict[str, Any] = {}
        if any(ONLY_LISTED & desired.properties.keys() for desired in reading.desired):
            pages = self.aws.pages("iam", "list_roles", "Roles", PaginationConfig=PAGE)
            listed = {role["RoleName"]: role for role in pages}
        declared = {desired.properties.get("role_name") for desired in reading.desired}
        for raw in roles:
            live = self._seen({**listed.get(raw["RoleName"], {}), **raw})
            if live.owned or live.id in declared:
                yield live

    def _seen(self, raw: Mapping[str, Any]) -> Live:
        properties = from_api(self.fields, raw)
        properties["permissions_boundary"] = raw.get("PermissionsBoundary", {}).get(
            "PermissionsBoundaryArn"
        )
        properties["inline_policies"] = {
            policy["PolicyName"]: policy["PolicyDocument"]
            for policy in raw.get("RolePolicyList", ())
        }
        properties["managed_policy_arns"] = [
            policy["PolicyArn"] for policy in raw.get("AttachedManagedPolicies", ())
        ]
        name = raw["RoleName"]
        more = {"arn": raw["Arn"], "role_id": raw["RoleId"]}
        return self.live(name, properties, raw.get("Tags"), raw, **more)

    def fetch(self, live: Live) -> Live:
        """One role with its policies."""
        return self._fetch(live.id)

    def _fetch(self, name: str) -> Live:
        iam = self.aws.client("iam")
        role = dict(iam.get_role(RoleName=name)["Role"])
        role["RolePolicyList"] = [
            iam.get_role_policy(RoleName=name, PolicyName=policy)
            for policy in self._inline(name)
        ]
        role["AttachedManagedPolicies"] = self._attached(name)
        return self._seen(role)

    def _inline(self, name: str) -> list[str]:
        return self.aws.pages("iam", "list_role_policies", "PolicyNames", RoleName=name)

    def _attached(self, name: str) -> list[dict[str, str]]:
        return self.aws.pages(
            "iam", "list_attached_role_policies", "AttachedPolicies", RoleName=name
        )

    def make(self, desired: Desired) -> Live:
        """Create it; its policies follow as soon as IAM knows it."""
        iam = self.aws.client("iam")
        given = {n: v for n, v in desired.properties.items() if n in AT_CREATION}
        tags = pairs(self.aws.marks(desired))
        created = settled(
            self.aws,
            lambda: iam.create_role(**to_api(self.fields, given), Tags=tags),
            _unknown_principal,
            limit=30.0,
        )
        live = self._seen(created["Role"])
        settled(
            self.aws,
            lambda: self._change_policies(live, desired),
            is_absent,
            limit=30.0,
        )
        return settled(self.aws, lambda: self.fetch(live), is_absent)

    def change(self, live: Live, desired: Desired, changed: frozenset[str]) -> None:
        """The trust, the settings and the boundary are a call each."""
        iam = self.aws.client("iam")
        want = desired.properties
        if "assume_role_policy_document" in changed:
            trust = _json(want["assume_role_policy_document"])
            settled(
                self.aws,
                lambda: iam.update_assume_role_policy(
                    RoleName=live.id, PolicyDocument=trust
                ),
                _unknown_principal,
                limit=30.0,
            )
        if changed & ONLY_LISTED:
            # Left out of UpdateRole, a duration goes back to an hour.
            both = {n: want.get(n, live.properties.get(n)) for n in ONLY_LISTED}
            both["description"] = both["description"] or ""
            iam.update_role(RoleName=live.id, **to_api(self.fields, both))
        if "permissions_boundary" in changed:
            self._change_boundary(live.id, want["permissions_boundary"])
        if changed & {"inline_policies", "managed_policy_arns"}:
            self._change_policies(live, desired)

    def _change_boundary(self, name: str, arn: str | None) -> None:
        iam = self.aws.client("iam")
        if arn:
            iam.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=arn)
        else:
            iam.delete_role_permissions_boundary(RoleName=name)

    def _change_policies(self, live: Live, desired: Desired) -> None:
        """Add before removing: what stays allowed is allowed throughout."""
        iam = self.aws.client("iam")
        want, have = desired.properties, live.properties
        if "managed_policy_arns" in want:
            arns = set(want["managed_policy_arns"] or ())
            there = set(have["managed_policy_arns"])
            for arn in sorted(arns - there):
                iam.attach_role_policy(RoleName=live.id, PolicyArn=arn)
            for arn in sorted(there - arns):
                iam.detach_role_policy(RoleName=live.id, PolicyArn=arn)
        if "inline_policies" in want:
            policies = {k: v for k, v in (want["inline_policies"] or {}).items() if v}
            there = have["inline_policies"]
            for name, policy in policies.items():
                if name not in there or _differ(policy, there[name]):
                    iam.put_role_policy(
                        RoleName=live.id, PolicyName=name, PolicyDocument=_json(policy)
                    )
            for name in there.keys() - policies.keys():
                iam.delete_role_policy(RoleName=live.id, PolicyName=name)

    def remove(self, live: Live) -> None:
        """IAM deletes only a role without policies."""
        iam = self.aws.client("iam")
        for policy in self._attached(live.id):
            iam.detach_role_policy(RoleName=live.id, PolicyArn=policy["PolicyArn"])
        for name in self._inline(live.id):
            iam.delete_role_policy(RoleName=live.id, PolicyName=name)
        settled(self.aws, lambda: iam.delete_role(RoleName=live.id), is_in_use, 30.0)

    def retag(
        self, live: Live, wanted: Mapping[str, str], unwanted: Sequence[str]
    ) -> None:
        """Set and remove tags."""
        iam = self.aws.client("iam")
        if wanted:
            iam.tag_role(RoleName=live.id, Tags=pairs(wanted))
        if unwanted:
            iam.untag_role(RoleName=live.id, TagKeys=list(unwanted))


def _unknown_principal(error: Exception) -> bool:
    """A principal made a moment ago is refused as if it did not exist."""
    return code(error) == "MalformedPolicyDocument" and "principal" in said(error)


def _json(policy: Any) -> str:
    return policy if isinstance(policy, str) else json.dumps(policy)


def _differ(one: Any, other: Any) -> bool:
    one = json.loads(one) if isinstance(one, str) else one
    return normal_policy(one) != normal_policy(other)


TYPE = IamRole
