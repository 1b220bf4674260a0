# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Statements of WAF in our spelling, the console's and the API's."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.vigie.run.plugins.module_utils._aws.wafv2 import (
    canonical,
    canonical_action,
    sent,
    shown,
    snake,
)
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from botocore.session import get_session

OURS = {
    "and_statement": {
        "statements": [
            {
                "byte_match_statement": {
                    "search_string": "/typo3",
                    "field_to_match": {"single_header": {"name": "host"}},
                    "text_transformations": [{"priority": 0, "type": "NONE"}],
                    "positional_constraint": "STARTS_WITH",
                }
            },
            {
                "not_statement": {
                    "statement": {"ip_set_reference_statement": {"arn": "x"}}
                }
            },
        ]
    }
}


@pytest.fixture(scope="module")
def statement() -> Any:
    """Amazon's model of a statement."""
    return get_session().get_service_model("wafv2").shape_for("Statement")


@pytest.mark.parametrize(
    ("api", "ours"),
    [
        ("IPSetReferenceStatement", "ip_set_reference_statement"),
        ("CloudWatchMetricsEnabled", "cloud_watch_metrics_enabled"),
        ("ARN", "arn"),
        ("IPAddressVersion", "ip_address_version"),
        ("WebACL", "web_acl"),
    ],
)
def test_names_follow_one_rule(api: str, ours: str) -> None:
    assert snake(api) == ours


def test_a_statement_is_sent_and_comes_back(statement: Any) -> None:
    api = sent(statement, OURS)
    match = api["AndStatement"]["Statements"][0]["ByteMatchStatement"]
    assert match["SearchString"] == b"/typo3"
    assert shown(statement, api) == OURS
    assert sent(statement, api["AndStatement"] and shown(statement, api)) == api


def test_all_spellings_compare_as_one(statement: Any) -> None:
    api = sent(statement, OURS)
    assert canonical(api) == canonical(OURS)
    limit = {"rate_based_statement": {"limit": "2000", "aggregate_key_type": "IP"}}
    filled = {
        "RateBasedStatement": {
            "Limit": 2000,
            "AggregateKeyType": "IP",
            "EvaluationWindowSec": 300,
        }
    }
    assert canonical(limit) == canonical(filled)
    longer = {"rate_based_statement": {**limit["rate_based_statement"], "limit": 2001}}
    assert canonical(longer) != canonical(filled)


def test_an_action_may_be_a_word() -> None:
    assert canonical_action("block") == canonical_action({"Block": {}})
    assert canonical_action("block") != canonical_action("allow")
    custom = {"block": {"custom_response": {"response_code": 429}}}
    assert canonical_action(custom) != canonical_action("block")


def test_a_wrong_name_is_told_where_it_is(statement: Any) -> None:
    wrong = {"geo_match_statement": {"country_code": ["CA"]}}
    with pytest.raises(
        RunError, match=r"geo_match_statement: .*did you mean country_codes"
    ):
        sent(statement, wrong, "rules[a].statement")
