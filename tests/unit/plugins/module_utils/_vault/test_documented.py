# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Types that OpenBao's binary lacks, held to what HashiCorp documents.

No server of theirs is at hand: the double takes documented requests alone.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.vigie.run.plugins.module_utils._vault import state as vault
from ansible_collections.vigie.run.plugins.module_utils._vault.options import (
    vault_options,
)

from tests.unit.plugins.module_utils._vault.documented import DocumentedVault

EXAMPLES = Path(__file__).parents[5] / "docs" / "vault"
SECRET = {"secret_key", "bindpass", "credentials"}
LIVES: dict[str, list[dict[str, Any]]] = {
    "aws_engine_config": [{"region": "eu-west-1"}, {"iam_endpoint": "https://iam"}],
    "aws_engine_role": [
        {"policy_document": None, "policy_arns": ["arn:aws:iam::aws:policy/X"]},
        {"iam_tags": {"team": "shop"}, "max_sts_ttl": "2h"},
    ],
    "aws_auth_config": [{"allowed_sts_header_values": ["X-One", "X-Two"]}],
    "aws_auth_role": [
        {"bound_account_id": ["123456789012"], "token_ttl": None},
        {"token_policies": ["a", "b"]},
    ],
    "ldap_config": [
        {"groupfilter": "(member={{.UserDN}})", "starttls": True},
        {"request_timeout": "1m", "token_ttl": "1h"},
    ],
    "ldap_group": [{"policies": ["a"]}, {"policies": None}],
    "ldap_user": [{"groups": ["a", "b"]}, {"policies": ["c"]}],
    "gcp_engine_config": [{"ttl": 1800}, {"max_ttl": None}],
    "gcp_roleset": [
        {"bindings": {"//one": ["roles/a", "roles/b"]}},
        {"token_scopes": None},
    ],
    "gcp_static_account": [{"bindings": {"//one": ["roles/a"]}}, {"bindings": None}],
    "gcp_auth_role": [
        {"bound_labels": {"role": "cart", "env": "live"}},
        {"bound_labels": None, "bound_zones": ["a", "b"]},
        {"max_jwt_exp": "5m", "token_max_ttl": "1d"},
    ],
}


class Runs:
    """Runs of vault_state on the double."""

    def __init__(self, server: DocumentedVault, patch: pytest.MonkeyPatch) -> None:
        self.server = server
        patch.setattr(vault, "Session", lambda *_given, **_more: server)

    def run(self, resources: Any, check: bool = False, **options: Any) -> Any:
        arguments = {**vault.STATE_ARGUMENTS, **vault_options()}
        given = {name: one.get("default") for name, one in arguments.items()}
        given |= {"vault_url": "https://vault", "vault_token": "t", "vault_timeout": 1}
        given |= {**options, "resources": resources}
        result = vault.run_state(given, check, lambda _secrets: None)
        assert not result["failed"], result.get("msg")
        return result

    def actions(self, resources: Any, **options: Any) -> dict[str, str]:
        plan = self.run(resources, check=True, **options)["plan"]
        return {s["resource"]: s["action"] for s in plan if s["action"] != "keep"}


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Runs:
    return Runs(DocumentedVault(), monkeypatch)


def declared(type_: str) -> tuple[dict[str, Any], str]:
    """The example of a type with its mount where the documentation has it."""
    resources = yaml.safe_load((EXAMPLES / f"{type_}.yml").read_text("utf-8"))
    mount, name = resources
    kind = resources[mount].get("engine") or resources[mount]["method"]
    resources[mount]["path"] = kind
    for field in SECRET & resources[name].keys():
        resources[name][field] = "planted"
    return resources, name


@pytest.mark.parametrize("type_", LIVES)
def test_life(runs: Runs, type_: str) -> None:
    resources, name = declared(type_)
    assert set(runs.actions(resources).values()) == {"create"}
    runs.run(resources)
    assert runs.actions(resources) == {}
    for change in LIVES[type_]:
        resources[name] = {**resources[name], **change}
        assert runs.actions(resources) == {name: "update"}, change
        runs.run(resources)
        assert runs.actions(resources) == {}, change
    runs.run(resources, state="absent")
    assert runs.server.things == {}
    assert set(runs.actions(resources).values()) == {"create"}


@pytest.mark.parametrize("type_", [name for name in LIVES if "config" not in name])
def test_prune_by_the_documented_list(runs: Runs, type_: str) -> None:
    resources, name = declared(type_)
    runs.run(resources)
    path = runs.run(resources)["outputs"][name]["id"]
    only = {one: body for one, body in resources.items() if one != name}
    assert runs.actions(only, prune=True, scope={type_: [name]}) == {path: "delete"}
    assert runs.actions(resources, prune=True, scope={type_: ["*"]}) == {}
