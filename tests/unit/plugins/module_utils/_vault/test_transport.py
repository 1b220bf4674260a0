# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests to Vault: what is sent, where a standby sends them to, kept connections."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPMessage
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.module_utils._http import (
    Answer,
    Endpoint,
    HttpError,
)
from ansible_collections.vigie.run.plugins.module_utils._vault import transport
from ansible_collections.vigie.run.plugins.module_utils._vault.transport import (
    Transport,
)
from ansible_collections.vigie.run.tests.unit.fakes.answering import Answering

FINE = Answer(200, b"{}", 0.0, {})


def to(location: str) -> Answer:
    """An answer that sends elsewhere."""
    headers = HTTPMessage()
    headers["Location"] = location
    return Answer(307, b"", 0.0, headers)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Any]]:
    """Answers that come in turn; gives what was asked of whom."""

    def answers(*given: Answer) -> list[Any]:
        left, seen = list(given), []

        class Connection:
            def __init__(self, endpoint: Endpoint, tls: Any) -> None:
                self.who = f"{endpoint.scheme}://{endpoint.host}:{endpoint.port}"

            def request(self, method: str, target: str, **more: Any) -> Answer:
                seen.append((method, self.who + target, more))
                return left.pop(0)

        monkeypatch.setattr(transport, "Connection", Connection)
        return seen

    return answers


def test_what_a_request_says(asked: Callable[..., list[Any]]) -> None:
    seen = asked(FINE)
    vault = Transport("http://vault:8200/behind/", namespace="team")
    vault.token = "t"
    vault.send(
        "POST",
        "secret/data/été 1?#%2F",
        timeout=3,
        body={"a": 1},
        params={"version": 2},
        headers={"X-Vault-Wrap-TTL": "60s"},
    )
    [(method, target, more)] = seen
    assert method == "POST"
    assert target == (
        "http://vault:8200/behind/v1/secret/data/%C3%A9t%C3%A9%201%3F%23%2F?version=2"
    )
    assert more == {
        "timeout": 3,
        "body": b'{"a": 1}',
        "headers": {
            "X-Vault-Request": "true",
            "Accept": "application/json",
            "X-Vault-Namespace": "team",
            "X-Vault-Wrap-TTL": "60s",
            "X-Vault-Token": "t",
            "Content-Type": "application/json",
        },
    }


def test_a_standby_sends_on_to_the_active_node(
    asked: Callable[..., list[Any]],
) -> None:
    seen = asked(to("http://active:8200/v1/secret/a?x=1"), to("/v1/b"), FINE)
    vault = Transport("http://standby:8200")
    vault.token = "t"
    assert vault.send("PUT", "secret/a", timeout=1, body={}) is FINE
    assert [(method, url) for method, url, _more in seen] == [
        ("PUT", "http://standby:8200/v1/secret/a"),
        ("PUT", "http://active:8200/v1/secret/a?x=1"),
        ("PUT", "http://active:8200/v1/b"),
    ]
    assert all(more == seen[0][2] for _method, _url, more in seen)


@pytest.mark.parametrize(
    ("location", "why"),
    [
        ("http://active:8200/v1/a", "sends on to http, where a token"),
        ("ftp://active/v1/a", "sends on to 'ftp://active/v1/a'"),
        ("https://active:8200/v1/a", "from one node to the next without end"),
        ("", "sends on to ''"),
    ],
)
def test_where_nobody_is_sent(
    asked: Callable[..., list[Any]], location: str, why: str
) -> None:
    asked(*[to(location)] * 4)
    with pytest.raises(HttpError, match=why):
        Transport("https://standby:8200").send("GET", "a", timeout=1)


def test_addresses_and_files_that_cannot_be_used() -> None:
    with pytest.raises(RunError, match=r"vault_url: 'vault:8200': expected http"):
        Transport("vault:8200")
    with pytest.raises(RunError, match=r"vault_ca_path: TLS files /no/ca\.pem cannot"):
        Transport("https://vault:8200", ca_path="/no/ca.pem")


def test_connections_are_kept() -> None:
    with Answering(lambda *_request: (200, "{}")) as server:
        vault = Transport(server.url)
        for _turn in range(3):
            assert vault.send("POST", "a", timeout=5, body={}).status == 200
        assert server.connections == 1
        with ThreadPoolExecutor(4) as pool:
            every = [
                pool.submit(vault.send, "GET", str(n), timeout=5) for n in range(40)
            ]
        assert all(one.result().status == 200 for one in every)
        assert server.connections <= 4


def test_a_write_is_not_sent_over_a_connection_that_was_closed() -> None:
    # It could not be sent again: nobody knows what a server heard that hung up.
    closed = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.send_response(204)
            self.end_headers()
            self.close_connection = True

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    class Server(HTTPServer):
        def shutdown_request(self, request: Any) -> None:
            super().shutdown_request(request)
            closed.set()

    with Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        vault = Transport(f"http://127.0.0.1:{server.server_port}")
        try:
            for _turn in range(3):
                assert vault.send("POST", "a", timeout=5).status == 204
                assert closed.wait(5)
                closed.clear()
        finally:
            server.shutdown()
