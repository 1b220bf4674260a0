# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A runtime API on a real unix socket that answers as HAProxy does.

Answers, their empty lines and the error strings were compared with HAProxy 2.6
and 3.0; `molecule/haproxy` runs the modules against both.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

STATE_COLUMNS = """
be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight
srv_iweight srv_time_since_last_change srv_check_status srv_check_result
srv_check_health srv_check_state srv_agent_state bk_f_forced_id srv_f_forced_id
srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr
srv_agent_addr srv_agent_port
"""
STAT_COLUMNS = """
pxname svname qcur qmax scur smax status weight act bck iid sid type
check_status check_code last_chk check_desc
"""
ADMIN = {"ready": 0, "maint": 1, "drain": 8}


@dataclass
class Server:
    """One `server` line and its live state."""

    admin: int = 0
    op: int = 2
    weight: int = 1
    scur: int = 0
    qcur: int = 0
    backup: bool = False
    check: tuple[str, str, str, str] = ("L7OK", "200", "Layer7 check passed", "")

    def fall(self) -> None:
        """Let the health check fail."""
        self.op = 0
        self.check = ("L4CON", "", "Layer4 connection problem", "Connection refused")


@dataclass
class FakeHaproxy:
    """Serve `backends` (name to servers by name) until the `with` ends."""

    path: Path
    backends: dict[str, dict[str, Server]]
    commands: list[str] = field(default_factory=list)
    level: str = "admin"
    chunk: int = 7
    """Bytes a write: small, so that readers must put answers together."""
    cut_after: int | None = None
    """Hang up after this many bytes."""
    deaf: bool = False
    on_read: Callable[[int], None] = lambda _number: None
    """Called before the n-th reading of the servers' state is answered."""
    on_set: Callable[[], None] = lambda: None
    first_id: int = 3
    reads: int = 0

    def __enter__(self) -> FakeHaproxy:
        self._stop = threading.Event()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self.path))
        self._listener.listen(8)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        with socket.socket(socket.AF_UNIX) as knock:
            knock.connect(str(self.path))
        self._thread.join(5)
        self._listener.close()

    def __getitem__(self, name: str) -> Server:
        """Return a server by its name, whatever its backend."""
        return next(b[name] for b in self.backends.values() if name in b)

    @property
    def changes(self) -> list[str]:
        """The commands that change something."""
        return [command for command in self.commands if command.startswith("set ")]

    def _serve(self) -> None:
        while not self._stop.is_set():
            talk, _address = self._listener.accept()
            with talk:
                if not self._stop.is_set():
                    self._converse(talk)

    def _converse(self, talk: socket.socket) -> None:
        line = b""
        while not line.endswith(b"\n"):
            got = talk.recv(64)
            if not got:
                return
            line += got
        if self.deaf:
            self._stop.wait(2)
            return
        commands = line.decode().strip().split(";")
        self.commands += commands
        answer = "".join(self._answer(c.strip()) for c in commands).encode()
        answer = answer[: self.cut_after]
        for start in range(0, len(answer), self.chunk):
            talk.sendall(answer[start : start + self.chunk])

    def _answer(self, command: str) -> str:
        words = command.split()
        if words[:3] == ["show", "servers", "state"]:
            return self._states(words[3:])
        if words[:2] == ["show", "stat"]:
            return self._stats(words[2])
        if words == ["show", "backend"]:
            return "# name\n" + "".join(f"{name}\n" for name in self.backends) + "\n\n"
        if words[:2] == ["set", "server"] and words[3] == "state":
            return self._set(words[2], words[4])
        return "Unknown command, but maybe one of the following ones fits:\n  help\n\n"

    def _set(self, target: str, state: str) -> str:
        if self.level != "admin":
            return "Permission denied\n\n"
        backend, _slash, name = target.partition("/")
        if backend not in self.backends:
            return "No such backend.\n\n"
        if name not in self.backends[backend]:
            return "No such server.\n\n"
        server = self.backends[backend][name]
        server.admin = server.admin & ~(1 | 8) | ADMIN[state]
        if state == "maint":
            server.op, server.check = 0, ("", "", "", "")
        self.on_set()
        return "\n"

    def _numbered(self, wanted: str | None = None):
        for number, (backend, servers) in enumerate(self.backends.items()):
            if wanted in (None, "-1", backend, str(number + self.first_id)):
                for index, (name, server) in enumerate(servers.items()):
                    yield str(number + self.first_id), backend, index + 1, name, server

    def _states(self, words: list[str]) -> str:
        if words and words[0] not in self.backends:
            return "Can't find backend.\n\n"
        self.reads += 1
        self.on_read(self.reads)
        rows = ["1", "# " + " ".join(STATE_COLUMNS.split())]
        for number, backend, index, name, s in self._numbered(*words[:1]):
            row = dict.fromkeys(STATE_COLUMNS.split(), "0")
            row |= {"be_id": number, "be_name": backend, "srv_id": str(index)}
            row |= {"srv_name": name, "srv_addr": "10.90.1.11", "srv_port": "8080"}
            row |= {"srv_op_state": str(s.op), "srv_admin_state": str(s.admin)}
            row |= {"srv_uweight": str(s.weight), "srv_fqdn": "-"}
            rows.append(" ".join(row.values()))
        return "\n".join(rows) + "\n\n"

    def _stats(self, wanted: str) -> str:
        rows = ["# " + ",".join(STAT_COLUMNS.split()) + ","]
        for number, backend, index, name, s in self._numbered(wanted):
            row = dict.fromkeys(STAT_COLUMNS.split(), "")
            row |= {"pxname": backend, "svname": name, "iid": number}
            row |= {"sid": str(index), "type": "2", "status": "UP" if s.op else "DOWN"}
            row |= {"scur": str(s.scur), "qcur": str(s.qcur)}
            row |= {"act": str(int(not s.backup)), "bck": str(int(s.backup))}
            names = ("check_status", "check_code", "check_desc", "last_chk")
            row |= dict(zip(names, s.check, strict=False))
            rows.append(",".join(row.values()) + ",")
        return "\n".join(rows) + "\n\n"


def six_web_hosts() -> dict[str, dict[str, Server]]:
    """Return backend `portal` with six servers, and another with one."""
    names = [f"web-{zone}{number}" for zone in "abc" for number in (1, 2)]
    return {"portal": {name: Server() for name in names}, "other": {"x": Server()}}
