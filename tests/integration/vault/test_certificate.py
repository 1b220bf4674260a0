# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role vault_certificate: a real PKI signs, a real TLS service takes it in."""

from __future__ import annotations

import os
import signal
import socket
import ssl
import stat
import subprocess
import sys
import urllib.error
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from lab.bao_cluster import Bao
from lab.processes import await_true
from tests.integration.leaks import talkative
from tests.unit.plugins.action.plays import play

NAME, ADDRESS = "portal.example.org", "127.0.0.1"
# Reads its certificate when it starts, and again when it is told to.
SERVICE = """\
import signal, socket, ssl, sys
pair, port_file = sys.argv[1:]
state = {}
def read(*_signal):
    state["tls"] = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    state["tls"].load_cert_chain(pair)
read()
signal.signal(signal.SIGHUP, read)
listening = socket.create_server(("127.0.0.1", 0))
with open(port_file, "w") as file:
    file.write(str(listening.getsockname()[1]) + "\\n")
while True:
    connection, _peer = listening.accept()
    try:
        state["tls"].wrap_socket(connection, server_side=True).close()
    except OSError:
        connection.close()
"""


@dataclass
class Host:
    """A host, a folder of this machine, and the run that looks after it."""

    bao: Bao
    folder: Path
    mount: str
    variables: dict[str, Any] = field(default_factory=dict)

    @property
    def dir(self) -> Path:
        return self.folder / "portal"

    def file(self, name: str) -> Path:
        return self.dir / "current" / f"{name}.pem"

    def mode(self, name: str) -> int:
        return stat.S_IMODE(self.file(name).stat().st_mode)

    @property
    def serial(self) -> int:
        pem = self.file("cert").read_bytes()
        return x509.load_pem_x509_certificate(pem).serial_number

    def role(self, **more: Any) -> dict[str, Any]:
        options = {
            "vault_certificate_dir": str(self.dir),
            "vault_certificate_role": "web",
            "vault_certificate_mount": self.mount,
            "vault_certificate_names": [NAME, "www.example.org"],
            "vault_certificate_addresses": [ADDRESS],
        }
        given = {f"vault_certificate_{name}": one for name, one in more.items()}
        role = {"ansible.builtin.include_role": {"name": "vigie.run.vault_certificate"}}
        return {**role, "vars": {**options, **given}}

    def run(self, *roles: dict[str, Any], **keywords: Any) -> tuple[int, str]:
        return play(self.folder, {"one": self.variables}, *roles, **keywords)

    def ask(self, path: str, body: Any = None, method: str = "POST") -> Any:
        return self.bao.ask(path, method, body, self.bao.leader())

    def issued(self) -> int:
        """How many certificates this PKI has signed."""
        try:
            found = self.ask(f"{self.mount}/certs?list=true", method="GET")
        except urllib.error.HTTPError:
            return 0
        return len(found["data"]["keys"])

    @contextmanager
    def service(self) -> Iterator[Service]:
        """A running service that reads pair.pem."""
        port = self.folder / "port"
        port.unlink(missing_ok=True)
        argv = [sys.executable, "-c", SERVICE, str(self.file("pair")), str(port)]
        with subprocess.Popen(argv) as process:
            try:
                await_true("the service", lambda: port.exists() and port.read_text())
                yield Service(process.pid, int(port.read_text()))
            finally:
                process.send_signal(signal.SIGKILL)


@dataclass(frozen=True)
class Service:
    """A real TLS server."""

    pid: int
    port: int

    @property
    def reload(self) -> list[str]:
        return ["kill", "-HUP", str(self.pid)]

    def serial(self, authority: Path) -> int:
        """Of the certificate that it serves, to who trusts that authority alone."""
        trusts = ssl.create_default_context(cafile=str(authority))
        with (
            socket.create_connection((ADDRESS, self.port), 10) as plain,
            trusts.wrap_socket(plain, server_hostname=NAME) as secure,
        ):
            pem = ssl.DER_cert_to_PEM_cert(secure.getpeercert(binary_form=True))
        return x509.load_pem_x509_certificate(pem.encode()).serial_number


