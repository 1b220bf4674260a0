# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The load generator against servers on the loopback that misbehave on purpose."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lab.load import KINDS, Load, LoadPlan, main, percentile

ROOT = Path(__file__).resolve().parents[3]
GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nportal\n"


def answer(payload, linger=False):
    """A server behaviour: read one request, write the payload, close."""

    async def serve(reader, writer):
        while await reader.readline() not in (b"\r\n", b""):
            continue
        writer.write(payload)
        await writer.drain()
        if linger:
            await reader.read()
        writer.close()

    return serve


async def reset(reader, writer):
    await reader.readline()
    linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"  # SO_LINGER 0: close sends RST
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.close()


async def hang(reader, writer):
    await reader.read()
    writer.close()


def fly(behaviour, **options):
    """The result of 10 requests at a server that behaves so."""

    async def run():
        server = await asyncio.start_server(behaviour, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        plan = {"rate": 200, "max_requests": 10, "timeout": 0.3, "seconds": 5}
        plan.update(options)
        try:
            return await Load(LoadPlan(f"http://127.0.0.1:{port}/", **plan)).run()
        finally:
            server.close()

    return asyncio.run(run())


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


CHUNKED = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"3\r\npor\r\n4\r\ntal\n\r\n0\r\n\r\n"
)


@pytest.mark.parametrize(
    "payload",
    [GOOD, CHUNKED, b"HTTP/1.0 200 OK\r\n\r\nportal\n"],
    ids=["length", "chunks", "to-the-end"],
)
def test_good_answers_are_no_failures(payload):
    result = fly(answer(payload), expect="^portal")
    assert (result["requests"], result["failures"]) == (10, 0)
    assert result["samples"] == []


@pytest.mark.parametrize(
    ("behaviour", "kind", "seen"),
    [
        (reset, "reset", "reset"),
        (answer(b""), "reset", "before the end of the headers"),
        (answer(GOOD[:-2]), "reset", "5 of 7 bytes"),
        (answer(CHUNKED[:-12]), "reset", "in chunks"),
        (hang, "timeout", "no answer within 0.3 s"),
        (answer(GOOD[:-2], linger=True), "timeout", "no answer within 0.3 s"),
        (
            answer(b"HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy"),
            "status",
            "503 busy",
        ),
        (answer(b"SSH-2.0-OpenSSH\r\n\r\n"), "status", "not an HTTP answer"),
        (answer(GOOD.replace(b"portal", b"portel")), "body", "'portel' does not"),
    ],
    ids=[
        "rst",
        "empty",
        "short-body",
        "short-chunks",
        "hang",
        "hang-in-body",
        "503",
        "not-http",
        "wrong-body",
    ],
)
def test_each_failure_is_counted_as_its_kind(behaviour, kind, seen):
    result = fly(behaviour, expect="^portal")
    expected = dict.fromkeys(KINDS, 0) | {kind: 10}
    assert result["by_kind"] == expected
    assert (result["requests"], result["failures"]) == (10, 10)
    assert sum(second["failures"] for second in result["seconds"]) == 10
    assert all(s["kind"] == kind and seen in s["seen"] for s in result["samples"])


def test_refused_connections_are_counted():
    url = f"http://127.0.0.1:{free_port()}/"
    result = asyncio.run(Load(LoadPlan(url, rate=200, max_requests=5)).run())
    assert result["by_kind"]["refused"] == 5


def test_latency_counts_from_the_intended_start():
    """A server that stalls once is seen in every request that was due meanwhile."""
    stalled = asyncio.Lock()

    async def slow(reader, writer):
        async with stalled:
            if not slow.done:
                slow.done = True
                await asyncio.sleep(0.4)
        await answer(GOOD)(reader, writer)

    slow.done = False
    result = fly(slow, rate=50, max_requests=20, timeout=2)
    assert result["failures"] == 0
    assert result["latency_ms"]["max"] >= 400
    assert result["latency_ms"]["p50"] >= 150


