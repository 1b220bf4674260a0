# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""An EFS mount target: where the machines of one zone reach a file system."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..._converge.fields import many, text
from ..._converge.provider import UNKNOWN, Desired, Live, Reading
from ..._converge.shape import from_api, to_api
from ..efs import EfsType
from ..errors import is_absent


class EfsMountTarget(EfsType):
    """API: CreateMountTarget, DescribeMountTargets, DeleteMountTarget,
    ModifyMountTargetSecurityGroups.

    It has no tags: what belongs to a file system of the stack belongs to the stack.
    """

    name = "efs_mount_target"
    markable = False
    unique = ("file_system_id", "subnet_id")
    parents = ("efs_file_system",)
    uses = ("subnet", "security_group")
    fields = {
        "file_system_id": text("The file system.", required=True, immutable=True),
        "subnet_id": text(
            "The subnet it is in; one mount target a zone.",
            required=True,
            immutable=True,
        ),
        "ip_address": text("Its address in the subnet.", immutable=True),
        "security_groups": many(
            text("A security group."), "Who reaches it.", order="set"
        ),
    }
    attributes = {
        "id": "Its id.",
        "network_interface_id": "Its network interface.",
        "availability_zone_name": "Its zone.",
    }

    def find(self, reading: Reading) -> Iterable[Live]:
        """A paged list for each file system, and the groups of each mount target where
        any are declared."""
        mine = {live.id for live in reading.parents["efs_file_system"] if live.owned}
        named = {d.properties["file_system_id"] for d in reading.desired} - {UNKNOWN}
        # Which one is declared is not known yet: the subnet may be a reference.
        grouped = any("security_groups" in d.properties for d in reading.desired)
        for id_ in sorted(mine | named):
            for raw in self._of(id_):
                live = self.seen(raw, id_ in mine)
                if grouped:
                    live.properties["security_groups"] = self._groups(live.id)
                yield live

    def _of(self, file_system: str) -> list[Mapping[str, Any]]:
        try:
            found = self.aws.pages(
                "efs",
                "describe_mount_targets",
                "MountTargets",
                FileSystemId=file_system,
            )
        except Exception as error:
            if is_absent(error):
                return []
            raise
        return [
            raw for raw in found if raw["LifeCycleState"] not in ("deleting", "deleted")
        ]

    def seen(self, raw: Mapping[str, Any], owned: bool = True) -> Live:
        id_ = raw["MountTargetId"]
        return Live(
            id=id_,
            properties=from_api(self.fields, raw),
            attributes={
                "id": id_,
                "network_interface_id": raw.get("NetworkInterfaceId"),
                "availability_zone_name": raw.get("AvailabilityZoneName"),
            },
            owned=owned,
        )

    def _groups(self, id_: str) -> list[str]:
        answer = self.aws.client("efs").describe_mount_target_security_groups(
            MountTargetId=id_
        )
        return answer["SecurityGroups"]

    def described(self, id_: str) -> Mapping[str, Any]:
        answer = self.aws.client("efs").describe_mount_targets(MountTargetId=id_)
        return answer["MountTargets"][0]

    def fetch(self, live: Live) -> Live:
        """Described again."""
        return self.seen(self.described(live.id), live.owned)

    def make(self, desired: Desired) -> Live:
        """Create it and wait until it can be mounted."""
        answer = self.aws.client("efs").create_mount_target(
            **to_api(self.fields, desired.properties)
        )
        return self.ready(answer["MountTargetId"])

    def _found_again(self, desired: Desired) -> Live | None:
        """What a creation without an answer made: the one in its subnet."""
        for raw in self._of(desired.properties["file_system_id"]):
            if raw["SubnetId"] == desired.properties["subnet_id"]:
                return self.ready(raw["MountTargetId"])
        return None

    def change(self, live: Live, desired: Desired, changed: frozenset[str]) -> None:
        """All its groups in one call, so it is never without."""
        self.aws.client("efs").modify_mount_target_security_groups(
            MountTargetId=live.id,
            SecurityGroups=desired.properties["security_groups"] or [],
        )

    def remove(self, live: Live) -> None:
        """Delete it and wait: the file system and the subnet cannot go before it."""
        client = self.aws.client("efs")

        def gone() -> bool:
            try:
                if self.described(live.id)["LifeCycleState"] != "deleting":
                    client.delete_mount_target(MountTargetId=live.id)
            except Exception as error:
                if is_absent(error):
                    return True
                raise
            return False

        self.aws.wait(f"{self.name} {live.id} to be deleted", gone)


TYPE = EfsMountTarget
