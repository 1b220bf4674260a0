# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Consul cluster for a benchmark, its requests counted, its catalog filled."""

from __future__ import annotations

import ssl
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count, islice
from pathlib import Path
from typing import Any

from lab.consul_cluster import Cluster, await_true, cluster

OPERATIONS = 64
FINISHED = b"Request finished: "


@contextmanager
def new_cluster(work: Path) -> Iterator[Cluster]:
    """Three servers with TLS and ACLs, in a folder of their own."""
    with cluster(work / "cluster") as made:
        yield made


def access(made: Cluster) -> dict[str, str]:
    """The options that reach a cluster."""
    return {
        "consul_url": made.url,
        "consul_ca_path": str(made.ca),
        "consul_token": made.token,
    }


class Requests:
    """Counts what the first server answers, by its own log of requests."""

    def __init__(self, made: Cluster) -> None:
        self._cluster = made
        self._numbers = count()
        self._counted = 0
        self._marks: set[str] = set()
        request = urllib.request.Request(
            f"{made.url}/v1/agent/monitor?loglevel=debug",
            headers={"X-Consul-Token": made.token},
        )
        context = ssl.create_default_context(cafile=str(made.ca))
        self._log = urllib.request.urlopen(request, context=context)
        threading.Thread(target=self._follow, daemon=True).start()
        self.so_far()

    def so_far(self) -> int:
        """How many there were, all that are answered by now included."""
        mark = f"mark={next(self._numbers)}."

        def told() -> bool:
            # Asked again each time: what follows the log may have begun after it.
            self._cluster.ask(f"status/peers?{mark}")
            return mark in self._marks

        await_true("the log of requests", told)
        return self._counted

    def _follow(self) -> None:
        for line in self._log:
            if FINISHED not in line:
                continue
            _before, marked, after = line.partition(b"mark=")
            if marked:
                self._marks.add(f"mark={after.split(b'.')[0].decode()}.")
            else:
                self._counted += 1


def fill(made: Cluster, first: int, last: int) -> None:
    """Register nodes without agents, with two services and three checks each.

    A few at a time: the memory of a process that measures counts as its children's.
    """
    operations = (one for number in range(first, last) for one in node(number))
    while batch := list(islice(operations, OPERATIONS)):
        made.ask("txn", "PUT", batch)


def node(number: int) -> list[dict[str, Any]]:
    """What a transaction takes to register one node; every hundredth is critical."""
    name = f"web-{number:05}"
    address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    told = {
        "Node": name,
        "Address": address,
        "TaggedAddresses": {"lan": address, "wan": address},
        "Meta": {
            "zone": "abc"[number % 3],
            "role": "replica",
            "rack": f"r{number % 40}",
        },
    }
    found: list[dict[str, Any]] = [{"Node": {"Verb": "set", "Node": told}}]
    for service, port in (("portal", 8080), ("node-exporter", 9100)):
        instance = {
            "ID": service,
            "Service": service,
            "Tags": [f"zone-{'abc'[number % 3]}", "v4.2.1"],
            "Port": port,
        }
        status = "critical" if service == "portal" and number % 100 == 0 else "passing"
        found += [
            {"Service": {"Verb": "set", "Node": name, "Service": instance}},
            check(name, f"service:{service}", status, service),
        ]
    # Not serfHealth: the servers take nodes away that have it and no agent.
    return [*found, check(name, "alive", "passing", "")]


def check(name: str, number: str, status: str, service: str) -> dict[str, Any]:
    """One check, with an output as long as they usually are."""
    told = {
        "Node": name,
        "CheckID": number,
        "Name": number,
        "Status": status,
        "Output": "HTTP GET http://127.0.0.1:8080/health: 200 OK Output: ok 4.2.1",
        "ServiceID": service,
        "ServiceName": service,
    }
    return {"Check": {"Verb": "set", "Check": told}}
