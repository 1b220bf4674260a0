# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Systems Manager: patch baselines and maintenance windows.

Neither emulator reads or updates a baseline, updates a window, or knows what a task
is given. So these run against botocore's stubber, which holds each call and each
answer against Amazon's model of the service.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.vigie.run.plugins.module_utils._converge.compare import (
    compare,
)
from ansible_collections.vigie.run.plugins.module_utils._converge.provider import (
    Desired,
    Live,
    Reading,
)
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from botocore.stub import ANY

from tests.integration.aws.stacks import Stack, example, refused
from tests.integration.aws.stubs import Calls

BASELINE = "pb-0123456789abcdef0"
OTHER = "pb-0fedcba9876543210"
WINDOW = "mw-0123456789abcdef0"
TARGET = "00000000-0000-0000-0000-000000000001"
TASK = "00000000-0000-0000-0000-000000000002"
MARKS = [
    {"Key": "team", "Value": "run"},
    {"Key": "vigie:stack", "Value": "portal"},
    {"Key": "vigie:resource", "Value": "debian_patches"},
]


def expect_tags(calls: Calls, id_: str, tags: list[dict[str, str]]) -> None:
    calls.expect(
        "list_tags_for_resource",
        {"TagList": tags},
        ResourceType="PatchBaseline",
        ResourceId=id_,
    )


@pytest.fixture
def baselines() -> Iterator[Calls]:
    calls = Calls("patch_baseline", "ssm")
    yield calls
    calls.done()


@pytest.fixture
def windows() -> Iterator[Calls]:
    calls = Calls("maintenance_window", "ssm")
    yield calls
    calls.done()


def declared(type_: str, **changes: Any) -> Desired:
    """The example of a type, changed."""
    ((name, properties),) = example(type_).items()
    given = {key: value for key, value in properties.items() if key != "type"}
    return Desired(name, type_, {**given, **changes})


RULES = {
    "PatchRules": [
        {
            "PatchFilterGroup": {
                "PatchFilters": [
                    {"Key": "SECTION", "Values": ["*"]},
                    {
                        "Key": "PRIORITY",
                        "Values": ["Required", "Important", "Standard"],
                    },
                ]
            },
            "ComplianceLevel": "HIGH",
            "ApproveAfterDays": 3,
        }
    ]
}
SENT = {
    "Name": "portal-debian",
    "Description": "Security patches after three days",
    "ApprovalRules": RULES,
    "RejectedPatches": ["docker-ce"],
    "RejectedPatchesAction": "BLOCK",
}
# AWS fills in what was not asked for.
FULL = {
    **SENT,
    "BaselineId": BASELINE,
    "OperatingSystem": "DEBIAN",
    "GlobalFilters": {"PatchFilters": []},
    "ApprovedPatches": [],
    "ApprovedPatchesComplianceLevel": "UNSPECIFIED",
    "ApprovedPatchesEnableNonSecurity": False,
    "PatchGroups": ["portal"],
    "Sources": [],
}


def expect_group(calls: Calls, name: str, before: str, groups: list[str]) -> None:
    calls.expect(
        "get_patch_baseline_for_patch_group",
        {"BaselineId": before, "PatchGroup": name},
        PatchGroup=name,
        OperatingSystem="DEBIAN",
    )
    calls.expect(
        "get_patch_baseline",
        {"BaselineId": before, "PatchGroups": groups},
        BaselineId=before,
    )


def test_a_baseline_is_created_with_its_tags_and_groups(baselines: Calls) -> None:
    baselines.expect(
        "create_patch_baseline",
        {"BaselineId": BASELINE},
        **SENT,
        OperatingSystem="DEBIAN",
        Tags=MARKS,
    )
    # AWS names its own default baseline where a group follows none.
    expect_group(baselines, "portal", OTHER, [])
    baselines.expect(
        "register_patch_baseline_for_patch_group",
        {},
        BaselineId=BASELINE,
        PatchGroup="portal",
    )
    baselines.expect("get_patch_baseline", FULL, BaselineId=BASELINE)
    wanted = declared("patch_baseline")
    live = baselines.type.create(wanted)
    assert live.resource == "debian_patches"
    assert compare(baselines.type.fields, wanted.properties, live.properties) == []


