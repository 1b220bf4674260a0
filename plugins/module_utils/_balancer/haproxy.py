# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""HAProxy's backends and servers, read and changed over the runtime API."""

from __future__ import annotations

import csv
import re
from contextlib import AbstractContextManager

from ansible_collections.vigie.run.plugins.module_utils._balancer.balancer import (
    DRAIN,
    MAINT,
    READY,
    Member,
)
from ansible_collections.vigie.run.plugins.module_utils._balancer.runtime_api import (
    RuntimeApi,
)
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError

# srv_admin_state and srv_op_state of `show servers state`, as HAProxy's management
# guide defines them: maintenance forced 1, inherited 2, by resolution 32;
# drain forced 8, inherited 16; operation 0 stopped, 1 starting, 2 running, 3 stopping.
MAINT_BITS = 0x01 | 0x02 | 0x20
DRAIN_BITS = 0x08 | 0x10
UP_STATES = (1, 2)

# What HAProxy allows in the name of a proxy or a server.
NAME = re.compile(r"[A-Za-z0-9_.:-]+")

Row = dict[str, str]


def read_members(api: RuntimeApi) -> list[Member]:
    """Return the members of all backends, in the order of the configuration."""
    states, stats = api.ask(["show servers state", "show stat -1 4 -1"])
    return join(states, stats)


class HaproxyBackend:
    """One backend of the HAProxy behind a runtime socket; a `Balancer`."""

    def __init__(self, api: RuntimeApi, name: str) -> None:
        self._api = api
        self._name = checked(name, "backend")
        self._id = ""

    @property
    def title(self) -> str:
        """The backend's name in messages."""
        return f"backend {self._name}"

    def members(self) -> list[Member]:
        """Read the backend's members. Raises RunError where it does not exist."""
        if not self._id:
            self._id = self._find()
        # By number, since a frontend may have the same name. A reload may number
        # anew, hence the check that it is still ours.
        states, stats = self._api.ask(
            [f"show servers state {self._name}", f"show stat {self._id} 4 -1"]
        )
        rows = table(states, " ")
        if any(row["be_id"] != self._id for row in rows) or not rows:
            self._id = self._find()
            return [m for m in read_members(self._api) if m.pool == self._name]
        return join(states, stats)

    def _find(self) -> str:
        (answer,) = self._api.ask([f"show servers state {self._name}"])
        rows = table(answer, " ") if answer.startswith("1\n") else []
        if rows:
            return rows[0]["be_id"]
        (backends,) = self._api.ask(["show backend"])
        names = [line for line in backends.splitlines() if not line.startswith("#")]
        missing = "has no server" if self._name in names else "does not exist"
        raise RunError(
            f"{self.title} {missing} in the HAProxy at {self._api.path}. "
            f"Its backends are: {', '.join(names) or 'none'}.",
            backends=names,
        )

    def set_state(self, states: dict[str, str]) -> None:
        """Set servers to `ready`, `drain` or `maint`.

        Raises RunError with HAProxy's own words where it refuses one.
        """
        commands = [
            f"set server {self._name}/{checked(name, 'members')} state {state}"
            for name, state in states.items()
        ]
        refused = [
            f"{command!r}: {answer}"
            for command, answer in zip(commands, self._api.ask(commands))
            if answer.strip()
        ]
        if refused:
            raise RunError(f"{self.title}: HAProxy refused {'; '.join(refused)}")

    def lock(self) -> AbstractContextManager[None]:
        """Hold off other runs and reloads on this HAProxy."""
        return self._api.lock()


def checked(name: str, option: str) -> str:
    """Return the name if HAProxy could have such a one: it becomes a command."""
    if not NAME.fullmatch(name):
        raise RunError(
            f"{option}: {name!r} is no name that HAProxy allows. "
            "Letters, digits and the characters - _ . : are."
        )
    return name


def table(text: str, separator: str) -> list[Row]:
    """Read a table by the names in its header line, which starts with `# `.

    Columns differ between HAProxy's versions; their names do not.
    """
    lines = text.splitlines()
    header = next((i for i, row in enumerate(lines) if row.startswith("# ")), None)
    if header is None:
        raise RunError(
            "HAProxy's runtime API gave no table but: "
            f"{' '.join(text.split())[:200] or 'nothing'}"
        )
    rows = csv.reader(lines[header:], delimiter=separator)
    names = next(rows)
    # In `show servers state` the mark is a column of its own by the separator.
    names = names[1:] if names[0] == "#" else [names[0][2:], *names[1:]]
    return [dict(zip(names, row)) for row in rows if row]


def join(states: str, stats: str) -> list[Member]:
    """Make members of the answers of `show servers state` and `show stat`."""
    counters = {(row["pxname"], row["svname"]): row for row in table(stats, ",")}
    members = []
    for row in table(states, " "):
        # A server that only one of them has was added or removed in between.
        counter = counters.get((row["be_name"], row["srv_name"]))
        if counter is not None:
            members.append(_member(row, counter))
    return members


def _member(row: Row, counter: Row) -> Member:
    admin = int(row["srv_admin_state"])
    return Member(
        pool=row["be_name"],
        name=row["srv_name"],
        address=f"{row['srv_addr']}:{row['srv_port']}",
        state=MAINT if admin & MAINT_BITS else DRAIN if admin & DRAIN_BITS else READY,
        up=int(row["srv_op_state"]) in UP_STATES,
        sessions=int(counter["scur"] or 0),
        queued=int(counter["qcur"] or 0),
        weight=int(row["srv_uweight"]),
        backup=counter.get("bck") == "1",
        check=_check(counter),
    )


def _check(counter: Row) -> str:
    """Word the last health check: its code, what HAProxy says of it, the detail."""
    status = counter.get("check_status", "").replace("* ", "")
    if not status:
        return "no check" if counter.get("status") == "no check" else "not checked yet"
    code = counter.get("check_code", "")
    said = [counter.get(name, "") for name in ("check_desc", "last_chk")]
    words = ", ".join(word for word in said if word)
    return " ".join(part for part in (status, code) if part) + (words and f": {words}")
