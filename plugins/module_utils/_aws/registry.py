# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""The table of resource types: a type is the file `types/NAME.py` and a line here.

A name of CloudFormation's, such as `AWS::SQS::Queue`, goes through Cloud Control.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from .base import Aws, AwsType

if TYPE_CHECKING:
    # Never run: Ansible packs into a module what it sees imported. At run time only
    # the types that a declaration uses are loaded, since each costs its compilation.
    from . import cloud_control  # noqa: F401
    from .types import (  # noqa: F401
        alarm,
        auto_scaling_group,
        cache_replication_group,
        cache_subnet_group,
        certificate,
        composite_alarm,
        dashboard,
        db_cluster,
        db_instance,
        db_subnet_group,
        distribution,
        ecr_repository,
        ecs_cluster,
        ecs_service,
        ecs_task_definition,
        efs_file_system,
        efs_mount_target,
        elastic_ip,
        hosted_zone,
        iam_instance_profile,
        iam_role,
        internet_gateway,
        ip_set,
        launch_template,
        listener,
        listener_rule,
        load_balancer,
        log_group,
        maintenance_window,
        nat_gateway,
        patch_baseline,
        record,
        route_table,
        s3_bucket,
        scaling_policy,
        scheduled_action,
        secret,
        security_group,
        sns_topic,
        ssm_parameter,
        subnet,
        target_group,
        vpc,
        vpc_endpoint,
        web_acl,
    )

NAMES = (
    "alarm",
    "auto_scaling_group",
    "cache_replication_group",
    "cache_subnet_group",
    "certificate",
    "composite_alarm",
    "dashboard",
    "db_cluster",
    "db_instance",
    "db_subnet_group",
    "distribution",
    "ecr_repository",
    "ecs_cluster",
    "ecs_service",
    "ecs_task_definition",
    "efs_file_system",
    "efs_mount_target",
    "elastic_ip",
    "hosted_zone",
    "iam_instance_profile",
    "iam_role",
    "internet_gateway",
    "ip_set",
    "launch_template",
    "listener",
    "listener_rule",
    "load_balancer",
    "log_group",
    "maintenance_window",
    "nat_gateway",
    "patch_baseline",
    "record",
    "route_table",
    "s3_bucket",
    "scaling_policy",
    "scheduled_action",
    "secret",
    "security_group",
    "sns_topic",
    "ssm_parameter",
    "subnet",
    "target_group",
    "vpc",
    "vpc_endpoint",
    "web_acl",
)


CLOUDFORMATION = re.compile(r"\w+::\w+::\w+", re.ASCII)


class Table(Mapping[str, AwsType]):
    """Resource types by name, each loaded when it is first asked for.

    Those of CloudFormation are too many to list: it lists those that were asked for.
    """

    def __init__(self, aws: Aws) -> None:
        self._aws = aws
        self._loaded: dict[str, AwsType] = {}

    def __getitem__(self, name: str) -> AwsType:
        if name not in self:
            raise KeyError(name)
        if name not in self._loaded:
            self._loaded[name] = self._load(name)
        return self._loaded[name]

    def __contains__(self, name: object) -> bool:
        return name in NAMES or bool(CLOUDFORMATION.fullmatch(str(name)))

    def __iter__(self) -> Iterator[str]:
        yield from NAMES
        yield from sorted(self._loaded.keys() - set(NAMES))

    def __len__(self) -> int:
        return sum(1 for _name in self)

    def _load(self, name: str) -> AwsType:
        if name in NAMES:
            module = importlib.import_module(f"{__package__}.types.{name}")
            return module.TYPE(self._aws)
        module = importlib.import_module(f"{__package__}.cloud_control")
        return module.CloudControlType(self._aws, name, NAMES)
