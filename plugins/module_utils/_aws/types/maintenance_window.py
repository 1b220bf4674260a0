# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""A maintenance window of Systems Manager: when tasks may run, on which instances.

Its targets and tasks are declared with it, by name; a task names the targets that it
runs on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..._converge.fields import flag, group, many, mapping, number, text
from ..._converge.provider import UNKNOWN, Desired, Live
from ..._converge.shape import from_api, to_api
from ..errors import is_absent
from ..ssm import SsmType, refused_name
from ..tags import TAGS, pairs

PARAMETERS = mapping(
    many(text("A value."), "Its values."), "The document's parameters; lists of texts."
)
TARGET = group(
    {
        "name": text("Its name within the window.", required=True),
        "resource_type": text(
            "INSTANCE where nothing is said.", choices=("INSTANCE", "RESOURCE_GROUP")
        ),
        "targets": many(
            group(
                {
                    "key": text("Such as tag:PatchGroup.", required=True),
                    "values": many(
                        text("A value."), "Which.", required=True, order="set"
                    ),
                },
                "A choice.",
            ),
            "Which instances; all choices must fit.",
            required=True,
            order="key",
            key="key",
        ),
        "owner_information": text("Put into events about it."),
        "description": text("What it is for."),
    },
    "A target.",
)
TASK = group(
    {
        "name": text("Its name within the window.", required=True),
        "task_type": text(
            "What runs.",
            required=True,
            choices=("RUN_COMMAND", "AUTOMATION", "STEP_FUNCTIONS", "LAMBDA"),
        ),
        "task_arn": text("The document, such as AWS-RunPatchBaseline.", required=True),
        "targets": many(text("A target's name."), "Where it runs.", order="set"),
        "priority": number("Its place; the lowest runs first."),
        "max_concurrency": text("On how many at once, such as 10%."),
        "max_errors": text("After how many failures it stops, such as 1."),
        "service_role_arn": text("Who runs it."),
        "cutoff_behavior": text(
            "What becomes of it when the window closes.",
            choices=("CONTINUE_TASK", "CANCEL_TASK"),
        ),
        "description": text("What it is for."),
        "task_invocation_parameters": group(
            {
                "run_command": group(
                    {
                        "parameters": PARAMETERS,
                        "document_version": text("Its version, such as $DEFAULT."),
                        "timeout_seconds": number("Seconds until it must have begun."),
                        "comment": text("Shown with the command."),
                        "service_role_arn": text("Who sends notifications."),
                        "output_s3_bucket_name": text(
                            "Where its output goes.", api="OutputS3BucketName"
                        ),
                        "output_s3_key_prefix": text(
                            "And below what.", api="OutputS3KeyPrefix"
                        ),
                    },
                    "For RUN_COMMAND.",
                ),
                "automation": group(
                    {
                        "parameters": PARAMETERS,
                        "document_version": text("Its version, such as $DEFAULT."),
                    },
                    "For AUTOMATION.",
                ),
            },
            "What it is given.",
        ),
    },
    "A task.",
)
# What a task is, in the words of an answer and of a registration.
LISTED_TYPE = {"Type": "TaskType"}


