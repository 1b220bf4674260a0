# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""What a listener or a rule does with a request, and who decides on weights.

A deployment shifts weights at run time. A weight that the declaration leaves out is
therefore nobody's drift, and every update sends the weights that are live at that
moment. Only where there is none yet we choose: all of the traffic to the first target
group, none to the others, since those may have no targets.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .._converge.fields import Field, flag, group, many, mapping, number, text
from .._converge.provider import UNKNOWN
from .._converge.shape import from_api, to_api
from .._errors import RunError

WHOLE = 100
LAST = ("forward", "redirect", "fixed-response")
CONFIG = {
    "redirect": "redirect_config",
    "fixed-response": "fixed_response_config",
    "authenticate-oidc": "authenticate_oidc_config",
    "authenticate-cognito": "authenticate_cognito_config",
}

LOGIN = {
    "session_cookie_name": text("The cookie that holds the session."),
    "scope": text("What is asked of the identity provider, such as `openid`."),
    "session_timeout": number("Seconds that a login lasts."),
    "authentication_request_extra_params": mapping(
        text("A value."), "Further query parameters of the redirect."
    ),
    "on_unauthenticated_request": text(
        "What happens without a login.", choices=("deny", "allow", "authenticate")
    ),
}
TARGET_GROUP = {
    "target_group_arn": text("The target group.", required=True),
    "weight": number(
        "Its share, 0 to 999. Left out, it is left alone: deployments shift it. At"
        " first the first target group then has all of the traffic."
    ),
}
ACTION = {
    "type": text("What to do.", required=True, choices=(*CONFIG, "forward")),
    "order": number("The place among several actions; the lowest is first."),
    "target_group_arn": text("Of a forward to one target group: that one."),
    "forward_config": group(
        {
            "target_groups": many(
                group(TARGET_GROUP, "A target group."),
                "Who shares the traffic.",
                required=True,
                order="key",
                key="target_group_arn",
            ),
            "target_group_stickiness_config": group(
                {
                    "enabled": flag("Keep a client with one target group."),
                    "duration_seconds": number("For how long."),
                },
                "Whether clients stay with the target group that they met first.",
            ),
        },
        "Of a forward to several target groups: who, and how much.",
    ),
    "redirect_config": group(
        {
            "protocol": text("`HTTP`, `HTTPS`, or `#{protocol}`."),
            "port": text("A port, or `#{port}`."),
            "host": text("A name; may hold `#{host}`."),
            "path": text("A path; may hold `#{host}`, `#{path}` and `#{port}`."),
            "query": text("A query without `?`; may hold `#{query}`."),
            "status_code": text(
                "The answer.", required=True, choices=("HTTP_301", "HTTP_302")
            ),
        },
        "Of a redirect: where to. What is left out stays as it was asked for.",
    ),
    "fixed_response_config": group(
        {
            "status_code": text("A 2XX, 4XX or 5XX.", required=True),
            "content_type": text("Such as `text/plain`."),
            "message_body": text("At most 1024 bytes."),
        },
        "Of a fixed response: what is answered.",
    ),
    "authenticate_oidc_config": group(
        {
            "issuer": text("The identity provider.", required=True),
            "authorization_endpoint": text("Its URL.", required=True),
            "token_endpoint": text("Its URL.", required=True),
            "user_info_endpoint": text("Its URL.", required=True),
            "client_id": text("Who we are to it.", required=True),
            "client_secret": text(
                "Our secret. Left out of a change, the one that AWS has stays.",
                sensitive=True,
                write_only=True,
            ),
            **LOGIN,
        },
        "A login with an OpenID Connect provider first.",
    ),
    "authenticate_cognito_config": group(
        {
            "user_pool_arn": text("The user pool.", required=True),
            "user_pool_client_id": text("Its client.", required=True),
            "user_pool_domain": text("Its domain.", required=True),
            **LOGIN,
        },
        "A login with an Amazon Cognito user pool first.",
    ),
}


def actions_field(doc: str) -> Field:
    """The field of a listener or a rule that holds its actions."""
    return many(group(ACTION, "An action."), doc, required=True)


