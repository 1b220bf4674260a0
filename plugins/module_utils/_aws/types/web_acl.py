# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""A web ACL of WAF: rules on requests, for load balancers or for CloudFront.

A statement is written as AWS has it, in our spelling or in that of the console's
JSON editor. An action without settings may be one word: `block`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..._converge.fields import anything, flag, group, many, mapping, number, text
from ..._converge.provider import UNKNOWN, Desired, Live, Reading
from ..._errors import RunError
from ..calls import settled
from ..errors import is_absent
from ..tags import STACK
from ..wafv2 import (
    NAMED,
    REGIONAL,
    WafType,
    canonical,
    canonical_action,
    is_settling,
    scope_of,
    sent,
)

GROUPS = ("managedrulegroupstatement", "rulegroupreferencestatement")
# By the service in an ARN, what WAF calls its things.
KINDS = {
    "elasticloadbalancing": "APPLICATION_LOAD_BALANCER",
    "apigateway": "API_GATEWAY",
    "appsync": "APPSYNC",
    "cognito-idp": "COGNITO_USER_POOL",
    "apprunner": "APP_RUNNER_SERVICE",
    "ec2": "VERIFIED_ACCESS_INSTANCE",
}
VISIBILITY = group(
    {
        "sampled_requests_enabled": flag("Keep samples of requests."),
        "cloud_watch_metrics_enabled": flag("Send metrics."),
        "metric_name": text("The metric; the name where nothing is said."),
    },
    "What is to be seen of it; metrics and samples where nothing is said.",
)


def _statement_refused(value: Any) -> str | None:
    if isinstance(value, Mapping) and len(value) == 1:
        return None
    return "takes exactly one statement, such as rate_based_statement: {limit: 2000}"


RULE = group(
    {
        "name": text("Its name.", required=True),
        "priority": number("Its place; the lowest is asked first.", required=True),
        "statement": anything(
            "What it fits, as in the API.",
            required=True,
            normal=canonical,
            check=_statement_refused,
        ),
        "action": anything(
            "What is done: allow, block, count, captcha, challenge, or one of them"
            " with its settings.",
            normal=canonical_action,
        ),
        "override_action": anything(
            "Of a group of rules: none, where nothing is said, or count.",
            normal=canonical_action,
        ),
        "rule_labels": many(
            group({"name": text("A label.", required=True)}, "A label."),
            "Labels that it puts on requests.",
            order="key",
            key="name",
        ),
        "visibility_config": VISIBILITY,
    },
    "A rule.",
)


