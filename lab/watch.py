# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many members of a HAProxy backend are away, as the balancer itself sees it.

    python -m lab.watch --watch-url 'http://ADDRESS:8404/stats;csv' \
        --watch-backend web --watch-user USER --seconds 60 --out away.json

The password comes from the environment (LAB_STATS_PASSWORD) or a file, never from
the command line, where any process could read it.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import csv
import io
import json
import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.exchange import RequestError, Target, connect, parse_target

PASSWORD_ENV = "LAB_STATS_PASSWORD"  # the variable's name, not a password
POLL_TIMEOUT = 2.0


@dataclass(frozen=True)
class WatchPlan:
    """Which statistics to poll, and how often (seconds)."""

    url: str
    backend: str
    user: str = ""
    password: str = ""
    interval: float = 0.2

    def __post_init__(self) -> None:
        parse_target(self.url)
        if not 0.05 <= self.interval <= 60:
            raise ValueError(f"interval is {self.interval}; it must be 0.05 to 60 s")


def count_away(text: str, backend: str) -> tuple[int, int]:
    """(away, members) of a backend in HAProxy's CSV statistics.

    A member is there while its status begins with `UP` ("UP 1/3" still serves) or
    is `no check`; DRAIN, MAINT, DOWN, NOLB and starting up are away (HAProxy
    management guide, 9.1, field 17). Raises ValueError when the backend is not
    in the text.
    """
    rows = csv.DictReader(io.StringIO(text.removeprefix("# ")))
    states = [
        row["status"] or ""
        for row in rows
        if row["pxname"] == backend and row["svname"] not in ("FRONTEND", "BACKEND")
    ]
    if not states:
        raise ValueError(f"no backend {backend!r} with members in the statistics")
    there = sum(state.startswith("UP") or state == "no check" for state in states)
    return len(states) - there, len(states)


class Watch:
    """Polls until stopped; `changes` holds each change of the number away."""

    def __init__(self, plan: WatchPlan) -> None:
        self.plan = plan
        self.changes: list[dict[str, Any]] = []
        self.polls = 0
        self.errors = 0
        self.last_error = ""
        self.members = 0
        self._target: Target = parse_target(plan.url)
        self._stop = asyncio.Event()

    def stop(self) -> None:
        self._stop.set()

    async def run(self) -> None:
        """Poll every `interval` seconds until `stop`; errors are counted."""
        while not self._stop.is_set():
            await self.poll()
            try:
                await asyncio.wait_for(self._stop.wait(), self.plan.interval)
            except TimeoutError:
                continue
        await self.poll()

    async def poll(self) -> None:
        """Look once. A balancer that does not answer leaves the last number."""
        self.polls += 1
        at = time.time()
        try:
            async with asyncio.timeout(POLL_TIMEOUT):
                text = await self._fetch()
            away, self.members = count_away(text, self.plan.backend)
        except (RequestError, TimeoutError, ValueError, KeyError) as error:
            self.errors += 1
            self.last_error = str(error) or type(error).__name__
            return
        if not self.changes or self.changes[-1]["away"] != away:
            self.changes.append({"t": round(at, 3), "away": away})

    def summary(self) -> dict[str, Any]:
        """Facts of the watch: polls made, polls failed, members, most away."""
        return {
            "backend": self.plan.backend,
            "members": self.members,
            "polls": self.polls,
            "errors": self.errors,
            "last_error": self.last_error,
            "away_at_most": max((c["away"] for c in self.changes), default=None),
        }

    async def _fetch(self) -> str:
        exchange = await connect(self._target)
        try:
            reply = await exchange.send(self._target.request(False, self._headers()))
        finally:
            exchange.abort()
        if reply.status != 200:
            raise RequestError("status", f"{reply.status} from {self.plan.url}")
        return reply.body.decode("utf-8", "replace")

    def _headers(self) -> tuple[str, ...]:
        if not self.plan.user:
            return ()
        pair = f"{self.plan.user}:{self.plan.password}".encode()
        return (f"Authorization: Basic {base64.b64encode(pair).decode()}",)


def add_watch_options(parse: argparse.ArgumentParser, required: bool = False) -> None:
    """The options that say what to watch, shared with `python -m lab.load`."""
    group = parse.add_argument_group("members away, as the balancer sees it")
    add = group.add_argument
    add("--watch-url", required=required, help="http://ADDRESS:8404/stats;csv")
    add("--watch-backend", default="web", help="the backend to count (web)")
    add("--watch-user", default="", help="user for basic authentication")
    add("--watch-password-file", type=Path, help=f"else ${PASSWORD_ENV}")
    add("--watch-interval", type=float, default=0.2, help="seconds (0.2)")


def watch_plan(options: argparse.Namespace) -> WatchPlan:
    """The plan that `add_watch_options` read; ValueError when it cannot be."""
    password = os.environ.get(PASSWORD_ENV, "")
    if options.watch_password_file:
        try:
            password = options.watch_password_file.read_text("utf-8").strip()
        except OSError as error:
            raise ValueError(f"{error.filename}: {error.strerror}") from None
    return WatchPlan(
        url=options.watch_url,
        backend=options.watch_backend,
        user=options.watch_user,
        password=password,
        interval=options.watch_interval,
    )


async def _watch_for(plan: WatchPlan, seconds: float) -> dict[str, Any]:
    watch = Watch(plan)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, watch.stop)
    loop.call_later(seconds, watch.stop)
    started = time.time()
    await watch.run()
    return {
        "target": plan.url,
        "started": round(started, 3),
        "ended": round(time.time(), 3),
        "away": watch.changes,
        "watch": watch.summary(),
    }


def main(argv: list[str] | None = None) -> int:
    """The command. Exit status 0, 1 when no poll was answered, 2 for bad options."""
    parse = argparse.ArgumentParser(prog="python -m lab.watch", description=__doc__)
    parse.formatter_class = argparse.RawDescriptionHelpFormatter
    add_watch_options(parse, required=True)
    parse.add_argument("--seconds", type=float, default=60.0)
    parse.add_argument("--out", type=Path)
    options = parse.parse_args(argv)
    try:
        plan = watch_plan(options)
    except ValueError as error:
        print(f"lab.watch: {error}", file=sys.stderr)
        return 2
    result = asyncio.run(_watch_for(plan, min(options.seconds, 7200.0)))
    text = json.dumps(result, indent=1)
    if options.out:
        options.out.write_text(text + "\n", encoding="utf-8")
    else:
        print(text)
    return 0 if result["away"] else 1


if __name__ == "__main__":
    sys.exit(main())
