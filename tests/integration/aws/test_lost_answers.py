# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Creations of data whose answer is lost: made once, and finished all the same."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError
from botocore.httpsession import URLLib3Session

from tests.integration.aws.stacks import Stack, example


@contextmanager
def lost_answer(stack: Stack, service: str, operation: str) -> Iterator[list[str]]:
    """The first such call takes effect, and nobody hears of it."""
    lost: list[str] = []
    client = stack.aws().client(service)
    event = (
        f"before-send.{client.meta.service_model.service_id.hyphenize()}.{operation}"
    )

    def send_and_forget(request: Any, **_event: Any) -> None:
        # The stack's lock is a parameter too.
        if not lost and "/lock" not in str(request.body):
            lost.append(operation)
            assert URLLib3Session().send(request).status_code < 300
            raise ReadTimeoutError(endpoint_url=request.url)

    client.meta.events.register_first(event, send_and_forget)
    try:
        yield lost
    finally:
        client.meta.events.unregister(event, send_and_forget)


@pytest.mark.parametrize(
    ("known", "name", "service", "operation"),
    [
        ("ministack", "s3_bucket", "s3", "CreateBucket"),
        ("moto", "db_instance", "rds", "CreateDBInstance"),
        ("moto", "db_cluster", "rds", "CreateDBCluster"),
        ("ministack", "db_subnet_group", "rds", "CreateDBSubnetGroup"),
        (
            "ministack",
            "cache_replication_group",
            "elasticache",
            "CreateReplicationGroup",
        ),
        ("ministack", "secret", "secretsmanager", "CreateSecret"),
        ("moto", "ssm_parameter", "ssm", "PutParameter"),
        ("moto", "efs_file_system", "efs", "CreateFileSystem"),
        ("ministack", "efs_mount_target", "efs", "CreateMountTarget"),
    ],
)
def test_nothing_is_made_twice_or_left_half_done(
    request: pytest.FixtureRequest,
    known: str,
    name: str,
    service: str,
    operation: str,
) -> None:
    stack = request.getfixturevalue(known)
    resources = example(name)
    with lost_answer(stack, service, operation) as lost:
        outputs = stack.apply(resources).outputs
    assert lost
    assert stack.actions(resources) == {}
    assert all(outputs[one]["id"] for one in resources)
    for declared in resources.values():
        if declared["type"] == "secret":
            # The next test wants the name.
            declared["recovery_window_in_days"] = 0
        if declared.get("deletion_protection"):
            declared.update(deletion_protection=False, apply_immediately=True)
    stack.apply(resources)
    stack.apply(resources, state="absent")