def actions_from_api(raw: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Live actions, a forward to one target group in both of its spellings."""
    actions = [from_api(ACTION, action) for action in raw]
    for action in actions:
        if action["type"] == "forward":
            arn = action.get("target_group_arn")
            groups = action.setdefault("forward_config", {}).setdefault(
                "target_groups", [{"target_group_arn": arn}] if arn else []
            )
            if len(groups) == 1:
                action["target_group_arn"] = groups[0]["target_group_arn"]
    return actions


def actions_to_api(
    declared: Sequence[Mapping[str, Any]],
    live: Sequence[Mapping[str, Any]] | None = None,
) -> list[dict[str, Any]]:
    """Declared actions as parameters, with the weights that are live.

    live: the actions as AWS describes them now; None where there are none yet.
    Raises RunError where no target group would be left with traffic.
    """
    parameters = []
    for action in declared:
        action = {k: v for k, v in action.items() if v is not None}
        if len(_groups(action)) > 1:
            forward = action["forward_config"]
            groups = weighted(_groups(action), live_weights(live or ()))
            action["forward_config"] = {**forward, "target_groups": groups}
        if live is not None:
            action = keep_secret(action)
        api = to_api(ACTION, {k: v for k, v in action.items() if k != KEPT})
        if KEPT in action:
            api["AuthenticateOidcConfig"]["UseExistingClientSecret"] = True
        parameters.append(api)
    return parameters


KEPT = "_secret_kept"


def keep_secret(action: Mapping[str, Any]) -> dict[str, Any]:
    """AWS wants to hear whether a secret that it does not show shall stay."""
    oidc = action.get("authenticate_oidc_config")
    if oidc and oidc.get("client_secret") is None:
        return {**action, KEPT: True}
    return dict(action)


def live_weights(live: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Weight by ARN in the forward of described actions; one group alone has 1."""
    for action in live:
        if action.get("Type") == "forward":
            groups = action.get("ForwardConfig", {}).get("TargetGroups")
            groups = groups or [{"TargetGroupArn": action.get("TargetGroupArn")}]
            return {each["TargetGroupArn"]: each.get("Weight", 1) for each in groups}
    return {}


def weighted(
    declared: Sequence[Mapping[str, Any]], live: Mapping[str, int]
) -> list[dict[str, Any]]:
    """Target groups with all weights: the declared, else the live, else ours.

    One that takes the place of another, as after a replacement, takes its weight.
    """
    arns = [each["target_group_arn"] for each in declared]
    new = [arn for arn in arns if arn not in live]
    gone = [arn for arn in live if arn not in arns]
    if len(new) == len(gone):
        live = {**live, **{arn: live[old] for arn, old in zip(new, gone)}}
    known = [
        live.get(each["target_group_arn"])
        if each.get("weight") is None
        else each["weight"]
        for each in declared
    ]
    if all(weight is None for weight in known):
        known[0] = WHOLE
    if not any(known):
        raise RunError(
            "All target groups of the forward would have the weight 0, and no request"
            " would be served: shift weight to one that stays, with"
            " vigie.run.aws_target_weights, or declare a weight."
        )
    return [{**each, "weight": weight or 0} for each, weight in zip(declared, known)]


def problems(path: str, actions: Any) -> Iterator[str]:
    """What is wrong with declared actions, as far as their values are known."""
    if not isinstance(actions, (list, tuple)) or UNKNOWN in actions:
        return
    if not actions:
        yield f"{path}: at least one action is needed"
        return
    for position, action in enumerate(actions):
        yield from _problems_of(f"{path}[{position}]", action)
    ordered = sorted(actions, key=lambda each: each.get("order") or 0)
    if ordered[-1]["type"] not in LAST and ordered[-1]["type"] is not UNKNOWN:
        yield f"{path}: the last action must be one of {', '.join(LAST)}"


def _problems_of(path: str, action: Mapping[str, Any]) -> Iterator[str]:
    kind = action.get("type")
    needed = CONFIG.get(kind)
    if needed and action.get(needed) is None:
        yield f"{path}: {needed} is missing, which a {kind} needs"
    if kind == "forward":
        named = (action.get("target_group_arn"), action.get("forward_config"))
        if named == (None, None):
            yield f"{path}: name a target_group_arn or a forward_config"
        weights = [each.get("weight") for each in _groups(action)]
        if weights and all(weight == 0 for weight in weights):
            yield f"{path}: all weights are 0, so that no request would be served"


def _groups(action: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    forward = action.get("forward_config")
    groups = forward.get("target_groups") if isinstance(forward, Mapping) else None
    if not isinstance(groups, (list, tuple)):
        return []
    return [each for each in groups if isinstance(each, Mapping)]
