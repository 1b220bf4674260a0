# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many members are away: HAProxy's statistics, polled on the loopback."""

from __future__ import annotations

import asyncio
import base64

import pytest

from lab.load import Load, LoadPlan
from lab.watch import PASSWORD_ENV, Watch, WatchPlan, count_away, main


def statistics(*states, backend="web"):
    rows = ["# pxname,svname,scur,status,weight,"]
    rows.append("front,FRONTEND,3,OPEN,,")
    rows += [f"{backend},web-{n},0,{state},1," for n, state in enumerate(states)]
    rows += [f"{backend},BACKEND,0,UP,6,", "other,x-0,0,MAINT,1,"]
    return "\n".join(rows) + "\n"


@pytest.mark.parametrize(
    ("states", "away"),
    [
        (["UP", "UP"], 0),
        (["UP", "UP 1/3"], 0),
        (["no check", "UP"], 0),
        (["UP", "DRAIN"], 1),
        (["MAINT", "MAINT (via web/web-0)"], 2),
        (["DOWN", "DOWN 1/2", "NOLB", "UP"], 3),
    ],
)
def test_what_counts_as_away(states, away):
    assert count_away(statistics(*states), "web") == (away, len(states))


def test_an_unknown_backend_is_an_error():
    with pytest.raises(ValueError, match="no backend 'web'"):
        count_away(statistics("UP", backend="api"), "web")


def serving(pages, seen=None):
    """A server that answers with one page after the other, the last one for ever."""

    async def serve(reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        if seen is not None:
            seen.append(head)
        page = pages.pop(0) if len(pages) > 1 else pages[0]
        body = page.encode()
        status = b"200 OK" if page else b"503 Busy"
        length = str(len(body)).encode()
        writer.write(b"HTTP/1.1 %b\r\nContent-Length: %b\r\n\r\n" % (status, length))
        writer.write(body)
        writer.close()

    return serve


async def url_of(server):
    return f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/stats;csv"


def test_changes_are_recorded_and_errors_counted():
    pages = [
        statistics("UP", "UP"),
        statistics("DRAIN", "UP"),
        "",
        statistics("DRAIN", "UP"),
        statistics("UP", "UP"),
    ]
    seen = []

    async def run():
        server = await asyncio.start_server(serving(pages, seen), "127.0.0.1", 0)
        plan = WatchPlan(await url_of(server), "web", "op", "s3cret", 0.05)
        watch = Watch(plan)
        for _number in range(6):
            await watch.poll()
        server.close()
        return watch

    watch = asyncio.run(run())
    assert [change["away"] for change in watch.changes] == [0, 1, 0]
    assert watch.summary()["away_at_most"] == 1
    assert (watch.polls, watch.errors, watch.members) == (6, 1, 2)
    token = base64.b64encode(b"op:s3cret")
    assert b"Authorization: Basic " + token in seen[0]


def test_the_load_carries_what_the_watch_saw():
    async def run():
        page = statistics("UP", "MAINT")
        server = await asyncio.start_server(serving([page]), "127.0.0.1", 0)
        url = await url_of(server)
        plan = LoadPlan(url, rate=50, max_requests=10)
        result = await Load(plan, WatchPlan(url, "web", interval=0.05)).run()
        server.close()
        return result

    result = asyncio.run(run())
    assert result["failures"] == 0
    assert [change["away"] for change in result["away"]] == [1]
    assert result["watch"]["members"] == 2


def test_the_command_says_when_nothing_answered(capsys, monkeypatch):
    monkeypatch.setenv(PASSWORD_ENV, "s3cret")
    argv = ["--watch-url", "http://127.0.0.1:1/stats;csv", "--seconds", "0.1"]
    assert main(argv) == 1
    out = capsys.readouterr().out
    assert "refused" in out
    assert "s3cret" not in out
