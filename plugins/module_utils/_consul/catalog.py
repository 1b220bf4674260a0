# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""The catalog of whole datacenters, read in few calls whatever their size.

Three calls a datacenter (nodes, checks that do not pass, names of services), and one
for each service name: their number does not grow with the number of nodes. Tags are
read from the services themselves: the copy that a check carries is not renewed when a
service's tags change. Checks that pass are not read: they would be most of the answer,
and what no other check speaks of passes.

https://developer.hashicorp.com/consul/api-docs/catalog
https://developer.hashicorp.com/consul/api-docs/health#list-checks-in-state
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from .._errors import RunError
from .client import Access, ConsulError
from .health import status_of, worst
from .session import Session

# More gain nothing: the answers are decoded one at a time.
_CONNECTIONS = 4
# Seconds for servers that ask to come again. An election they wait out themselves.
_PATIENCE = 3.0
# What Consul says of what the user can mend.
_BAD_FILTER = "boolean expression evaluator: "
_NO_DATACENTER = "no path to datacenter"

Node = dict[str, Any]
# Statuses other than passing, by node and service id ("" for the node's own checks).
_Troubles = dict[tuple[str, str], list[str]]
_Reduce = Callable[[Any], Any]


@dataclass(frozen=True)
class Question:
    """What to read: no datacenter means the agent's own, no service means all.

    `filter` is an expression on nodes that the server applies; of the services, only
    instances with all of `tags` are taken. With `stale`, any server may answer, also
    while none leads.
    """

    datacenters: tuple[str, ...] = ()
    filter: str = ""
    services: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    stale: bool = False


def read_catalog(access: Access, question: Question) -> list[Node]:
    """Every node that the question means, in the catalog's order.

    A node is a dictionary that JSON can carry: `node`, `datacenter`, `address`,
    `tagged_addresses`, `meta`, `services` by their ids, each with `service`, `tags`,
    `address`, `port`, `meta` and `status`; and `status`, the worst of the node's own
    checks and of those of its services.

    Raises ConsulError when Consul does not answer as it should, RunError when it knows
    no such datacenter or the token sees no node.
    """
    with _Readers(access) as readers:
        parts = [
            _Datacenter(readers, question, name)
            for name in question.datacenters or ("",)
        ]
        for part in parts:
            part.ask_services()
        return [node for part in parts for node in part.nodes()]


class _Readers:
    """Asks side by side over a few connections."""

    def __init__(self, access: Access) -> None:
        self._session = Session(access, patience=_PATIENCE)
        self._pool = ThreadPoolExecutor(_CONNECTIONS)

    def __enter__(self) -> _Readers:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._pool.shutdown(cancel_futures=True)
        self._session.close()

    def get(
        self, path: str, params: dict[str, str], needs: str, reduce: _Reduce
    ) -> Future[Any]:
        """Ask, and keep only what `reduce` makes of the answer."""

        def ask() -> Any:
            return reduce(self._session.get(path, params, needs=needs))

        return self._pool.submit(ask)


class _Datacenter:
    """What is asked of one datacenter, as soon as it can be asked."""

    def __init__(self, readers: _Readers, question: Question, name: str) -> None:
        self._readers = readers
        self._question = question
        self._name = name
        chosen = {"filter": question.filter} if question.filter else {}
        self._nodes = self._get("catalog/nodes", chosen, "node:read", _nodes)
        self._troubles = self._get(
            "health/state/any",
            {"filter": 'Status != "passing"'},
            "node:read and service:read",
            _troubles,
        )
        self._services: list[Future[Any]] = []
        self._names: Future[Any] | None = None
        if question.services:
            self._services = [self._instances(name) for name in question.services]
        else:
            self._names = self._get("catalog/services", {}, "service:read", sorted)

    def ask_services(self) -> None:
        """Ask for the services' instances, where their names had to come first."""
        if self._names is not None:
            names = self._answer(self._names)
            self._services = [self._instances(name) for name in names]

    def nodes(self) -> Iterable[Node]:
        """The nodes with their services and statuses."""
        nodes: dict[str, Node] = self._answer(self._nodes)
        if not nodes and not self._question.filter:
            where = f" of datacenter {self._name!r}" if self._name else ""
            raise RunError(
                f"Consul shows no node{where}, not even its servers: it takes the rule "
                "node:read, which the token in consul_token lacks"
            )
        for future in self._services:
            for name, number, service in self._answer(future):
                if name in nodes:
                    nodes[name]["services"][number] = service
        _judge(nodes, self._answer(self._troubles))
        return nodes.values()

    def _instances(self, service: str) -> Future[Any]:
        return self._get(
            f"catalog/service/{quote(service, safe='')}",
            {},
            f"service:read for {service!r} and node:read",
            self._reduced,
        )

    def _reduced(self, rows: list[dict[str, Any]]) -> list[tuple[str, str, Any]]:
        wanted = set(self._question.tags)
        return [
            _instance(row) for row in rows if wanted <= set(row["ServiceTags"] or ())
        ]

    def _get(
        self, path: str, params: dict[str, str], needs: str, reduce: _Reduce
    ) -> Future[Any]:
        params = dict(params)
        if self._name:
            params["dc"] = self._name
        if self._question.stale:
            params["stale"] = ""
        return self._readers.get(path, params, needs, reduce)

    def _answer(self, future: Future[Any]) -> Any:
        try:
            return future.result()
        except ConsulError as error:
            low = error.said.lower()
            if _BAD_FILTER in low:
                raise RunError(
                    f"filter: Consul cannot use {self._question.filter!r}: "
                    f"{error.said[low.index(_BAD_FILTER) + len(_BAD_FILTER) :]}"
                ) from error
            if _NO_DATACENTER not in low:
                raise
            known = self._readers.get("catalog/datacenters", {}, "nothing", sorted)
            raise RunError(
                f"datacenters: Consul knows no datacenter {self._name!r}; it knows "
                f"{', '.join(known.result())}"
            ) from error


def _nodes(rows: list[dict[str, Any]]) -> dict[str, Node]:
    return {
        row["Node"]: {
            "node": row["Node"],
            "datacenter": row["Datacenter"],
            "address": row["Address"],
            "tagged_addresses": row["TaggedAddresses"] or {},
            "meta": row["Meta"] or {},
            "services": {},
        }
        for row in rows
    }


def _instance(row: dict[str, Any]) -> tuple[str, str, dict[str, Any]]:
    """Node, service id and what is kept of one instance."""
    service = {
        "service": row["ServiceName"],
        "tags": row["ServiceTags"] or [],
        # Without an address of its own, a service is where its node is.
        "address": row["ServiceAddress"] or row["Address"],
        "port": row["ServicePort"],
        "meta": row["ServiceMeta"] or {},
    }
    return row["Node"], row["ServiceID"], service


def _troubles(checks: list[dict[str, Any]]) -> _Troubles:
    found: _Troubles = {}
    for check in checks:
        key = (check["Node"], check["ServiceID"])
        found.setdefault(key, []).append(status_of(check))
    return found


def _judge(nodes: dict[str, Node], troubles: _Troubles) -> None:
    """Give each node and each of its services a status."""
    for name, node in nodes.items():
        own = troubles.get((name, ""), [])
        every = list(own)
        for number, service in node["services"].items():
            its = troubles.get((name, number), [])
            service["status"] = worst(own + its)
            every += its
        node["status"] = worst(every)
