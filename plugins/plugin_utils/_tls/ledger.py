# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which certificates may be in use, and whom their holders trust.

A certificate that was replaced here is still used by its host until somebody says that
the new one is there, or until it expires. An authority can be let go of only when no
certificate in use is signed by it, and a new one can sign only when everybody who has a
certificate trusts it. The ledger, `ledger.json`, remembers what both take. It holds no
secret; where it is lost, what the folder holds is entered anew.
"""

from __future__ import annotations

import datetime
import json
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.vigie.run.plugins.module_utils._errors import RunError

_FORMAT = 1


@dataclass(frozen=True)
class Issued:
    """One certificate that was made: who signed it, and when it ends."""

    fingerprint: str
    authority: str
    ends: datetime.datetime


@dataclass
class Holder:
    """Who a certificate is for.

    `issued`: what may be in use, oldest first. `holds` and `trusts`: fingerprints of
    the certificate and of the authorities that were last said to be installed.
    """

    issued: list[Issued] = field(default_factory=list)
    holds: str = ""
    trusts: frozenset[str] = frozenset()

    def confirm(self, certificate: str, authorities: frozenset[str]) -> None:
        """Note what is installed; whatever came before that certificate is gone."""
        self.trusts = authorities
        known = [one.fingerprint for one in self.issued]
        if certificate in known:
            self.holds = certificate
            del self.issued[: known.index(certificate)]


class Ledger:
    """The holders by name."""

    def __init__(self, holders: dict[str, Holder] | None = None) -> None:
        self.holders = holders or {}

    def enter(self, name: str, issued: Issued) -> None:
        """Note a certificate, once."""
        holder = self.holders.setdefault(name, Holder())
        if issued not in holder.issued:
            holder.issued.append(issued)

    def confirm(self, name: str, certificate: str, authorities: frozenset[str]) -> None:
        """Note what is installed at a holder; one who has no certificate is nobody."""
        if name in self.holders:
            self.holders[name].confirm(certificate, authorities)

    def forget_expired(self, now: datetime.datetime) -> None:
        """Leave out what nobody can use any more."""
        for holder in self.holders.values():
            holder.issued = [one for one in holder.issued if one.ends > now]
        self.holders = {
            name: holder for name, holder in self.holders.items() if holder.issued
        }

    def distrustful(self, authority: str) -> list[str]:
        """Who has a certificate and is not known to trust that authority."""
        return sorted(
            name
            for name, holder in self.holders.items()
            if authority not in holder.trusts
        )

    def is_used(self, authority: str) -> bool:
        """Whether a certificate that this authority signed may be in use."""
        return any(
            one.authority == authority
            for holder in self.holders.values()
            for one in holder.issued
        )

    def text(self) -> bytes:
        """As it is kept."""
        holders = {
            name: {
                "holds": holder.holds,
                "trusts": sorted(holder.trusts),
                "issued": [
                    {
                        "fingerprint": one.fingerprint,
                        "authority": one.authority,
                        "ends": one.ends.isoformat(),
                    }
                    for one in holder.issued
                ],
            }
            for name, holder in self.holders.items()
        }
        whole = {"format": _FORMAT, "holders": holders}
        return json.dumps(whole, indent=1, sort_keys=True).encode() + b"\n"


def read_ledger(text: bytes | None, where: str) -> Ledger:
    """The ledger as it was kept; an empty one where there is none.

    Raises RunError, naming `where`, for what cannot be read.
    """
    if text is None:
        return Ledger()
    try:
        whole = json.loads(text)
        if whole["format"] != _FORMAT:
            raise RunError(
                f"{where} is of format {whole['format']}, and this collection knows "
                f"{_FORMAT}: it was written by a newer one"
            )
        holders = {name: _holder(kept) for name, kept in whole["holders"].items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RunError(
            f"{where} is not as it was written ({error}). Remove it: it is made anew "
            "from the certificates beside it"
        ) from error
    return Ledger(holders)


def _holder(kept: dict[str, Any]) -> Holder:
    return Holder(
        issued=[
            Issued(
                one["fingerprint"],
                one["authority"],
                datetime.datetime.fromisoformat(one["ends"]),
            )
            for one in kept["issued"]
        ],
        holds=kept["holds"],
        trusts=frozenset(kept["trusts"]),
    )
