# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""New shares and root tokens by a quorum, on servers that ask for a token and not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.module_utils._vault.login import Credentials
from ansible_collections.vigie.run.plugins.module_utils._vault.session import (
    Access,
    Session,
)
from ansible_collections.vigie.run.plugins.plugin_utils._vault_keys import rekey
from ansible_collections.vigie.run.plugins.plugin_utils._vault_keys.ceremony import (
    REKEY,
    ROOT_TOKEN,
    Ceremony,
)
from ansible_collections.vigie.run.plugins.plugin_utils._vault_keys.init import (
    Wanted,
    initialise,
)
from ansible_collections.vigie.run.plugins.plugin_utils._vault_keys.rekey import Rekey
from ansible_collections.vigie.run.plugins.plugin_utils._vault_keys.root_token import (
    RootToken,
)
from ansible_collections.vigie.run.plugins.plugin_utils._vault_keys.shares import (
    Share,
    gather,
)
from ansible_collections.vigie.run.plugins.plugin_utils._vault_keys.unseal import (
    look,
    unseal,
)

from lab.bao_node import BaoNode, bao_node
from tests.integration.vault.keys import TWO_OF_THREE, files, held, node_at

OLD = {"file": "old.json", "root_token": True}
NEW = ({"file": "new/a.json", "shares": [1, 2]}, {"file": "new/b.json", "shares": [3]})
ROOT = {"file": "root.json", "shares": [], "root_token": True}


@dataclass
class Open:
    """An initialised, unsealed server; its shares are in `old.json`."""

    node: BaoNode
    folder: Path
    kind: str
    token: str

    def old(self, *numbers: int) -> list[Share]:
        """Old shares, all of them without numbers."""
        only = {"shares": list(numbers)} if numbers else {}
        return gather([], files(self.folder, {**OLD, **only})).shares

    def ceremony(self, paths: tuple[str, str, str]) -> Ceremony:
        """A ceremony by somebody with a token, where there is one."""
        access = Access(self.node.url)
        login = Credentials("token", "token", token=self.token) if self.token else None
        return Ceremony(Session(access, login), paths)

    def rekey(self, *places: dict[str, Any], wanted: Wanted = TWO_OF_THREE) -> Rekey:
        """A rekey to other places."""
        keeps = files(self.folder, *(places or NEW))
        ceremony = self.ceremony(REKEY[self.kind])
        return Rekey(ceremony, self.node.url, self.kind, wanted, keeps)

    def root_token(self) -> RootToken:
        """The root token of a place of its own."""
        return RootToken(Access(self.node.url), files(self.folder, ROOT))

    def opens_by(self, shares: list[Share]) -> bool:
        """Whether shares are the server's own: it is sealed, and given them."""
        token = held(self.folder / "old.json")["root_token"]
        self.node.ask("sys/seal", "PUT", {}, token)
        node = node_at(self.node.url)
        found = look([node])
        unseal([node], found, shares, 30.0)
        return not found[0].after.sealed


