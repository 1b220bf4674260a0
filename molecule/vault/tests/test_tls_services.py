# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role vault_certificate: what HAProxy serves on each release of Debian."""

from __future__ import annotations

import re
import socket
import ssl
import threading
import urllib.parse

import pytest

testinfra_hosts = ["ssh://deb12-c"]
NAME = "portal.example.org"
# Share of its life: Vault has a certificate begin half a minute before it is made.
AT_ONCE = 0.000005


class Visitor:
    """Opens one TLS connection to each host after the other, all the time."""

    def __init__(self, cluster) -> None:
        authority = cluster.ask(cluster.active(), "portal/cert/ca")["data"]
        self._tls = ssl.create_default_context(cadata=authority["certificate"])
        self._hosts = {
            name: urllib.parse.urlsplit(url).hostname
            for name, url in cluster.urls.items()
        }
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._visit)
        self.visits, self.failed = 0, []

    def __enter__(self) -> Visitor:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def serials(self) -> dict[str, str]:
        """Which certificate each host serves."""
        return {name: self._greet(name) for name in self._hosts}

    def _visit(self) -> None:
        while not self._over.wait(0.02):
            for name in self._hosts:
                try:
                    self._greet(name)
                    self.visits += 1
                except OSError as error:
                    self.failed.append((name, error))

    def _greet(self, name: str) -> str:
        with (
            socket.create_connection((self._hosts[name], 8443), 9) as plain,
            self._tls.wrap_socket(plain, server_hostname=NAME) as line,
        ):
            line.sendall(f"GET / HTTP/1.1\r\nHost: {NAME}\r\n\r\n".encode())
            if b" 200 " not in line.recv(100):
                raise OSError(f"{name} did not answer as it should")
            return line.getpeercert()["serialNumber"]


@pytest.fixture(scope="module")
def visitor(cluster) -> Visitor:
    """Somebody who visits hosts that have their first certificate."""
    cluster.succeed("certificate.yml")
    return Visitor(cluster)


def test_services_take_in_a_new_one_and_nobody_is_turned_away(cluster, visitor):
    first = visitor.serials()
    assert len(set(first.values())) == len(first), "each host has its own"
    again = cluster.succeed("certificate.yml")
    assert not re.search(r"changed=[1-9]", again), again[-2000:]
    assert visitor.serials() == first
    with visitor:
        cluster.succeed("certificate.yml", vault_certificate_renew_at=AT_ONCE)
        second = visitor.serials()
        done = cluster.play(
            "certificate.yml",
            vault_certificate_renew_at=AT_ONCE,
            configuration="/etc/haproxy/none.cfg",
        )
    assert not set(first.values()) & set(second.values())
    assert done.returncode == 2
    assert "What is in place is the former one" in cluster.log.read_text()
    assert visitor.serials() == second
    assert visitor.failed == []
    assert visitor.visits > 100


def test_keys_stay_where_they_were_made(cluster, visitor):
    for name in cluster.servers:
        host = cluster.host(name)
        listed = host.check_output("find /etc/ssl/portal -name '*.pem' -perm /o=r")
        assert "key.pem" not in listed
        assert "pair.pem" not in listed
        assert host.file("/etc/ssl/portal/current/key.pem").user == "root"
    told = cluster.log.read_text()
    assert "PRIVATE KEY" not in told
