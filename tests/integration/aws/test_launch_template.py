# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Launch templates."""

from __future__ import annotations

import base64

import pytest
from ansible_collections.vigie.run.plugins.module_utils._aws.provider import AwsProvider
from ansible_collections.vigie.run.plugins.module_utils._converge.provider import (
    Desired,
    Live,
)
from botocore.stub import Stubber

from tests.integration.aws.stacks import Stack, example, live_through, refused

DATA = {"image_id": "ami-12c6146b", "instance_type": "m5.large"}


def template(stack: Stack, **data: object) -> dict:
    return {
        "type": "launch_template",
        "launch_template_name": f"{stack.name}-web",
        "launch_template_data": {**DATA, **data},
    }


def newest(stack: Stack, template: str) -> dict:
    answer = stack.client("ec2").describe_launch_template_versions(
        LaunchTemplateId=template, Versions=["$Latest"]
    )
    return answer["LaunchTemplateVersions"][0]


def test_the_life_of_a_launch_template(ministack: Stack) -> None:
    live(ministack, example("launch_template"), tags={"team": "portal"})


def test_the_life_of_a_launch_template_without_tags(moto: Stack) -> None:
    """moto takes a template's tags for those of instances, and never changes them."""
    resources = example("launch_template")
    del resources["web_host"]["launch_template_data"]["tag_specifications"]
    live(moto, resources, tags={})


def live(stack: Stack, resources: dict, tags: dict) -> None:
    web = resources["web_host"]
    web["launch_template_name"] = f"{stack.name}-web"
    data = web["launch_template_data"]

    def version_by_hand(stack: Stack, outputs: dict) -> None:
        ec2, id_ = stack.client("ec2"), outputs["web_host"]["id"]
        ec2.create_launch_template_version(
            LaunchTemplateId=id_, LaunchTemplateData={"InstanceType": "m5.24xlarge"}
        )

    larger = [{"device_name": "/dev/xvda", "ebs": {"volume_size": 60}}]
    script = {**data, "user_data": "#!/bin/sh\necho é\n"}
    live_through(
        stack,
        resources,
        changes=[
            {"web_host": {"launch_template_data": script}},
            {
                "web_host": {
                    "version_description": "Larger.",
                    "tags": tags,
                    "launch_template_data": {
                        **data,
                        "instance_type": "m5.xlarge",
                        "block_device_mappings": larger,
                    },
                }
            },
        ],
        drift=version_by_hand,
        replacing={"web_host": {"launch_template_name": f"{stack.name}-other"}},
    )


def test_a_new_version_keeps_what_is_not_declared(stack: Stack) -> None:
    resources = {"web": template(stack, user_data="#!/bin/sh\n")}
    id_ = stack.apply(resources).outputs["web"]["id"]
    stack.client("ec2").create_launch_template_version(
        LaunchTemplateId=id_,
        LaunchTemplateData={
            "ImageId": DATA["image_id"],
            "InstanceType": DATA["instance_type"],
            "KeyName": "by-hand",
            "UserData": base64.b64encode(b"\x1f\x8b\x08\x00\xff").decode(),
        },
    )
    del resources["web"]["launch_template_data"]["user_data"]
    assert stack.actions(resources) == {}, "what is not declared is no drift"

    resources["web"]["launch_template_data"]["instance_type"] = "m5.xlarge"
    outputs = stack.apply(resources).outputs["web"]

    data = newest(stack, id_)["LaunchTemplateData"]
    assert data["InstanceType"] == "m5.xlarge"
    assert data["KeyName"] == "by-hand"
    assert base64.b64decode(data["UserData"]) == b"\x1f\x8b\x08\x00\xff"
    assert (outputs["latest_version"], outputs["default_version"]) == (3, 1)


def test_null_removes_a_property(stack: Stack) -> None:
    resources = {"web": template(stack, key_name="old")}
    id_ = stack.apply(resources).outputs["web"]["id"]
    resources["web"]["launch_template_data"]["key_name"] = None
    stack.apply(resources)
    assert "KeyName" not in newest(stack, id_)["LaunchTemplateData"]
    assert stack.actions(resources) == {}


