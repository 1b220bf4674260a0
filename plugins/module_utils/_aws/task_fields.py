# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""What an ECS task definition says: containers, volumes, sizes and roles."""

from __future__ import annotations

from collections.abc import Mapping

from .._converge.fields import Field, flag, group, many, mapping, number, text
from .ecs import wrong_name
from .tags import TAGS


def _named(value: Field, doc: str, name: str = "value") -> Field:
    return many(
        group({"name": text("Its name.", required=True), name: value}, "An entry."),
        doc,
        order="key",
        key="name",
    )


def _texts(inner: str, doc: str, order: str = "list") -> Field:
    return many(text(inner), doc, order=order)


PORT = {
    "container_port": number("In the container.", required=True),
    "host_port": number("On the host; with awsvpc the same."),
    "protocol": text("Which.", choices=("tcp", "udp")),
    "name": text("Its name in Service Connect."),
    "app_protocol": text("Spoken there.", choices=("http", "http2", "grpc")),
}
HEALTH = {
    "command": _texts("A word.", "Such as [CMD-SHELL, curl -f localhost]."),
    "interval": number("Seconds between two checks."),
    "timeout": number("Seconds that one may take."),
    "retries": number("So many failures in a row."),
    "start_period": number("Seconds in which failures do not count."),
}
LOG = {
    "log_driver": text("Such as awslogs or awsfirelens.", required=True),
    "options": mapping(text("A value."), "Options of the driver.", whole=True),
    "secret_options": _named(
        text("The ARN of the secret or of the parameter."),
        "Options whose values are secrets.",
        "value_from",
    ),
}
LINUX = {
    "init_process_enabled": flag("Run an init process that reaps children."),
    "shared_memory_size": number("MiB of /dev/shm."),
    "capabilities": group(
        {
            "add": _texts("A capability.", "Given.", "set"),
            "drop": _texts("A capability.", "Taken.", "set"),
        },
        "Of the kernel.",
    ),
}
CONTAINER: dict[str, Field] = {
    "name": text("Its name.", required=True),
    "image": text("Its image; best by digest.", required=True),
    "essential": flag("The task ends with it."),
    "cpu": number("Its share of the processor; 1024 is one."),
    "memory": number("The most MiB that it may take."),
    "memory_reservation": number("The MiB that it is sure of."),
    "command": _texts("A word.", "What it runs."),
    "entry_point": _texts("A word.", "What runs that."),
    "working_directory": text("Where."),
    "user": text("As whom."),
    "environment": _named(
        text("Its value.", sensitive=True),
        "Variables; values are never shown. What is secret belongs into secrets.",
    ),
    "secrets": _named(
        text("The ARN of the secret or of the parameter."),
        "Variables that ECS fills from Secrets Manager or Parameter Store.",
        "value_from",
    ),
    "environment_files": many(
        group(
            {
                "value": text("The file's ARN in S3.", required=True),
                "type": text("Which.", choices=("s3",), required=True),
            },
            "A file.",
        ),
        "Files of variables.",
    ),
    "port_mappings": many(group(PORT, "A port."), "Its ports.", order="set"),
    "health_check": group(HEALTH, "How it says that it is well."),
    "log_configuration": group(LOG, "Where its output goes."),
    "mount_points": many(
        group(
            {
                "source_volume": text("The volume's name."),
                "container_path": text("Where."),
                "read_only": flag("Not to be written."),
            },
            "A volume.",
        ),
        "Volumes in it.",
        order="set",
    ),
    "depends_on": many(
        group(
            {
                "container_name": text("The other container.", required=True),
                "condition": text(
                    "What it must have reached.",
                    required=True,
                    choices=("START", "COMPLETE", "SUCCESS", "HEALTHY"),
                ),
            },
            "A container.",
        ),
        "What starts before it.",
        order="key",
        key="container_name",
    ),
    "readonly_root_filesystem": flag("Nothing but volumes can be written."),
    "privileged": flag("As root on the host; not on Fargate."),
    "linux_parameters": group(LINUX, "Of the kernel."),
    "ulimits": many(
        group(
            {
                "name": text("Such as nofile.", required=True),
                "soft_limit": number("The soft limit.", required=True),
                "hard_limit": number("The hard limit.", required=True),
            },
            "A limit.",
        ),
        "Limits.",
        order="key",
        key="name",
    ),
    "start_timeout": number("Seconds until those that wait for it give up."),
    "stop_timeout": number("Seconds from SIGTERM to SIGKILL."),
    "docker_labels": mapping(text("A value."), "Labels.", whole=True),
    "repository_credentials": group(
        {"credentials_parameter": text("The secret's ARN.", required=True)},
        "Of a private registry that is not ECR.",
    ),
    "firelens_configuration": group(
        {
            "type": text("Which.", required=True, choices=("fluentbit", "fluentd")),
            "options": mapping(text("A value."), "Its options.", whole=True),
        },
        "Of a container that routes logs.",
    ),
    "interactive": flag("With standard input."),
    "pseudo_terminal": flag("With a terminal."),
}
EFS = {
    "file_system_id": text("The file system.", required=True),
    "root_directory": text("The folder in it."),
    "transit_encryption": text("On the way.", choices=("ENABLED", "DISABLED")),
    "transit_encryption_port": number("The port for that."),
    "authorization_config": group(
        {
            "access_point_id": text("The access point."),
            "iam": text("By the task's role.", choices=("ENABLED", "DISABLED")),
        },
        "Who may.",
    ),
}
VOLUME = {
    "name": text("Its name.", required=True),
    "host": group({"source_path": text("The folder.")}, "A folder of the host."),
    "efs_volume_configuration": group(
        EFS, "An EFS file system.", api="efsVolumeConfiguration"
    ),
    "configured_at_launch": flag("The service brings it."),
}
FIELDS: Mapping[str, Field] = {
    "family": text(
        "Its name; revisions are numbered in it.",
        required=True,
        immutable=True,
        check=wrong_name,
    ),
    "container_definitions": many(
        group(CONTAINER, "A container."),
        "Its containers, told apart by name.",
        required=True,
        order="key",
        key="name",
    ),
    "task_role_arn": text("The role that its containers have."),
    "execution_role_arn": text("The role that pulls images and reads secrets."),
    "network_mode": text(
        "How it is connected.", choices=("awsvpc", "bridge", "host", "none")
    ),
    "requires_compatibilities": _texts(
        "EC2, FARGATE or EXTERNAL.", "Where it must be able to run.", "set"
    ),
    "cpu": text("Units of processor of the task; 1024 is one."),
    "memory": text("MiB of the task."),
    "runtime_platform": group(
        {
            "cpu_architecture": text("Which.", choices=("X86_64", "ARM64")),
            "operating_system_family": text("Such as LINUX."),
        },
        "What it is built for.",
    ),
    "ephemeral_storage": group(
        {"size_in_gib": number("GiB, 21 to 200.", required=True, api="sizeInGiB")},
        "Its disk on Fargate.",
    ),
    "volumes": many(
        group(VOLUME, "A volume."), "Its volumes.", order="key", key="name"
    ),
    "placement_constraints": many(
        group(
            {
                "type": text("Which.", choices=("memberOf",)),
                "expression": text("In the cluster query language."),
            },
            "A constraint.",
        ),
        "On which instances it may run.",
        order="set",
    ),
    "pid_mode": text("Whose processes it sees.", choices=("host", "task")),
    "ipc_mode": text("Shared memory.", choices=("host", "task", "none")),
    "enable_fault_injection": flag("Accept faults for tests."),
    "tags": TAGS,
}
