# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real PostgreSQL server as a local process, under its own user.

PostgreSQL refuses to run as root, so its folder is apart from those of tests, which
nobody but root may enter.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lab import LabError
from lab.processes import LIMIT, await_true, loopback_net

USER = "postgres"
PASSWORD = "first-password"
PORT = 5432


@dataclass
class Postgres:
    """A running server. `superuser` may do everything, with the password given."""

    address: str
    superuser: str = USER
    password: str = PASSWORD

    @property
    def url(self) -> str:
        """Where it is, as Vault wants it said: without user and password."""
        place = f"{self.address}:{PORT}/postgres?sslmode=disable"
        return "postgresql://{{username}}:{{password}}@" + place

    def ask(self, sql: str, user: str = USER, password: str = "") -> str:
        """What a statement answers; LabError with PostgreSQL's complaint."""
        argv = ["psql", "-X", "-A", "-t", "-h", self.address, "-U", user, "postgres"]
        done = subprocess.run(
            [*argv, "-c", sql],
            env={**os.environ, "PGPASSWORD": password or self.password},
            capture_output=True,
            text=True,
            check=False,
            timeout=LIMIT,
        )
        if done.returncode != 0:
            raise LabError(f"psql: {done.stderr.strip()[-400:]}")
        return done.stdout.strip()


@contextlib.contextmanager
def postgres() -> Iterator[Postgres]:
    """A new server with passwords on; ended, and its folder removed, at the end."""
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="vigie-postgres-"))
    shutil.chown(folder, USER)
    made = Postgres(f"{loopback_net()}.1")
    secret = folder / "password"
    secret.write_text(PASSWORD)
    shutil.chown(secret, USER)
    argv = ["initdb", "-D", "data", "-U", USER, "-A", "scram-sha-256", "--no-sync"]
    _as_user(programs, [*argv, "--pwfile=password"], folder).wait(LIMIT)
    server = _as_user(programs, _server(made.address), folder)
    try:
        await_true("PostgreSQL", lambda: _answers(made))
        yield made
    finally:
        server.kill()
        server.wait(LIMIT)
        shutil.rmtree(folder, ignore_errors=True)


def _server(address: str) -> list[str]:
    settings = {
        "listen_addresses": address,
        "port": PORT,
        "unix_socket_directories": "",
        "fsync": "off",
    }
    given = [f"--{name}={value}" for name, value in settings.items()]
    return ["postgres", "-D", "data", *given]


def _as_user(programs: Path, argv: list[str], folder: Path) -> subprocess.Popen[bytes]:
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(
            [str(programs / argv[0]), *argv[1:]],
            cwd=folder,
            user=USER,
            group=USER,
            extra_groups=[],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )


def _answers(made: Postgres) -> bool:
    try:
        return made.ask("SELECT 1") == "1"
    except LabError:
        return False


def _programs() -> Path:
    """Debian keeps the programs of each version apart; the newest is taken."""
    found = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(found, key=lambda path: int(path.parts[-3]), default=None)
    if newest is None:
        raise LabError("PostgreSQL is missing: install Debian's package postgresql")
    return newest.parent