def test_the_default_version_follows_even_after_an_interruption(stack: Stack) -> None:
    """A run that stopped between the new version and the default one is repaired."""
    resources = {"web": template(stack)}
    resources["web"]["update_default_version"] = True
    id_ = stack.apply(resources).outputs["web"]["id"]
    ec2 = stack.client("ec2")
    ec2.create_launch_template_version(
        LaunchTemplateId=id_,
        LaunchTemplateData=newest(stack, id_)["LaunchTemplateData"],
    )
    assert stack.actions(resources) == {"web": "update"}
    stack.apply(resources)
    assert newest(stack, id_)["DefaultVersion"]
    assert newest(stack, id_)["VersionNumber"] == 2
    assert stack.actions(resources) == {}


def test_user_data_is_never_shown(moto: Stack) -> None:
    resources = {"web": template(moto, user_data="join --token s3cr3t")}
    shown = [repr(moto.apply(resources, dry_run=True)), repr(moto.apply(resources))]
    resources["web"]["launch_template_data"]["user_data"] = "join --token 0th3r"
    outcome = moto.apply(resources)
    shown.append(repr(outcome))
    assert not any(token in text for text in shown for token in ("s3cr3t", "0th3r"))
    paths = [change["path"] for change in outcome.plan[0]["changes"]]
    assert paths == ["launch_template_data.user_data"]


def test_twelve_templates_are_read_with_two_calls(moto: Stack) -> None:
    """Not on ministack: it knows no versions of all templates at once."""
    twelve = {
        f"web_{n}": {**template(moto), "launch_template_name": f"{moto.name}-{n}"}
        for n in range(12)
    }
    moto.apply(twelve)
    moto.operations.clear()
    assert moto.actions(twelve) == {}
    assert sorted(moto.operations) == [
        "DescribeLaunchTemplateVersions",
        "DescribeLaunchTemplates",
    ]


def test_a_template_of_somebody_else_is_not_taken_over(stack: Stack) -> None:
    resources = {"web": template(stack)}
    stack.client("ec2").create_launch_template(
        LaunchTemplateName=f"{stack.name}-web",
        LaunchTemplateData={"InstanceType": "m5.large"},
    )
    assert "vigie:resource=web" in refused(stack, resources)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"launch_template_name": "a b"}, "3 to 128 letters"),
        ({"keep_versions": -1}, "0 or more"),
        ({"launch_template_data": {"user_data": "x" * 16385}}, "16 KiB"),
        (
            {
                "launch_template_data": {
                    **DATA,
                    "instance_requirements": {
                        "vcpu_count": {"min": 2},
                        "memory_mib": {"min": 4096},
                    },
                }
            },
            "instance_type or instance_requirements, not both",
        ),
    ],
)
def test_what_ec2_would_refuse(moto: Stack, change: dict, said: str) -> None:
    resources = {"web": {**template(moto), **change}}
    assert said in refused(moto, resources)
    assert moto.operations == []


def test_old_versions_go_but_not_the_default_one(moto: Stack) -> None:
    """By botocore's stubber: no emulator deletes versions."""
    aws = moto.aws()
    base = {"LaunchTemplateId": "lt-0123456789abcdef0", "LaunchTemplateName": "web"}
    live = Live(
        base["LaunchTemplateId"],
        {},
        {"latest_version": 7, "default_version": 2},
        raw={},
    )
    versions = [
        {**base, "VersionNumber": number, "DefaultVersion": number == 2}
        for number in range(1, 8)
    ]
    keep = {"launch_template_data": DATA, "keep_versions": 2}
    with Stubber(aws.client("ec2")) as stub:
        stub.add_response(
            "describe_launch_template_versions",
            {"LaunchTemplateVersions": versions},
            {"LaunchTemplateId": live.id, "MaxResults": 200},
        )
        stub.add_response(
            "delete_launch_template_versions",
            {},
            {"LaunchTemplateId": live.id, "Versions": ["4", "3", "1"]},
        )
        AwsProvider(aws).types["launch_template"].change(
            live, Desired("web", "launch_template", keep), frozenset()
        )
        stub.assert_no_pending_responses()
