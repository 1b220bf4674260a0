# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong on the way to AWS, and two runs that get in each other's way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.vigie.run.plugins.module_utils._aws import lock
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ReadTimeoutError
from botocore.httpsession import URLLib3Session

from tests.integration.aws.stacks import Stack, eventually

ROOT = Path(__file__).parents[3]
NETWORK = {
    "network": {"type": "vpc", "cidr_block": "10.20.0.0/16"},
    "internet": {"type": "internet_gateway", "vpc_id": "${network.id}"},
    **{
        f"app_{n}": {
            "type": "subnet",
            "vpc_id": "${network.id}",
            "cidr_block": f"10.20.{n}.0/24",
        }
        for n in range(6)
    },
}


@contextmanager
def disturbed(
    stack: Stack, event: str, fault: Callable[[Any], Any], times: int
) -> Iterator[list[str]]:
    """The first `times` requests of an operation meet a fault; which ones did."""
    met: list[str] = []

    def handler(request: Any, event_name: str = "", **_more: Any) -> Any:
        if len(met) >= times:
            return None
        met.append(event_name)
        return fault(request)

    events = stack.aws().client("ec2").meta.events
    events.register_first(f"before-send.ec2.{event}", handler)
    try:
        yield met
    finally:
        events.unregister(f"before-send.ec2.{event}", handler)


def refusal(status: int, code: str) -> Callable[[Any], AWSResponse]:
    """An answer of AWS that is an error."""
    body = (
        f"<Response><Errors><Error><Code>{code}</Code><Message>no</Message></Error>"
        "</Errors><RequestID>1</RequestID></Response>"
    )

    class Raw:
        def stream(self, **_more: Any) -> Iterator[bytes]:
            yield body.encode()

    return lambda request: AWSResponse(request.url, status, {}, Raw())


def lost_answer(request: Any) -> None:
    """The request takes effect; its answer never arrives."""
    URLLib3Session().send(request)
    raise ReadTimeoutError(endpoint_url=request.url)


def vpcs(stack: Stack) -> list[dict[str, Any]]:
    marked = [{"Name": "tag:vigie:stack", "Values": [stack.name]}]
    return stack.client("ec2").describe_vpcs(Filters=marked)["Vpcs"]


def test_throttling_is_waited_out(moto: Stack) -> None:
    throttled = refusal(503, "RequestLimitExceeded")
    with disturbed(moto, "CreateSubnet", throttled, 4) as met:
        moto.apply(NETWORK)
    assert len(met) == 4
    assert moto.actions(NETWORK) == {}


def test_a_read_that_fails_is_tried_again(moto: Stack) -> None:
    with disturbed(moto, "DescribeVpcs", refusal(500, "InternalError"), 2) as met:
        moto.apply(NETWORK)
    assert len(met) == 2


@pytest.mark.parametrize("operation", ["CreateVpc", "CreateInternetGateway"])
def test_a_creation_without_an_answer_is_not_done_twice(
    moto: Stack, operation: str
) -> None:
    with disturbed(moto, operation, lost_answer, 1) as met:
        moto.apply(NETWORK)
    assert met
    assert len(vpcs(moto)) == 1
    assert moto.actions(NETWORK) == {}


def test_a_creation_that_had_no_effect_is_tried_again(moto: Stack) -> None:
    with disturbed(moto, "CreateVpc", refusal(500, "InternalError"), 1) as met:
        moto.apply(NETWORK)
    assert met
    assert len(vpcs(moto)) == 1


def test_a_failure_stops_only_what_depends_on_it(moto: Stack) -> None:
    denied = refusal(403, "UnauthorizedOperation")
    with disturbed(moto, "CreateInternetGateway", denied, 1):
        outcome = moto.run(NETWORK)
    assert outcome.failed_resources == ["internet"]
    assert "lack the permission for CreateInternetGateway" in outcome.message
    assert moto.actions(NETWORK) == {"internet": "create"}


def test_a_wait_that_never_ends_says_what_it_waited_for(moto: Stack) -> None:
    moto.wait_timeout = 0.3
    missing = refusal(400, "InvalidVpcID.NotFound")
    with disturbed(moto, "DescribeVpcs", missing, 10_000):
        aws = moto.aws()
        with pytest.raises(RunError, match=r"Waited 0.3 s for .*wait_timeout"):
            aws.wait("the network", lambda: _vpc_is_seen(aws))


def _vpc_is_seen(aws: Any) -> bool:
    try:
        aws.pages("ec2", "describe_vpcs", "Vpcs")
    except Exception:
        return False
    return True


# A run of its own, that is killed; its lock outlives it by two seconds only.
RUN = """
import json, sys
from ansible_collections.vigie.run.plugins.module_utils._aws import lock
from ansible_collections.vigie.run.plugins.module_utils._aws.session import Connection
from tests.integration.aws.stacks import Stack
lock.LEASE = 2.0
connection, name, resources = json.loads(sys.argv[1])
stack = Stack(Connection(**connection), name=name)
outcome = stack.run(resources, parallel=1)
sys.exit(outcome.message or 0)
"""


def _start(stack: Stack) -> subprocess.Popen[str]:
    to = stack.connection
    connection = {
        "region": to.region,
        "access_key": to.access_key,
        "secret_key": to.secret_key,
        "endpoint_url": to.endpoint_url,
    }
    return subprocess.Popen(
        [sys.executable, "-c", RUN, json.dumps([connection, stack.name, NETWORK])],
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT}/build/collections"},
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_killed_run_is_carried_on(
    moto: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "LEASE", 2.0)
    process = _start(moto)
    eventually("the first resource", lambda: vpcs(moto), limit=120)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    left = moto.actions(NETWORK)
    assert left, "the run was killed too late to prove anything"
    moto.apply(NETWORK)
    assert len(vpcs(moto)) == 1
    assert moto.actions(NETWORK) == {}


def test_two_runs_at_once_make_one_stack(moto: Stack) -> None:
    runs = [_start(moto), _start(moto)]
    said = [process.communicate()[1] for process in runs]
    assert [process.returncode for process in runs] == [0, 0], said
    assert len(vpcs(moto)) == 1
    assert moto.actions(NETWORK) == {}


def test_a_lock_that_is_held_is_named(moto: Stack) -> None:
    ready, ended = threading.Event(), threading.Event()

    def hold() -> None:
        with lock.stack_lock(moto.aws()):
            ready.set()
            ended.wait(60)

    holder = threading.Thread(target=hold)
    holder.start()
    try:
        assert ready.wait(60)
        moto.wait_timeout = 0.2
        with pytest.raises(RunError, match=r"is held by .*process"):
            moto.apply(NETWORK)
    finally:
        ended.set()
        holder.join()
    assert vpcs(moto) == []


def test_a_lock_that_somebody_else_took_over_is_left_to_them(
    moto: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a process that was suspended for longer than its lease."""
    monkeypatch.setattr(lock, "LEASE", 0.4)
    name = f"/vigie/stack/{moto.name}/lock"
    theirs = json.dumps({"id": "theirs", "holder": "another", "until": 0})
    ssm = moto.client("ssm")
    with lock.stack_lock(moto.aws()):
        ssm.put_parameter(Name=name, Value=theirs, Overwrite=True)
        looked = moto.operations.count("GetParameter")
        eventually(
            "two renewals",
            lambda: moto.operations.count("GetParameter") >= looked + 2,
        )
    assert ssm.get_parameter(Name=name)["Parameter"]["Value"] == theirs
