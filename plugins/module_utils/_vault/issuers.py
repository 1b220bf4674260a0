# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""What the authorities of a PKI engine have in common, roots and intermediates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import quote

from .._converge.fields import Field, flag, many, number, text
from .._converge.provider import Change, Desired, Live
from .common import mount, named, once, texts
from .durations import duration
from .errors import NotFoundError, VaultError
from .paths import EnginePathType
from .shape import body

KEY_FIELDS: dict[str, Field] = {
    "key_type": text("Of which kind its key is.", choices=("rsa", "ec", "ed25519")),
    "key_bits": number("How long it is; 0 for what is usual."),
}
SUBJECT: dict[str, Field] = {
    name: many(text("One."), f"The subject's {what}.")
    for name, what in {
        "organization": "organization",
        "ou": "organizational unit",
        "country": "country",
        "province": "province",
        "locality": "locality",
    }.items()
}
MADE: dict[str, Field] = {
    "ttl": duration("How long the certificate is valid."),
    **KEY_FIELDS,
    **SUBJECT,
    "alt_names": texts("A name.", "Further names."),
    "ip_sans": texts("An address.", "Addresses."),
    "max_path_length": number("How many authorities may follow it; -1 for any."),
    "permitted_dns_domains": texts("A domain.", "The only domains it may issue for."),
    "exclude_cn_from_sans": flag("The common name is no further name."),
}
ISSUING: dict[str, Field] = {
    "leaf_not_after_behavior": text(
        "What becomes of a certificate that would outlive it.",
        choices=("err", "truncate", "permit"),
        default="err",
    ),
    "usage": texts(
        "One of read-only, issuing-certificates, crl-signing, ocsp-signing.",
        "What it may be used for.",
    ),
    "manual_chain": many(text("An issuer."), "Its chain, where it is not found."),
    "issuing_certificates": texts("An address.", "As in pki_urls, for it alone."),
    "crl_distribution_points": texts("An address.", "As in pki_urls, for it alone."),
    "ocsp_servers": texts("An address.", "As in pki_urls, for it alone."),
}


class IssuerType(EnginePathType):
    """Issuers with a key in the engine."""

    kinds = ("pki",)
    path = "{mount}/issuer/{name}"
    attributes: ClassVar[Mapping[str, str]] = {
        "id": "Its path.",
        "issuer_id": "The id of the issuer.",
        "certificate": "Its certificate.",
        "ca_chain": "Its certificate and those above it, a list.",
    }
    # Whether it signs itself.
    root: ClassVar[bool]

    @classmethod
    def issuer_fields(cls) -> dict[str, Field]:
        """The fields of both sorts."""
        return {
            "mount": mount("engine"),
            "name": named("The issuer"),
            "common_name": text("Its common name.", required=True, immutable=True),
            **{name: once(item) for name, item in MADE.items()},
            **ISSUING,
            "default": flag("It is who issues where nobody is named."),
        }

    def counts(self, raw: Mapping[str, Any]) -> bool:
        return bool(raw.get("key_id")) and _signs_itself(raw) == self.root

    def seen(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        found = super().seen(raw)
        found["common_name"] = common_name(raw["certificate"])
        return found

    def update(self, live: Live, desired: Desired, changes: Sequence[Change]) -> Live:
        self._set(live, desired)
        return self.with_raw(
            self.owned_live(live.id, desired.properties, owned=True), live.raw
        )

    def delete(self, live: Live) -> None:
        """With its key, which nothing else can use."""
        mount_path = quote(live.properties["mount"])
        self.session.delete(f"{mount_path}/issuer/{live.raw['issuer_id']}")
        self.session.delete(f"{mount_path}/key/{live.raw['key_id']}")

    def subject(self, desired: Desired) -> dict[str, Any]:
        """What a certificate is asked for with."""
        given = {n: v for n, v in desired.properties.items() if v is not None}
        fields = {"common_name": self.fields["common_name"], **MADE}
        asked = body(fields, {n: v for n, v in given.items() if n in fields})
        for name in ("alt_names", "ip_sans"):
            if name in asked:
                asked[name] = ",".join(asked[name])
        return asked

    def finished(self, desired: Desired) -> Live:
        """The new issuer, set as declared."""
        path = self.at(desired.properties)
        raw = self._read(path)
        live = self.owned_live(path, {**self.seen(raw), **desired.properties}, True)
        live = self.with_raw(live, raw)
        self._set(live, desired, new=True)
        return live

    def _set(self, live: Live, desired: Desired, new: bool = False) -> None:
        """A write forgets what it does not mention, so it mentions all."""
        declared = {n: v for n, v in desired.properties.items() if n in ISSUING}
        if declared:
            there = {n: v for n, v in self.seen(live.raw).items() if n in ISSUING}
            given = {**body(ISSUING, there), **body(ISSUING, declared, there)}
            given["usage"] = ",".join(given["usage"])
            given["issuer_name"] = desired.properties["name"]
            self.session.write(live.id, given)
        if desired.properties.get("default"):
            mount_path = quote(desired.properties["mount"])
            self.session.write(
                f"{mount_path}/config/issuers", {"default": live.raw["issuer_id"]}
            )

    def _read(self, path: str) -> Mapping[str, Any] | None:
        """With whether it is the default, which its engine says."""
        try:
            raw = self.session.read(path)
        except VaultError as error:
            if "unable to find" not in error.said:
                raise
            return None
        if raw is None:
            return None
        mount_path = path.rpartition("/issuer/")[0]
        default = self.session.read(f"{mount_path}/config/issuers") or {}
        return {**raw, "default": default.get("default") == raw["issuer_id"]}

    def _listed(self, mounts: Iterable[str] | None) -> dict[str, dict[str, Any]]:
        keys = []
        for mount_path in sorted(mounts or ()):
            try:
                told = self.session.listing(f"{quote(mount_path)}/issuers")
            except NotFoundError:
                continue
            for info in told.values():
                key = {"mount": mount_path, "name": info.get("issuer_name")}
                if self._in_scope(key):
                    keys.append(key)
        return {self.at(key): key for key in keys}


def common_name(certificate: str) -> str:
    """The common name of the subject."""
    from cryptography.x509.oid import NameOID

    names = _loaded(certificate).subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return names[0].value if names else ""


def _signs_itself(raw: Mapping[str, Any]) -> bool:
    loaded = _loaded(raw["certificate"])
    return loaded.subject == loaded.issuer


def _loaded(certificate: str) -> Any:
    from cryptography import x509

    return x509.load_pem_x509_certificate(certificate.encode())
