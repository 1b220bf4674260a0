# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OpenPGP keys of share holders: public ones for Vault, private ones through gpg."""

from __future__ import annotations

import base64
import binascii
import os
import re
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from ansible_collections.vigie.run.plugins.module_utils._errors import RunError

_ARMOR = re.compile(
    r"-----BEGIN PGP (?P<kind>[A-Z ]+)-----\r?\n(?P<body>.*?)-----END PGP", re.S
)
# Packet tags (RFC 9580, section 5).
_PUBLIC_KEY, _SECRET_KEY = 6, 5
# Seconds that a holder has to answer gpg's question for a passphrase.
GPG_LIMIT = 120


def public_keys(
    given: Sequence[str], option: str, find: Callable[[str], str]
) -> list[str]:
    """Each key as Vault takes it: base64 of its binary form.

    given: files, or the text of a key, armored or base64. Raises RunError.
    """
    return [_public_key(one, f"{option}[{i}]", find) for i, one in enumerate(given)]


def _public_key(given: str, where: str, find: Callable[[str], str]) -> str:
    data = _binary(given.encode(), where) if _is_text(given) else None
    if data is None:
        path = Path(find(given))
        try:
            data = _binary(path.read_bytes(), where)
        except OSError as error:
            raise RunError(
                f"{where}: is neither a key (armored or base64) nor a file that can be"
                f" read: {path}: {error.strerror}"
            ) from None
    tag = _tag(data)
    if tag == _SECRET_KEY:
        raise RunError(f"{where}: is a private key; give the public one (gpg --export)")
    if tag != _PUBLIC_KEY:
        raise RunError(f"{where}: is no OpenPGP public key; export one by gpg --export")
    return base64.b64encode(data).decode()


def _is_text(given: str) -> bool:
    """A key itself and not a path: armored, or more base64 than a path is long."""
    return "-----BEGIN" in given or (
        len(given) > 200 and re.fullmatch(r"[A-Za-z0-9+/=\s]+", given) is not None
    )


def _binary(data: bytes, where: str) -> bytes:
    """Without armor or base64, if it had any."""
    try:
        text = data.decode("ascii")
    except UnicodeDecodeError:
        return data
    armor = _ARMOR.search(text)
    if armor:
        # Headers end with an empty line; a checksum begins with an equals sign.
        lines = re.split(r"\r?\n", armor["body"])
        body = lines[lines.index("") + 1 :] if "" in lines[:-1] else lines
        text = "".join(line for line in body if not line.startswith("="))
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except binascii.Error:
        raise RunError(f"{where}: is no OpenPGP public key") from None


def _tag(data: bytes) -> int:
    """The tag of the first packet; 0 where there is none."""
    if not data or not data[0] & 0x80:
        return 0
    return data[0] & 0x3F if data[0] & 0x40 else (data[0] >> 2) & 0x0F


def decrypt(encrypted: str, name: str) -> str:
    """What was encrypted (base64), by the private key that gpg has here.

    It goes through pipes, never through a file or an argument. Raises RunError.
    """
    try:
        done = subprocess.run(
            ["gpg", "--batch", "--quiet", "--decrypt"],
            input=base64.b64decode(encrypted),
            capture_output=True,
            check=False,
            timeout=GPG_LIMIT,
            env={**os.environ, "LC_ALL": "C"},
        )
    except FileNotFoundError:
        raise RunError(
            f"{name} is encrypted for a PGP key, and gpg is not on the controller:"
            " install gnupg, or decrypt it elsewhere and give it in shares"
        ) from None
    except subprocess.TimeoutExpired:
        raise RunError(f"{name}: gpg did not answer within {GPG_LIMIT} s") from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise RunError(
            f"{name} is encrypted for a PGP key, and gpg could not decrypt it here:"
            f" {said[-1] if said else done.returncode}; run this where its holder's key"
            " is (and gpg-agent can ask for its passphrase)"
        )
    return done.stdout.decode().strip()
