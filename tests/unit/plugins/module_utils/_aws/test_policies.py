# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Policies that say the same, however AWS or a user spells them."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.vigie.run.plugins.module_utils._aws.policies import (
    normal_policy,
)


def _policy(**statement: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (_policy(Action="s3:GetObject"), _policy(Action=["s3:GetObject"])),
        (_policy(Action=["b:B", "a:A"]), _policy(Action=["a:A", "b:B", "a:A"])),
        (
            _policy(Principal={"AWS": "123456789012"}),
            _policy(Principal={"AWS": ["arn:aws:iam::123456789012:root"]}),
        ),
        (_policy(Principal="*"), _policy(Principal={"AWS": "*"})),
        (
            _policy(Condition={"Bool": {"aws:SecureTransport": False}}),
            _policy(Condition={"Bool": {"aws:SecureTransport": ["false"]}}),
        ),
        (
            {"Statement": {"Effect": "Deny", "Action": "*"}},
            {"Statement": [{"Effect": "Deny", "Action": "*"}]},
        ),
    ],
)
def test_two_spellings_of_one_policy(one: Any, other: Any) -> None:
    assert normal_policy(one) == normal_policy(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (_policy(Action="s3:GetObject"), _policy(Action="s3:PutObject")),
        (_policy(Action="s3:GetObject"), _policy(NotAction="s3:GetObject")),
        (_policy(Principal={"AWS": "*"}), _policy(Principal={"Service": "*"})),
        (
            _policy(Principal={"AWS": "123456789012"}),
            _policy(Principal={"AWS": "arn:aws:iam::123456789012:role/root"}),
        ),
        (_policy(Sid="a"), _policy(Sid="b")),
    ],
)
def test_two_policies(one: Any, other: Any) -> None:
    assert normal_policy(one) != normal_policy(other)
