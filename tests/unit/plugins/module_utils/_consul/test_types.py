# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What types make of values, without a server."""

from __future__ import annotations

import pytest
from ansible_collections.vigie.run.plugins.module_utils._consul.acl_links import (
    IDENTITIES,
    body,
    links,
    seen,
)
from ansible_collections.vigie.run.plugins.module_utils._consul.durations import (
    duration,
    moment,
)
from ansible_collections.vigie.run.plugins.module_utils._consul.types import (
    acl_policy,
)

FIELDS = {"policies": links("."), **IDENTITIES}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("90s", "1m30s", True),
        ("1.5h", "1h30m0s", True),
        ("250ms", "250000000", True),
        ("1s", "1ms", False),
    ],
)
def test_durations_that_are_the_same(one: str, other: str, same: bool) -> None:
    normal = duration(".").normal
    assert (normal(one) == normal(other)) is same


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("15", "is '15', without a unit; write 15s for seconds"),
        ("soon", "is 'soon', which is no duration"),
        ("1h 30m", "which is no duration"),
        ("1h30m", None),
        ("0", None),
    ],
)
def test_what_is_no_duration_is_told(given: str, said: str | None) -> None:
    found = duration(".").check(given)
    assert found is None if said is None else said in found


def test_moments() -> None:
    field = moment(".")
    same = "2030-01-31T12:00:00.123456789Z", "2030-01-31T13:00:00+01:00"
    assert field.normal(same[0]) == field.normal(same[1])
    assert field.check(same[0]) is None
    for wrong in ("tomorrow", "2030-01-31", "2030-01-31T12:00:00"):
        assert "is no time; write one such as" in field.check(wrong)


def test_the_hash_of_a_policy_is_the_servers() -> None:
    # As Consul 1.8.7 answered for these.
    stub = {"Name": "x2", "Description": "héé", "Datacenters": ["lab", "dc2"]}
    assert (
        acl_policy.policy_hash(stub, "")
        == "6AyEujdvBYNQHKt8XORPnbJ9va+EPnhI7hOAcufjfBc="
    )
    stub = {"Name": "x1", "Description": "", "Datacenters": None}
    rules = 'key_prefix "a/" { policy = "read" }'
    assert (
        acl_policy.policy_hash(stub, rules)
        == "Q+tf/pExxQhvVNgNPLEQjVge3yOPyUjxclryYQAWs/I="
    )


def test_templates_as_consul_1_17_takes_them() -> None:
    # https://developer.hashicorp.com/consul/api-docs/acl/roles#templatedpolicies
    declared = {
        "policies": ["read"],
        "templated_policies": [
            {
                "template_name": "builtin/service",
                "template_variables": {"name": "cart"},
                "datacenters": ["dc1"],
            }
        ],
    }
    written = body(FIELDS, {"ID": "1", "Hash": "x", "ModifyIndex": 3}, declared)
    assert written == {
        "ID": "1",
        "Policies": [{"Name": "read"}],
        "TemplatedPolicies": [
            {
                "TemplateName": "builtin/service",
                "TemplateVariables": {"Name": "cart"},
                "Datacenters": ["dc1"],
            }
        ],
    }
    assert seen(FIELDS, written) == declared