class MaintenanceWindow(SsmType):
    """API: CreateMaintenanceWindow, RegisterTaskWithMaintenanceWindow and so on."""

    name = "maintenance_window"
    tag_type = "MaintenanceWindow"
    id_key = "WindowId"
    name_key = "Name"
    uses = ("iam_role", "s3_bucket", "patch_baseline")
    fields = {
        "name": text("Its name.", required=True, check=refused_name),
        "description": text("What it is for."),
        "schedule": text(
            "When, such as cron(0 2 ? * SUN#2 *) or rate(7 days).",
            required=True,
        ),
        "schedule_timezone": text("Of the schedule, such as America/Toronto."),
        "schedule_offset": number("Days after the moment that a cron names."),
        "start_date": text("From when on."),
        "end_date": text("Until when."),
        "duration": number("Hours that it is open, 1 to 24.", required=True),
        "cutoff": number(
            "Hours before the end from which no task begins.", required=True
        ),
        "allow_unassociated_targets": flag(
            "Tasks may name instances that are no targets."
        ),
        "enabled": flag("Open at all; true where nothing is said."),
        "targets": many(TARGET, "Its targets.", order="key", key="name"),
        "tasks": many(TASK, "Its tasks.", order="key", key="name"),
        "tags": TAGS,
    }
    attributes = {"id": "The window's id."}

    def check(self, properties: Mapping[str, Any]) -> Sequence[str]:
        """Tasks name targets that there are; something fits before the cutoff."""
        said = []
        duration, cutoff = properties.get("duration"), properties.get("cutoff")
        numbers = isinstance(duration, (int, float)) and isinstance(
            cutoff, (int, float)
        )
        if numbers and cutoff >= duration:
            said.append("cutoff: must be less than duration, or no task ever begins")
        targets = properties.get("targets") or ()
        names = {each.get("name") for each in targets if each is not UNKNOWN}
        for task in properties.get("tasks") or ():
            for name in (task or {}).get("targets") or ():
                if isinstance(name, str) and name not in names:
                    said.append(
                        f"tasks[{task.get('name')}].targets: {name!r} is none of the"
                        " window's targets"
                    )
        return said

    def listed(self) -> list[dict[str, Any]]:
        """All windows."""
        return self.aws.pages("ssm", "describe_maintenance_windows", "WindowIdentities")

    def got(self, summary: Mapping[str, Any], tags: Any, declared: Any) -> Live:
        """Targets and tasks only where they are declared."""
        client = self.aws.client("ssm")
        id_ = summary["WindowId"]
        window = client.get_maintenance_window(WindowId=id_)
        plain = ("targets", "tasks", "tags")
        properties = from_api(
            {name: v for name, v in self.fields.items() if name not in plain}, window
        )
        targets = tasks = []
        if declared.get("targets") is not None or declared.get("tasks") is not None:
            targets = self._registered("targets", id_)
            properties["targets"] = [from_api(TARGET.fields, raw) for raw in targets]
        if declared.get("tasks") is not None:
            names = {raw["WindowTargetId"]: raw.get("Name") for raw in targets}
            tasks = self._registered("tasks", id_)
            wanted = {each["name"]: each for each in declared["tasks"]}
            properties["tasks"] = [
                self._task(raw, names, wanted.get(raw.get("Name"), {})) for raw in tasks
            ]
        raw = {"targets": targets, "tasks": tasks}
        return self.live(id_, properties, tags, raw)

    def make(self, desired: Desired) -> Live:
        """Create it with its tags, then its targets, then its tasks."""
        tags = self.aws.marks(desired)
        given = {"allow_unassociated_targets": False, **desired.properties}
        client = self.aws.client("ssm")
        id_ = client.create_maintenance_window(
            Tags=pairs(tags), **self._window(given, ("enabled",))
        )["WindowId"]
        if given.get("enabled") is False:
            client.update_maintenance_window(WindowId=id_, Enabled=False)
        self._register(id_, given, {"targets": [], "tasks": []})
        return self.got({"WindowId": id_}, tags, given)

    def change(self, live: Live, desired: Desired, changed: frozenset[str]) -> None:
        """Targets and tasks one by one: new ones first, and old ones last."""
        rest = changed - {"targets", "tasks"}
        if rest:
            given = {name: desired.properties[name] for name in rest}
            cleared = {name: "" for name, value in given.items() if value is None}
            self.aws.client("ssm").update_maintenance_window(
                WindowId=live.id, **self._window({**given, **cleared})
            )
        if changed & {"targets", "tasks"}:
            self._register(live.id, desired.properties, live.raw)

    def remove(self, live: Live) -> None:
        """Its targets and tasks go with it."""
        self.aws.client("ssm").delete_maintenance_window(WindowId=live.id)

    def _window(
        self, properties: Mapping[str, Any], apart: Sequence[str] = ()
    ) -> dict[str, Any]:
        without = ("targets", "tasks", "tags", *apart)
        return to_api(
            self.fields, {k: v for k, v in properties.items() if k not in without}
        )

    def _registered(self, kind: str, id_: str) -> list[dict[str, Any]]:
        return self.aws.pages(
            "ssm",
            f"describe_maintenance_window_{kind}",
            kind.capitalize(),
            WindowId=id_,
        )

    def _task(
        self, listed: Mapping[str, Any], names: Mapping[str, str], declared: Any
    ) -> dict[str, Any]:
        raw = {LISTED_TYPE.get(name, name): value for name, value in listed.items()}
        if declared.get("task_invocation_parameters"):
            # What a task is given is in no list.
            raw = self.aws.client("ssm").get_maintenance_window_task(
                WindowId=listed["WindowId"], WindowTaskId=listed["WindowTaskId"]
            )
        task = from_api(
            {name: v for name, v in TASK.fields.items() if name != "targets"}, raw
        )
        task["targets"] = [
            names.get(id_, id_)
            for target in listed.get("Targets", ())
            for id_ in target["Values"]
        ]
        return task

    def _register(
        self, id_: str, properties: Mapping[str, Any], raw: Mapping[str, Any]
    ) -> None:
        """Make targets and tasks what is declared; each is told by its name."""
        ids = {each.get("Name"): each["WindowTargetId"] for each in raw["targets"]}
        targets = properties.get("targets")
        for target in targets or ():
            ids[target["name"]] = self._put_target(id_, target, ids.get(target["name"]))
        # What a task is cannot be changed: one of another type is made anew.
        tasks = {
            (each.get("Name"), each["Type"]): each["WindowTaskId"]
            for each in raw["tasks"]
        }
        client = self.aws.client("ssm")
        if properties.get("tasks") is not None:
            for task in properties["tasks"]:
                known = tasks.pop((task["name"], task["task_type"]), None)
                self._put_task(id_, task, ids, known)
            for task_id in tasks.values():
                client.deregister_task_from_maintenance_window(
                    WindowId=id_, WindowTaskId=task_id
                )
        kept = {target["name"] for target in targets or ()}
        for each in raw["targets"] if targets is not None else ():
            if each.get("Name") not in kept:
                self._drop_target(id_, each["WindowTargetId"])

    def _put_target(
        self, id_: str, target: Mapping[str, Any], known: str | None
    ) -> str:
        client = self.aws.client("ssm")
        given = to_api(TARGET.fields, target)
        kind = given.pop("ResourceType", "INSTANCE")
        if known:
            client.update_maintenance_window_target(
                WindowId=id_, WindowTargetId=known, **given
            )
            return known
        return client.register_target_with_maintenance_window(
            WindowId=id_, ResourceType=kind, **given
        )["WindowTargetId"]

    def _put_task(
        self,
        id_: str,
        task: Mapping[str, Any],
        ids: Mapping[str, str],
        known: str | None,
    ) -> None:
        client = self.aws.client("ssm")
        without = {name: v for name, v in task.items() if name != "targets"}
        given = to_api(TASK.fields, without)
        if task.get("targets"):
            values = [ids.get(name, name) for name in task["targets"]]
            given["Targets"] = [{"Key": "WindowTargetIds", "Values": values}]
        if known:
            given.pop("TaskType")
            client.update_maintenance_window_task(
                WindowId=id_, WindowTaskId=known, **given
            )
            return
        client.register_task_with_maintenance_window(WindowId=id_, **given)

    def _drop_target(self, id_: str, target: str) -> None:
        try:
            self.aws.client("ssm").deregister_target_from_maintenance_window(
                WindowId=id_, WindowTargetId=target, Safe=False
            )
        except Exception as error:
            if not is_absent(error):
                raise


TYPE = MaintenanceWindow