@pytest.fixture(params=["token", "no token", "auto-unseal"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """OpenBao as it is, as Vault is, and with recovery keys."""
    auto = request.param == "auto-unseal"
    free = request.param == "no token"
    with bao_node(tmp_path / "s", auto_unseal=auto, without_token=free) as node:
        initialise(node_at(node.url), TWO_OF_THREE, files(tmp_path, OLD))
        kept = held(tmp_path / "old.json")
        token = "" if free else kept["root_token"]
        one = Open(node, tmp_path, kept["kind"], token)
        found = look([node_at(node.url)])
        unseal([node_at(node.url)], found, one.old() if not auto else [], 30.0)
        yield one


def test_new_shares_by_two_holders_and_only_once(opened: Open) -> None:
    first = opened.rekey().run(lambda: opened.old(1))
    assert (first.phase, first.progress.given, first.progress.required) == (
        "update",
        1,
        2,
    )
    second = opened.rekey().run(lambda: opened.old(2))
    assert (second.phase, second.changed) == ("done", True)
    again = opened.rekey().run(lambda: pytest.fail("no share is needed"))
    assert (again.phase, again.changed) == ("done", False)
    assert held(opened.folder / "new/b.json")["state"] == "kept"
    new = gather([], files(opened.folder, *NEW)).shares
    assert len(new) == 3
    if opened.kind == "unseal":
        assert opened.opens_by(new[1:])
        with pytest.raises(RunError, match="refused the quorum"):
            opened.opens_by(opened.old())


def test_a_wrong_share_and_another_wish_change_nothing(opened: Open) -> None:
    wrong = gather(["5a" * 33], []).shares
    with pytest.raises(RunError, match=r"one of shares\[0\], share 1 of file"):
        opened.rekey().run(lambda: wrong + opened.old(1))
    with pytest.raises(RunError, match="to 2 of 3 shares is under way, not to 3 of 3"):
        opened.rekey(wanted=Wanted(3, 3)).run(opened.old)
    done = opened.rekey(wanted=Wanted(3, 3)).run(opened.old, restart=True)
    assert done.phase == "done"


def test_shares_that_could_not_be_kept_leave_the_old_ones(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rekey, "write_all", lambda *_: {"a place": "it is full"})
    with pytest.raises(RunError, match=r"it is full.*old shares are good as before"):
        opened.rekey().run(opened.old)
    monkeypatch.undo()
    assert opened.rekey().run(opened.old).phase == "done"


def test_a_run_that_ended_after_the_proof_is_found_out(opened: Open) -> None:
    opened.rekey().run(opened.old)
    _set_back(opened, "new/a.json", "new/b.json")
    told = opened.rekey().run(lambda: pytest.fail("no old share is needed"))
    assert (told.phase, told.changed) == ("done", True)
    assert held(opened.folder / "new/a.json")["state"] == "kept"


def test_new_shares_that_vault_never_took_make_room(opened: Open) -> None:
    other = {"file": "other.json"}
    opened.rekey(other).run(opened.old)
    # As if that had been given up: these open nothing, and the current ones are others.
    opened.rekey().run(lambda: gather([], files(opened.folder, other)).shares)
    _set_back(opened, "other.json")
    before = held(opened.folder / "other.json")["shares"]
    current = gather([], files(opened.folder, *NEW)).shares
    assert opened.rekey(other).run(lambda: current).phase == "done"
    assert held(opened.folder / "other.json")["shares"] != before


def test_pending_shares_that_nobody_can_judge_stay(opened: Open) -> None:
    opened.rekey().run(opened.old)
    _set_back(opened, "new/a.json", "new/b.json")
    (opened.folder / "new/a.json").unlink()
    before = (opened.folder / "new/b.json").read_text()
    with pytest.raises(RunError, match="too few can be read here"):
        opened.rekey().run(opened.old)
    assert (opened.folder / "new/b.json").read_text() == before


def _set_back(opened: Open, *names: str) -> None:
    for name in names:
        path = opened.folder / name
        path.write_text(path.read_text().replace('"kept"', '"pending"'))


def test_a_root_token_by_two_holders_is_good_and_revoked(opened: Open) -> None:
    ceremony = opened.ceremony(ROOT_TOKEN)
    first = opened.root_token().make(ceremony, lambda: opened.old(1))
    assert (first.present, first.progress.given) == (False, 1)
    second = opened.root_token().make(ceremony, lambda: opened.old(3))
    assert second.present
    token = held(opened.folder / "root.json")["root_token"]
    said = opened.node.ask("auth/token/lookup-self", token=token)
    assert said["data"]["policies"] == ["root"]
    again = opened.root_token().make(ceremony, lambda: pytest.fail("it is there"))
    assert (again.present, again.changed) == (True, False)
    assert opened.root_token().revoke().changed
    assert not opened.root_token().revoke().changed
    with pytest.raises(OSError, match="403"):
        opened.node.ask("auth/token/lookup-self", token=token)


def test_an_attempt_of_somebody_else_is_not_taken_over(opened: Open) -> None:
    ceremony = opened.ceremony(ROOT_TOKEN)
    ceremony.start({})
    with pytest.raises(RunError, match="its one-time password is not in"):
        opened.root_token().make(ceremony, opened.old)
    assert opened.root_token().make(ceremony, opened.old, restart=True).present
