# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""An instance profile: what gives an EC2 instance its IAM role."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..._converge.fields import text
from ..._converge.provider import Desired, Live, Reading
from ..._converge.shape import from_api, to_api
from ..base import AwsType
from ..calls import settled
from ..errors import is_absent
from ..tagged import one_by_one, with_tags
from ..tags import TAGS, pairs, read_tags


def _wrong_name(name: str) -> str | None:
    allowed = all(c.isascii() and (c.isalnum() or c in "+=,.@_-") for c in name)
    if allowed and 1 <= len(name) <= 128:
        return None
    return "takes 1 to 128 letters, digits and any of +=,.@_-"


def _wrong_path(path: str) -> str | None:
    if path.startswith("/") and path.endswith("/"):
        return None
    return "begins and ends with /, as in /platform/"


class IamInstanceProfile(AwsType):
    """API: CreateInstanceProfile, AddRoleToInstanceProfile, ListInstanceProfiles."""

    name = "iam_instance_profile"
    service = "iam"
    uses = ("iam_role",)
    unique = ("instance_profile_name",)
    fields = {
        "instance_profile_name": text(
            "Its name.", required=True, immutable=True, check=_wrong_name
        ),
        "path": text(
            "Where it is filed, such as /platform/.", immutable=True, check=_wrong_path
        ),
        "role_name": text("The role that it gives; it has at most one."),
        "tags": TAGS,
    }
    attributes = {
        "id": "Its name.",
        "arn": "Its ARN.",
        "instance_profile_id": "Its unique id.",
    }

    def find(self, reading: Reading) -> Iterable[Live]:
        """All profiles of the account; no call gives the tags of many."""
        found = self.aws.pages("iam", "list_instance_profiles", "InstanceProfiles")
        declared = {d.properties.get("instance_profile_name") for d in reading.desired}

        def likely(raw: Mapping[str, Any]) -> bool:
            return raw["InstanceProfileName"] in declared

        read = one_by_one(self._tags)
        for raw, tags in with_tags(found, read, likely, self.aws.stack, reading):
            live = self._seen({**raw, "Tags": tags})
            if live.owned or live.id in declared:
                yield live

    def _tags(self, raw: Mapping[str, Any]) -> dict[str, str]:
        """Its tags; none where it has just gone."""
        name = raw["InstanceProfileName"]
        try:
            one = self.aws.client("iam").get_instance_profile(InstanceProfileName=name)
        except Exception as error:
            if is_absent(error):
                return {}
            raise
        return read_tags(one["InstanceProfile"].get("Tags"))

    def _seen(self, raw: Mapping[str, Any]) -> Live:
        properties = {**from_api(self.fields, raw), "role_name": _role(raw)}
        more = {"arn": raw["Arn"], "instance_profile_id": raw["InstanceProfileId"]}
        name = raw["InstanceProfileName"]
        return self.live(name, properties, raw.get("Tags"), raw, **more)

    def fetch(self, live: Live) -> Live:
        """As it is now; a new profile takes a moment to show."""
        iam = self.aws.client("iam")
        answer = settled(
            self.aws,
            lambda: iam.get_instance_profile(InstanceProfileName=live.id),
            is_absent,
        )
        return self._seen(answer["InstanceProfile"])

    def make(self, desired: Desired) -> Live:
        """Create it and give it its role."""
        given = {
            name: value
            for name, value in desired.properties.items()
            if name in ("instance_profile_name", "path")
        }
        created = self.aws.client("iam").create_instance_profile(
            **to_api(self.fields, given), Tags=pairs(self.aws.marks(desired))
        )
        live = self.fetch(self._seen(created["InstanceProfile"]))
        if desired.properties.get("role_name"):
            self.change(live, desired, frozenset({"role_name"}))
            live = self.fetch(live)
        return live

    def change(self, live: Live, desired: Desired, changed: frozenset[str]) -> None:
        """It holds one role, so the old one has to leave first."""
        iam = self.aws.client("iam")
        self._drop_role(live)
        role = desired.properties["role_name"]
        if role:
            settled(
                self.aws,
                lambda: iam.add_role_to_instance_profile(
                    InstanceProfileName=live.id, RoleName=role
                ),
                is_absent,
            )

    def _drop_role(self, live: Live) -> None:
        role = live.properties.get("role_name")
        if role:
            self.aws.client("iam").remove_role_from_instance_profile(
                InstanceProfileName=live.id, RoleName=role
            )

    def remove(self, live: Live) -> None:
        """IAM deletes only a profile without a role."""
        self._drop_role(live)
        self.aws.client("iam").delete_instance_profile(InstanceProfileName=live.id)

    def retag(
        self, live: Live, wanted: Mapping[str, str], unwanted: Sequence[str]
    ) -> None:
        """Set and remove tags."""
        iam = self.aws.client("iam")
        if wanted:
            iam.tag_instance_profile(InstanceProfileName=live.id, Tags=pairs(wanted))
        if unwanted:
            iam.untag_instance_profile(
                InstanceProfileName=live.id, TagKeys=list(unwanted)
            )


def _role(raw: Mapping[str, Any]) -> str | None:
    roles = raw.get("Roles") or ()
    return roles[0]["RoleName"] if roles else None


TYPE = IamInstanceProfile
