# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Auto scaling groups: a new template replaces the instances.

With botocore's stubber, which checks every call and answer against Amazon's own
models: moto has no instance refresh, ministack one that is done at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from ansible_collections.vigie.run.plugins.module_utils._aws.base import Aws
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from botocore.stub import Stubber

from tests.integration.aws.groups import (
    DECLARED,
    GIVEN,
    NAME,
    OTHER,
    WANTED,
    change,
    described,
    expect_group,
)


@pytest.fixture
def stub(stubs: Mapping[str, Stubber]) -> Stubber:
    """The calls to auto scaling that are expected, in their order."""
    return stubs["autoscaling"]


def expect_refreshes(stub: Stubber, *refreshes: dict, **asked: Any) -> None:
    found = [{"InstanceRefreshId": "r-1", **NAME, **each} for each in refreshes]
    stub.add_response(
        "describe_instance_refreshes", {"InstanceRefreshes": found}, {**NAME, **asked}
    )


def expect_start(stub: Stubber, wanted: dict, preferences: dict | None = None) -> None:
    stub.add_response(
        "start_instance_refresh",
        {"InstanceRefreshId": "r-1"},
        {
            **NAME,
            "Strategy": "Rolling",
            "DesiredConfiguration": wanted,
            "Preferences": preferences or {},
        },
    )


def test_a_new_template_replaces_the_instances(aws: Aws, stub: Stubber) -> None:
    expect_group(stub)
    expect_refreshes(stub, {"Status": "Successful", "DesiredConfiguration": OTHER})
    preferences = {"MinHealthyPercentage": 100, "SkipMatching": True}
    expect_start(stub, WANTED, preferences)
    one = {"InstanceRefreshIds": ["r-1"]}
    expect_refreshes(stub, {"Status": "Pending"}, **one)
    expect_refreshes(stub, {"Status": "InProgress", "PercentageComplete": 50}, **one)
    expect_refreshes(stub, {"Status": "Successful"}, **one)
    expect_group(stub)
    expect_group(stub, **WANTED)
    refresh = {"min_healthy_percentage": 100, "skip_matching": True}
    change(aws, "launch_template.version", instance_refresh=refresh)


def test_a_refresh_for_this_change_is_taken_up_again(aws: Aws, stub: Stubber) -> None:
    """After an interruption: nothing is started a second time."""
    expect_group(stub)
    running = {"Status": "InProgress", "DesiredConfiguration": GIVEN}
    expect_refreshes(stub, running)
    expect_refreshes(stub, {"Status": "Successful"}, InstanceRefreshIds=["r-1"])
    expect_group(stub)
    expect_group(stub, **WANTED)
    change(aws, "launch_template.version")


def test_a_refresh_for_something_else_is_cancelled_first(
    aws: Aws, stub: Stubber
) -> None:
    expect_group(stub)
    expect_refreshes(stub, {"Status": "InProgress", "DesiredConfiguration": OTHER})
    stub.add_response("cancel_instance_refresh", {}, NAME)
    expect_refreshes(stub, {"Status": "Cancelling", "DesiredConfiguration": OTHER})
    expect_refreshes(stub, {"Status": "Cancelled", "DesiredConfiguration": OTHER})
    expect_start(stub, WANTED)
    expect_refreshes(stub, {"Status": "Successful"}, InstanceRefreshIds=["r-1"])
    expect_group(stub)
    expect_group(stub, **WANTED)
    change(aws, "launch_template.version")


def test_somebody_starts_a_refresh_at_the_same_time(aws: Aws, stub: Stubber) -> None:
    expect_group(stub)
    expect_refreshes(stub)
    stub.add_client_error("start_instance_refresh", "InstanceRefreshInProgress")
    expect_refreshes(stub, {"Status": "Pending", "DesiredConfiguration": GIVEN})
    expect_refreshes(stub, {"Status": "Successful"}, InstanceRefreshIds=["r-1"])
    expect_group(stub)
    expect_group(stub, **WANTED)
    change(aws, "launch_template.version")


@pytest.mark.parametrize("status", ["Failed", "RollbackSuccessful", "Cancelled"])
def test_a_refresh_that_fails_tells_why(aws: Aws, stub: Stubber, status: str) -> None:
    expect_group(stub)
    expect_refreshes(stub)
    expect_start(stub, WANTED)
    ended = {
        "Status": status,
        "StatusReason": "Alarm portal-5xx went off.",
        "PercentageComplete": 40,
    }
    expect_refreshes(stub, ended, InstanceRefreshIds=["r-1"])
    with pytest.raises(RunError) as failed:
        change(aws, "launch_template.version")
    said = str(failed.value)
    assert f"ended as {status} at 40 %: Alarm portal-5xx went off." in said
    assert "run again" in said


@pytest.mark.parametrize(
    ("instances", "refresh"), [(1, None), (0, {})], ids=["undeclared", "empty group"]
)
def test_without_a_refresh_the_group_takes_the_template(
    aws: Aws, stub: Stubber, instances: int, refresh: dict | None
) -> None:
    stub.add_response("update_auto_scaling_group", {}, {**NAME, **WANTED})
    if instances:
        expect_group(stub)
    expect_group(stub, **WANTED)
    change(
        aws,
        "launch_template.version",
        raw=described(instances),
        instance_refresh=refresh,
        min_size=instances,
    )


def test_a_mixed_policy_keeps_what_is_not_declared(aws: Aws, stub: Stubber) -> None:
    specification = {"LaunchTemplateId": "lt-1", "LaunchTemplateName": "web"}
    there = {
        "LaunchTemplate": {
            "LaunchTemplateSpecification": {**specification, "Version": "1"},
            "Overrides": [
                {
                    "InstanceType": "m7g.large",
                    "LaunchTemplateSpecification": specification,
                }
            ],
        },
        "InstancesDistribution": {"OnDemandBaseCapacity": 2, "SpotMaxPrice": "1"},
    }
    policy = {
        "LaunchTemplate": {
            "LaunchTemplateSpecification": WANTED["LaunchTemplate"],
            "Overrides": [
                {
                    "InstanceType": "m7g.large",
                    "LaunchTemplateSpecification": {"LaunchTemplateId": "lt-1"},
                }
            ],
        },
        "InstancesDistribution": {"OnDemandBaseCapacity": 4, "SpotMaxPrice": "1"},
    }
    expect_group(stub)
    expect_refreshes(stub)
    expect_start(stub, {"MixedInstancesPolicy": policy})
    expect_refreshes(stub, {"Status": "Successful"}, InstanceRefreshIds=["r-1"])
    expect_group(stub)
    expect_group(stub)
    change(
        aws,
        "mixed_instances_policy.instances_distribution.on_demand_base_capacity",
        raw=described(MixedInstancesPolicy=there),
        launch_template=None,
        mixed_instances_policy={
            "launch_template": {
                "launch_template_specification": DECLARED["launch_template"]
            },
            "instances_distribution": {"on_demand_base_capacity": 4},
        },
    )
