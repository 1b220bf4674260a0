# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""IAM roles and instance profiles."""

from __future__ import annotations

import json

import pytest

from tests.integration.aws.stacks import Stack, example, live_through, refused

READ = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"},
}
LIST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": "*"}],
}
TASKS = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": ["ecs-tasks.amazonaws.com"]},
            "Action": "sts:AssumeRole",
        }
    ],
}
BOUNDARY = "arn:aws:iam::aws:policy/PowerUserAccess"
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
SSM = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"


def role(stack: Stack) -> dict:
    """The example's role, under a name of the stack's own."""
    resources = example("iam_role")
    resources["portal_role"]["role_name"] = f"{stack.name}-web"
    return resources


def test_the_life_of_a_role(stack: Stack) -> None:
    def policies_by_hand(stack: Stack, outputs: dict) -> None:
        iam, name = stack.client("iam"), outputs["portal_role"]["id"]
        iam.put_role_policy(
            RoleName=name, PolicyName="more", PolicyDocument=json.dumps(READ)
        )
        iam.detach_role_policy(RoleName=name, PolicyArn=READ_ONLY)

    live_through(
        stack,
        role(stack),
        changes=[
            {
                "portal_role": {
                    "assume_role_policy_document": TASKS,
                    "inline_policies": {"files": READ, "list": LIST},
                    "managed_policy_arns": [READ_ONLY, SSM],
                    "description": "Tasks.",
                    "max_session_duration": 7200,
                    "tags": {"team": None, "cost": "12"},
                }
            },
            {"portal_role": {"inline_policies": {"list": json.dumps(LIST)}}},
        ],
        drift=policies_by_hand,
        replacing={"portal_role": {"path": "/platform/"}},
    )


def test_a_boundary_and_a_description_come_and_go(moto: Stack) -> None:
    """Not on ministack: it lists no boundaries and takes an empty text for none."""
    resources = role(moto)
    resources["portal_role"].update(
        max_session_duration=7200, permissions_boundary=BOUNDARY
    )
    moto.apply(resources)
    assert moto.actions(resources) == {}
    resources["portal_role"].update(description=None, permissions_boundary=None)
    moto.apply(resources)
    assert moto.actions(resources) == {}
    there = moto.client("iam").get_role(RoleName=f"{moto.name}-web")["Role"]
    assert not there.get("Description")
    assert not there.get("PermissionsBoundary")
    assert there["MaxSessionDuration"] == 7200
    resources["portal_role"]["permissions_boundary"] = BOUNDARY
    moto.apply(resources)
    assert moto.actions(resources) == {}


def test_policies_change_by_differences(stack: Stack) -> None:
    """What stays allowed is never taken away, not for a moment."""
    resources = role(stack)
    resources["portal_role"].update(
        managed_policy_arns=[SSM], inline_policies={"files": READ, "list": LIST}
    )
    stack.apply(resources)
    stack.operations.clear()
    resources["portal_role"].update(
        managed_policy_arns=[SSM, READ_ONLY], inline_policies={"files": READ}
    )
    stack.apply(resources)
    writes = [name for name in stack.operations if name.endswith(("Policy", "Role"))]
    assert [w for w in writes if not w.startswith(("Get", "List"))] == [
        "AttachRolePolicy",
        "DeleteRolePolicy",
    ]


def test_ten_roles_are_read_with_the_calls_of_one(stack: Stack) -> None:
    one = role(stack)["portal_role"]
    ten = {f"role_{n}": {**one, "role_name": f"{stack.name}-{n}"} for n in range(10)}
    stack.apply(ten)
    stack.operations.clear()
    assert stack.actions(ten) == {}
    assert sorted(stack.operations) == ["GetAccountAuthorizationDetails", "ListRoles"]


def test_a_role_of_somebody_else_is_not_taken_over(stack: Stack) -> None:
    resources = role(stack)
    stack.client("iam").create_role(
        RoleName=f"{stack.name}-web", AssumeRolePolicyDocument=json.dumps(TASKS)
    )
    outcome = refused(stack, resources)
    assert f"{stack.name}-web" in outcome
    assert "vigie:resource=portal_role" in outcome


@pytest.mark.parametrize(
    ("property_", "value", "said"),
    [
        ("role_name", "web role", "letters, digits"),
        ("path", "platform", "begins and ends with /"),
        ("max_session_duration", 60, "from 3600 to 43200"),
        ("inline_policies", {"a/b": READ}, "a/b"),
    ],
)
def test_what_iam_would_refuse(
    moto: Stack, property_: str, value: object, said: str
) -> None:
    resources = role(moto)
    resources["portal_role"][property_] = value
    message = refused(moto, resources)
    assert property_ in message
    assert said in message
    assert moto.operations == []


def test_the_life_of_an_instance_profile(stack: Stack) -> None:
    resources = example("iam_instance_profile")
    other = {**resources["portal_role"], "role_name": f"{stack.name}-other"}
    resources["portal_role"]["role_name"] = f"{stack.name}-host"
    resources["portal_profile"]["instance_profile_name"] = f"{stack.name}-host"
    resources["other_role"] = other

    def role_removed_by_hand(stack: Stack, outputs: dict) -> None:
        stack.client("iam").remove_role_from_instance_profile(
            InstanceProfileName=outputs["portal_profile"]["id"],
            RoleName=outputs["other_role"]["id"],
        )

    live_through(
        stack,
        resources,
        changes=[
            {"portal_profile": {"role_name": "${other_role.role_name}"}},
            {"portal_profile": {"tags": {"team": "portal"}}},
        ],
        drift=role_removed_by_hand,
        replacing={"portal_profile": {"path": "/platform/"}},
    )


def test_a_renamed_profile_is_replaced_and_not_forgotten(stack: Stack) -> None:
    resources = example("iam_instance_profile")
    resources["portal_role"]["role_name"] = f"{stack.name}-host"
    profile = resources["portal_profile"]
    profile["instance_profile_name"] = f"{stack.name}-host"
    stack.apply(resources)
    profile["instance_profile_name"] = f"{stack.name}-renamed"
    stack.apply(resources, allow_replace=("portal_profile",))
    listed = stack.client("iam").list_instance_profiles()["InstanceProfiles"]
    names = [each["InstanceProfileName"] for each in listed]
    assert [n for n in names if stack.name in n] == [f"{stack.name}-renamed"]


def test_a_profile_of_somebody_else_is_not_taken_over(stack: Stack) -> None:
    resources = example("iam_instance_profile")
    resources["portal_role"]["role_name"] = f"{stack.name}-host"
    resources["portal_profile"]["instance_profile_name"] = f"{stack.name}-host"
    stack.client("iam").create_instance_profile(
        InstanceProfileName=f"{stack.name}-host"
    )
    assert "vigie:resource=portal_profile" in refused(stack, resources)
