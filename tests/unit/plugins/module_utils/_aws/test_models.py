# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Models are found as botocore finds them, without a look at every service."""

from __future__ import annotations

import os
from pathlib import Path

import botocore.session
import pytest
from ansible_collections.vigie.run.plugins.module_utils._aws.models import find_quickly
from ansible_collections.vigie.run.plugins.module_utils._aws.session import (
    Connection,
    Session,
)
from botocore.exceptions import DataNotFoundError, UnknownServiceError

KINDS = ("service-2", "paginators-1", "waiters-2", "endpoint-rule-set-1")


@pytest.fixture
def quick() -> botocore.session.Session:
    session = botocore.session.Session()
    find_quickly(session)
    return session


def _known(session: botocore.session.Session, service: str, kind: str) -> str | None:
    loader = session.get_component("data_loader")
    try:
        return loader.determine_latest_version(service, kind)
    except DataNotFoundError:
        return None


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_versions_as_botocore(
    quick: botocore.session.Session, kind: str
) -> None:
    slow = botocore.session.Session()
    services = ("ec2", "cloudfront", "s3", "wafv2", "resourcegroupstaggingapi", "nope")
    found = {service: _known(quick, service, kind) for service in services}
    assert found == {service: _known(slow, service, kind) for service in services}


def test_models_of_the_users_own_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "ours" / "2026-01-01"
    folder.mkdir(parents=True)
    (folder / "service-2.json").write_text('{"metadata": {}}')
    monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path))
    session = botocore.session.Session()
    find_quickly(session)
    assert session.get_service_model("ours").metadata == {}


def test_an_unknown_service_is_named(quick: botocore.session.Session) -> None:
    with pytest.raises(UnknownServiceError, match="nope"):
        quick.create_client("nope", region_name="ca-central-1")


def test_a_client_looks_into_its_own_folders_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked: list[str] = []
    listdir = os.listdir

    def noted(path: str) -> list[str]:
        looked.append(Path(path).name)
        return listdir(path)

    session = Session(Connection("ca-central-1", access_key="a", secret_key="b"))
    monkeypatch.setattr(os, "listdir", noted)
    session.client("sqs")
    assert "sqs" in looked
    assert "ec2" not in looked
