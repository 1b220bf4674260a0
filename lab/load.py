# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Constant load on a lab host that counts every request and every failure.

    python -m lab.load --url http://ADDRESS/ --rate 100 --seconds 60 --out load.json

Open loop: request n is due at n/rate seconds whatever happened to the others, and
its latency counts from then, so a server that stalls cannot hide it by slowing
the generator down. Bounded in time, in requests and in open requests. Stops by
itself; SIGTERM or SIGINT make it write its result at once.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import os
import re
import signal
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lab.exchange import Exchange, Reply, RequestError, connect, parse_target
from lab.watch import Watch, WatchPlan, add_watch_options, watch_plan

KINDS = ("refused", "reset", "timeout", "status", "body")
SAMPLES = 20
STOP_GRACE = 1.0  # seconds that open requests get when the load is told to stop


@dataclass(frozen=True)
class LoadPlan:
    """What to send: see the command's options for the meaning of each."""

    url: str
    rate: float = 100.0
    seconds: float = 60.0
    max_requests: int = 0  # 0: rate x seconds
    max_open: int = 256
    timeout: float = 5.0
    keep_alive: float = 0.0  # share of requests on a kept connection, 0 to 1
    status: tuple[int, ...] = (200,)
    expect: str = ""

    def __post_init__(self) -> None:
        parse_target(self.url)
        for name, low, high in (
            ("rate", 0.1, 2000),
            ("seconds", 0.1, 7200),
            ("max_requests", 0, 1_000_000),
            ("max_open", 1, 4096),
            ("timeout", 0.05, 120),
            ("keep_alive", 0, 1),
        ):
            value = getattr(self, name)
            if not low <= value <= high:
                raise ValueError(f"{name} is {value}; it must be {low} to {high}")

    @property
    def limit(self) -> int:
        """The most requests that will be sent."""
        due = math.ceil(self.rate * self.seconds)
        return min(self.max_requests, due) if self.max_requests else due


@dataclass
class Tally:
    """Everything counted so far."""

    requests: int = 0
    retried: int = 0
    by_kind: Counter[str] = field(default_factory=Counter)
    latencies_ms: list[float] = field(default_factory=list)
    seconds: dict[int, list[float]] = field(default_factory=dict)
    samples: list[dict[str, Any]] = field(default_factory=list)

    def count(self, due: float, ms: float, failed: RequestError | None) -> None:
        """Count one request that was due at `due` (epoch) and took `ms`."""
        self.requests += 1
        self.latencies_ms.append(ms)
        second = self.seconds.setdefault(int(due), [0, 0, 0.0])
        second[0] += 1
        second[2] = max(second[2], ms)
        if failed is None:
            return
        second[1] += 1
        self.by_kind[failed.kind] += 1
        if len(self.samples) < SAMPLES:
            self.samples.append(
                {
                    "t": round(due, 3),
                    "kind": failed.kind,
                    "seen": failed.seen[:200],
                    "ms": round(ms, 1),
                }
            )


def percentile(ordered: list[float], share: float) -> float:
    """Nearest-rank percentile of an ordered list; 0.0 of an empty one."""
    if not ordered:
        return 0.0
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


