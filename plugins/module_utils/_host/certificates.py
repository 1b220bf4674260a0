# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""A certificate with its key on a host: asked for, put in place, proved, taken back.

All files of one certificate are a set in a folder of its own, and services read them
through one link, so that they change at once:

    current -> sets/SERIAL    what services read
    proved  -> sets/SERIAL    what they were last seen to have taken in
    next/                     a key and its request, until it is signed

Where the two links differ, somebody was killed before services took it in.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import time
from dataclasses import dataclass
from typing import Any

from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.module_utils._host.openssl import (
    Certificate,
    OpenSsl,
    certificates,
)

CURRENT, PROVED, NEXT, SETS = "current", "proved", "next", "sets"
KEY, CERTIFICATE, CHAIN = "key.pem", "cert.pem", "chain.pem"
FULL_CHAIN, AUTHORITY, PAIR = "fullchain.pem", "ca.pem", "pair.pem"
ABOUT = "about.json"
FILES = (KEY, CERTIFICATE, CHAIN, FULL_CHAIN, AUTHORITY, PAIR)
# Whatever mode is asked for, nobody else reads these.
SECRET = (KEY, PAIR)


@dataclass(frozen=True)
class Wanted:
    """What is to be certified; `source` is from whom, in anybody's words."""

    names: tuple[str, ...]
    addresses: tuple[str, ...]
    key_type: str
    source: dict[str, Any]

    def about(self) -> dict[str, Any]:
        return {
            "names": sorted(self.names),
            "addresses": sorted(self.addresses),
            "key_type": self.key_type,
            "source": self.source,
        }


@dataclass(frozen=True)
class Rights:
    """Of all files; -1 leaves owner or group as it is."""

    uid: int = -1
    gid: int = -1
    mode: int = 0o640

    def of(self, name: str) -> int:
        return self.mode & ~0o007 if name in SECRET else self.mode

    @property
    def folder(self) -> int:
        """Who may read may enter; only the owner may write."""
        readers = self.mode & 0o444
        return 0o700 | readers | readers >> 2


