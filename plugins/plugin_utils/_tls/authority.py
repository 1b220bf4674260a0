# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A private certificate authority in a folder of the controller.

    FOLDER/ca.pem             the authorities to trust: what is handed out first
    FOLDER/authorities/*.pem  each authority: certificate, and key (mode 0600)
    FOLDER/certs/NAME.pem     each certificate: certificate, and key (mode 0600)
    FOLDER/ledger.json        what may be in use (ledger.py)

The order in which authorities change keeps everybody trusted by everybody: the new one
is made long before the old one ends and is handed out beside it; it signs when all who
have a certificate trust it; the old one goes when nothing that it signed is in use.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.plugin_utils import _private_files as files
from ansible_collections.vigie.run.plugins.plugin_utils._tls.certificates import (
    Pair,
    Request,
    is_encrypted,
    names_of,
    new_authority,
    new_leaf,
    read_certificate,
    read_key,
    usage_of,
)
from ansible_collections.vigie.run.plugins.plugin_utils._tls.ledger import (
    Issued,
    Ledger,
    read_ledger,
)


@dataclass(frozen=True)
class Terms:
    """How long certificates last, and how long before their end they are renewed.

    `field` is the option that errors name.
    """

    lifetime: datetime.timedelta
    renew_before: datetime.timedelta
    field: str = "renew_before"

    def __post_init__(self) -> None:
        """Raises RunError where a certificate would be due as soon as it is made."""
        if self.renew_before >= self.lifetime:
            raise RunError(
                f"{self.field}: must be shorter than the lifetime, or every run would "
                "make everything anew"
            )

    def due(self, pair: Pair, now: datetime.datetime) -> bool:
        return pair.ends - now <= self.renew_before


@dataclass(frozen=True)
class Receipt:
    """What is said to be installed where a certificate is used."""

    name: str
    certificate: str
    authorities: frozenset[str]


@dataclass(frozen=True)
class Asked:
    """All that one call asks for."""

    requests: Sequence[Request]
    receipts: Sequence[Receipt]
    terms: Terms
    ca_terms: Terms
    ca_name: str
    passphrase: str = ""


@dataclass
class Outcome:
    """What came of it.

    `leaves` are all certificates that are kept, by name; `authorities` those to trust,
    oldest first; `signer` the fingerprint of the one that signs. `before` and `after`
    are the diff, by label. `changed` are names, the empty one for the authorities;
    `pending` the names asked for whose holder is not known to have all this.
    """

    leaves: dict[str, Pair] = field(default_factory=dict)
    authorities: list[Pair] = field(default_factory=list)
    signer: str = ""
    before: dict[str, str] = field(default_factory=dict)
    after: dict[str, str] = field(default_factory=dict)
    changed: set[str] = field(default_factory=set)
    pending: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


class Authority:
    """The folder, for one call; `now` is the time that counts for all of it."""

    def __init__(
        self, folder: Path, asked: Asked, now: datetime.datetime, check_mode: bool
    ) -> None:
        self._folder = folder
        self._asked = asked
        self._now = now.replace(microsecond=0)
        self._dry = check_mode
        self._outcome = Outcome()
        self._ledger = Ledger()

    def leaf_path(self, name: str) -> Path:
        """Where the certificate of that name is kept, with its key."""
        return self._folder / "certs" / f"{name}.pem"

    @property
    def bundle_path(self) -> Path:
        """Where the authorities to trust are kept."""
        return self._folder / "ca.pem"

    def run(self) -> Outcome:
        """Bring it about; the caller holds the folder's lock unless in check mode.

        Raises RunError for files that cannot be used.
        """
        self._tighten()
        kept = files.read(self._folder / "ledger.json")
        self._ledger = read_ledger(kept, str(self._folder / "ledger.json"))
        self._read_authorities()
        self._read_leaves()
        self._ledger.forget_expired(self._now)
        for receipt in self._asked.receipts:
            self._ledger.confirm(receipt.name, receipt.certificate, receipt.authorities)
        self._ensure_authority()
        signer = self._choose_signer()
        self._outcome.signer = signer.fingerprint
        for request in self._asked.requests:
            self._ensure_leaf(request, signer)
        gone = self._retire()
        self._write_bundle()
        if self._ledger.text() != kept and not self._dry:
            files.replace(self._folder / "ledger.json", self._ledger.text())
        for path in gone:
            if not self._dry:
                path.unlink(missing_ok=True)
        self._tell_pending()
        return self._outcome

    # --- What is there ----------------------------------------------------------

    def _tighten(self) -> None:
        if not self._dry:
            for name in ("", "authorities", "certs"):
                files.make_folder(self._folder / name)
        keys = [*self._folder.glob("authorities/*.pem"), *self._folder.glob("certs/*")]
        for path in (self._folder, *keys):
            if files.is_open(path):
                self._show(f"mode of {path}", "open to others", "for its owner only")
                self._outcome.changed.add("")
                if not self._dry:
                    files.close(path)

    def _read_authorities(self) -> None:
        found = []
        for path in sorted(self._folder.glob("authorities/*.pem")):
            text = files.read(path) or b""
            pair = Pair(_certificate(path, text))
            if pair.ends <= self._now:
                continue
            found.append(pair)
            self._show(f"authority {pair.fingerprint[:8]}", *[_until(pair)] * 2)
            if bool(self._asked.passphrase) != is_encrypted(text):
                self._set_passphrase(path, pair)
        self._outcome.authorities = sorted(found, key=lambda pair: pair.begins)

    def _set_passphrase(self, path: Path, pair: Pair) -> None:
        """Encrypt a key that was kept open until now."""
        if not self._asked.passphrase:
            raise RunError(f"passphrase: {path} was made with one; give it again")
        self._show(f"key of authority {pair.fingerprint[:8]}", "open", "encrypted")
        self._outcome.changed.add("")
        if not self._dry:
            files.replace(path, self._key(pair).pem(self._asked.passphrase))

    def _read_leaves(self) -> None:
        """Every certificate that is kept, whether it is asked for now or not."""
        for path in sorted(self._folder.glob("certs/*.pem")):
            pair = Pair(_certificate(path, files.read(path) or b""))
            self._outcome.leaves[path.stem] = pair
            signer = self._signer_of(pair)
            if signer is not None:
                self._enter(path.stem, pair, signer)

    def _signer_of(self, pair: Pair) -> Pair | None:
        for authority in self._outcome.authorities:
            if pair.signed_by(authority):
                return authority
        return None

    def _enter(self, name: str, pair: Pair, signer: Pair) -> None:
        issued = Issued(pair.fingerprint, signer.fingerprint, pair.ends)
        self._ledger.enter(name, issued)

    # --- The authorities --------------------------------------------------------

    def _ensure_authority(self) -> None:
        known = self._outcome.authorities
        if known and not self._asked.ca_terms.due(known[-1], self._now):
            return
        if not known and self._outcome.leaves:
            raise RunError(
                f"{self._folder}: certs/ holds certificates, but authorities/ no "
                "authority that is valid. Bring it back from a backup, or move certs/ "
                "away to begin anew: what was handed out will not be trusted then"
            )
        made = new_authority(
            self._asked.ca_name, self._now, self._asked.ca_terms.lifetime
        )
        self._outcome.changed.add("")
        self._show(f"authority {made.fingerprint[:8]}", "", _until(made))
        if not self._dry:
            files.replace(self._authority_path(made), made.pem(self._asked.passphrase))
        known.append(made)

    def _choose_signer(self) -> Pair:
        """The newest that all trust; where there is no more time, the newest of all."""
        known = self._outcome.authorities
        trusted = [
            one
            for one in known
            if one is known[0] or not self._ledger.distrustful(one.fingerprint)
        ]
        signer = trusted[-1]
        if signer is not known[-1] and self._asked.terms.due(signer, self._now):
            missing = ", ".join(self._ledger.distrustful(known[-1].fingerprint))
            self._outcome.warnings.append(
                f"The authority {signer.fingerprint[:8]} ends {_until(signer)}, so the "
                f"next one signs from now on. Of these it is not known that they trust "
                f"it: {missing}"
            )
            signer = known[-1]
        return signer

    def _retire(self) -> list[Path]:
        """Drop the authorities that nothing needs any more; their files."""
        kept, gone = [], []
        needed = {self._outcome.signer, self._outcome.authorities[-1].fingerprint}
        for one in self._outcome.authorities:
            if one.fingerprint in needed or self._ledger.is_used(one.fingerprint):
                kept.append(one)
                continue
            gone.append(self._authority_path(one))
            self._show(f"authority {one.fingerprint[:8]}", _until(one), "")
        self._outcome.authorities = kept
        valid = {self._authority_path(one) for one in kept}
        expired = set(self._folder.glob("authorities/*.pem")) - valid
        return sorted({*gone, *expired})

    def _write_bundle(self) -> None:
        text = b"".join(one.public_pem for one in reversed(self._outcome.authorities))
        if files.read(self.bundle_path) == text:
            return
        self._outcome.changed.add("")
        if not self._dry:
            files.replace(self.bundle_path, text, mode=0o644)

    def _authority_path(self, pair: Pair) -> Path:
        return self._folder / "authorities" / f"{pair.fingerprint[:16]}.pem"

    def _key(self, authority: Pair) -> Pair:
        """The authority with its key, which is read only when it has to sign."""
        if authority.key is not None:
            return authority
        path = self._authority_path(authority)
        text = files.read(path) or b""
        passphrase = self._asked.passphrase if is_encrypted(text) else ""
        try:
            return Pair(authority.certificate, read_key(text, passphrase))
        except (ValueError, TypeError) as error:
            raise RunError(
                f"passphrase: the key in {path} cannot be read with it ({error})"
            ) from error

    # --- The certificates -------------------------------------------------------

    def _ensure_leaf(self, request: Request, signer: Pair) -> None:
        kept = self._outcome.leaves.get(request.name)
        why = self._reason(kept, request, signer)
        label = f"certificate {request.name}"
        if not why:
            self._show(label, *[_line(kept)] * 2)
            return
        self._outcome.changed.add(request.name)
        names = ", ".join(sorted(request.names))
        if self._dry:
            self._show(label, _line(kept), f"{names}; a new one, because {why}")
            return
        made = new_leaf(
            request, self._key(signer), self._now, self._asked.terms.lifetime
        )
        files.replace(self.leaf_path(request.name), made.pem())
        self._outcome.leaves[request.name] = made
        self._enter(request.name, made, signer)
        self._show(label, _line(kept), f"{_line(made)} (because {why})")

    def _reason(self, kept: Pair | None, request: Request, signer: Pair) -> str:
        """Why a certificate has to be made; empty where it does not."""
        if kept is None:
            return "there was none"
        if names_of(kept.certificate) != request.names:
            return "its names changed"
        if usage_of(kept.certificate) != request.usage:
            return "its usage changed"
        if not kept.signed_by(signer):
            return "another authority signs now"
        if self._asked.terms.due(kept, self._now) and kept.ends < signer.ends:
            return f"it ends {_until(kept)}"
        return ""

    def _tell_pending(self) -> None:
        """Who of those asked for is not known to have all that is here now."""
        authorities = frozenset(one.fingerprint for one in self._outcome.authorities)
        for request in self._asked.requests:
            leaf = self._outcome.leaves.get(request.name)
            holder = self._ledger.holders.get(request.name)
            has = (holder.holds, holder.trusts) if holder else None
            if leaf is None or has != (leaf.fingerprint, authorities):
                self._outcome.pending.append(request.name)

    def _show(self, label: str, before: str, after: str) -> None:
        if before:
            self._outcome.before[label] = before
        if after:
            self._outcome.after[label] = after


def _certificate(path: Path, text: bytes) -> Any:
    try:
        return read_certificate(text)
    except ValueError as error:
        raise RunError(
            f"{path} holds no certificate ({error}): bring it back from a backup, or "
            "remove it to have one made"
        ) from error


def _until(pair: Pair) -> str:
    return f"{pair.ends:%Y-%m-%d %H:%M} UTC"


def _line(pair: Pair | None) -> str:
    if pair is None:
        return ""
    names = ", ".join(sorted(names_of(pair.certificate)))
    return f"{names}; {usage_of(pair.certificate)}; until {_until(pair)}"
