# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates as a small private authority makes them: EC P-256, SHA-256.

Everything here is computed; files are `authority.py`'s concern. Times are aware and
in UTC.
"""

from __future__ import annotations

import datetime
import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass

from ansible_collections.vigie.run.plugins.module_utils._errors import RunError

try:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
except ImportError:
    # It comes with ansible-core; where somebody took it away, `require` says so.
    x509 = None

# Clocks that are a little slow must accept what was made just now.
SLACK = datetime.timedelta(hours=1)
# What a certificate is for, in the names of ExtendedKeyUsageOID.
USAGES = {
    "server": ("SERVER_AUTH",),
    "client": ("CLIENT_AUTH",),
    "both": ("SERVER_AUTH", "CLIENT_AUTH"),
}
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_DNS = re.compile(r"(\*\.)?([A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?\.?)+")
_CN_LENGTH = 64  # as X.509 limits it


@dataclass(frozen=True)
class Request:
    """A certificate that is asked for; `name` is that of its file."""

    name: str
    dns: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    usage: str = "both"

    def __post_init__(self) -> None:
        """Raises RunError, naming what is wrong."""
        if not _NAME.fullmatch(self.name):
            raise RunError(
                f"certificates: name {self.name!r} may hold letters, digits, '.', "
                "'_' and '-', and begins with a letter or a digit"
            )
        for name in self.dns:
            if len(name) > 253 or not _DNS.fullmatch(name):
                raise RunError(
                    f"certificates: {self.name}: dns: {name!r} is no DNS name"
                )
        for address in self.addresses:
            try:
                ipaddress.ip_address(address)
            except ValueError as error:
                raise RunError(f"certificates: {self.name}: ip: {error}") from error
        if not self.dns and not self.addresses:
            raise RunError(f"certificates: {self.name}: takes a name in dns or ip")

    @property
    def names(self) -> frozenset[str]:
        """All that the certificate is for, as it is compared."""
        plain = (str(ipaddress.ip_address(one)) for one in self.addresses)
        return frozenset([*(name.lower() for name in self.dns), *plain])


@dataclass(frozen=True)
class Pair:
    """A certificate with its key; the key is None where nobody needed it yet."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey | None = None

    @property
    def fingerprint(self) -> str:
        return self.certificate.fingerprint(hashes.SHA256()).hex()

    @property
    def ends(self) -> datetime.datetime:
        return _utc(self.certificate, "not_valid_after")

    @property
    def begins(self) -> datetime.datetime:
        return _utc(self.certificate, "not_valid_before")

    @property
    def public_pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def pem(self, passphrase: str = "") -> bytes:
        """Certificate and key in one text, so that one rename replaces both."""
        if self.key is None:
            raise ValueError("a pair without its key cannot be written")
        closed: serialization.KeySerializationEncryption = serialization.NoEncryption()
        if passphrase:
            closed = serialization.BestAvailableEncryption(passphrase.encode())
        return self.public_pem + self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, closed
        )

    def signed_by(self, authority: Pair) -> bool:
        """Whether the authority's key signed this certificate."""
        ours = self.certificate
        try:
            authority.certificate.public_key().verify(  # type: ignore[union-attr, call-arg]
                ours.signature,
                ours.tbs_certificate_bytes,
                ec.ECDSA(ours.signature_hash_algorithm),  # type: ignore[arg-type]
            )
        except Exception:  # whatever does not verify: another kind of key, too
            return False
        return True


def require() -> None:
    """Raise RunError where what signs certificates is missing."""
    if x509 is None:
        raise RunError(
            "the Python package cryptography is missing on the controller: install it"
            " beside ansible-core, which asks for it as well"
        )


def new_authority(
    name: str, now: datetime.datetime, lifetime: datetime.timedelta
) -> Pair:
    """A self-signed authority; no two have the same subject."""
    key = ec.generate_private_key(ec.SECP256R1())
    serial = x509.random_serial_number()
    subject = _subject(f"{name[: _CN_LENGTH - 9]} {serial & 0xFFFFFFFF:08x}")
    builder = (
        _builder(subject, subject, key, serial, now - SLACK, now + lifetime)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
    )
    return Pair(builder.sign(key, hashes.SHA256()), key)


def new_leaf(
    request: Request,
    authority: Pair,
    now: datetime.datetime,
    lifetime: datetime.timedelta,
) -> Pair:
    """A certificate with a new key; it ends no later than its authority."""
    if authority.key is None:
        raise ValueError("an authority signs with its key")
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = authority.certificate
    ends = min(now + lifetime, authority.ends)
    serial = x509.random_serial_number()
    subject = _subject(request.name[:_CN_LENGTH])
    alternatives: list[x509.GeneralName] = [x509.DNSName(one) for one in request.dns]
    alternatives += [
        x509.IPAddress(ipaddress.ip_address(one)) for one in request.addresses
    ]
    identifier = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    builder = (
        _builder(subject, issuer.subject, key, serial, now - SLACK, ends)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage(_oids(request.usage)), critical=False)
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(
                identifier.value
            ),
            critical=False,
        )
    )
    return Pair(builder.sign(authority.key, hashes.SHA256()), key)


def names_of(certificate: x509.Certificate) -> frozenset[str]:
    """DNS names and addresses that a certificate is for."""
    try:
        found = certificate.extensions.get_extension_for_class(
            x509.SubjectAlternativeName
        ).value
    except x509.ExtensionNotFound:
        return frozenset()
    names: Iterable[str] = found.get_values_for_type(x509.DNSName)
    addresses = found.get_values_for_type(x509.IPAddress)
    return frozenset([*(name.lower() for name in names), *map(str, addresses)])


def _oids(usage: str) -> list[x509.ObjectIdentifier]:
    return [getattr(ExtendedKeyUsageOID, name) for name in USAGES[usage]]


def usage_of(certificate: x509.Certificate) -> str:
    """`server`, `client`, `both`, or empty for anything else."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except x509.ExtensionNotFound:
        return ""
    for name in USAGES:
        if set(found.value) == set(_oids(name)):
            return name
    return ""


def read_certificate(text: bytes) -> x509.Certificate:
    """The first certificate of a PEM text. Raises ValueError where there is none."""
    return x509.load_pem_x509_certificate(text)


def read_key(text: bytes, passphrase: str = "") -> ec.EllipticCurvePrivateKey:
    """The key of a PEM text that may hold certificates, too.

    Raises ValueError for what cannot be read, TypeError for a passphrase that is
    missing or needless.
    """
    _before, begin, rest = text.partition(b"-----BEGIN ")
    while begin and not rest.partition(b"-----")[0].endswith(b"PRIVATE KEY"):
        _before, begin, rest = rest.partition(b"-----BEGIN ")
    key = serialization.load_pem_private_key(
        begin + rest, passphrase.encode() if passphrase else None
    )
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError("its key is not one of an elliptic curve")
    return key


def is_encrypted(text: bytes) -> bool:
    """Whether the key in a PEM text takes a passphrase."""
    return b"BEGIN ENCRYPTED PRIVATE KEY" in text


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    serial: int,
    begins: datetime.datetime,
    ends: datetime.datetime,
) -> x509.CertificateBuilder:
    public = key.public_key()
    identifier = x509.SubjectKeyIdentifier.from_public_key(public)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(serial)
        .not_valid_before(begins)
        .not_valid_after(ends)
        .add_extension(identifier, critical=False)
    )


def _subject(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _key_usage(signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _utc(certificate: x509.Certificate, field: str) -> datetime.datetime:
    """A date of a certificate; cryptography has aware ones since release 42."""
    aware = getattr(certificate, f"{field}_utc", None)
    if aware is not None:
        return aware
    return getattr(certificate, field).replace(tzinfo=datetime.timezone.utc)
