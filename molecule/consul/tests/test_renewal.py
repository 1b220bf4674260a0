# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may talk to the cluster, and what is changed in it without a restart."""

from __future__ import annotations

import json

import pytest
from cryptography import x509

# Fingerprints of the certificate that the HTTPS API shows, and of the one on the disk.
CERTIFICATES = """
import hashlib, ssl
shown = ssl.get_server_certificate(("127.0.0.1", 8501))
kept = open("/etc/consul.d/tls/agent.pem").read().partition("-----BEGIN PRIVATE")[0]
for text in (shown, kept):
    print(hashlib.sha256(ssl.PEM_cert_to_DER_cert(text.strip())).hexdigest())
"""
# What a server answers to one that begins a call (4) without TLS: it hangs up.
PLAIN_CALL = """
import socket
with socket.create_connection(("127.0.0.1", 8300), timeout=5) as server:
    server.sendall(bytes([4]))
    print(server.recv(1))
"""
# HTTPS with the cluster's own authority and no other.
ASK_HTTPS = """
import ssl, urllib.request
trust = ssl.create_default_context(cafile="/etc/consul.d/tls/ca.pem")
leader = "https://localhost:8501/v1/status/leader"
print(urllib.request.urlopen(leader, context=trust).read().decode())
"""


def run(cluster, name: str, code: str) -> str:
    return cluster.host(name).check_output("python3 -c %s", code)


def started(cluster, name: str) -> str:
    unit = cluster.host(name).service("consul").systemd_properties
    return unit["ExecMainStartTimestampMonotonic"]


def test_servers_hang_up_on_what_is_not_tls(cluster):
    for name in cluster.servers:
        assert run(cluster, name, PLAIN_CALL) == "b''"


def test_the_api_has_https_on_every_node(cluster):
    for name in cluster.nodes:
        assert ":8300" in json.loads(run(cluster, name, ASK_HTTPS))


def test_keys_are_for_consul_only(cluster):
    for name in cluster.nodes:
        pair = cluster.host(name).file("/etc/consul.d/tls/agent.pem")
        assert (pair.user, pair.group, pair.mode) == ("root", "consul", 0o640)


def test_agents_cannot_call_themselves_servers(cluster):
    kinds = {}
    for name in cluster.nodes:
        pair = cluster.host(name).file("/etc/consul.d/tls/agent.pem").content
        names = x509.load_pem_x509_certificate(pair).extensions.get_extension_for_class(
            x509.SubjectAlternativeName
        )
        kinds[name] = "server.lab.consul" in names.value.get_values_for_type(
            x509.DNSName
        )
    assert kinds == {name: name in cluster.servers for name in cluster.nodes}


@pytest.fixture(scope="module")
def renewed(cluster):
    """Certificates, keys and start times of all nodes, before and after the play."""

    def look():
        return {
            "certificates": {
                name: run(cluster, name, CERTIFICATES).split() for name in cluster.nodes
            },
            "started": {name: started(cluster, name) for name in cluster.nodes},
            "rings": cluster.ask(cluster.servers[0], "operator/keyring"),
        }

    before = look()
    cluster.succeed("renew.yml")
    return before, look()


def test_renewed_certificates_are_shown_without_a_restart(cluster, renewed):
    before, after = renewed
    for name in cluster.nodes:
        shown, kept = after["certificates"][name]
        assert shown == kept
        assert shown not in before["certificates"][name]
    assert after["started"] == before["started"]


def test_all_nodes_use_the_new_key_of_the_gossip_and_no_other(cluster, renewed):
    before, after = renewed
    for old, new in zip(before["rings"], after["rings"], strict=True):
        assert not set(old["Keys"]) & set(new["Keys"])
        assert new["Keys"] == new["PrimaryKeys"]
        assert list(new["Keys"].values()) == [new["NumNodes"]]
    assert {ring["NumNodes"] for ring in after["rings"]} == {3, len(cluster.nodes)}


def test_other_services_are_in_the_catalog(cluster, renewed):
    assert cluster.ask(cluster.servers[0], "catalog/service/web") == []
    found = cluster.ask(cluster.servers[0], "catalog/service/other")
    assert {one["Node"] for one in found} == cluster.nodes
