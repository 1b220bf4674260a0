# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Runs pieces of work at once, each after those that it waits for."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from graphlib import CycleError, TopologicalSorter
from typing import Any


def run_all(
    waits: Mapping[Any, Iterable[Any]],
    work: Callable[[Any], None],
    workers: int,
    stopped: Callable[[], bool] = lambda: False,
) -> None:
    """Call work(key) for every key, at most `workers` at a time.

    A key starts when all that it waits for has ended. Once `stopped()` is true
    nothing more starts. What work raises is raised here when what runs has ended.
    """
    sorter = TopologicalSorter(waits)
    sorter.prepare()
    ready: deque[Hashable] = deque(sorter.get_ready())
    running: dict[Future[None], Hashable] = {}
    with ThreadPoolExecutor(max_workers=max(workers, 1)) as pool:
        while True:
            while ready and len(running) < workers and not stopped():
                key = ready.popleft()
                running[pool.submit(work, key)] = key
            if not running:
                return
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                key = running.pop(future)
                future.result()
                sorter.done(key)
            ready.extend(sorter.get_ready())


def cyclic(waits: Mapping[Any, Iterable[Any]]) -> list[Any]:
    """A cycle, or an empty list where there is none."""
    try:
        TopologicalSorter(waits).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []
