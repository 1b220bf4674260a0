# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Key shares in secret managers of clouds, and encrypted for their holders."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.module_utils._vault.login import Credentials
from ansible_collections.vigie.run.plugins.module_utils._vault.session import (
    Access,
    Session,
)
from ansible_collections.vigie.run.plugins.plugin_utils._vault_keys.ceremony import (
    REKEY,
    Ceremony,
)
from ansible_collections.vigie.run.plugins.plugin_utils._vault_keys.init import (
    Wanted,
    initialise,
    reservation,
)
from ansible_collections.vigie.run.plugins.plugin_utils._vault_keys.pgp import (
    public_keys,
)
from ansible_collections.vigie.run.plugins.plugin_utils._vault_keys.rekey import Rekey
from ansible_collections.vigie.run.plugins.plugin_utils._vault_keys.shares import gather
from ansible_collections.vigie.run.plugins.plugin_utils._vault_keys.unseal import (
    look,
    unseal,
)

from lab.bao_node import BaoNode, bao_node
from lab.emulators import REGION, emulator
from tests.integration.vault.keys import TWO_OF_THREE, files, held, node_at
from tests.integration.vault.secret_manager import SecretManager, secret_manager

ROOT_TOO = {"root_token": True}


@pytest.fixture
def new(tmp_path: Path) -> Iterator[BaoNode]:
    """A server that nobody has initialised."""
    with bao_node(tmp_path / "server") as node:
        yield node


