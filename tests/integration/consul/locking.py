# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs of Ansible that hold locks, and runs of our own beside them."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.vigie.run.plugins.module_utils._consul.client import Access
from ansible_collections.vigie.run.plugins.module_utils._consul.lock import Lock
from ansible_collections.vigie.run.plugins.module_utils._consul.lock_keeper import (
    Keeper,
)
from ansible_collections.vigie.run.plugins.module_utils._consul.lock_outcome import (
    Outcome,
)
from ansible_collections.vigie.run.plugins.module_utils._consul.lock_record import (
    Me,
    Wanted,
)
from ansible_collections.vigie.run.plugins.module_utils._consul.lock_store import (
    Seen,
    Store,
)
from ansible_collections.vigie.run.tests.unit.plugins.action.plays import environment

from lab.consul_cluster import Cluster, Server

TTL = 10  # the least that Consul takes
PLAYBOOK = Path(sys.executable).with_name("ansible-playbook")


def access(cluster: Cluster, server: Server | None = None, **more: Any) -> Access:
    """The way to one server, the first one by default."""
    url = (server or cluster.servers[0]).url
    return Access(
        **{"url": url, "token": cluster.token, "ca_path": str(cluster.ca), **more}
    )


@dataclass
class Runner:
    """A run as this process plays it: `me`, one lock, agents to talk to."""

    name: str
    agents: list[Access]
    me: Me
    told: list[str] = field(default_factory=list)

    def store(self) -> Store:
        return Store(self.agents, self.name)

    def lock(self) -> Lock:
        return Lock(self.store(), self.me, tell=self.told.append)

    def hold(self, wait: float = 0, **wanted: Any) -> Outcome:
        """Take a place; nobody renews it."""
        given = {"reason": f"{self.me.run} works", "ttl": TTL, **wanted}
        return self.lock().hold(Wanted(**given), wait)

    def holding(self, wait: float = 0, **wanted: Any) -> Holding:
        """Take a place, and begin to hold it in the background."""
        return Holding(lambda: self.hold(wait, **wanted))

    @contextlib.contextmanager
    def kept(self, outcome: Outcome) -> Iterator[Callable[[], None]]:
        """Renew a place as its keeper process does; gives what ends the run."""
        over = threading.Event()
        keeper = Keeper(self.store(), self.me, outcome.place)

        def work() -> None:
            if keeper.keep(over.wait):
                keeper.abandon()

        thread = threading.Thread(target=work)
        thread.start()
        try:
            yield over.set
        finally:
            over.set()
            thread.join()

    def seen(self) -> Seen:
        return self.store().read()


Make = Callable[..., Runner]


class Holding:
    """A call that waits in a thread of its own."""

    def __init__(self, call: Callable[[], Outcome]) -> None:
        self._result: Any = None
        self._error: BaseException | None = None
        self.began = time.monotonic()
        self.ended = 0.0
        self._thread = threading.Thread(target=self._work, args=(call,), daemon=True)
        self._thread.start()

    def _work(self, call: Callable[[], Outcome]) -> None:
        try:
            self._result = call()
        except BaseException as error:
            self._error = error
        self.ended = time.monotonic()

    @property
    def waits(self) -> bool:
        return self._thread.is_alive()

    def result(self, limit: float = 40) -> Outcome:
        """What came of it; the error, if one did."""
        self._thread.join(limit)
        assert not self._thread.is_alive(), f"it still waits after {limit} s"
        if self._error:
            raise self._error
        return self._result


class Playing:
    """A playbook that runs; `kill` is SIGKILL to ansible-playbook itself."""

    def __init__(
        self, folder: Path, url: str, cluster: Cluster, tasks: list[Any]
    ) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)
        defaults = {
            "vigie.run.consul_lock": {"consul_url": url, "ttl": TTL},
            "vigie.run.consul_lock_info": {"consul_url": url},
        }
        book = {"hosts": "localhost", "gather_facts": False, "tasks": tasks}
        book["module_defaults"] = defaults
        (folder / "change.yml").write_text(json.dumps([book]))
        self.output = folder / "output"
        given = {"CONSUL_HTTP_TOKEN": cluster.token, "CONSUL_CACERT": str(cluster.ca)}
        self.process = subprocess.Popen(
            [str(PLAYBOOK), "change.yml", "-e", "awx_job_id=4711"],
            cwd=folder,
            env={**environment(folder), **given},
            stdin=subprocess.DEVNULL,
            stdout=self.output.open("w"),
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def wait(self, limit: float = 60) -> tuple[int, str]:
        """Exit code and output, in one line."""
        code = self.process.wait(limit)
        return code, " ".join(self.output.read_text().split())

    def kill(self) -> None:
        """Only the run: its keeper is no child of its session.

        A task that waits for the file `end` goes on without it, and is told to end.
        """
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        (self.folder / "end").touch()


def task(
    module: str = "consul_lock", register: str = "", **options: Any
) -> dict[str, Any]:
    """One task on a lock."""
    named = {"register": register} if register else {}
    return {f"vigie.run.{module}": options, **named}


def until(path: Path) -> dict[str, Any]:
    """A task that lasts until the file is there."""
    loop = f"while [ ! -e {path} ]; do sleep 0.1; done"
    return {"ansible.builtin.shell": loop}


def keepers(name: str) -> list[int]:
    """The processes that keep this lock."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (folder / "cmdline").read_text().split("\0")
            if f"vigie.run keeps lock {name}" in words:
                found.append(int(folder.name))
    return found


def await_that(what: str, holds: Callable[[], Any], limit: float = 20) -> Any:
    """What the condition gives once it is true."""
    end = time.monotonic() + limit
    while not (given := holds()):
        if time.monotonic() > end:
            pytest.fail(f"not within {limit:g} s: {what}")
        time.sleep(0.05)
    return given
