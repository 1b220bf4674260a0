# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sets of files of a certificate, made by the machine's own openssl."""

from __future__ import annotations

import dataclasses
import datetime
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.module_utils._host.certificates import (
    FILES,
    Rights,
    Store,
    Wanted,
)
from ansible_collections.vigie.run.plugins.module_utils._host.openssl import OpenSsl
from ansible_collections.vigie.run.plugins.modules.tls_certificate import run
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

WANTED = Wanted(("portal.example.org", "*.example.org"), ("::1",), "ec-p256", {})
DAY = 86400


def command(argv: Sequence[str], given: str) -> tuple[int, str, str]:
    """As `AnsibleModule.run_command` does it."""
    done = subprocess.run(
        argv, input=given, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout, done.stderr


class Authority:
    """Signs whatever is asked for."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name.from_rfc4514_string("CN=Authority")
        self.pem = self._sign(self._name, self._key.public_key(), 365, ())

    def sign(self, csr: str, *, without: str = "") -> str:
        """A certificate for 30 days, of all that a request names or nearly all."""
        asked = x509.load_pem_x509_csr(csr.encode())
        names = asked.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        kept = [name for name in names.value if str(name.value) != without]
        return self._sign(asked.subject, asked.public_key(), 30, kept)

    def _sign(self, subject: x509.Name, key: Any, days: int, names: Any) -> str:
        now = datetime.datetime.now(datetime.UTC)
        made = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now)
            .not_valid_after(now + datetime.timedelta(days=days))
            .add_extension(x509.BasicConstraints(days > 30, None), critical=True)
        )
        if names:
            made = made.add_extension(x509.SubjectAlternativeName(names), False)
        signed = made.sign(self._key, hashes.SHA256())
        return signed.public_bytes(Encoding.PEM).decode()


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path / "portal"), Rights(), OpenSsl(command))


def placed(store: Store, authority: Authority) -> str:
    """Have one issued and put in place: its serial number."""
    store.place(authority.sign(store.request(WANTED)), authority.pem, WANTED)
    found = store.certificate()
    assert found is not None
    return found.serial


def lack(store: Store, wanted: Wanted = WANTED, days: float = 0) -> str:
    return store.lack(wanted, 0.67, time.time() + days * DAY)


def test_a_certificate_is_good_until_two_thirds_of_its_life_are_over(
    store: Store, authority: Authority
) -> None:
    assert lack(store) == "there is none yet"
    placed(store, authority)
    assert [lack(store), lack(store, days=20)] == ["", ""]
    assert "and 67% of its life is over" in lack(store, days=20.2)
    assert set(WANTED.addresses) == store.certificate().addresses


@pytest.mark.parametrize(
    "change",
    [
        {"names": ("portal.example.org",)},
        {"addresses": ()},
        {"key_type": "rsa-2048"},
        {"source": {"path": "pki/sign/other"}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_is_wanted_otherwise_is_named(
    store: Store, authority: Authority, change: dict[str, Any]
) -> None:
    placed(store, authority)
    wanted = dataclasses.replace(WANTED, **change)
    assert lack(store, wanted) == f"{next(iter(change))} changed"


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_seen(store: Store, authority: Authority, name: str) -> None:
    placed(store, authority)
    Path(store.path("current", name)).unlink()
    assert lack(store) == f"{name} is missing or damaged"


def test_a_key_of_another_certificate_is_seen(
    store: Store, authority: Authority
) -> None:
    placed(store, authority)
    key = Path(store.path("current", "key.pem"))
    key.unlink()
    OpenSsl(command).new_key(str(key), "ec-p256")
    assert lack(store) == "key.pem is not of cert.pem"


def test_what_was_signed_for_somebody_else_is_refused(
    store: Store, authority: Authority
) -> None:
    first = placed(store, authority)
    others = authority.sign(store.request(WANTED))
    request = store.request(WANTED)
    with pytest.raises(RunError, match="is not for the key that was made here"):
        store.place(others, authority.pem, WANTED)
    fewer = authority.sign(request, without="*.example.org")
    with pytest.raises(RunError, match=r"is not for \*\.example\.org, which was asked"):
        store.place(fewer, authority.pem, WANTED)
    with pytest.raises(RunError, match="openssl verify failed"):
        store.place(authority.sign(request), Authority().pem, WANTED)
    assert store.certificate().serial == first


def test_the_former_one_is_there_until_the_new_one_is_proved(
    store: Store, authority: Authority
) -> None:
    first = placed(store, authority)
    store.prove()
    assert not store.unproved
    placed(store, authority)
    assert store.unproved
    store.restore()
    assert (store.certificate().serial, store.unproved) == (first, False)
    second = placed(store, authority)
    store.prove()
    assert [one.name for one in Path(store.path("sets")).iterdir()] == [second]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"names": []}, "names: name at least one"),
        ({"names": ["a.org, DNS:b.org"]}, "names: 'a.org, dns:b.org' is no DNS name"),
        ({"names": ["a" * 65]}, "is longer than 64 characters"),
        ({"addresses": ["10.0.0"]}, "addresses: '10.0.0' does not appear to be"),
        ({"renew_at": 1.0}, "renew_at: is a share"),
        ({"dir": "portal"}, "dir: 'portal' is no absolute path"),
        ({"dir": "/nowhere/portal"}, "dir: there is no folder /nowhere"),
        ({"group": "nobody-here"}, "group: there is no 'nobody-here' on this host"),
        ({"mode": "u=rw"}, "mode: 'u=rw' is no mode"),
    ],
)
def test_what_cannot_be_is_said_before_a_key_is_made(
    tmp_path: Path, options: dict[str, Any], words: str
) -> None:
    given = {
        "dir": str(tmp_path / "portal"),
        "state": "requested",
        "names": ["portal.example.org"],
        "addresses": [],
        "key_type": "ec-p256",
        "source": {},
        "renew_at": 0.67,
        "owner": None,
        "group": None,
        "mode": "0640",
    }
    with pytest.raises(RunError) as refused:
        run({**given, **options}, False, command)
    assert words in str(refused.value)
    assert not (tmp_path / "portal").exists()
