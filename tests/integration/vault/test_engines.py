# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What transit, SSH and KV engines hold, on a real cluster."""

from __future__ import annotations

from tests.integration.vault.states import State, example


def test_life_of_kv_settings(state: State) -> None:
    state.live_through(
        example("kv_config"),
        changes=[
            {"commerce-kv-config": {"delete_version_after": "30d"}},
            {"commerce-kv-config": {"max_versions": None, "cas_required": None}},
        ],
        drift=lambda state, outputs: state.ask(
            "commerce-kv/config", "POST", {"max_versions": 3}
        ),
    )


def test_settings_go_back_to_what_a_new_mount_has(state: State) -> None:
    mount = f"{state.prefix}-kv"
    state.apply({mount: {"type": "secret_engine", "engine": "kv-v2"}})
    declared = {"settings": {"type": "kv_config", "mount": mount, "max_versions": 3}}
    state.apply(declared)
    state.apply(declared, state="absent")
    assert state.ask(f"{mount}/config")["data"]["max_versions"] == 0
    assert not state.apply(declared, state="absent")["changed"]


def test_life_of_transit_keys(state: State) -> None:
    state.live_through(
        example("transit_key"),
        changes=[
            {"cards": {"auto_rotate_period": None, "exportable": True}},
            {"cards": {"deletion_allowed": True}},
        ],
        drift=lambda state, outputs: state.ask(
            "commerce-transit/keys/cards/config", "POST", {"auto_rotate_period": "2h"}
        ),
    )


def test_a_transit_key_is_not_deleted_unless_that_was_said(state: State) -> None:
    declared = example("transit_key")
    state.apply(declared)
    result = state.run(declared, state="absent")
    assert result["failed"]
    assert "apply deletion_allowed: true first" in result["msg"]
    declared["cards"]["deletion_allowed"] = True
    state.apply(declared)
    state.apply(declared, state="absent")


def test_life_of_an_ssh_authority(state: State) -> None:
    declared = example("ssh_ca")
    state.live_through(declared)
    outputs = state.apply(declared)["outputs"]
    assert outputs["commerce-ssh-ca"]["public_key"].startswith("ssh-ed25519 ")
    assert state.apply(declared)["outputs"] == outputs
    state.apply(declared, state="absent")


def test_life_of_ssh_roles(state: State) -> None:
    state.live_through(
        example("ssh_role"),
        changes=[
            {"operators": {"allowed_users": ["deploy"], "ttl": 600}},
            {"operators": {"default_extensions": {"permit-pty": "", "x": "1"}}},
            {"operators": {"default_extensions": None, "allowed_extensions": None}},
        ],
        drift=lambda state, outputs: state.ask(
            "commerce-ssh/roles/operators",
            "POST",
            {"key_type": "ca", "allow_user_certificates": True},
        ),
    )


def test_a_change_of_an_ssh_role_keeps_what_is_not_declared(state: State) -> None:
    """A write to one forgets whatever it does not mention."""
    declared = example("ssh_role")
    state.apply(declared)
    path = "commerce-ssh/roles/operators"
    there = state.ask(path)["data"]
    state.ask(path, "POST", {**there, "max_ttl": "3h"})
    declared["operators"]["ttl"] = "10m"
    state.apply(declared)
    assert state.ask(path)["data"]["max_ttl"] == 3 * 3600
    state.apply(declared, state="absent")


def test_audit_devices_are_refused_in_openbaos_own_words(state: State) -> None:
    """Its binary takes them from its configuration alone; one is there from it."""
    result = state.run(example("audit_device"))
    assert result["failed"]
    assert "cannot enable audit device via API" in result["msg"]
    there = {"to-file": {"type": "audit_device", "device": "file"}}
    assert state.actions(there) == {}
