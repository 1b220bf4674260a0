# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A double of a Vault with what OpenBao's binary lacks: AWS, GCP and LDAP.

It takes the requests that HashiCorp documents and no others, and answers in the shapes
of its samples: https://developer.hashicorp.com/vault/api-docs, the pages secret/aws,
secret/gcp, auth/aws, auth/gcp and auth/ldap. What Vault never gives back, it does not.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

TOKEN = {
    "token_ttl",
    "token_max_ttl",
    "token_policies",
    "token_bound_cidrs",
    "token_explicit_max_ttl",
    "token_no_default_policy",
    "token_num_uses",
    "token_period",
    "token_type",
}


@dataclass(frozen=True)
class Endpoint:
    """Parameters that a path takes; `required` at each write, `hidden` from reads."""

    path: str
    takes: frozenset[str]
    required: frozenset[str] = frozenset()
    hidden: frozenset[str] = frozenset()
    listed: str = ""
    deletable: bool = True


def _endpoint(path: str, takes: str, **more: Any) -> Endpoint:
    words = {name: frozenset(more.pop(name, "").split()) for name in _WORDS}
    extra = TOKEN if more.pop("token", False) else set()
    return Endpoint(path, frozenset(takes.split()) | extra, **words, **more)


_WORDS = ("required", "hidden")
DOCUMENTED = (
    _endpoint(
        "aws/config/root",
        "access_key secret_key region iam_endpoint sts_endpoint max_retries"
        " username_template",
        hidden="secret_key",
        deletable=False,
    ),
    _endpoint(
        "aws/roles/:name",
        "credential_type role_arns policy_arns policy_document iam_groups iam_tags"
        " default_sts_ttl max_sts_ttl user_path permissions_boundary_arn",
        required="credential_type",
        listed="aws/roles",
    ),
    _endpoint(
        "auth/aws/config/client",
        "max_retries access_key secret_key endpoint iam_endpoint sts_endpoint"
        " sts_region use_sts_region_from_client iam_server_id_header_value"
        " allowed_sts_header_values",
        hidden="secret_key",
    ),
    _endpoint(
        "auth/aws/role/:name",
        "auth_type bound_ami_id bound_account_id bound_region bound_vpc_id"
        " bound_subnet_id bound_iam_role_arn bound_iam_instance_profile_arn"
        " bound_ec2_instance_id role_tag bound_iam_principal_arn inferred_entity_type"
        " inferred_aws_region resolve_aws_unique_ids allow_instance_migration"
        " disallow_reauthentication",
        token=True,
        listed="auth/aws/roles",
    ),
    _endpoint(
        "auth/ldap/config",
        "url case_sensitive_names connection_timeout request_timeout starttls"
        " tls_min_version tls_max_version insecure_tls certificate client_tls_cert"
        " client_tls_key binddn bindpass userdn userattr discoverdn deny_null_bind"
        " upndomain userfilter anonymous_group_search groupfilter groupdn groupattr"
        " username_as_alias max_page_size",
        token=True,
        hidden="bindpass client_tls_key",
        deletable=False,
    ),
    _endpoint("auth/ldap/groups/:name", "policies", listed="auth/ldap/groups"),
    _endpoint("auth/ldap/users/:name", "policies groups", listed="auth/ldap/users"),
    _endpoint(
        "gcp/config", "credentials ttl max_ttl", hidden="credentials", deletable=False
    ),
    _endpoint(
        "gcp/roleset/:name",
        "secret_type project bindings token_scopes",
        required="project bindings",
        listed="gcp/rolesets",
    ),
    _endpoint(
        "gcp/static-account/:name",
        "secret_type service_account_email bindings token_scopes",
        required="service_account_email",
        listed="gcp/static-accounts",
    ),
    _endpoint(
        "auth/gcp/role/:name",
        "type bound_service_accounts bound_projects add_group_aliases max_jwt_exp"
        " allow_gce_inference bound_zones bound_regions bound_instance_groups"
        " bound_labels",
        token=True,
        required="type",
        listed="auth/gcp/roles",
    ),
)


@dataclass
class DocumentedVault:
    """Stands where the session does. What is not documented fails the test."""

    things: dict[str, dict[str, Any]] = field(default_factory=dict)
    calls: int = 0
    token: str = ""
    mounts: dict[str, dict[str, Any]] = field(default_factory=dict)

    @staticmethod
    def patiently(ask: Callable[[], Any]) -> Any:
        return ask()

    def read(self, path: str) -> Any:
        if path in ("sys/mounts", "sys/auth"):
            begins = f"{path}/"
            return {
                f"{at[len(begins) :]}/": {"accessor": at, **raw}
                for at, raw in self.mounts.items()
                if at.startswith(begins)
            }
        found = _of(path, "path")
        if path not in self.things:
            return None
        kept = self.things[path].items()
        return _answered(found, {n: v for n, v in kept if n not in found.hidden})

    def keys(self, path: str) -> list[str]:
        folder = _of(path, "listed").path.removesuffix(":name")
        return [at[len(folder) :] for at in self.things if at.startswith(folder)]

    def write(self, path: str, body: Any = None, **more: Any) -> Any:
        if path.startswith("sys/"):
            self.mounts[path] = body
            return
        found = _of(path, "path")
        assert set(body) <= found.takes, f"{path} takes no {set(body) - found.takes}"
        assert found.required <= set(body), f"{path} lacks {found.required - set(body)}"
        json.dumps(body)
        self.things[path] = {**self.things.get(path, {}), **body}

    def delete(self, path: str) -> None:
        if path.startswith("sys/"):
            del self.mounts[path]
            gone = path.replace("sys/mounts/", "").replace("sys/", "") + "/"
            self.things = {
                at: one for at, one in self.things.items() if not at.startswith(gone)
            }
            return
        assert _of(path, "path").deletable, f"DELETE {path} is not documented"
        del self.things[path]

    def close(self) -> None:
        """Nothing is open."""


def _of(path: str, what: str) -> Endpoint:
    for one in DOCUMENTED:
        pattern = getattr(one, what).replace(":name", "[^/]+")
        if pattern and re.fullmatch(pattern, path):
            return one
    raise AssertionError(f"{path} is not documented")


def _answered(endpoint: Endpoint, kept: Mapping[str, Any]) -> dict[str, Any]:
    """As the samples of the documentation show it."""
    given = dict(kept)
    if "credential_type" in given:
        given["credential_types"] = [given.pop("credential_type")]
    if "bindings" in given:
        resources = json.loads(given["bindings"])["resource"]
        given["bindings"] = {name: one["roles"] for name, one in resources.items()}
    if "project" in given:
        given["service_account_project"] = given.pop("project")
    if "bound_labels" in given:
        pairs = (one.split(":", 1) for one in given["bound_labels"])
        given["bound_labels"] = dict(pairs)
    if endpoint.path.startswith("auth/ldap/") and "policies" in given:
        given["policies"] = [one for one in given["policies"].split(",") if one]
    return given
