# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Authorities, roles and settings of PKI engines on a real cluster."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.vigie.run.plugins.module_utils._vault.session import Session
from cryptography import x509

from tests.integration.vault.states import State, example


def test_life_of_a_root(state: State) -> None:
    state.live_through(
        example("pki_root"),
        changes=[
            {"commerce-root": {"leaf_not_after_behavior": "truncate"}},
            {"commerce-root": {"usage": ["read-only", "crl-signing"]}},
        ],
    )


def test_a_root_is_as_declared_and_stays(state: State) -> None:
    declared = example("pki_root")
    first = state.apply(declared)["outputs"]["commerce-root"]
    found = x509.load_pem_x509_certificate(first["certificate"].encode())
    assert found.subject.rfc4514_string() == "CN=Commerce root,O=Commerce"
    assert found.public_key().curve.name == "secp384r1"
    declared["commerce-root"]["leaf_not_after_behavior"] = "permit"
    state.apply(declared)
    again = state.apply(declared)["outputs"]["commerce-root"]
    assert again["certificate"] == first["certificate"]
    said = state.refused(
        {**declared, "commerce-root": {**declared["commerce-root"], "common_name": "X"}}
    )
    assert "common_name cannot change from 'Commerce root' to 'X'" in said
    state.apply(declared, state="absent")


def test_a_root_is_made_once_though_the_answer_is_lost(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was made is looked up."""
    from ansible_collections.vigie.run.plugins.module_utils._vault.errors import (
        UnreachableError,
    )

    send = Session._send

    def losing(self: Session, method: str, path: str, *given: Any, **more: Any) -> Any:
        said = send(self, method, path, *given, **more)
        if path.endswith("root/generate/internal"):
            raise UnreachableError("lost")
        return said

    monkeypatch.setattr(Session, "_send", losing)
    declared = example("pki_root")
    state.apply(declared)
    assert state.actions(declared) == {}
    there = state.ask("commerce-pki/issuers?list=true")["data"]["keys"]
    assert len(there) == 1
    state.apply(declared, state="absent")


def test_life_of_an_intermediate(state: State) -> None:
    state.live_through(
        example("pki_intermediate"),
        changes=[{"commerce-int": {"leaf_not_after_behavior": "err"}}],
    )


def test_an_intermediate_issues_what_the_root_vouches_for(state: State) -> None:
    declared = example("pki_intermediate")
    role = example("pki_role")["web"]
    declared["web"] = {**role, "mount": "${commerce-int.mount}"}
    outputs = state.apply(declared)["outputs"]
    asked = {"common_name": "a.shop.internal"}
    made = state.ask("commerce-pki-int/issue/web", "POST", asked)["data"]
    root, signer, leaf = (
        x509.load_pem_x509_certificate(one.encode())
        for one in (
            outputs["commerce-root"]["certificate"],
            outputs["commerce-int"]["certificate"],
            made["certificate"],
        )
    )
    leaf.verify_directly_issued_by(signer)
    signer.verify_directly_issued_by(root)
    state.apply(declared, state="absent")


def test_an_interrupted_intermediate_is_carried_on(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The key of the first try serves the second."""
    write = Session.write

    def failing(self: Session, path: str, *given: Any, **more: Any) -> Any:
        if path.endswith("/set-signed"):
            raise OSError("the controller was lost")
        return write(self, path, *given, **more)

    declared = example("pki_intermediate")
    with monkeypatch.context() as patch:
        patch.setattr(Session, "write", failing)
        assert state.run(declared)["failed"]
    state.apply(declared)
    assert state.actions(declared) == {}
    keys = state.ask("commerce-pki-int/keys?list=true")["data"]["keys"]
    assert len(keys) == 1
    state.apply(declared, state="absent")


def test_life_of_roles(state: State) -> None:
    state.live_through(
        example("pki_role"),
        changes=[
            {"web": {"allowed_domains": ["shop.internal", "b.internal"]}},
            {"web": {"ttl": None, "key_usage": ["DigitalSignature"]}},
            {"web": {"allow_localhost": None, "organization": ["Shop"]}},
        ],
    )


def test_a_change_of_a_role_keeps_what_is_not_declared(state: State) -> None:
    declared = example("pki_role")
    state.apply(declared)
    path = "commerce-pki/roles/web"
    there = state.ask(path)["data"]
    state.ask(path, "POST", {**there, "organization": ["By hand"], "no_store": True})
    declared["web"]["ttl"] = "10h"
    state.apply(declared)
    after = state.ask(path)["data"]
    assert (after["organization"], after["no_store"]) == (["By hand"], True)
    assert after["ttl"] == 36000
    state.apply(declared, state="absent")


def test_life_of_settings(state: State) -> None:
    state.live_through(
        example("pki_urls"),
        changes=[{"commerce-pki-urls": {"issuing_certificates": None}}],
    )
    state.live_through(
        example("pki_crl"),
        changes=[{"commerce-pki-crl": {"auto_rebuild": None, "expiry": "24h"}}],
    )
