# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Keys, requests and certificates on a host, by its own openssl (1.1.1 or newer).

Python's standard library reads no certificate from a file, and makes no key.
"""

from __future__ import annotations

import ipaddress
import os
import re
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ansible_collections.vigie.run.plugins.module_utils._errors import RunError

Run = Callable[[Sequence[str], str], tuple[int, str, str]]

KEY_TYPES = {
    "ec-p256": ("EC", "ec_paramgen_curve:P-256"),
    "ec-p384": ("EC", "ec_paramgen_curve:P-384"),
    "rsa-2048": ("RSA", "rsa_keygen_bits:2048"),
    "rsa-3072": ("RSA", "rsa_keygen_bits:3072"),
    "rsa-4096": ("RSA", "rsa_keygen_bits:4096"),
}
# Without the machine's own settings, which may ask questions or add what nobody named.
_REQUEST = """\
[req]
prompt = no
distinguished_name = subject
req_extensions = extensions
[subject]
CN = {name}
[extensions]
subjectAltName = {names}
"""
_PEM = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_PUBLIC = re.compile(r"-----BEGIN PUBLIC KEY-----.+?-----END PUBLIC KEY-----", re.S)


@dataclass(frozen=True)
class Certificate:
    """What a certificate says. `begins` and `ends` are seconds since 1970."""

    begins: float
    ends: float
    serial: str
    subject: str
    issuer: str
    names: frozenset[str]
    addresses: frozenset[str]
    public_key: str

    @property
    def self_signed(self) -> bool:
        return self.subject == self.issuer


def certificates(text: str) -> list[str]:
    """Every certificate of a text, each in PEM."""
    return [f"{found}\n" for found in _PEM.findall(text)]


class OpenSsl:
    """The host's openssl.

    run: a command's words and its input to its exit status, output and errors.
    Methods raise RunError where it fails, in its own words.
    """

    def __init__(self, run: Run) -> None:
        self._run = run

    def new_key(self, path: str, kind: str) -> None:
        """Make a private key that only its owner can read."""
        algorithm, option = KEY_TYPES[kind]
        made = self._said("genpkey", "-algorithm", algorithm, "-pkeyopt", option)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(made)

    def new_request(
        self, key: str, names: Sequence[str], addresses: Sequence[str]
    ) -> str:
        """A request, in PEM, for the key in a file; the first name is its subject."""
        settings = os.path.join(os.path.dirname(key), "request.cnf")
        every = [f"DNS:{name}" for name in names] + [f"IP:{one}" for one in addresses]
        with open(settings, "w", encoding="ascii") as file:
            file.write(_REQUEST.format(name=names[0], names=", ".join(every)))
        try:
            return self._said(
                "req", "-new", "-sha256", "-key", key, "-config", settings
            )
        finally:
            os.unlink(settings)

    def public_key(self, path: str) -> str:
        """The public half of the private key in a file."""
        return self._said("pkey", "-in", path, "-pubout").strip()

    def read(self, pem: str) -> Certificate:
        """What a certificate says."""
        asked = ("-startdate", "-enddate", "-serial", "-subject", "-issuer", "-pubkey")
        shown = ("-nameopt", "RFC2253", "-ext", "subjectAltName")
        said = self._said("x509", "-noout", *asked, *shown, given=pem)
        lines = dict(line.split("=", 1) for line in said.splitlines() if "=" in line)
        alternatives = re.findall(r"(DNS|IP Address):([^,\s]+)", said)
        public = _PUBLIC.search(said)
        return Certificate(
            begins=ssl.cert_time_to_seconds(lines["notBefore"]),
            ends=ssl.cert_time_to_seconds(lines["notAfter"]),
            serial=lines["serial"].strip().lower(),
            subject=lines["subject"].strip(),
            issuer=lines["issuer"].strip(),
            names=frozenset(one.lower() for kind, one in alternatives if kind == "DNS"),
            addresses=frozenset(
                str(ipaddress.ip_address(one))
                for kind, one in alternatives
                if kind == "IP Address"
            ),
            public_key=public[0].strip() if public else "",
        )

    def verify(self, certificate: str, authorities: str, between: str) -> None:
        """See that a certificate leads to an authority; all are files."""
        more = ("-untrusted", between) if os.path.getsize(between) else ()
        self._said(
            "verify", "-partial_chain", "-CAfile", authorities, *more, certificate
        )

    def _said(self, *argv: str, given: str = "") -> str:
        try:
            code, said, errors = self._run(["openssl", *argv], given)
        except FileNotFoundError as error:
            raise RunError(
                "openssl is missing on this host: install the package openssl"
            ) from error
        if code:
            why = " ".join(errors.split())[-300:] or "no reason given"
            raise RunError(f"openssl {argv[0]} failed: {why}")
        return said
