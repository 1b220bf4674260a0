# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The client's connection and its words for each kind of error."""

from __future__ import annotations

import socket
import threading
import time

import pytest
from ansible_collections.vigie.run.plugins.module_utils._consul import (
    client as client_module,
)
from ansible_collections.vigie.run.plugins.module_utils._consul.client import (
    Access,
    BusyError,
    Client,
    DeniedError,
    NoLeaderError,
    NotFoundError,
    UnreachableError,
)
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.module_utils._http import Connection
from ansible_collections.vigie.run.tests.unit.fakes.answering import Answering


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        ((500, "No cluster leader"), NoLeaderError, "look at the servers"),
        ((500, "No known Consul servers"), NoLeaderError, "has no cluster leader"),
        ((500, "rpc error: failed to get conn: dial tcp"), NoLeaderError, "no cluster"),
        ((500, "rpc error: Permission denied"), DeniedError, "rule node:write"),
        ((403, "Permission denied"), DeniedError, "made with the token in consul"),
        ((403, "ACL not found"), DeniedError, "does not know the token"),
        ((404, "unknown service ID: x"), NotFoundError, "unknown service ID: x"),
        ((429, "too many"), BusyError, "answered GET agent/x with 429: too many"),
    ],
)
def test_errors_say_what_to_do_and_never_the_token(answer, kind, words):
    with Answering(lambda *_request: answer) as consul:
        client = Client(Access(consul.url, token="very-secret"))
        with pytest.raises(kind) as raised:
            client.get("agent/x", needs="node:write")
    assert raised.type is kind
    assert words in str(raised.value)
    assert consul.url in str(raised.value)
    assert "very-secret" not in str(raised.value)


def test_an_answer_that_is_too_large_is_called_so(monkeypatch):
    """Not an answer that is no JSON, which is what is left of it."""
    monkeypatch.setattr(client_module, "MAX_BYTES", 1 << 20)
    monkeypatch.setitem(Connection.request.__kwdefaults__, "max_bytes", 1 << 20)
    with Answering(lambda *_request: (200, f'["{"x" * (2 << 20)}"]')) as consul:
        client = Client(Access(consul.url))
        with pytest.raises(
            client_module.ConsulError, match="more than 1 MB, which is not read"
        ):
            client.get("catalog/nodes", needs="node:read")


def test_one_connection_serves_many_calls_with_the_token_on_each():
    tokens = []

    def answer(_method, _path, headers):
        tokens.append(headers["X-Consul-Token"])
        return 200, '"10.0.0.1:8300"'

    with Answering(answer) as consul:
        client = Client(Access(consul.url, token="t"))
        assert [client.leader() for _number in range(3)] == ["10.0.0.1:8300"] * 3
        assert consul.connections == 1
        client.close()
    assert tokens == ["t"] * 3


def test_an_empty_leader_is_no_leader():
    with (
        Answering(lambda *_request: (200, '""')) as consul,
        pytest.raises(NoLeaderError, match="no leader is elected"),
    ):
        Client(Access(consul.url)).leader()


def test_the_limit_holds_against_a_server_that_drips():
    """A byte now and then keeps a plain socket time-out from ever firing."""
    server = socket.create_server(("127.0.0.1", 0))
    done = threading.Event()

    def drip():
        peer = server.accept()[0]
        peer.recv(1000)
        peer.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        # Five seconds at most, so that a client without a limit fails here.
        for _number in range(100):
            if done.wait(0.05):
                break
            try:
                peer.sendall(b" ")
            except OSError:
                break
        peer.close()

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        client = Client(Access(f"127.0.0.1:{server.getsockname()[1]}", timeout=0.4))
        started = time.monotonic()
        with pytest.raises(UnreachableError, match=r"no answer within 0\.4 s"):
            client.leader()
        assert time.monotonic() - started < 3
    finally:
        done.set()
        thread.join()
        server.close()


def test_refused_and_unusable_addresses():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{sock.getsockname()[1]}"
        with pytest.raises(UnreachableError, match="connection refused"):
            Client(Access(url)).leader()
    with pytest.raises(RunError, match="consul_url: 'ftp://x'"):
        Client(Access("ftp://x"))
    with pytest.raises(RunError, match=r"TLS files /nowhere/ca\.pem cannot be used"):
        Client(Access("https://127.0.0.1", ca_path="/nowhere/ca.pem"))
    with pytest.raises(UnreachableError, match="no such socket"):
        Client(Access("unix:///nowhere/consul.sock")).leader()


def test_watching_what_is_not_there_is_no_error():
    with Answering(lambda *_request: (404, "")) as consul:
        client = Client(Access(consul.url, timeout=5))
        assert client.watch("kv/x", {}, needs="key:read") == (None, 0)
        client.watch("kv/x", {"recurse": ""}, needs="key:read", index=7, wait=60)
    # An answer after the longest wait has to come before the client's own limit.
    assert consul.requests[-1] == ("GET", "/v1/kv/x?recurse=&index=7&wait=3764ms")
