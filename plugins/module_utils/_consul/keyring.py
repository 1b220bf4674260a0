# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""The keys of the gossip: which every node has, and the way from one to the next.

Nodes accept what is encrypted with any key of their keyring, and encrypt with the
primary one. So the new key is installed everywhere before it is used anywhere, and the
old ones are removed when everybody uses it
(https://developer.hashicorp.com/consul/api-docs/operator/keyring).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import time
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Callable, TypeVar

from ansible_collections.vigie.run.plugins.module_utils._consul.client import (
    Client,
    ConsulError,
    DeniedError,
    NoLeaderError,
    UnreachableError,
)
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError

_POLL_SECONDS = 0.2
_SIZES = (16, 24, 32)
_ALIVE, _FAILED = 1, 4
_PATH = "operator/keyring"
_NEEDS = "keyring:write"

_Said = TypeVar("_Said")


class _SilentError(RunError):
    """A node said nothing about its keys, and all are thought to be there."""


def fingerprint(key: str) -> str:
    """A short name of a key that tells nothing about it."""
    return hashlib.sha256(base64.b64decode(key)).hexdigest()[:12]


@dataclass(frozen=True)
class Wanted:
    """`key` is to be used; with `retire` no other is left.

    `without`: nodes that are down and may stay behind.
    """

    key: str
    retire: bool = True
    without: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        """Raises RunError for what is no key; the key is not repeated."""
        try:
            size = len(base64.b64decode(self.key, validate=True))
        except (binascii.Error, ValueError):
            size = 0
        if size not in _SIZES:
            raise RunError(
                "primary: is no key. It takes 16, 24 or 32 bytes in Base64, as "
                "'consul keygen' makes them"
            )


@dataclass(frozen=True)
class Ring:
    """One pool's keyring: how many of its nodes have which key, and use it."""

    label: str
    nodes: int
    keys: dict[str, int]
    primary: dict[str, int]

    @classmethod
    def of(cls, said: dict[str, Any]) -> Ring:
        """Read one entry of Consul's answer."""
        pool = "WAN" if said["WAN"] else f"LAN of {said['Datacenter']}"
        if said.get("Segment"):
            pool += f", segment {said['Segment']}"
        return cls(
            pool, said["NumNodes"], said["Keys"] or {}, said.get("PrimaryKeys") or {}
        )

    def has(self, key: str) -> bool:
        return self.keys.get(key, 0) >= self.nodes

    def uses(self, key: str) -> bool:
        """Whether all use it; releases that do not tell have it as their only one."""
        if not self.primary:
            return list(self.keys) == [key]
        return self.primary.get(key, 0) >= self.nodes

    def others(self, key: str) -> list[str]:
        return sorted(set(self.keys) - {key})

    def public(self) -> dict[str, Any]:
        """Without the keys themselves."""
        return {
            "nodes": self.nodes,
            "keys": sorted(fingerprint(key) for key in self.keys),
            "primary": sorted(fingerprint(key) for key in self.primary),
        }

    def after(self, wanted: Wanted) -> dict[str, Any]:
        """The same once it is as wanted."""
        kept = {wanted.key} if wanted.retire else {wanted.key, *self.keys}
        return {
            "nodes": self.nodes,
            "keys": sorted(fingerprint(key) for key in kept),
            "primary": [fingerprint(wanted.key)],
        }


@dataclass(frozen=True)
class Outcome:
    """Keyrings by pool, before and after; fingerprints only."""

    before: dict[str, Any]
    after: dict[str, Any]
    changed: bool


def read(client: Client) -> list[Ring]:
    """The keyring of every pool. Raises RunError naming nodes that do not answer."""
    try:
        said = client.get(_PATH, needs="keyring:read")
    except (DeniedError, NoLeaderError, UnreachableError):
        raise
    except ConsulError as error:
        raise _unheard(client, "", error) from error
    return [Ring.of(one) for one in said or []]


def rotate(
    client: Client,
    wanted: Wanted,
    *,
    check_mode: bool,
    timeout: float,
    sleep: Callable[[float], None] = time.sleep,
) -> Outcome:
    """Bring every pool to use the wanted key, and to have no other where asked.

    `timeout` is how long every node may take for each step, in seconds. Raises RunError
    before anything is changed where a node is away that is not in `wanted.without`; a
    later failure leaves a cluster that talks, and the next call goes on from there.
    """
    rings = _heard(lambda: read(client), timeout, sleep)
    if not rings:
        raise RunError(
            "Gossip is not encrypted in this cluster, so there is no key to rotate. "
            "Encrypt it first: https://developer.hashicorp.com/consul/docs/secure/"
            "encryption/gossip/enable"
        )
    changed = not all(
        ring.uses(wanted.key) and not (wanted.retire and ring.others(wanted.key))
        for ring in rings
    )
    before = {ring.label: ring.public() for ring in rings}
    if not changed:
        return Outcome(before, before, False)
    _refuse_absent(client, wanted.without)
    after = {ring.label: ring.after(wanted) for ring in rings}
    if not check_mode:
        _go(client, wanted, rings, timeout, sleep)
    return Outcome(before, after, True)


def _go(
    client: Client,
    wanted: Wanted,
    rings: list[Ring],
    timeout: float,
    sleep: Callable[[float], None],
) -> None:
    def tell(method: str, which: str, otherwise: str) -> None:
        _heard(lambda: _tell(client, method, which, otherwise), timeout, sleep)

    key = wanted.key
    if not all(ring.has(key) for ring in rings):
        tell("POST", key, "is not installed everywhere; the old one is in use")
        _wait(client, "have the new key", lambda ring: ring.has(key), timeout, sleep)
    if not all(ring.uses(key) for ring in rings):
        tell("PUT", key, "is installed everywhere, and not used by all")
        told = any(ring.primary for ring in rings)
        if told:
            _wait(
                client, "use the new key", lambda ring: ring.uses(key), timeout, sleep
            )
    if wanted.retire:
        for old in sorted({old for ring in rings for old in ring.others(key)}):
            tell("DELETE", old, "is an old one and not removed everywhere")
        _wait(
            client,
            "have removed the old keys",
            lambda ring: not ring.others(key),
            timeout,
            sleep,
        )


def _tell(client: Client, method: str, key: str, otherwise: str) -> None:
    try:
        client.call(method, _PATH, needs=_NEEDS, body={"Key": key})
    except (DeniedError, NoLeaderError):
        raise
    except ConsulError as error:
        told = (
            f"The key {fingerprint(key)} {otherwise}; nodes still understand each "
            "other, and the next run goes on from here. "
        )
        raise _unheard(client, told, error) from error


def _wait(
    client: Client,
    what: str,
    done: Callable[[Ring], bool],
    timeout: float,
    sleep: Callable[[float], None],
) -> None:
    deadline = time.monotonic() + timeout
    while True:
        rings = _heard(lambda: read(client), deadline - time.monotonic(), sleep)
        late = [ring.label for ring in rings if not done(ring)]
        if not late:
            return
        if time.monotonic() >= deadline:
            raise RunError(
                f"Not all nodes {what} after {timeout:g} s ({', '.join(late)}); they "
                "still understand each other, and the next run goes on from here"
            )
        sleep(_POLL_SECONDS)


def _refuse_absent(client: Client, without: Collection[str]) -> None:
    """Raises RunError where a node is away that would not understand the others."""
    absent = sorted(
        name
        for name, status in _members(client).items()
        if status == _FAILED and name not in without
    )
    if absent:
        raise RunError(
            f"Nodes are away that would not get the new key: {', '.join(absent)}. "
            "Bring them back, have them leave (consul force-leave), or name them in "
            "'without'. Nothing was changed",
            absent=absent,
        )


def _members(client: Client) -> dict[str, int]:
    """Status by name, of this datacenter and of the servers of all."""
    local = client.get("agent/members", {"segment": "_all"}, needs="node:read")
    wide = client.get("agent/members", {"wan": "1"}, needs="node:read")
    known = {one["Name"]: one["Status"] for one in local or []}
    datacenters = {one["Tags"].get("dc", "") for one in local or []}
    for one in wide or []:
        short = one["Name"].rpartition(".")[0]
        ours = one["Tags"].get("dc") in datacenters and short in known
        if not ours:
            known[one["Name"]] = one["Status"]
    return known


def _heard(
    ask: Callable[[], _Said], timeout: float, sleep: Callable[[float], None]
) -> _Said:
    """Ask until all nodes answer, for `timeout` seconds.

    Servers that were made anew count Serf's questions from the beginning, and nodes
    that know a later count pass over them until it has gone round, in half a minute.
    """
    deadline = time.monotonic() + timeout
    while True:
        try:
            return ask()
        except _SilentError:
            if time.monotonic() >= deadline:
                raise
        sleep(_POLL_SECONDS)


def _unheard(client: Client, told: str, error: ConsulError) -> RunError:
    """Says who does not answer, as far as the others know."""
    try:
        away = sorted(
            name for name, status in _members(client).items() if status != _ALIVE
        )
    except ConsulError:
        away = []
    if away:
        names = ", ".join(away)
        return RunError(
            f"{told}Nodes that do not answer about their keys: {names}. {error}"
        )
    return _SilentError(
        f"{told}A node did not answer about its keys, and no other has noticed yet "
        f"that it is away; look at 'consul members' in a minute. {error}"
    )
