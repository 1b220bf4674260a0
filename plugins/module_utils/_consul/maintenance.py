# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Maintenance of a node or a service, known by the checks Consul makes for it.

Consul keeps a maintenance as a critical check named `_node_maintenance` or
`_service_maintenance:<service id>` whose notes are the reason
(https://developer.hashicorp.com/consul/api-docs/agent#enable-maintenance-mode).
The reason is taken as the mark of who holds the maintenance: one that somebody
else began is neither renamed nor ended.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Callable
from urllib.parse import quote

from ansible_collections.vigie.run.plugins.module_utils._consul.client import (
    Client,
    ConsulError,
    NotFoundError,
)
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError

_POLL_SECONDS = 0.1


@dataclass(frozen=True)
class Wanted:
    """What the user asked for. `service` is a service id, "" for the whole node."""

    enabled: bool
    reason: str
    service: str = ""
    force: bool = False

    @property
    def label(self) -> str:
        return f"service {self.service!r}" if self.service else "the node"

    @property
    def check_id(self) -> str:
        if self.service:
            return f"_service_maintenance:{self.service}"
        return "_node_maintenance"


@dataclass(frozen=True)
class State:
    """What the agent says. `node` is known only while a maintenance is on."""

    enabled: bool
    reason: str = ""
    node: str = ""

    def public(self) -> dict[str, Any]:
        return {"maintenance": self.enabled, "reason": self.reason}


@dataclass(frozen=True)
class Outcome:
    """State before and after; `foreign`: somebody else's maintenance is on."""

    before: State
    after: State
    foreign: bool = False

    @property
    def changed(self) -> bool:
        return self.before.enabled != self.after.enabled


def apply(
    client: Client,
    wanted: Wanted,
    *,
    check_mode: bool,
    timeout: float,
    sleep: Callable[[float], None] = time.sleep,
) -> Outcome:
    """Bring the maintenance into the wanted state and wait until the catalog has it.

    `timeout` is how long the catalog may take, in seconds. Raises RunError: the
    service is unknown, somebody else's maintenance would be ended, ACLs deny it,
    there is no leader (then nothing was changed).
    """
    rule = _rule(client, wanted)
    before = read(client, wanted)
    foreign = before.enabled and before.reason != wanted.reason
    if not wanted.enabled and foreign and not wanted.force:
        raise RunError(
            f"{wanted.label} is in maintenance for another reason: "
            f"{before.reason!r}, not {wanted.reason!r}. It was left as it is; "
            "force: true ends it all the same",
            before=before.public(),
        )
    after = before
    if before.enabled != wanted.enabled:
        after = State(wanted.enabled, wanted.reason if wanted.enabled else "")
    outcome = Outcome(before, after, foreign and wanted.enabled)
    if check_mode:
        return outcome
    if outcome.changed:
        client.leader()
    if outcome.changed or not wanted.enabled:
        # Sent even where nothing is seen to end: a token that may not read the
        # checks sees none, and "already disabled" would be a guess. Consul then
        # answers with the denial, or has nothing to do.
        _put(client, wanted, rule)
    node = before.node or (read(client, wanted).node if wanted.enabled else "")
    if node:
        _wait_for_catalog(client, wanted, node, timeout, sleep)
    return outcome


def read(client: Client, wanted: Wanted) -> State:
    """Read the maintenance from the agent's own checks."""
    checks = client.get("agent/checks", needs="node:read and service:read")
    check = (checks or {}).get(wanted.check_id)
    if check is None:
        return State(False)
    return State(True, check.get("Notes", ""), check.get("Node", ""))


def _rule(client: Client, wanted: Wanted) -> str:
    """The ACL rule that the change takes; for a service, prove that it exists."""
    if not wanted.service:
        return "node:write for this node"
    path = f"agent/service/{quote(wanted.service, safe='')}"
    try:
        found = client.get(path, needs=f"service:read for {wanted.service!r}")
    except NotFoundError:
        listed = client.get("agent/services", needs="service:read")
        known = ", ".join(sorted(listed or {})) or "none that this token may read"
        raise RunError(
            f"service: the agent has no service with the id {wanted.service!r}; "
            f"it has: {known}"
        ) from None
    return f"service:write for {found.get('Service', wanted.service)!r}"


def _put(client: Client, wanted: Wanted, rule: str) -> None:
    path = "agent/maintenance"
    if wanted.service:
        path = f"agent/service/maintenance/{quote(wanted.service, safe='')}"
    params = {"enable": "true" if wanted.enabled else "false"}
    if wanted.enabled:
        params["reason"] = wanted.reason
    client.put(path, params, needs=rule)


def _wait_for_catalog(
    client: Client,
    wanted: Wanted,
    node: str,
    timeout: float,
    sleep: Callable[[float], None],
) -> None:
    deadline = time.monotonic() + timeout
    path = f"health/node/{quote(node, safe='')}"
    done = "set" if wanted.enabled else "ended"
    while True:
        try:
            checks = client.get(path, needs=f"node:read for {node!r}")
        except ConsulError as error:
            raise RunError(
                f"The maintenance of {wanted.label} was {done} on the agent, "
                f"but whether the catalog has it is not known: {error}"
            ) from error
        seen = any(check["CheckID"] == wanted.check_id for check in checks or [])
        if seen == wanted.enabled:
            return
        if time.monotonic() >= deadline:
            raise RunError(
                f"The maintenance of {wanted.label} was {done} on the agent of "
                f"{node!r}, but the catalog does not show it after {timeout:g} s: "
                "look at the agent's log (journalctl -u consul), "
                f"or the token lacks node:read for {node!r}"
            )
        sleep(_POLL_SECONDS)