class WebAcl(WafType):
    """API: CreateWebACL, GetWebACL, UpdateWebACL, AssociateWebACL."""

    name = "web_acl"
    noun = "WebACL"
    listing = "WebACLs"
    uses = ("ip_set", "load_balancer")
    fields = {
        **NAMED,
        "default_action": anything(
            "What is done with requests that no rule decides: allow or block.",
            required=True,
            normal=canonical_action,
        ),
        "rules": many(RULE, "Its rules.", order="key", key="name"),
        "visibility_config": VISIBILITY,
        "custom_response_bodies": mapping(
            group(
                {
                    "content_type": text(
                        "Its type.",
                        required=True,
                        choices=("TEXT_PLAIN", "TEXT_HTML", "APPLICATION_JSON"),
                    ),
                    "content": text("The page.", required=True),
                },
                "A page.",
            ),
            "Pages that a block action may answer with.",
        ),
        "token_domains": many(
            text("A domain."), "Where a solved puzzle counts.", order="set"
        ),
        "resource_arns": many(
            text("A load balancer, or another thing that WAF protects."),
            "What it protects. CloudFront: name it in the distribution instead.",
            order="set",
        ),
    }
    attributes = {"id": "The ACL's id.", "arn": "Its ARN."}

    def check(self, properties: Mapping[str, Any]) -> Sequence[str]:
        """Rules decide; what CloudFront serves is protected from its own side."""
        said = []
        if scope_of(properties) == "CLOUDFRONT" and properties.get("resource_arns"):
            said.append(
                "resource_arns: of scope CLOUDFRONT it is named in the web_acl_id of"
                " a distribution; leave it out here"
            )
        for rule in properties.get("rules") or ():
            statement = rule.get("statement") if isinstance(rule, Mapping) else None
            if isinstance(statement, Mapping) and not _is_group(statement):
                if rule.get("action") is None:
                    said.append(
                        f"rules[{rule.get('name')}].action: is required; say allow,"
                        " block, count, captcha or challenge"
                    )
            elif isinstance(statement, Mapping) and rule.get("action") is not None:
                said.append(
                    f"rules[{rule.get('name')}].action: the rules of a group have"
                    " their own; use override_action"
                )
        return said

    def find(self, reading: Reading) -> Iterable[Live]:
        """What it protects is asked for only where that is declared."""
        declared = {desired.resource: desired.properties for desired in reading.desired}
        for live in super().find(reading):
            wanted = declared.get(live.resource or "", {}).get("resource_arns")
            if wanted is None:
                yield live
                continue
            kinds = {_kind(arn) for arn in wanted if arn is not UNKNOWN}
            arns = self._protected(live, kinds | {KINDS["elasticloadbalancing"]})
            yield replace(live, properties={**live.properties, "resource_arns": arns})

    def make(self, desired: Desired) -> Live:
        """Create it, then put it in front of what it protects."""
        live = super().make(desired)
        for arn in desired.properties.get("resource_arns") or ():
            self._associate(live, arn)
        return live

    def built(
        self, raw: Mapping[str, Any], properties: Mapping[str, Any]
    ) -> dict[str, Any]:
        """An update replaces rules as a whole, at once."""
        shape = self.shape("UpdateWebACLRequest")
        apart = ("name", "scope", "tags", "rules", "resource_arns", "visibility_config")
        whole = {name: raw[name] for name in shape.members if name in raw}
        for name in ("Name", "Scope", "Id"):
            whole.pop(name, None)
        if not whole.get("Description"):
            # WAF answers with an empty one and takes none.
            whole.pop("Description", None)
        given = {name: v for name, v in properties.items() if name not in apart}
        bodies = {
            **whole.get("CustomResponseBodies", {}),
            **(given.pop("custom_response_bodies", None) or {}),
        }
        given["custom_response_bodies"] = {k: v for k, v in bodies.items() if v} or None
        for name in given:
            if given[name] is None:
                whole.pop(_api(shape, name), None)
        whole.update(sent(shape, given))
        whole["VisibilityConfig"] = self._visibility(whole, properties)
        if "rules" in properties:
            there = {rule["Name"]: rule for rule in raw.get("Rules", ())}
            whole["Rules"] = [
                self._rule(there.get(rule["name"], {}), rule)
                for rule in properties["rules"] or ()
            ]
        return whole

    def change(self, live: Live, desired: Desired, changed: frozenset[str]) -> None:
        """Rules at once; what it protects one by one, the new ones first."""
        if changed - {"resource_arns"}:
            super().change(live, desired, changed)
        if "resource_arns" in changed:
            wanted = set(desired.properties["resource_arns"] or ())
            there = set(live.properties.get("resource_arns", ()))
            for arn in sorted(wanted - there):
                self._associate(live, arn)
            for arn in sorted(there - wanted):
                self._disassociate(arn)

    def release(self, live: Live) -> None:
        """Take it away from what it protects; CloudFront gives it up by itself."""
        if live.properties["scope"] == REGIONAL:
            for arn in self._protected(live, KINDS.values()):
                self._disassociate(arn)

    def _rule(self, raw: Mapping[str, Any], rule: Mapping[str, Any]) -> dict[str, Any]:
        given = {k: v for k, v in rule.items() if k != "visibility_config"}
        built = {**raw, **sent(self.shape("Rule"), given, f"rules[{rule['name']}]")}
        if _is_group(rule["statement"]):
            built.pop("Action", None)
            built.setdefault("OverrideAction", {"None": {}})
        else:
            built.pop("OverrideAction", None)
        built["VisibilityConfig"] = self._visibility(raw, rule)
        return built

    def _visibility(
        self, raw: Mapping[str, Any], properties: Mapping[str, Any]
    ) -> dict[str, Any]:
        declared = properties.get("visibility_config") or {}
        return {
            "SampledRequestsEnabled": True,
            "CloudWatchMetricsEnabled": True,
            "MetricName": properties["name"],
            **raw.get("VisibilityConfig", {}),
            **sent(self.shape("VisibilityConfig"), declared, "visibility_config"),
        }

    def _protected(self, live: Live, kinds: Iterable[str]) -> list[str]:
        client = self.client(REGIONAL)
        return [
            arn
            for kind in sorted(kinds)
            for arn in client.list_resources_for_web_acl(
                WebACLArn=live.attributes["arn"], ResourceType=kind
            ).get("ResourceArns", ())
        ]

    def _associate(self, live: Live, arn: str) -> None:
        """WAF would silently put one ACL in the place of another."""
        client = self.client(REGIONAL)
        other = self._protector(arn)
        ours = not other or self.tags_of(other["ARN"]).get(STACK) == self.aws.stack
        if not ours:
            raise RunError(
                f"{arn} is protected by the web ACL {other['Name']}, which is not"
                " the stack's: take that away from it first."
            )
        settled(
            self.aws,
            lambda: client.associate_web_acl(
                WebACLArn=live.attributes["arn"], ResourceArn=arn
            ),
            # Just made, either may be unknown to the other for a moment.
            lambda error: is_settling(error) or is_absent(error),
        )

    def _protector(self, arn: str) -> Mapping[str, Any] | None:
        try:
            answer = self.client(REGIONAL).get_web_acl_for_resource(ResourceArn=arn)
        except Exception as error:
            if is_absent(error):
                return None
            raise
        return answer.get("WebACL")

    def _disassociate(self, arn: str) -> None:
        try:
            self.client(REGIONAL).disassociate_web_acl(ResourceArn=arn)
        except Exception as error:
            if not is_absent(error):
                raise


def _kind(arn: str) -> str:
    parts = arn.split(":")
    service = parts[2] if len(parts) > 2 else ""
    return KINDS.get(service, KINDS["elasticloadbalancing"])


def _is_group(statement: Mapping[str, Any]) -> bool:
    return any(name in GROUPS for name in canonical(statement))


def _api(shape: Any, name: str) -> str:
    wanted = name.replace("_", "")
    return next((each for each in shape.members if each.lower() == wanted), "")


TYPE = WebAcl
