# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""EFS: file systems and mount targets."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.aws.stacks import Stack, example, live_through


def _shared(**properties: Any) -> dict:
    return {"shared": properties}


# moto has no UpdateFileSystem, PutBackupPolicy and DeleteFileSystemPolicy; ministack
# forgets the backup asked for at creation.
@pytest.mark.parametrize("known", ["moto", "ministack"])
def test_the_life_of_a_file_system(known: str, request: pytest.FixtureRequest) -> None:
    def policies_by_hand(stack: Stack, outputs: dict) -> None:
        efs, id_ = stack.client("efs"), outputs["shared"]["id"]
        if known == "ministack":
            efs.delete_file_system_policy(FileSystemId=id_)
        efs.put_lifecycle_configuration(FileSystemId=id_, LifecyclePolicies=[])

    resources = example("efs_file_system")
    speed = [
        _shared(throughput_mode="provisioned", provisioned_throughput_in_mibps=20),
        _shared(throughput_mode="bursting", provisioned_throughput_in_mibps=None),
    ]
    if known == "ministack":
        resources["shared"]["backup"] = False
    live_through(
        request.getfixturevalue(known),
        resources,
        changes=[
            *(
                [*speed, _shared(backup=True), _shared(backup=False)]
                if known == "ministack"
                else []
            ),
            _shared(lifecycle_policies=[{"transition_to_ia": "AFTER_7_DAYS"}]),
            _shared(tags={"data": "internal"}),
        ],
        drift=policies_by_hand,
        replacing=_shared(performance_mode="maxIO"),
    )


def test_the_life_of_mount_targets(stack: Stack) -> None:
    resources = example("efs_mount_target")
    resources["other"] = {
        "type": "security_group",
        "group_name": "portal-other-files",
        "description": "Others who mount the files",
        "vpc_id": "${network.id}",
    }

    def open_by_hand(stack: Stack, outputs: dict) -> None:
        stack.client("efs").modify_mount_target_security_groups(
            MountTargetId=outputs["shared_a"]["id"], SecurityGroups=[]
        )

    live_through(
        stack,
        resources,
        changes=[
            {"shared_a": {"security_groups": ["${to_files.id}", "${other.id}"]}},
        ],
        drift=open_by_hand,
    )


def test_a_mount_target_is_pruned_with_nothing_to_mark_it(stack: Stack) -> None:
    resources = example("efs_mount_target")
    stack.apply(resources)
    target = resources.pop("shared_b")
    assert target["type"] == "efs_mount_target"

    planned = stack.run(resources, prune=True, dry_run=True).plan
    gone = [step for step in planned if step["action"] == "delete"]
    assert [step["type"] for step in gone] == ["efs_mount_target"]
    stack.apply(resources, prune=True)

    files = stack.client("efs").describe_file_systems()["FileSystems"]
    mine = [
        f for f in files if {"Key": "vigie:stack", "Value": stack.name} in f["Tags"]
    ]
    assert [f["NumberOfMountTargets"] for f in mine] == [1]
    stack.apply(resources, state="absent")
