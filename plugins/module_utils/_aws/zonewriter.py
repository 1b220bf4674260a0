# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Record changes of one zone, sent together.

Route 53 takes five requests a second from a whole account and one change of a zone
at a time, while the engine makes records in many threads. So whoever finds the zone
free sends everything that has gathered for it in one batch, which Route 53 takes
wholly or not at all; whoever comes meanwhile waits for the next.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from .base import Aws
from .errors import code

# A batch may hold 1000 values and 32,000 characters; far below both.
JOBS = 50
REFUSED = "InvalidChangeBatch"


class _Change:
    """A change that Route 53 accepted: its servers know it once it is in sync."""

    def __init__(self, id_: str) -> None:
        self.id = id_
        self._lock = threading.Lock()
        self._failure: Exception | None = None
        self._seen = False

    def wait(self, aws: Aws) -> None:
        """One of those who wait asks; the others are told."""
        client = aws.client("route53")

        def in_sync() -> bool:
            return client.get_change(Id=self.id)["ChangeInfo"]["Status"] == "INSYNC"

        with self._lock:
            if not self._seen:
                self._seen = True
                try:
                    aws.wait("Route 53's servers to know the records", in_sync)
                except Exception as error:
                    self._failure = error
            if self._failure:
                raise self._failure


@dataclass
class _Job:
    changes: Sequence[dict[str, Any]]
    change: _Change | None = None
    failure: Exception | None = None

    @property
    def sent(self) -> bool:
        return self.change is not None or self.failure is not None


@dataclass
class _Zone:
    sending: threading.Lock = field(default_factory=threading.Lock)
    waiting: list[_Job] = field(default_factory=list)


class ZoneWriter:
    """Sends changes of records; one for all threads of a run."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws
        self._zones: dict[str, _Zone] = {}
        self._guard = threading.Lock()

    def send(
        self, zone: str, changes: Sequence[dict[str, Any]], wait: bool = True
    ) -> None:
        """Send the changes, all or none; with `wait` until the servers know them."""
        job = _Job(changes)
        with self._guard:
            queue = self._zones.setdefault(zone, _Zone())
            queue.waiting.append(job)
        with queue.sending:
            while not job.sent:
                with self._guard:
                    jobs, queue.waiting = queue.waiting[:JOBS], queue.waiting[JOBS:]
                self._send(zone, jobs)
        if job.failure:
            raise job.failure
        if wait and job.change:
            job.change.wait(self._aws)

    def _send(self, zone: str, jobs: Sequence[_Job]) -> None:
        batch = [change for job in jobs for change in job.changes]
        try:
            answer = self._aws.client("route53").change_resource_record_sets(
                HostedZoneId=zone, ChangeBatch={"Changes": batch}
            )
        except Exception as error:
            if len(jobs) > 1 and code(error) == REFUSED:
                # One record is wrong; the others must not suffer for it.
                for job in jobs:
                    self._send(zone, [job])
                return
            for job in jobs:
                job.failure = error
        else:
            change = _Change(answer["ChangeInfo"]["Id"])
            for job in jobs:
                job.change = change
