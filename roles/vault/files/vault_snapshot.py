# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Take a snapshot on the active node, prove it, and only then remove old ones.

usage: vault-snapshot SETTINGS
       vault-snapshot --prove SNAPSHOT

The settings are JSON: ``url`` of this node, ``ca`` (path), ``credentials`` (path of
JSON with ``token``, or ``approle``: ``role_id``, ``secret_id``, ``mount``), ``folder``,
``name`` (what the files' names begin with), ``keep`` (how many), ``max_age_days`` (0:
any age). Prints one line of JSON: ``path``, ``index``, ``bytes``, ``removed``; on a
standby ``path`` is empty.
"""

from __future__ import annotations

import fcntl
import hashlib
import http.client
import json
import os
import shutil
import ssl
import sys
import tarfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import IO, Any

LIMIT = 600  # seconds that the server may be silent
DAY = 86400
PART = ".part"
SUMS = "SHA256SUMS"


class SnapshotError(Exception):
    """What the operator has to know."""


class Api:
    """This node, as the holder of a token sees it."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.url = settings["url"]
        self.token = ""
        context = ssl.create_default_context(cafile=settings["ca"])
        self._direct = urllib.request.build_opener(
            urllib.request.ProxyHandler({}),
            urllib.request.HTTPSHandler(context=context),
        )

    def open(self, path: str, body: Any = None) -> http.client.HTTPResponse:
        """Ask; SnapshotError with the server's own words."""
        request = urllib.request.Request(
            f"{self.url}/v1/{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"X-Vault-Token": self.token} if self.token else {},
            method="GET" if body is None else "POST",
        )
        try:
            return self._direct.open(request, timeout=LIMIT)
        except urllib.error.HTTPError as error:
            said = error.read().decode(errors="replace").strip()
            raise SnapshotError(f"{path}: {error.code} {said}") from error
        except OSError as error:
            raise SnapshotError(f"{path}: {error}") from error

    def ask(self, path: str, body: Any = None) -> dict[str, Any]:
        """Ask for JSON."""
        with self.open(path, body) as answer:
            return json.load(answer)

    def log_in(self, credentials: dict[str, Any]) -> None:
        """Take the token, which lives on by being used, or get one for this run."""
        if "approle" in credentials:
            role = dict(credentials["approle"])
            path = f"auth/{role.pop('mount', 'approle')}/login"
            self.token = self.ask(path, role)["auth"]["client_token"]
        else:
            self.token = credentials["token"]
            self.ask("auth/token/renew-self", {})


def prove(path: Path) -> int:
    """The raft index of a snapshot; SnapshotError where it is damaged."""
    try:
        with tarfile.open(path, "r:gz") as archive:
            sums = archive.extractfile(SUMS)
            wanted = dict(
                reversed(line.split()) for line in (sums or ()) if line.strip()
            )
            if set(wanted) != {b"meta.json", b"state.bin"}:
                raise SnapshotError(f"{path}: not a snapshot")
            for name, digest in wanted.items():
                if sha256(archive.extractfile(name.decode())) != digest.decode():
                    raise SnapshotError(f"{path}: {name.decode()} is damaged")
            return int(json.load(archive.extractfile("meta.json"))["Index"])
    except (tarfile.TarError, OSError, EOFError, KeyError, ValueError) as error:
        raise SnapshotError(f"{path}: not a whole snapshot ({error})") from error


def sha256(file: IO[bytes]) -> str:
    """Its content's SHA-256, in hexadecimal digits."""
    seen = hashlib.sha256()
    while block := file.read(1 << 20):
        seen.update(block)
    return seen.hexdigest()


def take(api: Api, path: Path) -> int:
    """Save and prove a snapshot; only one that passes gets its name."""
    part = path.with_name(path.name + PART)
    try:
        with api.open("sys/storage/raft/snapshot") as answer, part.open("wb") as file:
            shutil.copyfileobj(answer, file, 1 << 20)
            file.flush()
            os.fsync(file.fileno())
    except http.client.HTTPException as error:
        raise SnapshotError(f"the answer broke off: {error}") from error
    index = prove(part)
    part.rename(path)
    return index


def outdated(paths: list[Path], keep: int, oldest: float) -> list[Path]:
    """Return those of more than ``keep``, or made before ``oldest``; never the newest.

    Names end with the time, so they sort by age.
    """
    newest_first = sorted(paths, key=lambda path: path.name, reverse=True)
    return [
        path
        for place, path in enumerate(newest_first)
        if place > 0 and (place >= keep or path.stat().st_mtime < oldest)
    ]


def run(settings: dict[str, Any]) -> dict[str, Any]:
    """Take one snapshot and rotate; two runs at once follow one another."""
    folder = Path(settings["folder"])
    api = Api(settings)
    credentials = Path(settings["credentials"]).read_text(encoding="utf-8")
    # On a standby too: its token has to live until it is needed.
    api.log_in(json.loads(credentials))
    if not api.ask("sys/leader").get("is_self"):
        return {"path": "", "index": 0, "bytes": 0, "removed": []}
    with (folder / ".lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for left in folder.glob(f"*{PART}"):
            left.unlink()
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        path = folder / f"{settings['name']}-{stamp}.snap"
        index = take(api, path)
        days = settings["max_age_days"]
        oldest = time.time() - days * DAY if days else 0.0
        mine = list(folder.glob(f"{settings['name']}-*.snap"))
        removed = outdated(mine, settings["keep"], oldest)
        for old in removed:
            old.unlink()
    size = path.stat().st_size
    names = [old.name for old in removed]
    return {"path": str(path), "index": index, "bytes": size, "removed": names}


def main(argv: list[str]) -> int:
    """Run the command line; a failure is one line and exit code 1."""
    os.umask(0o077)
    try:
        if argv[1] == "--prove":
            told: dict[str, Any] = {"path": argv[2], "index": prove(Path(argv[2]))}
        else:
            told = run(json.loads(Path(argv[1]).read_text(encoding="utf-8")))
    except (SnapshotError, OSError) as error:
        print(f"vault-snapshot: {error}", file=sys.stderr)
        return 1
    print(json.dumps(told))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
