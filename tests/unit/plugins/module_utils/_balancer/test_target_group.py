# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Draining, which no emulator does: botocore's stubber checks each call and answer."""

from __future__ import annotations

import re
from typing import Any

import pytest

pytest.importorskip("botocore")

from ansible_collections.vigie.run.plugins.module_utils._aws.session import (
    Connection,
    Session,
)
from ansible_collections.vigie.run.plugins.module_utils._aws.targets import (
    mark,
    marked,
    parse,
)
from ansible_collections.vigie.run.plugins.module_utils._balancer.change import (
    Request,
    apply,
)
from ansible_collections.vigie.run.plugins.module_utils._balancer.target_group import (
    TargetGroup,
)
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from botocore.stub import ANY, Stubber

ARN = (
    "arn:aws:elasticloadbalancing:ca-central-1:123456789012:targetgroup/portal/0a1b2c3d"
)
ONE, TWO, THREE = "i-0000001", "i-0000002", "i-0000003"
HEALTHY = {"State": "healthy"}
DRAINING = {"State": "draining", "Reason": "Target.DeregistrationInProgress"}
INITIAL = {"State": "initial", "Reason": "Elb.InitialHealthChecking"}
SICK = {"State": "unhealthy", "Reason": "Target.Timeout", "Description": "Timed out"}


class Aws:
    """A target group whose answers are told one by one, and a clock."""

    def __init__(self) -> None:
        self.session = Session(
            Connection(region="ca-central-1", access_key="a", secret_key="b")
        )
        self.stub = Stubber(self.session.client("elbv2"))
        self.stub.activate()
        self.now = 0.0

    def shows(self, **targets: dict[str, str]) -> Aws:
        """The next look at health: `i_0000001=HEALTHY` on port 8080."""
        described = [
            {
                "Target": {"Id": id_.replace("_", "-"), "Port": 8080},
                "TargetHealth": said,
            }
            for id_, said in targets.items()
        ]
        answer = {"TargetHealthDescriptions": described}
        asked = {"TargetGroupArn": ARN}
        self.stub.add_response("describe_target_health", answer, asked)
        return self

    def remembers(self, **tags: str) -> Aws:
        """The next look at tags."""
        pairs = [
            {"Key": f"vigie:drained:{id_.replace('_', '-')}@8080", "Value": value}
            for id_, value in tags.items()
        ]
        pairs.append({"Key": "vigie:stack", "Value": "portal"})
        answer = {"TagDescriptions": [{"ResourceArn": ARN, "Tags": pairs}]}
        self.stub.add_response("describe_tags", answer, {"ResourceArns": [ARN]})
        return self

    def drains(self, *ids: str) -> Aws:
        """The marks, and only then the deregistration."""
        marks = [{"Key": f"vigie:drained:{id_}@8080", "Value": ANY} for id_ in ids]
        asked = {"ResourceArns": [ARN], "Tags": marks}
        self.stub.add_response("add_tags", {}, asked)
        targets = [{"Id": id_, "Port": 8080} for id_ in ids]
        asked = {"TargetGroupArn": ARN, "Targets": targets}
        self.stub.add_response("deregister_targets", {}, asked)
        return self

    def registers(self, *ids: str) -> Aws:
        """The registration."""
        targets = [{"Id": id_, "Port": 8080} for id_ in ids]
        asked = {"TargetGroupArn": ARN, "Targets": targets}
        self.stub.add_response("register_targets", {}, asked)
        return self

    def forgets(self, *ids: str) -> Aws:
        """The marks taken off."""
        keys = [f"vigie:drained:{id_}@8080" for id_ in ids]
        asked = {"ResourceArns": [ARN], "TagKeys": keys}
        self.stub.add_response("remove_tags", {}, asked)
        return self

    def group(self) -> TargetGroup:
        """The target group, its default port being another one than in use."""
        raw = {"TargetGroupArn": ARN, "TargetGroupName": "portal", "Port": 80}
        return TargetGroup(self.session, raw, clock=lambda: self.now)

    def run(self, *targets: str, state: str = "drain", **options: Any) -> Any:
        """Bring targets to a state; every answer told must have been asked for."""
        group = self.group()
        names, _missing = group.find([parse(t) for t in targets], state == "ready")
        request = Request(names, state, poll=2.0, **options)
        outcome = apply(group, request, lambda: self.now, self._sleep)
        self.stub.assert_no_pending_responses()
        return outcome

    def _sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def aws() -> Aws:
    return Aws()


def test_drained_when_aws_has_done_with_it(aws: Aws) -> None:
    both = {"i_0000001": HEALTHY, "i_0000002": HEALTHY}
    aws.remembers().shows(**both).remembers().shows(**both).shows(**both)
    aws.drains(ONE)
    # Its answer lags behind once; then it drains, then it is gone.
    aws.remembers(i_0000001="2026-11-22T10:00:00Z").shows(**both)
    aws.shows(i_0000001=DRAINING, i_0000002=HEALTHY)
    aws.shows(i_0000002=HEALTHY).shows(i_0000002=HEALTHY)

    outcome = aws.run(ONE, max_unavailable="1")

    assert outcome.changed
    assert [member.name for member in outcome.after] == [f"{ONE}:8080"]
    assert outcome.result()["total"] == 2
    assert outcome.result()["up"] == 1


