# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One login for a whole run: a process that holds its tokens, as ssh-agent holds keys.

Ansible does each task in a process of its own, so a token that one of them gets is
lost to the next. This process lives beside the run: it logs in once for all, keeps
the tokens in its memory alone, renews them, and gives them back when the run ends,
however it ends. It answers on a socket that only this user can reach.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import socketserver
import struct
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.vigie.run.plugins.module_utils._consul.process import (
    Process,
    say_ready,
)
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.module_utils._vault.errors import VaultError
from ansible_collections.vigie.run.plugins.module_utils._vault.login import Credentials
from ansible_collections.vigie.run.plugins.module_utils._vault.session import (
    Access,
    Session,
)

# What is in the folder of a run.
SOCKET, LOCK = "vault.sock", "lock"
# Of a token's life: when it is renewed. How often to look, at most, in seconds.
RENEWAL = 2 / 3
LOOK = 1.0
# A token with less life left than this is not given out, in seconds.
LEAST = 10.0
# An order is one line, and no longer than this.
LONGEST = 1 << 20


@dataclass
class Login:
    """One token: who asked for it, and until when it is good (monotonic seconds)."""

    session: Session
    expires: float = float("inf")
    renew_at: float = float("inf")
    lock: threading.Lock = field(default_factory=threading.Lock)

    def token(self) -> str:
        """A token that is good for a while; logs in where there is none."""
        with self.lock:
            if not self.session.token or time.monotonic() > self.expires - LEAST:
                self.session.forget_token()
                self._look(self.session.read("auth/token/lookup-self"))
            return self.session.token

    def refresh(self, stale: str) -> None:
        """Somebody was refused with this token: log in anew, unless that was done."""
        with self.lock:
            if self.session.token != stale:
                return
            try:
                self.session.read("auth/token/lookup-self")
            except VaultError:
                self.session.forget_token()

    def renew(self) -> None:
        """Prolong it where its time has come; where that fails it is got anew."""
        with self.lock:
            if not self.session.token or time.monotonic() < self.renew_at:
                return
            try:
                self.session.write("auth/token/renew-self")
                self._look(self.session.read("auth/token/lookup-self"))
            except VaultError:
                # Good until it expires; whoever asks after that has a new one.
                self.renew_at = float("inf")

    def _look(self, about: Mapping[str, Any]) -> None:
        now, left = time.monotonic(), float(about["ttl"])
        self.expires = now + left if left else float("inf")
        renewable = left and about["renewable"]
        self.renew_at = now + left * RENEWAL if renewable else float("inf")


class Broker:
    """All tokens of one run."""

    def __init__(self) -> None:
        self._logins: dict[str, Login] = {}
        self._lock = threading.Lock()

    def answer(self, order: Mapping[str, Any]) -> dict[str, str]:
        """A token for who is described, or why there is none."""
        try:
            login = self._login(order)
            if order["stale"]:
                login.refresh(order["stale"])
            return {"token": login.token()}
        except RunError as error:
            return {"error": str(error)}

    def renew(self) -> None:
        """Prolong what is about to expire."""
        for login in list(self._logins.values()):
            login.renew()

    def close(self) -> None:
        """Give all tokens back."""
        for login in self._logins.values():
            login.session.close()

    def _login(self, order: Mapping[str, Any]) -> Login:
        who = json.dumps([order["access"], order["credentials"]], sort_keys=True)
        with self._lock:
            if who not in self._logins:
                access = Access(**order["access"])
                credentials = Credentials(**order["credentials"])
                self._logins[who] = Login(Session(access, credentials))
            return self._logins[who]


def main() -> None:
    """Serve a run; started by `_vault_token.py`."""
    told = json.load(sys.stdin)
    broker = Broker()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            if _peer(self.connection) == os.getuid():
                order = json.loads(self.rfile.readline(LONGEST))
                self.wfile.write(json.dumps(broker.answer(order)).encode() + b"\n")

    folder = Path(told["folder"])
    (folder / SOCKET).unlink(missing_ok=True)
    with _Server(str(folder / SOCKET), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with Process(**told["holder"]).watched() as ended:
            say_ready()
            while not ended(LOOK):
                broker.renew()
        server.shutdown()
        broker.close()
        with contextlib.suppress(OSError):
            for name in (SOCKET, LOCK):
                (folder / name).unlink(missing_ok=True)
            folder.rmdir()


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    # As many tasks as Ansible has forks may ask at once.
    request_queue_size = socket.SOMAXCONN

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nobody reads what it would say."""


def _peer(connection: socket.socket) -> int:
    """The user at the other end."""
    size = struct.calcsize("3i")
    peer = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
    return struct.unpack("3i", peer)[1]