def test_bounded_in_time():
    started = time.monotonic()
    result = fly(answer(GOOD), rate=40, seconds=0.5, max_requests=1000)
    assert result["requests"] == 20
    assert time.monotonic() - started < 2


def test_bounded_in_open_requests():
    """What could not be sent is a failure: it must not vanish from the count."""
    result = fly(hang, max_open=4)
    assert (result["requests"], result["failures"]) == (10, 10)
    not_sent = [s for s in result["samples"] if s["seen"].startswith("not sent")]
    assert len(not_sent) == 6


def test_kept_connections_are_shared_by_requests():
    connections = []

    async def serve(reader, writer):
        connections.append(1)
        while (line := await reader.readline()) != b"":
            if line == b"\r\n":
                writer.write(GOOD)
        writer.close()

    result = fly(serve, keep_alive=1.0, rate=100)
    assert (result["requests"], result["failures"]) == (10, 0)
    assert len(connections) < 5
    connections.clear()
    fly(serve, keep_alive=0.5, rate=100)
    assert 5 < len(connections) < 10


def test_a_kept_connection_closed_meanwhile_is_tried_again_and_told():
    async def serve(reader, writer):
        """Answers one request, then closes just as the second one arrives."""
        for payload in (GOOD, b""):
            while await reader.readline() not in (b"\r\n", b""):
                continue
            writer.write(payload)
        writer.close()

    result = fly(serve, keep_alive=1.0, rate=50, max_requests=6)
    assert (result["requests"], result["failures"]) == (6, 0)
    assert result["retried"] >= 2


def test_seconds_add_up():
    result = fly(answer(GOOD), rate=20, seconds=1.5, max_requests=1000)
    assert sum(second["requests"] for second in result["seconds"]) == 30
    assert [s["t"] for s in result["seconds"]] == sorted(
        s["t"] for s in result["seconds"]
    )
    assert int(result["started"]) == result["seconds"][0]["t"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_at_once_with_what_was_counted(tmp_path, number):
    """Also the requests that hang at that moment: they are failures."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen(64)
        url = f"http://127.0.0.1:{sock.getsockname()[1]}/"
        out = tmp_path / "load.json"
        command = [sys.executable, "-m", "lab.load", "--url", url, "--rate", "20"]
        command += ["--seconds", "60", "--timeout", "30", "--out", str(out)]
        process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE)
        sock.settimeout(10)
        hanging = [sock.accept()[0] for _number in range(3)]
        started = time.monotonic()
        process.send_signal(number)
        process.communicate(timeout=10)
        for connection in hanging:
            connection.close()
    assert time.monotonic() - started < 4
    assert process.returncode == 1
    result = json.loads(out.read_text())
    assert result["requests"] == result["by_kind"]["timeout"] >= 3
    assert "when the load stopped" in result["samples"][0]["seen"]


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("https://127.0.0.1/", "expected http://"),
        ("http://example.org/", "is a name"),
        ("http://93.184.216.34/", "public address"),
    ],
)
def test_load_goes_to_lab_hosts_only(url, word, capsys):
    assert main(["--url", url]) == 2
    assert word in capsys.readouterr().err


def test_options_out_of_bounds_are_refused(capsys):
    assert main(["--url", "http://127.0.0.1/", "--rate", "1e9"]) == 2
    assert "rate is 1000000000.0; it must be" in capsys.readouterr().err


def test_percentile_is_the_nearest_rank():
    assert percentile([], 0.5) == 0.0
    assert percentile([1.0, 2.0, 3.0, 4.0], 0.5) == 2.0
    assert percentile([float(n) for n in range(1, 101)], 0.99) == 99.0


def test_result_is_written_whole_and_nothing_is_left_beside_it(tmp_path):
    out = tmp_path / "deep" / "load.json"
    url = f"http://127.0.0.1:{free_port()}/"
    argv = ["--url", url, "--rate", "100", "--max-requests", "2", "--out", str(out)]
    assert main(argv) == 1
    assert json.loads(out.read_text())["requests"] == 2
    assert [path.name for path in out.parent.iterdir()] == ["load.json"]