def test_unchanged_baselines_are_told_by_their_tags(baselines: Calls) -> None:
    names = {BASELINE: "portal-debian", OTHER: "somebody-elses"}
    baselines.expect(
        "describe_patch_baselines",
        {
            "BaselineIdentities": [
                {"BaselineId": id_, "BaselineName": name} for id_, name in names.items()
            ]
        },
        Filters=[{"Key": "OWNER", "Values": ["Self"]}],
    )
    expect_tags(baselines, BASELINE, MARKS)
    baselines.expect("get_patch_baseline", FULL, BaselineId=BASELINE)
    wanted = declared("patch_baseline")
    (live,) = baselines.type.read(Reading([wanted], {}))
    assert compare(baselines.type.fields, wanted.properties, live.properties) == []
    shuffled = {**wanted.properties["approval_rules"][0]}
    shuffled["patch_filters"] = list(reversed(shuffled["patch_filters"]))
    properties = {**wanted.properties, "approval_rules": [shuffled]}
    assert compare(baselines.type.fields, properties, live.properties) == []


def existing(calls: Calls) -> Live:
    """The example as it lives."""
    calls.expect("get_patch_baseline", FULL, BaselineId=BASELINE)
    return calls.type.got({"BaselineId": BASELINE}, MARKS, {})


def test_only_what_changed_of_a_baseline_is_sent(baselines: Calls) -> None:
    live = existing(baselines)
    wanted = declared("patch_baseline", rejected_patches=None, patch_groups=["web"])
    baselines.expect(
        "update_patch_baseline", {}, BaselineId=BASELINE, RejectedPatches=[]
    )
    expect_group(baselines, "web", OTHER, ["web"])
    # That baseline is of this stack as well: the group changes over.
    expect_tags(baselines, OTHER, MARKS)
    for operation, id_, name in (
        ("deregister_patch_baseline_for_patch_group", OTHER, "web"),
        ("register_patch_baseline_for_patch_group", BASELINE, "web"),
        ("deregister_patch_baseline_for_patch_group", BASELINE, "portal"),
    ):
        baselines.expect(operation, {}, BaselineId=id_, PatchGroup=name)
    changed = frozenset({"rejected_patches", "patch_groups"})
    baselines.type.change(live, wanted, changed)


def test_the_patch_group_of_somebody_else_is_left_to_them(baselines: Calls) -> None:
    live = existing(baselines)
    expect_group(baselines, "web", OTHER, ["web"])
    expect_tags(baselines, OTHER, [])
    wanted = declared("patch_baseline", patch_groups=["portal", "web"])
    with pytest.raises(RunError, match="web follows the baseline"):
        baselines.type.change(live, wanted, frozenset({"patch_groups"}))


def test_a_baseline_leaves_its_groups_before_it_goes(baselines: Calls) -> None:
    live = existing(baselines)
    baselines.expect(
        "deregister_patch_baseline_for_patch_group",
        {},
        BaselineId=BASELINE,
        PatchGroup="portal",
    )
    baselines.expect("delete_patch_baseline", {}, BaselineId=BASELINE)
    baselines.type.delete(live)


WINDOW_SENT = {
    "Name": "portal-sunday-night",
    "Schedule": "cron(0 2 ? * SUN *)",
    "ScheduleTimezone": "America/Toronto",
    "Duration": 4,
    "Cutoff": 1,
}
TARGET_SENT = {
    "Name": "portal",
    "Targets": [{"Key": "tag:PatchGroup", "Values": ["portal"]}],
}
TASK_SENT = {
    "Name": "scan",
    "TaskArn": "AWS-RunPatchBaseline",
    "Targets": [{"Key": "WindowTargetIds", "Values": [TARGET]}],
    "Priority": 1,
    "MaxConcurrency": "25%",
    "MaxErrors": "1",
}
GIVEN = {"RunCommand": {"Parameters": {"Operation": ["Scan"]}, "TimeoutSeconds": 600}}


def expect_window(calls: Calls) -> None:
    """The example, read."""
    ids = {"WindowId": WINDOW, "WindowTaskId": TASK}
    full = {**WINDOW_SENT, "AllowUnassociatedTargets": False, "Enabled": True}
    calls.expect(
        "get_maintenance_window", {**full, "WindowId": WINDOW}, WindowId=WINDOW
    )
    target = {**TARGET_SENT, "WindowTargetId": TARGET, "ResourceType": "INSTANCE"}
    calls.expect(
        "describe_maintenance_window_targets", {"Targets": [target]}, WindowId=WINDOW
    )
    listed = {**ids, **TASK_SENT, "Type": "RUN_COMMAND"}
    calls.expect(
        "describe_maintenance_window_tasks", {"Tasks": [listed]}, WindowId=WINDOW
    )
    task = {**TASK_SENT, "TaskType": "RUN_COMMAND", "TaskInvocationParameters": GIVEN}
    calls.expect("get_maintenance_window_task", {**ids, **task}, **ids)


