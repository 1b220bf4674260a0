# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Users, roles and settings of auth methods on a real cluster."""

from __future__ import annotations

import pytest

from tests.integration.vault.states import State, example


def test_life_of_users(state: State) -> None:
    declared = example("userpass_user")
    declared["ada"]["password"] = "first"
    state.live_through(
        declared,
        changes=[
            {"ada": {"token_policies": ["b"], "token_bound_cidrs": ["10.0.0.0/8"]}},
            {"ada": {"token_policies": None, "token_bound_cidrs": None}},
            {"ada": {"token_ttl": None, "token_num_uses": 3}},
        ],
        drift=lambda state, outputs: state.ask(
            "auth/people/users/ada", "POST", {"token_num_uses": 9}
        ),
    )


def logs_in(state: State, password: str) -> bool:
    try:
        state.ask("auth/people/login/ada", "POST", {"password": password})
    except OSError:
        return False
    return True


def test_a_password_is_sent_again_only_with_another_change(state: State) -> None:
    """Where no fingerprints are kept, nobody can tell that it differs."""
    declared = example("userpass_user")
    declared["ada"]["password"] = "first-one"
    state.apply(declared)
    declared["ada"]["password"] = "second-one"
    assert state.actions(declared) == {}
    declared["ada"]["token_ttl"] = "1h"
    state.apply(declared)
    assert logs_in(state, "second-one")
    state.apply(declared, state="absent")


def test_a_fingerprint_tells_that_a_password_differs(state: State) -> None:
    place = f"{state.prefix}-kv/fingerprints"
    engine = {f"{state.prefix}-kv": {"type": "secret_engine", "engine": "kv-v2"}}
    declared = {**example("userpass_user"), **engine}
    declared["ada"]["password"] = "first-one"
    state.options = {"fingerprints": place}
    state.apply(declared)
    assert state.actions(declared) == {}
    declared["ada"]["password"] = "second-one"
    assert state.actions(declared) == {"ada": "update"}
    result = state.apply(declared)
    assert "ada.password: (sensitive) changed" in result["diff"]["after"]
    assert "second-one" not in str(result)
    assert logs_in(state, "second-one")
    assert state.actions(declared) == {}
    kept = state.ask(f"{state.prefix}-kv/data/fingerprints")["data"]
    assert "second-one" not in str(kept)
    assert kept["metadata"]["version"] == 2
    # Somebody changes it by hand, and a change of something else leaves it so.
    state.ask("auth/people/users/ada", "POST", {"password": "by hand"})
    declared["ada"]["token_ttl"] = "1h"
    state.apply(declared)
    assert logs_in(state, "by hand")
    # A user made anew is given it.
    del state.options["fingerprints"]
    state.apply(declared, state="absent")


def test_a_fingerprint_goes_with_its_thing(state: State) -> None:
    mount = f"{state.prefix}-kv"
    state.apply({mount: {"type": "secret_engine", "engine": "kv-v2"}})
    state.options = {"fingerprints": f"{mount}/fingerprints"}
    declared = example("userpass_user")
    declared["ada"]["password"] = "first-one"
    state.apply(declared)
    state.apply(declared, state="absent")
    kept = state.ask(f"{mount}/data/fingerprints")["data"]["data"]
    assert kept["fingerprints"] == {}


def test_a_place_that_is_none_is_refused(state: State) -> None:
    said = state.refused(example("userpass_user"), fingerprints="kv")
    assert "fingerprints: 'kv' is no place; say a KV v2 engine and a path" in said


@pytest.fixture(scope="session")
def public_key() -> str:
    """The public half of a key that signs tokens."""
    from cryptography.hazmat.primitives import serialization as to
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    kind = to.PublicFormat.SubjectPublicKeyInfo
    return key.public_bytes(to.Encoding.PEM, kind).decode()


def test_life_of_jwt_settings(state: State, public_key: str) -> None:
    declared = example("jwt_config")
    declared["commerce-ci-config"]["jwt_validation_pubkeys"] = [public_key]
    state.live_through(
        declared,
        changes=[
            {"commerce-ci-config": {"bound_issuer": "https://ci2.internal"}},
            {"commerce-ci-config": {"bound_issuer": None, "default_role": "deploy"}},
        ],
        drift=lambda state, outputs: state.ask(
            "auth/commerce-ci/config",
            "POST",
            {"jwt_validation_pubkeys": [public_key], "default_role": "other"},
        ),
    )


def test_life_of_jwt_roles(state: State) -> None:
    state.live_through(
        example("jwt_role"),
        changes=[
            {"deploy": {"bound_claims": {"project": "shop"}}},
            {"deploy": {"claim_mappings": None, "token_ttl": 300}},
            {"deploy": {"bound_audiences": ["vault", "bao"], "clock_skew_leeway": 10}},
        ],
    )


def test_life_of_kubernetes(state: State) -> None:
    declared = example("kubernetes_auth_config")
    settings = declared["commerce-cluster-config"]
    settings["token_reviewer_jwt"] = "planted"
    settings["kubernetes_ca_cert"] = state.bao.ca.read_text()
    state.live_through(
        declared,
        changes=[
            {"commerce-cluster-config": {"kubernetes_host": "https://other:6443"}},
            {"commerce-cluster-config": {"disable_local_ca_jwt": True}},
        ],
    )
    state.live_through(
        example("kubernetes_role"),
        changes=[
            {"cart": {"bound_service_account_names": ["cart", "cart2"]}},
            {"cart": {"audience": None, "alias_name_source": "serviceaccount_name"}},
            {"cart": {"token_policies": ["b"], "token_max_ttl": "1h"}},
        ],
    )


def test_life_of_certificate_roles(state: State) -> None:
    declared = example("cert_role")
    declared["web"]["certificate"] = state.bao.ca.read_text()
    state.live_through(
        declared,
        changes=[
            {"web": {"allowed_dns_sans": ["a.internal", "b.internal"]}},
            {"web": {"allowed_dns_sans": None, "display_name": "web"}},
        ],
        drift=lambda state, outputs: state.ask(
            "auth/commerce-hosts/certs/web", "POST", {"display_name": "by hand"}
        ),
    )


def test_life_of_token_roles(state: State) -> None:
    state.live_through(
        example("token_role"),
        changes=[
            {"commerce-batch": {"allowed_policies": ["a", "b"], "orphan": False}},
            {"commerce-batch": {"renewable": True, "path_suffix": "batch"}},
            {"commerce-batch": {"path_suffix": None, "token_type": "service"}},
        ],
        drift=lambda state, outputs: state.ask(
            "auth/token/roles/commerce-batch", "POST", {"orphan": True}
        ),
    )
