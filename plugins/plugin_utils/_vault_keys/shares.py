# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Key shares to give: where each is from, and never what it is."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from ansible_collections.vigie.run.plugins.module_utils._errors import RunError

from .document import PENDING, RESERVED, Document
from .pgp import decrypt
from .places import Keep

# What Vault takes: half a key at least; a key of 32 bytes has shares of 33.
_SHORTEST, _LONGEST = 16, 64


@dataclass(frozen=True)
class Share:
    """One share, as hexadecimal digits, so that equal ones are seen to be equal."""

    origin: str
    value: str = field(repr=False)


@dataclass
class Hand:
    """The shares that this run can give, and the places that hold none for it."""

    shares: list[Share] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    secrets: set[str] = field(default_factory=set, repr=False)

    def add(self, origin: str, value: str) -> None:
        """Take a share in, unless it is here already. RunError for what is none."""
        share = Share(origin, plain(value, origin))
        self.secrets |= {value, share.value, _base64(share.value)}
        if all(share.value != other.value for other in self.shares):
            self.shares.append(share)


def plain(value: str, origin: str) -> str:
    """A share in hexadecimal digits. RunError for what cannot be one, unshown."""
    text = "".join(value.split())
    try:
        if re.fullmatch(r"[0-9a-fA-F]+", text) and len(text) % 2 == 0:
            data = bytes.fromhex(text)
        else:
            data = base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        data = b""
    if not _SHORTEST <= len(data) <= _LONGEST:
        raise RunError(
            f"{origin} is no key share: a share is text in hexadecimal digits or"
            " base64, as Vault gave it"
        )
    return data.hex()


def _base64(value: str) -> str:
    return base64.b64encode(bytes.fromhex(value)).decode()


def gather(given: Sequence[str], keeps: Sequence[Keep], kind: str = "") -> Hand:
    """The shares given themselves, then those of places.

    kind: what they must be, `unseal` or `recovery`. A place with nothing in it is
    `missing`: another holder may have it. Raises RunError for what cannot be read.
    """
    hand = Hand()
    for number, value in enumerate(given):
        hand.secrets.add(value)
        hand.add(f"shares[{number}]", value)
    for keep in keeps:
        document = keep.place.read()
        if document is None or document.state == RESERVED or not document.shares:
            hand.missing.append(keep.place.name)
            continue
        hand.secrets |= document.secrets
        _check(keep, document, kind)
        take(hand, keep, document)
    return hand


def _check(keep: Keep, document: Document, kind: str) -> None:
    if document.state == PENDING:
        raise RunError(
            f"{keep.place.name} holds shares of a rekey that was not finished: they"
            " open nothing yet; give the shares of before"
        )
    if kind and document.kind != kind:
        raise RunError(
            f"{keep.place.name} holds {document.kind} key shares, and {kind} key shares"
            " are needed"
        )


def take(hand: Hand, keep: Keep, document: Document) -> None:
    """Take in what a place holds of its shares; gpg is asked for encrypted ones."""
    for number in sorted(document.shares):
        if not keep.holds(number):
            continue
        origin = f"share {number} of {keep.place.name}"
        value = document.shares[number]
        hand.add(origin, decrypt(value, origin) if document.pgp else value)
