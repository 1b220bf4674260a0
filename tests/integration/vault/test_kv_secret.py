# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets of a KV engine on a real cluster."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError

import pytest

from tests.integration.vault.states import State, example


@pytest.fixture
def mount(state: State) -> Iterator[str]:
    """A KV engine of version 2."""
    path = f"{state.prefix}-kv"
    state.apply({path: {"type": "secret_engine", "engine": "kv-v2"}})
    yield path
    state.ask(f"sys/mounts/{path}", "DELETE")


def kv(mount: str, path: str = "app", **more: Any) -> dict[str, Any]:
    name = path.rpartition("/")[2]
    return {name: {"type": "kv_secret", "mount": mount, "path": path, **more}}


def read(state: State, mount: str, path: str = "app") -> Any:
    return state.ask(f"{mount}/data/{path}")["data"]


def test_life(state: State) -> None:
    def drift(state: State, outputs: Any) -> None:
        other = {"data": {"user": "cart", "password": "by hand"}}
        state.ask("commerce-kv/data/cart/mail", "POST", other)

    declared = example("kv_secret")
    declared["mail"]["data"]["password"] = "first"
    state.live_through(
        declared,
        changes=[
            {"mail": {"data": {"user": "cart", "password": "second", "port": 25}}},
            {"mail": {"data": {"user": "cart", "deep": {"a": [1, None, "é"]}}}},
            {"mail": {"custom_metadata": {"owner": None, "team": "cart"}}},
            {"mail": {"max_versions": None, "delete_version_after": "1d"}},
            {"mail": {"cas_required": True}},
            {"mail": {"cas_required": False}},
        ],
        drift=drift,
    )


def test_unchanged_writes_no_version_and_other_changes_neither(
    state: State, mount: str
) -> None:
    declared = kv(mount, data={"a": "1"})
    state.apply(declared)
    state.apply(declared)
    assert read(state, mount)["metadata"]["version"] == 1
    result = state.apply(kv(mount, data={"a": "1"}, max_versions=3))
    assert result["outputs"]["app"]["version"] == 1
    assert read(state, mount)["metadata"]["version"] == 1


def test_a_value_is_never_shown(state: State, mount: str) -> None:
    state.apply(kv(mount, data={"password": "planted-one"}))
    result = state.apply(kv(mount, data={"password": "planted-two"}))
    assert "planted" not in str(result)
    assert "app.data.password: (sensitive) changed" in result["diff"]["after"]
    assert "planted-two" in state.secrets


def test_a_write_of_somebody_else_is_not_overwritten(
    state: State, mount: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody writes between our reading and our writing."""
    state.apply(kv(mount, data={"a": "1"}))
    meddle_at_write(state, monkeypatch, f"{mount}/data/app", {"a": "theirs"})
    result = state.run(kv(mount, data={"a": "ours"}))
    assert result["failed"]
    assert (
        f"somebody else wrote version 2 of {mount}/app since the plan"
        in (result["msg"])
    )
    assert read(state, mount)["data"] == {"a": "theirs"}
    state.apply(kv(mount, data={"a": "ours"}))
    assert read(state, mount)["data"] == {"a": "ours"}


def test_somebody_who_writes_the_same_is_no_trouble(
    state: State, mount: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    meddle_at_write(state, monkeypatch, f"{mount}/data/app", {"a": "1"})
    state.apply(kv(mount, data={"a": "1"}))
    assert read(state, mount)["metadata"]["version"] == 1


def meddle_at_write(
    state: State, monkeypatch: pytest.MonkeyPatch, path: str, data: dict[str, Any]
) -> None:
    """Write past the collection just before it writes there itself."""
    from ansible_collections.vigie.run.plugins.module_utils._vault.session import (
        Session,
    )

    write = Session.write
    once = threading.Event()

    def meddling(self: Session, at: str, *given: Any, **more: Any) -> Any:
        if at == path and not once.is_set():
            once.set()
            state.ask(path, "POST", {"data": data})
        return write(self, at, *given, **more)

    monkeypatch.setattr(Session, "write", meddling)


def test_after_a_deletion_the_next_version_is_written(state: State, mount: str) -> None:
    state.apply(kv(mount, data={"a": "1"}))
    state.apply(kv(mount, data={"a": "1"}), state="absent")
    with pytest.raises(HTTPError):
        read(state, mount)
    state.apply(kv(mount, data={"a": "2"}))
    assert read(state, mount)["metadata"]["version"] == 2


def test_prune_looks_into_folders_of_the_scope(state: State, mount: str) -> None:
    for path in ("cart/one", "cart/deep/two", "other/three", "cart-old"):
        state.ask(f"{mount}/data/{path}", "POST", {"data": {"a": "1"}})
    scope = {"kv_secret": [f"{mount}/cart/"]}
    declared = kv(mount, "cart/one", data={"a": "1"})
    planned = state.actions(declared, prune=True, scope=scope)
    assert planned == {f"{mount}/cart/deep/two": "delete"}
    state.apply(declared, prune=True, scope=scope)
    assert state.actions(declared, prune=True, scope=scope) == {}
    assert read(state, mount, "other/three")["data"] == {"a": "1"}


def test_the_first_version_of_the_engine_is_said(state: State) -> None:
    path = f"{state.prefix}-v1"
    state.apply({path: {"type": "secret_engine", "engine": "kv"}})
    said = state.refused(kv(path, data={"a": "1"}))
    assert f"app: {path} is a KV engine of version 1" in said


def test_an_engine_named_by_its_path_is_made_first(state: State) -> None:
    path = f"{state.prefix}-new"
    declared = {
        **{name: body for n in range(8) for name, body in kv(path, f"s{n}").items()},
        "engine": {"type": "secret_engine", "path": path, "engine": "kv-v2"},
    }
    state.apply(declared)
    assert state.actions(declared) == {}
    state.apply(declared, state="absent")