def window(calls: Calls) -> Live:
    """The example as it lives."""
    expect_window(calls)
    wanted = declared("maintenance_window").properties
    return calls.type.got({"WindowId": WINDOW}, MARKS, wanted)


def test_a_window_is_created_with_targets_and_tasks(windows: Calls) -> None:
    windows.expect(
        "create_maintenance_window",
        {"WindowId": WINDOW},
        **WINDOW_SENT,
        AllowUnassociatedTargets=False,
        Tags=ANY,
    )
    windows.expect(
        "register_target_with_maintenance_window",
        {"WindowTargetId": TARGET},
        WindowId=WINDOW,
        ResourceType="INSTANCE",
        **TARGET_SENT,
    )
    windows.expect(
        "register_task_with_maintenance_window",
        {"WindowTaskId": TASK},
        WindowId=WINDOW,
        TaskType="RUN_COMMAND",
        TaskInvocationParameters=GIVEN,
        **TASK_SENT,
    )
    expect_window(windows)
    wanted = declared("maintenance_window")
    live = windows.type.create(wanted)
    assert compare(windows.type.fields, wanted.properties, live.properties) == []


def test_a_window_changes_piece_by_piece(windows: Calls) -> None:
    live = window(windows)
    (scan,) = live.properties["tasks"]
    install = {**scan, "name": "install", "targets": ["all"]}
    wanted = declared(
        "maintenance_window",
        cutoff=2,
        targets=[{"name": "all", "targets": [{"key": "tag:a", "values": ["b"]}]}],
        tasks=[install],
    )
    windows.expect("update_maintenance_window", {}, WindowId=WINDOW, Cutoff=2)
    windows.expect(
        "register_target_with_maintenance_window",
        {"WindowTargetId": "new" * 12},
        WindowId=WINDOW,
        ResourceType="INSTANCE",
        Name="all",
        Targets=[{"Key": "tag:a", "Values": ["b"]}],
    )
    task = {
        **TASK_SENT,
        "Name": "install",
        "Targets": [{"Key": "WindowTargetIds", "Values": ["new" * 12]}],
    }
    windows.expect(
        "register_task_with_maintenance_window",
        {"WindowTaskId": TASK},
        WindowId=WINDOW,
        TaskType="RUN_COMMAND",
        TaskInvocationParameters=GIVEN,
        **task,
    )
    # What is new is there before what is old goes.
    windows.expect(
        "deregister_task_from_maintenance_window",
        {},
        WindowId=WINDOW,
        WindowTaskId=TASK,
    )
    windows.expect(
        "deregister_target_from_maintenance_window",
        {},
        WindowId=WINDOW,
        WindowTargetId=TARGET,
        Safe=False,
    )
    windows.type.change(live, wanted, frozenset({"cutoff", "targets", "tasks"}))


def test_a_task_is_changed_where_it_is(windows: Calls) -> None:
    live = window(windows)
    (scan,) = live.properties["tasks"]
    wanted = declared("maintenance_window", tasks=[{**scan, "max_errors": "3"}])
    windows.expect(
        "update_maintenance_window_target",
        {},
        WindowId=WINDOW,
        WindowTargetId=TARGET,
        **TARGET_SENT,
    )
    windows.expect(
        "update_maintenance_window_task",
        {},
        WindowId=WINDOW,
        WindowTaskId=TASK,
        TaskInvocationParameters=GIVEN,
        **{**TASK_SENT, "MaxErrors": "3"},
    )
    windows.type.change(live, wanted, frozenset({"tasks"}))
    # Deleted, it takes all of it along.
    windows.expect("delete_maintenance_window", {}, WindowId=WINDOW)
    windows.type.delete(live)


def test_wrong_windows_and_baselines_are_refused(moto: Stack) -> None:
    night = example("maintenance_window")["sunday_night"]
    task = {**night["tasks"][0], "targets": ["portals"]}
    baseline = example("patch_baseline")["debian_patches"]
    said = refused(
        moto,
        {
            "a": {**night, "cutoff": 4, "tasks": [task]},
            "b": {**baseline, "name": "a b"},
        },
    )
    for part in (
        "must be less than duration",
        "'portals' is none of the window's targets",
        "'a b': use 3 to 128 letters",
    ):
        assert part in said
    assert moto.operations == []
