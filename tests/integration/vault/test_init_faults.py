# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An initialisation that goes wrong: before, while and after Vault answers."""

from __future__ import annotations

import os
import signal
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.module_utils._vault.errors import (
    UnreachableError,
)
from ansible_collections.vigie.run.plugins.plugin_utils._vault_keys import init
from ansible_collections.vigie.run.plugins.plugin_utils._vault_keys.init import (
    Wanted,
    initialise,
)
from ansible_collections.vigie.run.plugins.plugin_utils._vault_keys.node import Node

from lab.bao_node import BaoNode, bao_node
from tests.integration.vault.keys import TWO_OF_THREE, files, held, node_at

ALL = {"file": "all.json", "root_token": True}


@pytest.fixture
def new(tmp_path: Path) -> Iterator[BaoNode]:
    """A server that nobody has initialised."""
    with bao_node(tmp_path / "server") as node:
        yield node


class Disturbed(Node):
    """A node between whose answer to an initialisation and us something happens."""

    def __init__(self, url: str, happens: Any) -> None:
        super().__init__(node_at(url).access)
        self.happens = happens

    def initialise(self, body: dict[str, Any]) -> dict[str, Any]:
        """As the node does, then what happens."""
        said = super().initialise(body)
        self.happens()
        return said


def _lose() -> None:
    raise UnreachableError("Vault cannot be reached: the connection was lost")


@pytest.mark.parametrize("wrong", ["folder is a file", "held by another", "used"])
def test_vault_is_not_asked_before_every_place_is_good(
    new: BaoNode, tmp_path: Path, wrong: str
) -> None:
    folder = tmp_path / "s"
    folder.mkdir()
    second = {"file": "second.json"}
    if wrong == "folder is a file":
        (folder / "plain").write_text("")
        second = {"file": "plain/second.json"}
    elif wrong == "used":
        (folder / "second.json").write_text(
            '{"vault": "x", "state": "kept", "shares": {}}'
        )
    keeps = files(folder, ALL, second)
    if wrong == "held by another":
        other = files(folder, second)[0].place
        other.reserve(init.reservation("x"))
    with pytest.raises(RunError, match=r"plain|second\.json"):
        initialise(node_at(new.url), TWO_OF_THREE, keeps)
    assert new.ask("sys/init") == {"initialized": False}
    assert not (folder / "all.json").exists()


def test_a_lost_answer_is_found_out_now_and_by_the_next_run(
    new: BaoNode, tmp_path: Path
) -> None:
    keeps = files(tmp_path, ALL)
    with pytest.raises(RunError, match="lost for ever, and it holds nothing yet"):
        initialise(Disturbed(new.url, _lose), TWO_OF_THREE, keeps)
    assert held(tmp_path / "all.json")["state"] == "reserved"
    with pytest.raises(
        RunError, match=r"was reserved for its shares at 20.*never filled"
    ):
        initialise(node_at(new.url), TWO_OF_THREE, files(tmp_path, ALL))
    (tmp_path / "all.json").unlink()
    assert not initialise(node_at(new.url), TWO_OF_THREE, files(tmp_path, ALL)).changed


def test_a_refusal_leaves_nothing_behind(new: BaoNode, tmp_path: Path) -> None:
    keyless = Wanted(1, 1, pgp_keys=["bm8ga2V5"])
    with pytest.raises(RunError, match="answered PUT sys/init with 400"):
        initialise(node_at(new.url), keyless, files(tmp_path, ALL))
    assert not (tmp_path / "all.json").exists()
    assert initialise(node_at(new.url), TWO_OF_THREE, files(tmp_path, ALL)).changed


def test_a_signal_waits_until_the_shares_are_written(
    new: BaoNode, tmp_path: Path
) -> None:
    child = os.fork()
    if not child:
        # As Ansible ends its workers, at the worst of all moments.
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        disturbed = Disturbed(new.url, lambda: os.kill(os.getpid(), signal.SIGTERM))
        initialise(disturbed, TWO_OF_THREE, files(tmp_path, ALL))
        os._exit(0)
    _pid, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGTERM
    kept = held(tmp_path / "all.json")
    assert (kept["state"], len(kept["shares"])) == ("kept", 3)
    for share in list(kept["shares"].values())[:2]:
        status = new.ask("sys/unseal", "PUT", {"key": share})
    assert status["sealed"] is False


def test_a_file_that_is_removed_meanwhile_is_made_again(
    new: BaoNode, tmp_path: Path
) -> None:
    folder = tmp_path / "s"

    def remove() -> None:
        (folder / "all.json").unlink()

    initialise(Disturbed(new.url, remove), TWO_OF_THREE, files(folder, ALL))
    path = folder / "all.json"
    assert len(held(path)["shares"]) == 3
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("lost", "said"),
    [([1], "2 of 3 shares are kept, 2 are needed: unseal"), ([1, 2], "Only 1 of 3")],
)
def test_a_place_that_fails_after_all_costs_no_other(
    new: BaoNode,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    lost: list[int],
    said: str,
) -> None:
    monkeypatch.setattr(init, "WRITE_LIMIT", 0.0)
    keeps = files(
        tmp_path,
        {"file": "lost.json", "shares": lost},
        {"file": "good.json", "shares": [n for n in (1, 2, 3) if n not in lost]}
        | {"root_token": True},
    )

    def break_place() -> None:
        os.close(keeps[0].place._handle)
        keeps[0].place._handle = os.open("/dev/full", os.O_WRONLY)

    with pytest.raises(RunError, match=said) as stopped:
        initialise(Disturbed(new.url, break_place), TWO_OF_THREE, keeps)
    assert "lost.json" in stopped.value.details["failed_places"][0]
    kept = held(tmp_path / "good.json")
    assert len(kept["shares"]) == 3 - len(lost)
    assert not any(share in str(stopped.value) for share in kept["shares"].values())


def test_auto_unseal_has_recovery_shares(tmp_path: Path) -> None:
    with bao_node(tmp_path / "server", auto_unseal=True) as node:
        done = initialise(node_at(node.url), TWO_OF_THREE, files(tmp_path, ALL))
        assert done.status.kind == "recovery"
    kept = held(tmp_path / "all.json")
    assert (kept["kind"], len(kept["shares"])) == ("recovery", 3)


WRONG = [
    (Wanted(0, 1), [ALL], "shares: 0 is not between 1 and 255"),
    (Wanted(3, 4), [ALL], "threshold: 4 is not between 2 and shares"),
    (Wanted(3, 1), [ALL], "threshold: 1 is not between 2 and shares"),
    (Wanted(3, 2, ["a"]), [ALL], "pgp_keys: 1 given for 3 shares"),
    (TWO_OF_THREE, [{"file": "a"}], "no place holds the root token"),
    (TWO_OF_THREE, [{**ALL, "shares": [1, 2]}], "no place holds share 3"),
    (TWO_OF_THREE, [{**ALL, "shares": [1, 2, 3, 4]}], "is to hold share 4 of 3"),
]


@pytest.mark.parametrize(("wanted", "places", "said"), WRONG)
def test_a_wrong_option_is_named_before_anybody_is_asked(
    tmp_path: Path, wanted: Wanted, places: list[dict[str, Any]], said: str
) -> None:
    nobody = node_at("http://127.0.0.1:1")
    with pytest.raises(RunError, match=said):
        initialise(nobody, wanted, files(tmp_path, *places))