class Load:
    """One run of a LoadPlan. `await run()` returns the result as a dict."""

    def __init__(self, plan: LoadPlan, watch: WatchPlan | None = None) -> None:
        self.plan = plan
        self.tally = Tally()
        self._watch = Watch(watch) if watch else None
        self._target = parse_target(plan.url)
        self._expect = re.compile(plan.expect.encode()) if plan.expect else None
        self._idle: list[Exchange] = []
        self._open: dict[asyncio.Task[None], tuple[float, float]] = {}
        self._stop = asyncio.Event()

    def stop(self) -> None:
        """Send nothing more and finish now (safe in a signal handler of the loop)."""
        self._stop.set()

    async def run(self) -> dict[str, Any]:
        """Send the load, wait for what is open, return the counts."""
        started = time.time()
        watching = asyncio.create_task(self._watch.run()) if self._watch else None
        await self._send_all(started)
        await self._finish_open()
        for exchange in self._idle:
            exchange.abort()
        if watching and self._watch:
            self._watch.stop()
            await watching
        return self._result(started, time.time())

    async def _send_all(self, started: float) -> None:
        loop = asyncio.get_running_loop()
        origin = loop.time()
        for number in range(self.plan.limit):
            offset = number / self.plan.rate
            delay = origin + offset - loop.time()
            if delay > 0:
                await self._pause(delay)
            if self._stop.is_set():
                return
            self._send_one(started + offset, origin + offset, number)

    async def _pause(self, delay: float) -> None:
        """Sleep, but wake up at once when told to stop."""
        if delay < 0.05:
            await asyncio.sleep(delay)
            return
        try:
            await asyncio.wait_for(self._stop.wait(), delay)
        except TimeoutError:
            return

    def _send_one(self, due: float, due_loop: float, number: int) -> None:
        if len(self._open) >= self.plan.max_open:
            seen = f"not sent: {len(self._open)} requests were open"
            self.tally.count(due, 0.0, RequestError("timeout", seen))
            return
        # Spreads the kept connections evenly over the requests.
        share = self.plan.keep_alive
        keep = int((number + 1) * share) > int(number * share)
        task = asyncio.create_task(self._request(due, due_loop, keep))
        self._open[task] = (due, due_loop)
        task.add_done_callback(lambda done: self._open.pop(done, None))

    async def _request(self, due: float, due_loop: float, keep: bool) -> None:
        loop = asyncio.get_running_loop()
        failed: RequestError | None = None
        try:
            async with asyncio.timeout_at(due_loop + self.plan.timeout):
                self._judge(await self._exchange(keep))
        except RequestError as error:
            failed = error
        except TimeoutError:
            failed = RequestError(
                "timeout", f"no answer within {self.plan.timeout:g} s"
            )
        self.tally.count(due, (loop.time() - due_loop) * 1000, failed)

    async def _exchange(self, keep: bool) -> Reply:
        request = self._target.request(keep)
        exchange = self._take_idle() if keep else None
        if exchange is not None:
            try:
                return await self._answer(exchange, request, keep)
            except RequestError as error:
                # The server closed a kept connection as the request left. Clients
                # send a GET again then (RFC 9112, 9.3.1): so does this, and says so.
                if error.kind != "reset" or exchange.answered:
                    raise
                self.tally.retried += 1
        return await self._answer(await connect(self._target), request, keep)

    async def _answer(self, exchange: Exchange, request: bytes, keep: bool) -> Reply:
        reply = None
        try:
            reply = await exchange.send(request)
        finally:
            if keep and reply is not None and reply.reusable:
                self._idle.append(exchange)
            else:
                exchange.abort()
        return reply

    def _take_idle(self) -> Exchange | None:
        while self._idle:
            exchange = self._idle.pop()
            if exchange.open:
                return exchange
        return None

    def _judge(self, reply: Reply) -> None:
        if reply.status not in self.plan.status:
            first = reply.body[:80].decode("utf-8", "replace").strip()
            raise RequestError("status", f"{reply.status} {first}".strip())
        if self._expect and not self._expect.search(reply.body):
            first = reply.body[:80].decode("utf-8", "replace").strip()
            raise RequestError("body", f"{first!r} does not match {self.plan.expect!r}")

    async def _finish_open(self) -> None:
        """Wait for the open requests; not much longer once told to stop."""
        if not self._open:
            return
        last = asyncio.create_task(asyncio.wait(list(self._open)))
        stopped = asyncio.create_task(self._stop.wait())
        first = asyncio.FIRST_COMPLETED
        limit = self.plan.timeout + 1
        await asyncio.wait({last, stopped}, timeout=limit, return_when=first)
        await asyncio.wait({last}, timeout=STOP_GRACE)
        last.cancel()
        stopped.cancel()
        now = asyncio.get_running_loop().time()
        for task, (due, due_loop) in list(self._open.items()):
            task.cancel()
            ms = (now - due_loop) * 1000
            seen = f"no answer yet after {ms:.0f} ms, when the load stopped"
            self.tally.count(due, ms, RequestError("timeout", seen))

    def _result(self, started: float, ended: float) -> dict[str, Any]:
        tally = self.tally
        ordered = sorted(tally.latencies_ms)
        result: dict[str, Any] = {
            "target": self.plan.url,
            "rate": self.plan.rate,
            "started": round(started, 3),
            "ended": round(ended, 3),
            "requests": tally.requests,
            "failures": sum(tally.by_kind.values()),
            "by_kind": {kind: tally.by_kind[kind] for kind in KINDS},
            "retried": tally.retried,
            "latency_ms": {
                "p50": round(percentile(ordered, 0.50), 2),
                "p95": round(percentile(ordered, 0.95), 2),
                "p99": round(percentile(ordered, 0.99), 2),
                "max": round(ordered[-1], 2) if ordered else 0.0,
            },
            "seconds": [
                {"t": t, "requests": n, "failures": bad, "max_ms": round(worst, 2)}
                for t, (n, bad, worst) in sorted(tally.seconds.items())
            ],
            "away": self._watch.changes if self._watch else [],
            "samples": tally.samples,
        }
        if self._watch:
            result["watch"] = self._watch.summary()
        return result