class Store:
    """The folder of one certificate.

    check: `settle` only tells; nothing else may be called that changes anything.
    """

    def __init__(
        self, folder: str, rights: Rights, openssl: OpenSsl, check: bool = False
    ) -> None:
        self._folder = folder
        self._openssl = openssl
        self._rights = rights
        self._check_only = check

    def path(self, *names: str) -> str:
        return os.path.join(self._folder, *names)

    # -- looking ---------------------------------------------------------------------

    def certificate(self) -> Certificate | None:
        """What services read; None where there is nothing, or nothing whole."""
        try:
            with open(self.path(CURRENT, CERTIFICATE), encoding="ascii") as file:
                return self._openssl.read(file.read())
        except (OSError, UnicodeDecodeError, RunError):
            return None

    def lack(self, wanted: Wanted, renew_at: float, now: float) -> str:
        """Why a certificate has to be issued; empty where it has not.

        renew_at: the share of its life after which it is. now: seconds since 1970.
        """
        if not os.path.lexists(self.path(CURRENT)):
            return "there is none yet"
        gone = [name for name in FILES if not os.path.isfile(self.path(CURRENT, name))]
        found = self.certificate()
        if gone or found is None:
            return f"{', '.join(gone) or CERTIFICATE} is missing or damaged"
        differs = self._differs(wanted)
        if differs:
            return f"{', '.join(differs)} changed"
        if self._public_key() != found.public_key:
            return f"{KEY} is not of {CERTIFICATE}"
        if now >= found.begins + renew_at * (found.ends - found.begins):
            return f"it ends {_day(found.ends)}, and {renew_at:.0%} of its life is over"
        return ""

    @property
    def unproved(self) -> bool:
        """Whether services may not have taken in what is there."""
        current = self._target(CURRENT)
        return bool(current) and current != self._target(PROVED)

    def _differs(self, wanted: Wanted) -> list[str]:
        """What is wanted otherwise than it was asked for."""
        try:
            with open(self.path(CURRENT, ABOUT), encoding="utf-8") as file:
                had = json.load(file)
        except (OSError, ValueError):
            had = {}
        return [name for name, one in wanted.about().items() if had.get(name) != one]

    def _public_key(self) -> str:
        try:
            return self._openssl.public_key(self.path(CURRENT, KEY))
        except RunError:
            return ""

    def _target(self, link: str) -> str:
        try:
            return os.readlink(self.path(link))
        except OSError:
            return ""

    # -- changing --------------------------------------------------------------------

    def request(self, wanted: Wanted) -> str:
        """Make a key, and a request for it in PEM."""
        for folder in (self._folder, self.path(SETS)):
            os.makedirs(folder, exist_ok=True)
            self._give(folder, self._rights.folder)
        shutil.rmtree(self.path(NEXT), ignore_errors=True)
        os.mkdir(self.path(NEXT), 0o700)
        self._openssl.new_key(self.path(NEXT, KEY), wanted.key_type)
        self._write(ABOUT, json.dumps(wanted.about(), indent=1, sort_keys=True) + "\n")
        return self._openssl.new_request(
            self.path(NEXT, KEY), wanted.names, wanted.addresses
        )

    def place(self, certificate: str, chain: str, wanted: Wanted) -> None:
        """Make the set whole, and have services read it from now on.

        certificate, chain: PEM. Raises RunError where it is not what was asked for.
        """
        if not os.path.isfile(self.path(NEXT, KEY)):
            raise RunError("state: nothing was requested; state=requested comes first")
        given = certificates(certificate)
        if len(given) != 1:
            raise RunError(f"certificate: has {len(given)} certificates, not one")
        found = self._openssl.read(given[0])
        self._check(found, wanted)
        self._write_set(given[0], certificates(chain))
        made = f"{SETS}/{found.serial}"
        self._settle(self.path(NEXT))
        os.rename(self.path(NEXT), self.path(made))
        self._point(CURRENT, made)
        self._clean()

    def prove(self) -> None:
        """Note that services have taken in what is there."""
        self._point(PROVED, self._target(CURRENT))
        self._clean()

    def restore(self) -> None:
        """Have services read what they read before; nothing, where that was nothing."""
        proved = self._target(PROVED)
        if proved:
            self._point(CURRENT, proved)
        else:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self.path(CURRENT))
        self._clean()

    def settle(self) -> bool:
        """Owner, group and modes of what services read; whether any was wrong."""
        current = self.path(self._target(CURRENT))
        folders = [
            self._give(folder, self._rights.folder)
            for folder in (self._folder, self.path(SETS))
        ]
        return any([*folders, self._settle(current)])

    # ----------------------------------------------------------------------------------

    def _check(self, found: Certificate, wanted: Wanted) -> None:
        if found.public_key != self._openssl.public_key(self.path(NEXT, KEY)):
            raise RunError("certificate: is not for the key that was made here")
        missing = {*wanted.names, *wanted.addresses} - found.names - found.addresses
        if missing:
            raise RunError(
                f"certificate: is not for {', '.join(sorted(missing))}, which was asked"
                " for; see what the authority's role allows (allowed_domains,"
                " allow_ip_sans, use_csr_sans)"
            )
        if found.ends <= time.time():
            raise RunError(
                f"certificate: ended {_day(found.ends)}; is this host's clock right?"
            )

    def _write_set(self, leaf: str, given: list[str]) -> None:
        """All files; a chain leads to the authority without being it."""
        chain = list(dict.fromkeys(given))
        roots = [pem for pem in chain if self._openssl.read(pem).self_signed]
        between = [pem for pem in chain if pem not in roots]
        if not chain:
            raise RunError("chain: has no certificate of the authority that signed")
        with open(self.path(NEXT, KEY), encoding="ascii") as file:
            key = file.read()
        self._write(CERTIFICATE, leaf)
        self._write(CHAIN, "".join(between))
        self._write(FULL_CHAIN, leaf + "".join(between))
        # Who signs without telling of its root is trusted itself.
        self._write(AUTHORITY, "".join(roots or chain[-1:]))
        self._write(PAIR, leaf + "".join(between) + key)
        self._openssl.verify(
            *(self.path(NEXT, name) for name in (CERTIFICATE, AUTHORITY, CHAIN))
        )

    def _write(self, name: str, text: str) -> None:
        """A file of the set that is being made; its folder is its owner's alone."""
        with open(self.path(NEXT, name), "w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())

    def _settle(self, folder: str) -> bool:
        inside = [
            self._give(os.path.join(folder, name), self._rights.of(name))
            for name in os.listdir(folder)
        ]
        return any([*inside, self._give(folder, self._rights.folder)])

    def _give(self, path: str, mode: int) -> bool:
        """Whether owner, group or mode had to be changed."""
        seen, rights = os.stat(path), self._rights
        uid = seen.st_uid if rights.uid < 0 else rights.uid
        gid = seen.st_gid if rights.gid < 0 else rights.gid
        if (seen.st_uid, seen.st_gid, seen.st_mode & 0o7777) == (uid, gid, mode):
            return False
        if not self._check_only:
            os.chown(path, uid, gid)
            os.chmod(path, mode)
        return True

    def _point(self, link: str, target: str) -> None:
        """Have a link lead elsewhere, at once."""
        beside = self.path(f".{link}")
        with contextlib.suppress(FileNotFoundError):
            os.unlink(beside)
        os.symlink(target, beside)
        os.replace(beside, self.path(link))

    def _clean(self) -> None:
        """Keys that nothing leads to are not kept."""
        used = {os.path.basename(self._target(link)) for link in (CURRENT, PROVED)}
        for name in os.listdir(self.path(SETS)):
            if name not in used:
                shutil.rmtree(self.path(SETS, name))


def _day(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(seconds))
