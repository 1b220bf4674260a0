# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Listeners and rules."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.aws.stacks import Stack, example, live_through, refused

Outputs = dict[str, dict[str, Any]]


def forward(*groups: dict[str, Any]) -> list[dict[str, Any]]:
    """A forward to several target groups."""
    return [{"type": "forward", "forward_config": {"target_groups": list(groups)}}]


def to(name: str, **more: Any) -> dict[str, Any]:
    """One target group of a forward."""
    return {"target_group_arn": f"${{{name}.arn}}", **more}


def live_weights(stack: Stack, outputs: Outputs) -> dict[str, int]:
    """Weights of the example's listener, by the logical name of the group."""
    arn = outputs["http"]["arn"]
    answer = stack.client("elbv2").describe_listeners(ListenerArns=[arn])
    action = answer["Listeners"][0]["DefaultActions"][0]
    groups = action["ForwardConfig"]["TargetGroups"]
    names = {output["arn"]: name for name, output in outputs.items() if "arn" in output}
    return {names[each["TargetGroupArn"]]: each["Weight"] for each in groups}


def shift(stack: Stack, outputs: Outputs, **weights: int) -> None:
    """What a deployment does: other weights, behind the stack's back."""
    groups = [
        {"TargetGroupArn": outputs[name]["arn"], "Weight": weight}
        for name, weight in weights.items()
    ]
    stack.client("elbv2").modify_listener(
        ListenerArn=outputs["http"]["arn"],
        DefaultActions=[{"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}],
    )


def test_the_life_of_a_listener(moto: Stack) -> None:
    # ministack 1.5.33 does not give weighted forwards back: see the next test.
    def port_by_hand(stack: Stack, outputs: Outputs) -> None:
        stack.client("elbv2").modify_listener(
            ListenerArn=outputs["old_name"]["arn"], Port=8082, DefaultActions=[]
        )

    answer = {"status_code": 410, "content_type": "text/plain", "message_body": "Gone"}
    hidden = {"routing.http.response.server.enabled": False}
    live_through(
        moto,
        example("listener"),
        changes=[
            {"http": {"default_actions": forward(to("blue"), to("green", weight=5))}},
            {"http": {"default_actions": [{"type": "forward", **to("green")}]}},
            {
                "old_name": {
                    "default_actions": [
                        {"type": "fixed-response", "fixed_response_config": answer}
                    ]
                }
            },
            {"old_name": {"port": 8081}},
            {"http": {"attributes": hidden}},
            {"http": {"tags": {"team": "portal"}}},
        ],
        drift=port_by_hand,
    )


def test_a_plain_listener(ministack: Stack) -> None:
    resources = example("listener")
    to_blue = [{"type": "forward", "target_group_arn": "${blue.arn}"}]
    resources["http"]["default_actions"] = to_blue
    to_green = [{"type": "forward", "target_group_arn": "${green.arn}"}]
    changes = [{"http": {"default_actions": to_green}}, {"old_name": {"port": 8081}}]
    live_through(ministack, resources, changes=changes)


def test_weights_are_left_to_deployments(moto: Stack) -> None:
    resources = example("listener")
    outputs = moto.apply(resources).outputs
    assert live_weights(moto, outputs) == {"blue": 100, "green": 0}

    shift(moto, outputs, blue=30, green=70)
    assert moto.actions(resources) == {}

    # Another change of the same action carries the live weights along; a newcomer
    # gets no traffic by itself.
    resources["violet"] = {**resources["green"]}
    groups = (to("blue"), to("green"), to("violet"))
    resources["http"]["default_actions"] = forward(*groups)
    outputs = moto.apply(resources).outputs
    assert live_weights(moto, outputs) == {"blue": 30, "green": 70, "violet": 0}

    # A declared weight is the declaration's: it is repaired.
    groups = (to("blue", weight=1), to("green", weight=1))
    resources["http"]["default_actions"] = forward(*groups)
    outputs = moto.apply(resources).outputs
    shift(moto, outputs, blue=0, green=1)
    assert moto.actions(resources) == {"http": "update"}
    moto.apply(resources)
    assert live_weights(moto, outputs) == {"blue": 1, "green": 1}
    moto.apply(resources, state="absent")


def test_the_group_that_has_all_traffic_cannot_be_dropped(moto: Stack) -> None:
    resources = example("listener")
    resources["violet"] = {**resources["green"]}
    groups = (to("blue"), to("green"), to("violet"))
    resources["http"]["default_actions"] = forward(*groups)
    outputs = moto.apply(resources).outputs
    resources["http"]["default_actions"] = forward(*groups[1:])

    outcome = moto.run(resources)

    assert outcome.failed
    assert "aws_target_weights" in outcome.message
    weights = live_weights(moto, outputs)
    assert weights == {"blue": 100, "green": 0, "violet": 0}
    moto.apply(resources, state="absent")


def test_certificates_of_a_listener(moto: Stack) -> None:
    acm = moto.client("acm")
    arns = [
        acm.request_certificate(DomainName=f"{name}.example.org")["CertificateArn"]
        for name in ("www", "static", "old", "next")
    ]
    www, static, old, next_ = [{"certificate_arn": arn} for arn in arns]
    resources = example("listener")
    resources["http"] |= {
        "port": 443,
        "protocol": "HTTPS",
        "ssl_policy": "ELBSecurityPolicy-TLS13-1-2-2021-06",
        "certificates": [www, old, static],
    }
    outputs = moto.apply(resources).outputs
    resources["http"]["certificates"] = [www, static, old]
    assert moto.actions(resources) == {}, "the order of the others means nothing"

    resources["http"]["certificates"] = [www, static, next_]
    moto.operations.clear()
    moto.apply(resources)

    done = [each for each in moto.operations if "ListenerCertificates" in each]
    changes = [each for each in done if not each.startswith("Describe")]
    assert changes == ["AddListenerCertificates", "RemoveListenerCertificates"]
    assert moto.actions(resources) == {}
    resources["http"]["ssl_policy"] = "ELBSecurityPolicy-TLS13-1-2-Res-2021-06"
    moto.apply(resources)
    assert moto.actions(resources) == {}
    # moto forgets the other certificates when the default changes, as it says itself:
    # the order of calls for that is in the unit tests.
    assert outputs["http"]["arn"]
    moto.apply(resources, state="absent")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"protocol": "HTTPS"}, "HTTPS needs at least one"),
        ({"certificates": [{"certificate_arn": "arn:x"}]}, "HTTP takes none"),
        ({"port": 70000}, "AWS takes 1 to 65535"),
        ({"default_actions": []}, "at least one action"),
        ({"default_actions": [{"type": "redirect"}]}, "redirect_config is missing"),
        ({"default_actions": [{"type": "forward"}]}, "target_group_arn or a forward"),
        (
            {"default_actions": forward(to("blue", weight=0), to("green", weight=0))},
            "no request would be served",
        ),
    ],
)
def test_what_a_listener_cannot_be(moto: Stack, wrong: dict, said: str) -> None:
    resources = example("listener")
    resources["http"] |= wrong

    message = refused(moto, resources)

    assert "http" in message
    assert said in message
    assert moto.operations == []


