# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""An EFS file system: files shared by many machines."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..._converge.fields import document, flag, group, many, number, text
from ..._converge.provider import Desired, Live, Reading
from ..._converge.shape import from_api, to_api
from ..efs import EfsType
from ..errors import code, is_absent, is_in_use
from ..policies import normal_policy
from ..tags import TAGS, pairs

_AFTER = (
    "AFTER_1_DAY",
    *(f"AFTER_{days}_DAYS" for days in (7, 14, 30, 60, 90, 180, 270, 365)),
)
# Read and written by calls of their own.
APART = ("backup", "lifecycle_policies", "policy")


def _normal(policy: Any) -> Any:
    """EFS adds an Id, and names the file system: a policy is about no other."""
    spelled = normal_policy(policy)
    if not isinstance(spelled, Mapping):
        return spelled
    statements = [
        {name: value for name, value in each.items() if name != "Resource"}
        for each in spelled["Statement"]
    ]
    rest = {name: value for name, value in spelled.items() if name != "Id"}
    return {**rest, "Statement": statements}


class EfsFileSystem(EfsType):
    """API: CreateFileSystem, DescribeFileSystems, UpdateFileSystem,
    DeleteFileSystem, and for each of backup, lifecycle and policy a put and a
    describe."""

    name = "efs_file_system"
    fields = {
        "performance_mode": text(
            "General purpose suits all but a few.",
            choices=("generalPurpose", "maxIO"),
            immutable=True,
        ),
        "encrypted": flag("Encrypt the files.", immutable=True),
        "kms_key_id": text("The KMS key's ARN.", immutable=True),
        "availability_zone_name": text(
            "Keep it in this one zone, which is cheaper.", immutable=True
        ),
        "throughput_mode": text(
            "How fast it is. AWS takes a change once a day.",
            choices=("bursting", "elastic", "provisioned"),
        ),
        "provisioned_throughput_in_mibps": number("MiB a second, if provisioned."),
        "lifecycle_policies": many(
            group(
                {
                    "transition_to_ia": text(
                        "Unused files move to infrequent access.",
                        choices=_AFTER,
                        api="TransitionToIA",
                    ),
                    "transition_to_archive": text(
                        "Unused files move to the archive.", choices=_AFTER
                    ),
                    "transition_to_primary_storage_class": text(
                        "They come back.", choices=("AFTER_1_ACCESS",)
                    ),
                },
                "One transition.",
            ),
            "When files move to cheaper storage: one entry for each transition.",
            order="set",
        ),
        "backup": flag("Back it up every day with AWS Backup."),
        "policy": document("Who may mount it, and how.", normal=_normal),
        "tags": TAGS,
    }
    attributes = {
        "id": "Its id.",
        "arn": "Its ARN.",
        "dns_name": "The name to mount it by.",
    }

    def check(self, properties: Mapping[str, Any]) -> Sequence[str]:
        """What goes with which throughput."""
        mode = properties.get("throughput_mode")
        rate = properties.get("provisioned_throughput_in_mibps")
        if mode == "provisioned" and rate is None:
            return ["provisioned_throughput_in_mibps: is required for provisioned"]
        if rate is not None and mode in (None, "bursting", "elastic"):
            return [
                "provisioned_throughput_in_mibps: takes throughput_mode provisioned"
            ]
        return ()

    # -- reading ----------------------------------------------------------------

    def find(self, reading: Reading) -> Iterable[Live]:
        """One paged list with tags; what has calls of its own only where declared."""
        declared = {d.resource: d.properties for d in reading.desired}
        for raw in self.aws.pages("efs", "describe_file_systems", "FileSystems"):
            live = self.seen(raw)
            if live.owned and raw["LifeCycleState"] not in ("deleting", "deleted"):
                wanted = declared.get(live.resource or "", {})
                yield self._with(live, [name for name in APART if name in wanted])

    def seen(self, raw: Mapping[str, Any]) -> Live:
        shown = from_api(self.fields, raw)
        # `Policy` is no part of the description.
        shown = {name: value for name, value in shown.items() if name not in APART}
        if shown.get("throughput_mode") != "provisioned":
            shown.pop("provisioned_throughput_in_mibps", None)
        id_ = raw["FileSystemId"]
        meta = self.aws.client("efs").meta
        suffix = "amazonaws.com.cn" if meta.partition == "aws-cn" else "amazonaws.com"
        return self.live(
            id_,
            shown,
            raw.get("Tags"),
            raw,
            arn=raw.get("FileSystemArn"),
            dns_name=f"{id_}.efs.{meta.region_name}.{suffix}",
        )

    def _with(self, live: Live, names: Sequence[str]) -> Live:
        read: dict[str, Callable[[str], Any]] = {
            "backup": self._backup,
            "lifecycle_policies": self._lifecycle,
            "policy": self._policy,
        }
        apart = {name: read[name](live.id) for name in names}
        return replace(live, properties={**live.properties, **apart})

    def _backup(self, id_: str) -> bool:
        try:
            answer = self.aws.client("efs").describe_backup_policy(FileSystemId=id_)
        except Exception as error:
            if is_absent(error):
                return False
            raise
        return answer["BackupPolicy"]["Status"] in ("ENABLED", "ENABLING")

    def _lifecycle(self, id_: str) -> list[Any]:
        client = self.aws.client("efs")
        answer = client.describe_lifecycle_configuration(FileSystemId=id_)
        inner = {"lifecycle_policies": self.fields["lifecycle_policies"]}
        return from_api(inner, answer).get("lifecycle_policies", [])

    def _policy(self, id_: str) -> Any:
        client = self.aws.client("efs")
        try:
            answer = client.describe_file_system_policy(FileSystemId=id_)
        except Exception as error:
            if is_absent(error):
                return None
            raise
        return json.loads(answer["Policy"])

    def fetch(self, live: Live) -> Live:
        """Described again."""
        return self.seen(self.described(live.id))

    def described(self, id_: str) -> Mapping[str, Any]:
        answer = self.aws.client("efs").describe_file_systems(FileSystemId=id_)
        return answer["FileSystems"][0]

    # -- writing ----------------------------------------------------------------

    def make(self, desired: Desired) -> Live:
        """Create it with its tags; then its lifecycle and its policy."""
        given = {k: v for k, v in desired.properties.items() if v is not None}
        later = [name for name in ("lifecycle_policies", "policy") if name in given]
        at_once = {k: v for k, v in given.items() if k not in ("tags", *later)}
        client, token = self.aws.client("efs"), uuid.uuid4().hex
        try:
            answer = client.create_file_system(
                CreationToken=token,
                **to_api(self.fields, at_once),
                Tags=pairs(self.aws.marks(desired, named=True)),
            )
        except Exception as error:
            # botocore asked again where the first answer was lost.
            if code(error) != "FileSystemAlreadyExists":
                raise
            made = client.describe_file_systems(CreationToken=token)
            answer = made["FileSystems"][0]
        live = self.ready(answer["FileSystemId"])
        if later:
            self.change(live, desired, frozenset(later))
        return live

    def change(self, live: Live, desired: Desired, changed: frozenset[str]) -> None:
        """Each part by its call."""
        client, wanted = self.aws.client("efs"), desired.properties
        speed = {"throughput_mode", "provisioned_throughput_in_mibps"}
        if changed & speed:
            # Both together: a mode without its rate is refused.
            both = {name: wanted[name] for name in speed if name in wanted}
            client.update_file_system(FileSystemId=live.id, **to_api(self.fields, both))
            self.ready(live.id)
        if "backup" in changed:
            status = "ENABLED" if wanted["backup"] else "DISABLED"
            client.put_backup_policy(
                FileSystemId=live.id, BackupPolicy={"Status": status}
            )
        if "lifecycle_policies" in changed:
            policies = {"lifecycle_policies": wanted["lifecycle_policies"] or []}
            client.put_lifecycle_configuration(
                FileSystemId=live.id, **to_api(self.fields, policies)
            )
        if "policy" in changed and wanted["policy"] is None:
            client.delete_file_system_policy(FileSystemId=live.id)
        elif "policy" in changed:
            client.put_file_system_policy(
                FileSystemId=live.id,
                **to_api(self.fields, {"policy": wanted["policy"]}),
            )

    def remove(self, live: Live) -> None:
        """Delete it once its mount targets are gone, and wait."""
        client = self.aws.client("efs")

        def gone() -> bool:
            try:
                if self.described(live.id)["LifeCycleState"] != "deleting":
                    client.delete_file_system(FileSystemId=live.id)
            except Exception as error:
                if is_absent(error):
                    return True
                if not is_in_use(error):
                    raise
            return False

        self.aws.wait(f"{self.name} {live.id} to be deleted", gone)

    def retag(
        self, live: Live, wanted: Mapping[str, str], unwanted: Sequence[str]
    ) -> None:
        """By id."""
        client = self.aws.client("efs")
        if wanted:
            client.tag_resource(ResourceId=live.id, Tags=pairs(wanted))
        if unwanted:
            client.untag_resource(ResourceId=live.id, TagKeys=list(unwanted))


TYPE = EfsFileSystem