def test_a_second_run_changes_nothing(aws: Aws) -> None:
    was = {"i_0000001": "2026-11-22T10:00:00Z"}
    aws.remembers(**was).shows(i_0000002=HEALTHY)
    aws.remembers(**was).shows(i_0000002=HEALTHY)
    aws.shows(i_0000002=HEALTHY).shows(i_0000002=HEALTHY)

    assert not aws.run(ONE, max_unavailable="1").changed


def test_what_is_being_drained_already_is_waited_for(aws: Aws) -> None:
    aws.remembers().shows(i_0000001=DRAINING)
    aws.remembers().shows(i_0000001=DRAINING)
    aws.shows(i_0000001=DRAINING).shows().shows()

    assert not aws.run(ONE).changed


def test_a_drained_target_counts_as_away_though_aws_forgot_it(aws: Aws) -> None:
    was = {"i_0000003": "2026-11-22T10:00:00Z"}
    seen = {"i_0000001": HEALTHY, "i_0000002": HEALTHY}
    aws.remembers(**was).shows(**seen).remembers(**was).shows(**seen)

    with pytest.raises(RunError) as refused:
        aws.run(ONE, max_unavailable="34%")

    assert "2 of 3 members away" in str(refused.value)
    assert "drained at 2026-11-22T10:00:00Z and not put back" in str(refused.value)
    assert "state=forgotten" in str(refused.value)


def test_an_unhealthy_target_counts_as_away(aws: Aws) -> None:
    seen = {"i_0000001": HEALTHY, "i_0000002": SICK}
    aws.remembers().shows(**seen).remembers().shows(**seen)

    with pytest.raises(RunError, match=r"Target\.Timeout: Timed out"):
        aws.run(ONE, max_unavailable="1")


def test_it_comes_back_on_the_port_that_it_had(aws: Aws) -> None:
    was = {"i_0000001": "2026-11-22T10:00:00Z"}
    aws.remembers(**was).shows().remembers(**was).shows().shows()
    aws.registers(ONE)
    aws.forgets(ONE)
    aws.remembers().shows(i_0000001=INITIAL).shows(i_0000001=HEALTHY)

    outcome = aws.run(ONE, state="ready")

    assert outcome.changed
    assert outcome.after[0].up


def test_not_healthy_in_time_says_what_aws_says(aws: Aws) -> None:
    was = {"i_0000001": "2026-11-22T10:00:00Z"}
    aws.remembers(**was).shows().remembers(**was).shows().shows()
    aws.registers(ONE).forgets(ONE)
    aws.remembers().shows(i_0000001=SICK).shows(i_0000001=SICK)

    with pytest.raises(RunError) as late:
        aws.run(ONE, state="ready", timeout=2)

    assert "unhealthy: Target.Timeout: Timed out" in str(late.value)


def test_draining_beyond_the_limit_is_put_back(aws: Aws) -> None:
    aws.remembers().shows(i_0000001=HEALTHY).remembers().shows(i_0000001=HEALTHY)
    aws.shows(i_0000001=HEALTHY).drains(ONE)
    was = {"i_0000001": "2026-11-22T10:00:00Z"}
    aws.remembers(**was).shows(i_0000001=DRAINING).shows(i_0000001=DRAINING)
    aws.remembers(**was).shows(i_0000001=DRAINING)
    aws.registers(ONE).forgets(ONE)

    with pytest.raises(RunError) as late:
        aws.run(ONE, timeout=2, put_back=True)

    assert f"{ONE}:8080 (draining)" in str(late.value)
    assert f"Put back: {ONE}:8080 to ready" in str(late.value)
    aws.stub.assert_no_pending_responses()


@pytest.mark.parametrize(
    ("text", "id_", "port"),
    [
        ("i-0a1b", "i-0a1b", None),
        ("i-0a1b:8080", "i-0a1b", 8080),
        ("10.0.0.7", "10.0.0.7", None),
        (" 10.0.0.7:80 ", "10.0.0.7", 80),
        ("fd00::7", "fd00::7", None),
        ("[fd00::7]:80", "fd00::7", 80),
        ("[fd00::7]", "fd00::7", None),
        ("arn:aws:lambda:ca-central-1:1:function:x", None, None),
    ],
)
def test_how_a_target_may_be_written(text: str, id_: str | None, port: int) -> None:
    spec = parse(text)
    assert (spec.id, spec.port) == (id_ or text, port)


@pytest.mark.parametrize("text", ["", "a b", "i-1:", "i-1:http", "[fd00::7"])
def test_what_is_no_target(text: str) -> None:
    with pytest.raises(RunError, match=r"targets: .*is neither"):
        parse(text)


def test_a_mark_is_a_key_that_aws_takes() -> None:
    for id_, port in (("fd00::7", 80), ("i-0a1b", 8080), ("arn:aws:lambda:x", None)):
        key = mark(id_, port)
        assert re.fullmatch(r"[\w .:/=+@-]{1,128}", key), key
        ((spec, since, zone),) = marked({key: "2026-11-22T10:00:00Z all", "Name": "x"})
        assert (spec.id, spec.port, zone) == (id_, port, "all")
        assert since == "2026-11-22T10:00:00Z"
