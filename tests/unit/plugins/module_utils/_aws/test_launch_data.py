# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The data of launch templates, and what of an answer AWS takes back."""

from __future__ import annotations

import base64

import botocore.session
from ansible_collections.vigie.run.plugins.module_utils._aws.fitting import fitting
from ansible_collections.vigie.run.plugins.module_utils._aws.launch_data import (
    seen_data,
    sent_data,
)


def test_only_what_a_call_takes_is_sent_back() -> None:
    model = botocore.session.get_session().get_service_model("ec2")
    data = {
        "MetadataOptions": {"State": "applied", "HttpTokens": "required"},
        "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": None}],
        "Nothing": 1,
    }
    assert fitting(model.shape_for("RequestLaunchTemplateData"), data) == {
        "MetadataOptions": {"HttpTokens": "required"},
        "BlockDeviceMappings": [{"DeviceName": "/dev/xvda"}],
    }


def test_user_data_and_tags_there_and_back() -> None:
    declared = {
        "user_data": "#!/bin/sh\necho é\n",
        "tag_specifications": [{"resource_type": "volume", "tags": {"team": "run"}}],
    }
    sent = sent_data({}, declared)
    assert base64.b64decode(sent["UserData"]).decode() == declared["user_data"]
    assert sent["TagSpecifications"] == [
        {"ResourceType": "volume", "Tags": [{"Key": "team", "Value": "run"}]}
    ]
    assert seen_data(sent) == declared


def test_user_data_that_is_no_text_is_sent_back_as_it_is() -> None:
    packed = base64.b64encode(b"\x1f\x8b\x08\x00\xff").decode()
    assert seen_data({"UserData": packed}) == {"user_data": packed}
    assert sent_data({"UserData": packed}, {"key_name": "k"})["UserData"] == packed
