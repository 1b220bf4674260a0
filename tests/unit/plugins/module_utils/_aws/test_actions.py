# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who decides on weights, and what happens to a secret that AWS does not show."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.vigie.run.plugins.module_utils._aws.actions import (
    actions_from_api,
    actions_to_api,
    weighted,
)
from ansible_collections.vigie.run.plugins.module_utils._aws.weights import (
    reweighted,
    share,
)
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError

BLUE, GREEN, VIOLET = "arn:blue", "arn:green", "arn:violet"
OIDC = {
    "issuer": "https://id.example.org",
    "authorization_endpoint": "https://id.example.org/a",
    "token_endpoint": "https://id.example.org/t",
    "user_info_endpoint": "https://id.example.org/u",
    "client_id": "portal",
}


def groups(**weights: int | None) -> list[dict[str, Any]]:
    found = []
    for name, weight in weights.items():
        group: dict[str, Any] = {"target_group_arn": f"arn:{name}"}
        found.append(group if weight is None else {**group, "weight": weight})
    return found


@pytest.mark.parametrize(
    ("declared", "live", "sent"),
    [
        (groups(blue=None, green=None), {}, [100, 0]),
        (groups(blue=None, green=None), {BLUE: 0, GREEN: 7}, [0, 7]),
        (groups(blue=None, green=5), {BLUE: 20, GREEN: 80}, [20, 5]),
        (groups(blue=None, green=None, violet=None), {BLUE: 3, GREEN: 7}, [3, 7, 0]),
        # What takes the place of another takes its weight.
        (groups(blue=None, violet=None), {BLUE: 3, GREEN: 7}, [3, 7]),
        (groups(green=None, violet=None), {BLUE: 1}, [100, 0]),
        (groups(blue=0, green=None), {GREEN: 4}, [0, 4]),
    ],
)
def test_the_declared_weight_else_the_live_one_else_ours(
    declared: list, live: dict, sent: list[int]
) -> None:
    assert [each["weight"] for each in weighted(declared, live)] == sent


def test_nobody_is_left_with_traffic() -> None:
    with pytest.raises(RunError, match="aws_target_weights"):
        weighted(groups(green=None, violet=None), {BLUE: 100, GREEN: 0, VIOLET: 0})


def test_a_secret_stays_where_it_is_left_out_of_a_change() -> None:
    login = {"type": "authenticate-oidc", "authenticate_oidc_config": OIDC}
    answer = {"type": "forward", "target_group_arn": BLUE}

    first = actions_to_api([login, answer])
    later = actions_to_api([login, answer], live=[])

    assert "UseExistingClientSecret" not in first[0]["AuthenticateOidcConfig"]
    assert later[0]["AuthenticateOidcConfig"]["UseExistingClientSecret"] is True
    login["authenticate_oidc_config"] = {**OIDC, "client_secret": "x"}
    told = actions_to_api([login], live=[])[0]["AuthenticateOidcConfig"]
    assert told["ClientSecret"] == "x"
    assert "UseExistingClientSecret" not in told


def test_a_forward_to_one_group_has_two_spellings() -> None:
    config = {"TargetGroups": [{"TargetGroupArn": BLUE, "Weight": 1}]}
    for raw in (
        {"Type": "forward", "TargetGroupArn": BLUE},
        {"Type": "forward", "ForwardConfig": config},
    ):
        (action,) = actions_from_api([raw])
        assert action["target_group_arn"] == BLUE
        named = action["forward_config"]["target_groups"]
        assert [each["target_group_arn"] for each in named] == [BLUE]


def test_a_shift_changes_weights_and_nothing_else() -> None:
    sticky = {"Enabled": True, "DurationSeconds": 60}
    actions = [
        {"Type": "authenticate-oidc", "Order": 1, "AuthenticateOidcConfig": {"A": 1}},
        {
            "Type": "forward",
            "Order": 2,
            "TargetGroupArn": BLUE,
            "ForwardConfig": {
                "TargetGroups": [{"TargetGroupArn": BLUE, "Weight": 1}],
                "TargetGroupStickinessConfig": sticky,
            },
        },
    ]

    login, forward = reweighted(actions, {BLUE: 1, GREEN: 2})

    assert login["AuthenticateOidcConfig"] == {"A": 1, "UseExistingClientSecret": True}
    assert forward == {
        "Type": "forward",
        "Order": 2,
        "ForwardConfig": {
            "TargetGroups": [
                {"TargetGroupArn": BLUE, "Weight": 1},
                {"TargetGroupArn": GREEN, "Weight": 2},
            ],
            "TargetGroupStickinessConfig": sticky,
        },
    }
    assert "TargetGroupArn" in actions[1], "what was read stays as it was read"


def test_a_share_grows_also_where_only_others_shrink() -> None:
    assert share({BLUE: 0, GREEN: 50}, GREEN) > share({BLUE: 50, GREEN: 50}, GREEN)