@pytest.fixture
def host(bao: Bao, tmp_path: Path) -> Iterator[Host]:
    """An intermediate authority under a root, a role, a token that may sign for it."""
    mount = f"t{uuid.uuid4().hex[:8]}"
    made, root = Host(bao, tmp_path, mount), f"{mount}-root"
    for engine in (root, mount):
        made.ask(
            f"sys/mounts/{engine}",
            {"type": "pki", "config": {"max_lease_ttl": "9000h"}},
        )
    made.ask(f"{root}/root/generate/internal", {"common_name": "Root", "ttl": "8000h"})
    asked = {"common_name": "Intermediate"}
    csr = made.ask(f"{mount}/intermediate/generate/internal", asked)["data"]["csr"]
    signed = made.ask(
        f"{root}/root/sign-intermediate", {**asked, "csr": csr, "ttl": "7000h"}
    )
    chain = "\n".join([signed["data"]["certificate"], *signed["data"]["ca_chain"]])
    made.ask(f"{mount}/intermediate/set-signed", {"certificate": chain})
    allowed = {
        "allowed_domains": "example.org",
        "allow_subdomains": True,
        "key_type": "any",
    }
    made.ask(f"{mount}/roles/web", {**allowed, "ttl": "720h", "max_ttl": "1440h"})
    paths = (f"{mount}/sign/web", f"{mount}/issuer/default/sign/web")
    rules = [f'path "{path}" {{ capabilities = ["update"] }}' for path in paths]
    made.ask(f"sys/policies/acl/{mount}", {"policy": " ".join(rules)})
    policy = {"policies": [mount], "no_default_policy": True}
    token = made.ask("auth/token/create-orphan", policy)["auth"]["client_token"]
    made.variables = {
        "vault_url": bao.url,
        "vault_ca_path": str(bao.ca),
        "vault_token": token,
        "vault_certificate_owner": str(os.getuid()),
        "vault_certificate_group": str(os.getgid()),
    }
    yield made
    for engine in (mount, root):
        made.ask(f"sys/mounts/{engine}", method="DELETE")


def test_a_certificate_is_issued_once_and_renewed_into_a_running_service(
    host: Host,
) -> None:
    code, said = host.run(host.role(), check_mode=True)
    assert (code, host.dir.exists(), host.issued()) == (0, False, 0), said

    code, said = host.run(host.role())
    assert code == 0, said
    modes = {
        one: stat.S_IMODE(host.file(one).stat().st_mode) for one in ("key", "cert")
    }
    assert modes == {"key": 0o640, "cert": 0o640}
    key, first = host.file("key").read_text(), host.serial
    assert key not in said
    assert "PRIVATE KEY" not in said

    with host.service() as service:
        taken_in = {"commands": [service.reload]}
        assert service.serial(host.file("ca")) == first
        code, said = host.run(host.role(**taken_in), host.role(**taken_in, mode="0644"))
        assert "changed=1 " in said, said
        assert (host.serial, host.issued()) == (first, 1)
        assert (host.mode("key"), host.mode("cert")) == (0o640, 0o644)

        code, said = host.run(host.role(**taken_in, renew_at=1e-6))
        assert code == 0, said
        assert service.serial(host.file("ca")) == host.serial != first
        assert host.file("key").read_text() != key
        assert [len(list((host.dir / "sets").iterdir())), host.issued()] == [1, 2]

        second = host.serial
        code, said = host.run(host.role(**taken_in, issuer="default", ttl="48h"))
        assert code == 0, said
        assert service.serial(host.file("ca")) == host.serial != second


def test_what_a_service_refuses_is_taken_back(host: Host) -> None:
    code, said = host.run(host.role(check=[["sh", "-c", "echo no good >&2; exit 1"]]))
    assert code == 2
    assert (
        "was not taken in (Check that services can use it): no good. What is in" in said
    )
    assert "what was before, none" in said
    assert not (host.dir / "current").exists()

    code, said = host.run(host.role())
    assert code == 0, said
    former = host.serial
    with host.service() as service:
        reloads = host.folder / "reloads"
        told = ["sh", "-c", f"echo told >> {reloads}; {' '.join(service.reload)}"]
        only_the_former = [
            "sh",
            "-c",
            f"openssl x509 -noout -serial -in {host.file('cert')} | grep -i {former:x}",
        ]
        changed = {"ttl": "48h", "commands": [told, only_the_former]}
        code, said = host.run(host.role(**changed, check=[only_the_former]))
        assert code == 2
        assert (host.serial, reloads.exists()) == (former, False)

        code, said = host.run(host.role(**changed))
        assert code == 2
        assert "What is in place is the former one, until" in said
        assert (host.serial, reloads.read_text()) == (former, "told\ntold\n")
        assert service.serial(host.file("ca")) == former


def test_what_a_killed_run_put_in_place_is_taken_in_by_the_next(host: Host) -> None:
    code, said = host.run(host.role())
    assert code == 0, said
    (host.dir / "proved").unlink()
    reloads = host.folder / "reloads"
    told = {"commands": [["sh", "-c", f"echo told >> {reloads}"]]}
    code, said = host.run(host.role(**told), host.role(**told))
    assert code == 0, said
    assert (host.issued(), reloads.read_text()) == (1, "told\n")


def test_what_vault_refuses_leaves_all_as_it_was(host: Host) -> None:
    code, said = host.run(host.role(names=["portal.elsewhere.org"]))
    assert code == 2
    assert "portal.elsewhere.org" in said
    assert not (host.dir / "current").exists()


def test_no_key_is_shown(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    watch = talkative(host.folder, monkeypatch)
    watch.values.update(host.variables)
    watch.allowed.append(host.dir.name)
    watch.run({"one": watch.elsewhere()}, host.role())
    _begin, line, *_rest = host.file("key").read_text().splitlines()
    watch.learn("key", line)
    assert watch.leaks() == []
