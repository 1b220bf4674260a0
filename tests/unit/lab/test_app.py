# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sample application as a visitor and an init system meet it, on loopback."""

from __future__ import annotations

import http.client
import io
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import tarfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from lab.app.app import Portal
from lab.releases import archive


@dataclass
class Running:
    """A portal in a process of its own."""

    process: subprocess.Popen[str]
    port: int

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)

    def get(self, path: str) -> tuple[int, str]:
        connection = self.connect()
        try:
            return ask(connection, path)
        finally:
            connection.close()

    def wait_for_visitors(self, number: int) -> None:
        """Wait until so many connections have a thread besides the main one."""
        status = Path(f"/proc/{self.process.pid}/status")
        deadline = time.monotonic() + 10
        while True:
            found = re.search(r"Threads:\s+(\d+)", status.read_text(encoding="utf-8"))
            if found and int(found[1]) > number:
                return
            assert time.monotonic() < deadline, "the visitors do not arrive"
            time.sleep(0.02)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)


def ask(connection: http.client.HTTPConnection, path: str) -> tuple[int, str]:
    """Ask for a path and return status and body."""
    connection.request("GET", path)
    reply = connection.getresponse()
    return reply.status, reply.read().decode()


Start = Callable[[str, bool], Running]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Unpack a release, as on a host, and start it on a free port."""
    running: list[Running] = []

    def one(version: str, healthy: bool) -> Running:
        folder = tmp_path / version
        with tarfile.open(fileobj=io.BytesIO(archive(version, healthy))) as tar:
            tar.extractall(folder, filter="data")
        process = subprocess.Popen(
            [sys.executable, str(folder / "app.py")],
            env={**os.environ, "PORTAL_ADDRESS": "127.0.0.1", "PORTAL_PORT": "0"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        match = re.search(r"listens on port (\d+)", process.stdout.readline())
        assert match
        running.append(Running(process, int(match[1])))
        return running[-1]

    yield one
    for portal in running:
        portal.process.kill()
        portal.process.wait(10)
        for stream in (portal.process.stdout, portal.process.stderr):
            assert stream is not None
            stream.close()


def test_it_says_which_release_and_host_answers(start: Start) -> None:
    portal = start("1.0.0", True)
    assert portal.get("/") == (200, f"portal 1.0.0 {socket.gethostname()}\n")
    assert portal.get("/health") == (200, "ok 1.0.0\n")
    assert portal.get("/nowhere")[0] == 404
    assert portal.get("/slow/soon")[0] == 400


def test_a_connection_that_ends_with_a_reset_is_no_news(start: Start) -> None:
    portal = start("1.0.0", True)
    connection = portal.connect()
    assert ask(connection, "/health")[0] == 200
    at_once = struct.pack("ii", 1, 0)
    connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
    connection.close()
    assert portal.get("/health")[0] == 200
    portal.stop()
    assert portal.process.communicate(timeout=10)[1] == ""


def test_a_broken_release_answers_but_is_never_healthy(start: Start) -> None:
    portal = start("3.0.0", False)
    assert portal.get("/health") == (503, "starting 3.0.0\n")
    assert portal.get("/")[0] == 200


def test_head_has_the_headers_and_no_body(start: Start) -> None:
    connection = start("1.0.0", True).connect()
    connection.request("HEAD", "/health")
    reply = connection.getresponse()
    assert (reply.status, reply.read()) == (200, b"")
    assert reply.getheader("Content-Length") == "9"
    connection.close()


def test_a_connection_serves_many_requests(start: Start) -> None:
    connection = start("1.0.0", True).connect()
    assert ask(connection, "/health")[0] == 200
    first = connection.sock
    assert all(ask(connection, "/")[0] == 200 for _request in range(20))
    assert connection.sock is first
    connection.close()


def test_sigterm_lets_an_open_request_finish(start: Start) -> None:
    portal = start("1.0.0", True)
    answers: list[tuple[int, str]] = []
    visit = threading.Thread(target=lambda: answers.append(portal.get("/slow/1.5")))
    visit.start()
    portal.wait_for_visitors(1)
    portal.stop()
    assert portal.process.wait(10) == 0
    visit.join(10)
    assert [status for status, _body in answers] == [200]


def test_sigterm_takes_no_new_connection(start: Start) -> None:
    portal = start("1.0.0", True)
    slow = threading.Thread(target=lambda: portal.get("/slow/2"))
    slow.start()
    portal.wait_for_visitors(1)
    portal.stop()
    deadline = time.monotonic() + 1.5
    while time.monotonic() < deadline:
        try:
            portal.get("/health")
        except ConnectionRefusedError:
            break
        except OSError:
            pass
    else:
        pytest.fail("it still takes connections while it waits for an open request")
    assert portal.process.poll() is None
    slow.join(10)


def test_sigterm_does_not_wait_for_idle_connections(start: Start) -> None:
    portal = start("1.0.0", True)
    idle = [portal.connect() for _visitor in range(5)]
    assert all(ask(connection, "/")[0] == 200 for connection in idle)
    portal.stop()
    assert portal.process.wait(5) == 0
    for connection in idle:
        connection.close()


def test_the_last_answer_says_that_the_connection_ends(start: Start) -> None:
    portal = start("1.0.0", True)
    connection = portal.connect()
    connection.request("GET", "/slow/1")
    portal.wait_for_visitors(1)
    portal.stop()
    reply = connection.getresponse()
    assert reply.status == 200
    assert reply.getheader("Connection") == "close"
    connection.close()


def test_visitors_at_the_door_are_served_before_it_closes() -> None:
    """The kernel has let them in; to close now would reset their connections."""
    portal = Portal(("127.0.0.1", 0), {"version": "1.0.0", "healthy": True})
    visitors = [
        socket.create_connection(portal.server_address) for _visitor in range(3)
    ]
    for visitor in visitors:
        visitor.sendall(b"GET /health HTTP/1.1\r\nHost: portal\r\n\r\n")
    portal.stop()
    portal.serve()
    for visitor in visitors:
        assert visitor.recv(4096).endswith(b"ok 1.0.0\n")
        visitor.close()


def test_a_stop_under_load_fails_no_request_that_was_accepted(start: Start) -> None:
    """Whoever was let in gets a whole answer; the others are refused at the door."""
    portal = start("1.0.0", True)
    halves: list[str] = []
    answered: list[int] = []

    def visit() -> None:
        while True:
            try:
                status, body = portal.get("/")
            except http.client.HTTPException as error:  # let in, then sent away
                halves.append(repr(error))
                return
            except ConnectionError:
                return
            answered.append(status)
            if status != 200 or not body.endswith("\n"):
                halves.append(f"{status} {body!r}")

    visitors = [threading.Thread(target=visit) for _visitor in range(4)]
    for visitor in visitors:
        visitor.start()
    deadline = time.monotonic() + 10
    while len(answered) < 100:
        assert time.monotonic() < deadline, f"only {len(answered)} answers"
        time.sleep(0.02)
    portal.stop()
    assert portal.process.wait(10) == 0
    for visitor in visitors:
        visitor.join(10)
    assert halves == []