def write_json(path: Path, value: dict[str, Any]) -> None:
    """Write JSON so that a reader sees the old file or the whole new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        json.dump(value, stream, indent=1)
        stream.write("\n")
    Path(name).replace(path)


async def run_until_stopped(load: Load) -> dict[str, Any]:
    """Run the load; SIGTERM and SIGINT end it early with what was counted."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, load.stop)
    return await load.run()


def parser() -> argparse.ArgumentParser:
    parse = argparse.ArgumentParser(prog="python -m lab.load", description=__doc__)
    parse.formatter_class = argparse.RawDescriptionHelpFormatter
    add = parse.add_argument
    add("--url", required=True, help="http://ADDRESS[:PORT]/PATH of a lab host")
    add("--rate", type=float, default=100.0, help="requests per second (100)")
    add("--seconds", type=float, default=60.0, help="how long at most (60)")
    add("--max-requests", type=int, default=0, help="how many at most (rate x seconds)")
    add("--max-open", type=int, default=256, help="how many at once at most (256)")
    add("--timeout", type=float, default=5.0, help="seconds from due to answered (5)")
    add("--keep-alive", type=float, default=0.0, metavar="SHARE")
    add("--status", type=int, action="append", help="good status (200); repeatable")
    add("--expect", default="", help="regular expression that the body must match")
    add("--out", type=Path, help="where the result goes (standard output)")
    add_watch_options(parse)
    return parse


def main(argv: list[str] | None = None) -> int:
    """The command. Exit status 0 without failures, 1 with, 2 for bad options."""
    options = parser().parse_args(argv)
    try:
        plan = LoadPlan(
            url=options.url,
            rate=options.rate,
            seconds=options.seconds,
            max_requests=options.max_requests,
            max_open=options.max_open,
            timeout=options.timeout,
            keep_alive=options.keep_alive,
            status=tuple(options.status or (200,)),
            expect=options.expect,
        )
        watch = watch_plan(options) if options.watch_url else None
    except ValueError as error:
        print(f"lab.load: {error}", file=sys.stderr)
        return 2
    result = asyncio.run(_main(plan, watch))
    if options.out:
        write_json(options.out, result)
    else:
        print(json.dumps(result, indent=1))
    line = "{requests} requests, {failures} failures".format(**result)
    print(f"lab.load: {line}", file=sys.stderr)
    return 1 if result["failures"] else 0


async def _main(plan: LoadPlan, watch: WatchPlan | None) -> dict[str, Any]:
    return await run_until_stopped(Load(plan, watch))


if __name__ == "__main__":
    sys.exit(main())