def test_the_life_of_a_listener_rule(stack: Stack) -> None:
    def action_by_hand(stack: Stack, outputs: Outputs) -> None:
        stack.client("elbv2").modify_rule(
            RuleArn=outputs["to_api"]["arn"],
            Actions=[{"Type": "forward", "TargetGroupArn": outputs["portal"]["arn"]}],
        )

    more = [
        {"field": "path-pattern", "values": ["/v2/*", "/api/*"]},
        {"field": "host-header", "host_header_config": {"values": ["*.example.org"]}},
    ]
    elsewhere = {"host": "api.example.org", "status_code": "HTTP_302"}
    live_through(
        stack,
        example("listener_rule"),
        changes=[
            {"to_api": {"conditions": more}},
            {"to_api": {"priority": 15}},
            {
                "closed_parts": {
                    "actions": [{"type": "redirect", "redirect_config": elsewhere}]
                }
            },
            {"to_api": {"tags": {"team": "portal"}}},
        ],
        drift=action_by_hand,
    )


def test_transforms_of_a_rule(ministack: Stack) -> None:
    # moto 5.2.5 knows no transforms.
    resources = example("listener_rule")
    rewrite = {"rewrites": [{"regex": "^/api/(.*)$", "replace": "/$1"}]}
    resources["to_api"]["transforms"] = [
        {"type": "url-rewrite", "url_rewrite_config": rewrite}
    ]
    ministack.apply(resources)
    assert ministack.actions(resources) == {}
    resources["to_api"]["transforms"] = None
    ministack.apply(resources)
    assert ministack.actions(resources) == {}
    ministack.apply(resources, state="absent")


def test_rules_exchange_their_places(ministack: Stack) -> None:
    # moto refuses what AWS documents: a new order without conflicts, in one call.
    resources = example("listener_rule")
    resources["third"] = {**resources["closed_parts"], "priority": 30}
    ministack.apply(resources)
    for name, priority in (("to_api", 20), ("closed_parts", 30), ("third", 10)):
        resources[name]["priority"] = priority

    ministack.apply(resources)

    assert ministack.actions(resources) == {}
    ministack.apply(resources, state="absent")


def test_a_place_that_a_stranger_has_is_refused(moto: Stack) -> None:
    resources = example("listener_rule")
    outputs = moto.apply(resources).outputs
    stranger = moto.client("elbv2").create_rule(
        ListenerArn=outputs["http"]["arn"],
        Priority=30,
        Conditions=[{"Field": "path-pattern", "Values": ["/theirs"]}],
        Actions=[{"Type": "forward", "TargetGroupArn": outputs["portal"]["arn"]}],
    )["Rules"][0]["RuleArn"]

    resources["to_api"]["priority"] = 30
    outcome = moto.run(resources)
    assert outcome.failed
    assert stranger in outcome.message

    resources["to_api"]["priority"] = 10
    resources["new"] = {**resources["to_api"], "priority": 30}
    assert stranger in refused(moto, resources)
    del resources["new"]
    moto.apply(resources, state="absent")


def test_calls_grow_with_pages_not_with_things(moto: Stack) -> None:
    resources = example("listener_rule")
    moto.apply(resources)
    moto.operations.clear()
    moto.actions(resources)
    few = len(moto.operations)
    for number in range(15):
        resources[f"group_{number}"] = {**resources["portal"]}
        resources[f"rule_{number}"] = {**resources["to_api"], "priority": 100 + number}
    moto.apply(resources)
    moto.operations.clear()

    assert moto.actions(resources) == {}

    assert len(moto.operations) <= few + 2
    moto.apply(resources, state="absent")