@pytest.fixture
def gcp() -> Iterator[SecretManager]:
    """Google's Secret Manager, as its document describes it."""
    with secret_manager() as running:
        yield running


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Where AWS Secrets Manager is, as options of a place."""
    with emulator("moto", tmp_path_factory.mktemp("moto") / "log") as url:
        yield {"region": REGION, "endpoint_url": url}


@pytest.fixture(autouse=True)
def somebody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials that emulators take."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")


def _google(gcp: SecretManager, **more: Any) -> dict[str, Any]:
    return {
        "gcp_secret": "vault-shares",
        "project": "operations",
        "access_token": "ya29.one",
        "endpoint_url": gcp.url,
        **more,
    }


def _open(node: BaoNode, *places: dict[str, Any], folder: Path) -> bool:
    found = look([node_at(node.url)])
    shares = gather([], files(folder, *places)).shares
    unseal([node_at(node.url)], found, shares, 30.0)
    return not found[0].after.sealed


def test_shares_in_two_clouds_open_the_vault(
    new: BaoNode, gcp: SecretManager, aws: dict[str, Any], tmp_path: Path
) -> None:
    places = [
        {"aws_secret": "vault/shares", "shares": [1], "root_token": True, **aws},
        _google(gcp, shares=[2, 3]),
    ]
    assert initialise(node_at(new.url), TWO_OF_THREE, files(tmp_path, *places)).changed
    first, second = (keep.place.read() for keep in files(tmp_path, *places))
    assert (list(first.shares), bool(first.root_token)) == ([1], True)
    assert (list(second.shares), second.root_token) == ([2, 3], "")
    # The reservation, then the shares.
    assert len(gcp.secrets["vault-shares"]) == 2
    assert gcp.tokens == {"Bearer ya29.one"}
    assert _open(new, places[0], {**places[1], "shares": [3]}, folder=tmp_path)
    with pytest.raises(RunError, match=r"vault/shares in .* holds key shares of http"):
        initialise(_another(tmp_path, new), TWO_OF_THREE, files(tmp_path, *places))


def _another(folder: Path, node: BaoNode) -> Any:
    """The same server, as if it were new."""
    seen = node_at(node.url)
    status = seen.status()
    seen.status = lambda: type(status)(False, True, 0, 0, 0, "", False)
    return seen


def test_a_cloud_that_refuses_stops_before_vault_is_asked(
    new: BaoNode, gcp: SecretManager, tmp_path: Path
) -> None:
    gcp.secrets["vault-shares"] = []
    gcp.refuse = [403]
    places = files(tmp_path, {"file": "a.json", "root_token": True}, _google(gcp))
    with pytest.raises(
        RunError, match="GCP secret vault-shares of operations cannot be"
    ):
        initialise(node_at(new.url), TWO_OF_THREE, places)
    assert new.ask("sys/init") == {"initialized": False}
    assert not (tmp_path / "a.json").exists()


def test_a_moment_of_trouble_is_waited_out(gcp: SecretManager, tmp_path: Path) -> None:
    (keep,) = files(tmp_path, _google(gcp))
    gcp.refuse = [503, 429]
    keep.place.reserve(reservation("x"))
    assert keep.place.read().state == "reserved"


def test_a_missing_secret_holds_nothing(
    gcp: SecretManager, aws: dict[str, Any], tmp_path: Path
) -> None:
    both = files(tmp_path, _google(gcp), {"aws_secret": "none/here", **aws})
    assert [keep.place.read() for keep in both] == [None, None]
    assert len(gather([], both).missing) == 2


class Holder:
    """Somebody with a key pair and a gpg of their own."""

    def __init__(self, folder: Path, name: str) -> None:
        self.home = folder / name
        self.home.mkdir(mode=0o700)
        self.name = name
        self._gpg("--passphrase", "", "--quick-gen-key", name, "rsa3072", "encr")

    def public(self, armor: bool) -> bytes:
        """The public key as it is exported."""
        return self._gpg(*(["--armor"] if armor else []), "--export", self.name)

    def _gpg(self, *arguments: str) -> bytes:
        return subprocess.run(
            ["gpg", "--batch", "--quiet", "--homedir", str(self.home), *arguments],
            check=True,
            capture_output=True,
        ).stdout


@pytest.fixture
def holders(tmp_path: Path) -> Iterator[list[Holder]]:
    """Alice and Bob, whose agents end with the test."""
    made = [Holder(tmp_path, name) for name in ("alice", "bob")]
    yield made
    for one in made:
        subprocess.run(
            ["gpgconf", "--homedir", str(one.home), "--kill", "all"], check=True
        )


def test_shares_that_only_their_holders_can_read(
    new: BaoNode,
    holders: list[Holder],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    alice, bob = holders
    (tmp_path / "alice.gpg").write_bytes(alice.public(armor=False))
    given = ["alice.gpg", bob.public(armor=True).decode()]
    keys = public_keys(given, "pgp_keys", lambda path: str(tmp_path / path))
    place = {"file": "all.json", "root_token": True}
    wanted = Wanted(2, 2, keys, root_token_pgp_key=keys[0])
    initialise(node_at(new.url), wanted, files(tmp_path, place))
    kept = held(tmp_path / "all.json")
    assert (kept["pgp"], kept["root_token_pgp"]) == (True, True)

    monkeypatch.setenv("GNUPGHOME", str(alice.home))
    with pytest.raises(RunError, match=r"share 2 of file .* gpg could not decrypt it"):
        gather([], files(tmp_path, place))
    assert not _open(new, {**place, "shares": [1]}, folder=tmp_path)
    monkeypatch.setenv("GNUPGHOME", str(bob.home))
    assert _open(new, {**place, "shares": [2]}, folder=tmp_path)


def test_new_shares_are_proved_by_one_holder_after_the_other(
    new: BaoNode,
    holders: list[Holder],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    initialise(
        node_at(new.url), TWO_OF_THREE, files(tmp_path, {"file": "old", **ROOT_TOO})
    )
    assert _open(new, {"file": "old"}, folder=tmp_path)
    armored = [holder.public(armor=True).decode() for holder in holders]
    wanted = Wanted(2, 2, public_keys(armored, "pgp_keys", str))
    places = [
        {"file": f"{one.name}.json", "shares": [n]} for n, one in enumerate(holders, 1)
    ]
    token = held(tmp_path / "old")["root_token"]

    def run() -> tuple[str, list[str]]:
        session = Session(Access(new.url), Credentials("token", "token", token=token))
        ceremony = Ceremony(session, REKEY["unseal"])
        keeps = files(tmp_path, *places)
        made = Rekey(ceremony, new.url, "unseal", wanted, keeps)
        old = gather([], files(tmp_path, {"file": "old"})).shares
        done = made.run(lambda: old)
        return done.phase, [Path(name).name for name in done.missing]

    monkeypatch.setenv("GNUPGHOME", str(holders[0].home))
    assert run() == ("verify", ["bob.json"])
    monkeypatch.setenv("GNUPGHOME", str(holders[1].home))
    assert run() == ("done", ["alice.json"])
    states = {held(tmp_path / one["file"])["state"] for one in places}
    assert states == {"kept"}


def test_what_is_no_public_key_is_named(holders: list[Holder], tmp_path: Path) -> None:
    secret = holders[0]._gpg("--armor", "--export-secret-keys", "alice")
    (tmp_path / "secret.asc").write_bytes(secret)
    (tmp_path / "text.asc").write_text("no key at all\n")

    def refused(given: str) -> str:
        with pytest.raises(RunError) as stopped:
            public_keys([given], "pgp_keys", lambda path: str(tmp_path / path))
        return str(stopped.value)

    assert "pgp_keys[0]: is a private key" in refused("secret.asc")
    assert "pgp_keys[0]: is no OpenPGP public key" in refused("text.asc")
    assert "nor a file that can be read" in refused("nobody.asc")
