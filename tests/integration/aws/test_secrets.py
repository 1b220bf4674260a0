# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets Manager and Parameter Store."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.integration.aws.stacks import Stack, example, live_through


def _secrets() -> dict[str, Any]:
    resources = example("secret")
    resources["mail"]["secret_string"]["password"] = "example-only"
    return resources


def test_the_life_of_a_secret(stack: Stack) -> None:
    def another_value_by_hand(stack: Stack, outputs: dict) -> None:
        stack.client("secretsmanager").put_secret_value(
            SecretId=outputs["mail"]["id"], SecretString="by hand"
        )

    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
                "Action": "secretsmanager:GetSecretValue",
                "Resource": "*",
            }
        ],
    }
    live_through(
        stack,
        _secrets(),
        changes=[
            {"mail": {"secret_string": {"password": "another", "user": "portal"}}},
            {"mail": {"description": "How mail leaves"}},
            {"mail": {"tags": {"data": "public"}}},
            {"mail": {"recovery_window_in_days": 0}},
            {"mail": {"resource_policy": policy}},
            {"mail": {"resource_policy": None}},
            {"encryption_key": {"recovery_window_in_days": 0}},
        ],
        drift=another_value_by_hand,
        replacing={"mail": {"name": "portal/post"}},
    )


def _one(stack: Stack, **properties: Any) -> dict[str, Any]:
    return {"one": {"type": "secret", "name": f"{stack.name}/one", **properties}}


def test_a_generated_value_stays_and_is_never_shown(stack: Stack) -> None:
    rules = {
        "password_length": 40,
        "exclude_punctuation": True,
        "secret_string_template": {"user": "portal"},
        "generate_string_key": "password",
    }
    outcome = stack.apply(_one(stack, generate_secret_string=rules))
    value = stack.client("secretsmanager").get_secret_value(
        SecretId=f"{stack.name}/one"
    )
    made = json.loads(value["SecretString"])
    assert made["user"] == "portal"
    assert len(made["password"]) == 40
    assert made["password"].isalnum()
    assert made["password"] not in repr(outcome)

    again = {**rules, "password_length": 50}
    assert stack.actions(_one(stack, generate_secret_string=again)) == {}


def test_a_secret_deleted_a_while_ago_comes_back(stack: Stack) -> None:
    declared = _one(stack, secret_string="first", recovery_window_in_days=7)
    before = stack.apply(declared).outputs["one"]["arn"]
    stack.apply(declared, state="absent")

    again = _one(stack, secret_string="second", recovery_window_in_days=7)
    after = stack.apply(again).outputs["one"]["arn"]

    assert after == before
    client = stack.client("secretsmanager")
    assert client.get_secret_value(SecretId=after)["SecretString"] == "second"
    assert stack.actions(again) == {}


def test_somebody_elses_deleted_secret_does_not_come_back(stack: Stack) -> None:
    client = stack.client("secretsmanager")
    client.create_secret(Name=f"{stack.name}/one", SecretString="theirs")
    client.delete_secret(SecretId=f"{stack.name}/one", RecoveryWindowInDays=7)

    outcome = stack.run(_one(stack, secret_string="ours"))

    assert outcome.failed
    assert "that is not this resource's has the name" in outcome.message
    assert "DeletedDate" in client.describe_secret(SecretId=f"{stack.name}/one")


def test_somebody_elses_secret_stops_the_plan(stack: Stack) -> None:
    stack.client("secretsmanager").create_secret(
        Name=f"{stack.name}/one", SecretString="theirs"
    )
    with pytest.raises(Exception, match="vigie:stack"):
        stack.run(_one(stack, secret_string="ours"))


def test_values_of_many_secrets_take_a_call_for_twenty(ministack: Stack) -> None:
    many = {
        f"s{number}": {
            "type": "secret",
            "name": f"{ministack.name}/{number}",
            "secret_string": "value",
        }
        for number in range(22)
    }
    ministack.apply(many)
    ministack.operations.clear()

    assert ministack.actions(many) == {}

    assert ministack.operations.count("BatchGetSecretValue") == 2
    assert set(ministack.operations) == {"ListSecrets", "BatchGetSecretValue"}


def _parameters() -> dict[str, Any]:
    resources = example("ssm_parameter")
    resources["token"]["value"] = "example-only"
    return resources


# ministack does not filter parameters by tag.
def test_the_life_of_a_parameter(moto: Stack) -> None:
    def another_value_by_hand(stack: Stack, outputs: dict) -> None:
        stack.client("ssm").put_parameter(
            Name=outputs["token"]["id"],
            Value="by hand",
            Type="SecureString",
            Overwrite=True,
        )

    live_through(
        moto,
        _parameters(),
        changes=[
            {"mail_host": {"value": "smtp.example.org"}},
            {"mail_host": {"description": "Where it leaves"}},
            {"languages": {"value": "en,fr,iu"}},
            {"token": {"value": "another", "tags": {"data": "public"}}},
            {"token": {"tier": "Advanced"}},
        ],
        drift=another_value_by_hand,
        replacing={"languages": {"name": "/portal/tongues"}},
    )


def test_a_new_value_keeps_what_is_not_declared(moto: Stack) -> None:
    parameter = {
        "type": "ssm_parameter",
        "name": f"/{moto.name}/host",
        "parameter_type": "String",
        "value": "one",
    }
    moto.apply({"host": {**parameter, "description": "Said once"}})

    moto.apply({"host": {**parameter, "value": "two"}})

    (found,) = moto.client("ssm").describe_parameters(
        ParameterFilters=[{"Key": "Name", "Values": [parameter["name"]]}]
    )["Parameters"]
    assert found["Description"] == "Said once"


def test_tags_that_many_share_are_asked_for_once(moto: Stack) -> None:
    """What the stack's own `tags` do; a tag changed by hand is found all the same."""
    declared = {
        f"p{number}": {
            "type": "ssm_parameter",
            "name": f"/{moto.name}/{number}",
            "parameter_type": "String",
            "value": "x",
            "tags": {"team": "run", "data": "other" if number == 5 else "public"},
        }
        for number in range(6)
    }
    moto.apply(declared)
    moto.operations.clear()
    assert moto.actions(declared) == {}
    assert moto.operations.count("ListTagsForResource") == 1, "of the odd one out"

    moto.client("ssm").add_tags_to_resource(
        ResourceType="Parameter",
        ResourceId=declared["p3"]["name"],
        Tags=[{"Key": "data", "Value": "other"}],
    )
    assert moto.actions(declared) == {"p3": "update"}


def test_somebody_elses_parameter_stops_the_plan(moto: Stack) -> None:
    name = f"/{moto.name}/theirs"
    moto.client("ssm").put_parameter(Name=name, Value="theirs", Type="String")
    declared = {
        "host": {
            "type": "ssm_parameter",
            "name": name,
            "parameter_type": "String",
            "value": "ours",
        }
    }
    with pytest.raises(Exception, match="vigie:stack"):
        moto.run(declared)


@pytest.mark.parametrize("name", ["/aws/x", "ssm-x", "with space", "a/b", "/a//b"])
def test_a_parameter_name_that_aws_would_refuse(moto: Stack, name: str) -> None:
    with pytest.raises(Exception, match="host") as error:
        moto.run(
            {
                "host": {
                    "type": "ssm_parameter",
                    "name": name,
                    "parameter_type": "String",
                    "value": "x",
                }
            }
        )
    assert name in str(error.value)
    assert moto.operations == []
