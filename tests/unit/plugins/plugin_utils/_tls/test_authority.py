# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The private authority over years: what is renewed, kept, trusted and let go of."""

from __future__ import annotations

import datetime
import multiprocessing
import random
import ssl
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.vigie.run.plugins.action.tls_authority import (
    asked,
    bring_about,
    duration,
    result_of,
)
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.plugin_utils._tls.authority import (
    Authority,
)
from ansible_collections.vigie.run.plugins.plugin_utils._tls.certificates import (
    Pair,
    read_certificate,
)

START = datetime.datetime(2026, 11, 22, 12, 0, tzinfo=datetime.UTC)
DAY = datetime.timedelta(days=1)
OPTIONS: dict[str, Any] = {
    "passphrase": "",
    "installed": [],
    "lifetime": "365d",
    "renew_before": "120d",
    "ca_name": "Test",
    "ca_lifetime": "3650d",
    "ca_renew_before": "730d",
}


def certificate(name: str, *dns: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "dns": list(dns or [name]), "ip": [], "usage": "both", **more}


def options(*names: Any, **more: Any) -> dict[str, Any]:
    asked_for = [one if isinstance(one, dict) else certificate(one) for one in names]
    return {**OPTIONS, "certificates": asked_for, **more}


def call(
    folder: Path, *names: Any, day: float = 0, check: bool = False, **more: Any
) -> dict[str, Any]:
    """What a task of that day gets."""
    given = options(*names, **more)
    if not check:
        folder.mkdir(exist_ok=True)
    authority = Authority(folder, asked(given), START + day * DAY, check)
    outcome = authority.run()
    said = result_of(authority, outcome, [one["name"] for one in given["certificates"]])
    return {**said, "warnings": outcome.warnings}


def receipt(said: dict[str, Any], name: str) -> dict[str, Any]:
    return {
        "name": name,
        "certificate": said["certificates"][name]["fingerprint"],
        "authorities": [one["fingerprint"] for one in said["authorities"]],
    }


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "tls"


def test_the_second_run_changes_nothing(folder: Path) -> None:
    assert call(folder, "a", "b")["changed"]
    before = files(folder)
    again = call(folder, "a", "b", day=1)
    assert not again["changed"]
    assert again["diff"]["before"] == again["diff"]["after"]
    assert files(folder) == before


def test_what_was_issued_can_be_used_by_tls(folder: Path) -> None:
    said = call(folder, "a")
    context = ssl.create_default_context(cafile=said["bundle"])
    context.load_cert_chain(said["certificates"]["a"]["path"])
    assert context.get_ca_certs()[0]["subject"][0][0][1].startswith("Test ")


def test_keys_are_for_the_owner_only_and_rights_given_since_are_taken_away(
    folder: Path,
) -> None:
    call(folder, "a")
    (folder / "certs" / "a.pem").chmod(0o644)
    folder.chmod(0o755)
    assert call(folder, "a", check=True)["changed"]
    assert call(folder, "a")["changed"]
    modes = {oct(path.stat().st_mode & 0o777) for path in folder.glob("*/*.pem")}
    assert modes == {"0o600"}
    assert folder.stat().st_mode & 0o777 == 0o700


def test_check_mode_foresees_and_writes_nothing(folder: Path) -> None:
    foreseen = call(folder, "a", check=True)
    assert foreseen["changed"]
    assert foreseen["certificates"] == {}
    assert not folder.exists()
    call(folder, "a")
    before = files(folder)
    renewal = call(folder, "a", day=300, check=True)
    assert renewal["certificates"]["a"]["renewed"]
    assert "it ends 2027-11-22" in renewal["diff"]["after"]["certificate a"]
    assert files(folder) == before


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        (certificate("a", "a", "more"), "its names changed"),
        (certificate("a", ip=["10.0.0.1"]), "its names changed"),
        (certificate("a", usage="server"), "its usage changed"),
    ],
)
def test_a_change_makes_that_certificate_anew_and_no_other(
    folder: Path, changed: dict[str, Any], why: str
) -> None:
    first = call(folder, "a", "b")["certificates"]
    said = call(folder, changed, "b", day=1)
    assert said["certificates"]["a"]["fingerprint"] != first["a"]["fingerprint"]
    assert said["certificates"]["b"]["fingerprint"] == first["b"]["fingerprint"]
    assert why in said["diff"]["after"]["certificate a"]
    assert not call(folder, changed, "b", day=1)["changed"]


@pytest.mark.parametrize(("day", "renewed"), [(244, False), (246, True)])
def test_certificates_are_renewed_that_long_before_their_end(
    folder: Path, day: int, renewed: bool
) -> None:
    call(folder, "a")
    assert call(folder, "a", day=day)["certificates"]["a"]["renewed"] is renewed


def test_names_asked_for_in_another_order_or_case_are_the_same(folder: Path) -> None:
    call(folder, certificate("a", "x", "Y", ip=["::1", "10.0.0.1"]))
    same = certificate("a", "y", "x", ip=["10.0.0.1", "0:0:0:0:0:0:0:1"])
    assert not call(folder, same)["changed"]


def test_pending_until_told(folder: Path) -> None:
    said = call(folder, "a", "b")
    assert said["pending"] == ["a", "b"]
    told = [receipt(said, "a")]
    assert call(folder, "a", "b", installed=told)["pending"] == ["b"]
    assert call(folder, "a", "b")["pending"] == ["b"]


def test_a_new_authority_is_trusted_before_it_signs(folder: Path) -> None:
    first = call(folder, "a", "b")
    call(folder, "a", "b", day=2900)
    old = first["authorities"][0]["fingerprint"]
    both = call(folder, "a", "b", day=3000)  # the last two years have begun
    new = both["authorities"][0]["fingerprint"]
    assert [one["fingerprint"] for one in both["authorities"]] == [new, old]
    assert both["authorities"][1]["signs"]

    half = call(folder, "a", "b", day=3001, installed=[receipt(both, "a")])
    assert half["authorities"][1]["signs"], "b does not trust the new one yet"
    whole = call(folder, "a", "b", day=3002, installed=[receipt(both, "b")])
    assert whole["authorities"][0]["signs"]
    assert all(one["renewed"] for one in whole["certificates"].values())
    assert len(whole["authorities"]) == 2, "old certificates are still in use"

    told = [receipt(whole, "a")]
    assert len(call(folder, "a", "b", day=3003, installed=told)["authorities"]) == 2
    told = [receipt(whole, "b")]
    last = call(folder, "a", "b", day=3004, installed=told)
    assert [one["fingerprint"] for one in last["authorities"]] == [new]
    assert [path.stem for path in folder.glob("authorities/*")] == [new[:16]]


def test_one_who_never_tells_delays_but_does_not_stop_the_next_authority(
    folder: Path,
) -> None:
    call(folder, "a", "silent")
    call(folder, "a", "silent", day=2900)
    said = call(folder, "a", "silent", day=3000)
    told = [receipt(said, "a")]
    waits = call(folder, "a", "silent", day=3001, installed=told)
    assert waits["authorities"][1]["signs"]
    assert not waits["warnings"]
    call(folder, "a", "silent", day=3200)
    forced = call(folder, "a", "silent", day=3650 - 119)
    assert forced["authorities"][0]["signs"]
    assert "not known that they trust it: silent" in forced["warnings"][0]
    assert forced["certificates"]["a"]["ends"] > "2037"


def test_a_host_that_is_gone_holds_nobody_up_once_its_certificate_has_ended(
    folder: Path,
) -> None:
    said = call(folder, "a", "gone", day=2800)
    told = [receipt(said, "a"), receipt(said, "gone")]
    call(folder, "a", day=2801, installed=told)
    for day in (3000, 3040, 3180):  # that of `gone` ended on day 3165
        said = call(folder, "a", day=day)
        said = call(folder, "a", day=day, installed=[receipt(said, "a")])
    assert call(folder, "a", day=3181)["authorities"][0]["signs"]


def test_everybody_trusts_everybody_at_any_time(folder: Path) -> None:
    """Five hosts, some away at each run, over three authorities' lives."""
    names = list("abcde")
    used: dict[str, Pair] = {}
    trusted: dict[str, list[Pair]] = {}
    chance = random.Random(7)
    terms = {"ca_lifetime": "1000d", "ca_renew_before": "400d"}
    day, last = 0, dict.fromkeys(names, 0)
    while day < 3000:
        here = [
            name for name in names if chance.random() < 0.7 or day - last[name] > 60
        ]
        said = call(folder, *here, day=day, **terms)
        parts = Path(said["bundle"]).read_bytes().split(b"-----END CERTIFICATE-----\n")
        authorities = [
            Pair(read_certificate(part + b"-----END CERTIFICATE-----\n"))
            for part in parts
            if part
        ]
        for name in here:
            path = Path(said["certificates"][name]["path"])
            used[name] = Pair(read_certificate(path.read_bytes()))
            trusted[name] = authorities
            last[name] = day
        for name, pair in used.items():
            assert pair.ends > START + day * DAY, name
            for other, trust in trusted.items():
                assert any(pair.signed_by(one) for one in trust), (day, name, other)
        told = [receipt(said, name) for name in here if chance.random() < 0.8]
        call(folder, *here, day=day, installed=told, **terms)
        day += chance.randint(1, 30)
    assert len(list(folder.glob("authorities/*"))) <= 2


def test_a_passphrase_closes_the_key_and_is_asked_for_again(folder: Path) -> None:
    call(folder, "a")
    assert call(folder, "a", passphrase="horse")["changed"]
    assert not call(folder, "a", passphrase="horse")["changed"]
    (key,) = folder.glob("authorities/*.pem")
    assert b"ENCRYPTED PRIVATE KEY" in key.read_bytes()
    call(folder, "a", "b", passphrase="horse")
    with pytest.raises(RunError, match=r"passphrase: .* was made with one"):
        call(folder, "a")
    with pytest.raises(RunError, match=r"passphrase: the key in .* cannot be read"):
        call(folder, "a", "c", passphrase="donkey")


def test_lost_keys_of_the_authority_are_not_replaced_in_silence(folder: Path) -> None:
    call(folder, "a")
    for path in folder.glob("authorities/*"):
        path.unlink()
    with pytest.raises(RunError, match=r"no authority that is valid. Bring it back"):
        call(folder, "a")


def test_a_lost_ledger_is_made_anew(folder: Path) -> None:
    said = call(folder, "a")
    call(folder, "a", installed=[receipt(said, "a")])
    (folder / "ledger.json").unlink()
    again = call(folder, "a")
    assert not again["changed"]
    assert again["pending"] == ["a"]
    (folder / "ledger.json").write_text("{")
    with pytest.raises(RunError, match=r"ledger.json is not as it was written .*Remov"):
        call(folder, "a")


def test_a_run_killed_before_the_ledger_is_written_is_made_good(folder: Path) -> None:
    said = call(folder, "a")
    ledger = (folder / "ledger.json").read_bytes()
    renewed = call(folder, "a", day=300)
    (folder / "ledger.json").write_bytes(ledger)
    call(folder, "a", day=300)
    for fingerprint in (
        said["certificates"]["a"]["fingerprint"],
        renewed["certificates"]["a"]["fingerprint"],
    ):
        assert fingerprint in (folder / "ledger.json").read_text()


def test_a_damaged_certificate_is_named(folder: Path) -> None:
    call(folder, "a")
    (folder / "certs" / "a.pem").write_text("nothing")
    with pytest.raises(RunError, match=r"a\.pem holds no certificate"):
        call(folder, "a")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (certificate("../a"), "name '../a' may hold letters"),
        (certificate("a", "a b"), "a: dns: 'a b' is no DNS name"),
        (certificate("a", ip=["10.0.0"]), "a: ip: '10.0.0' does not appear"),
        ({**certificate("a"), "dns": []}, "a: takes a name in dns or ip"),
    ],
)
def test_bad_requests_are_named(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(RunError, match="certificates: ") as raised:
        asked(options(wrong))
    assert said in str(raised.value)


def test_bad_terms_are_named() -> None:
    with pytest.raises(RunError, match=r"^ca_renew_before: must be shorter than"):
        asked(options("a", ca_renew_before="3650d"))
    with pytest.raises(RunError, match=r"^lifetime: 'soon' is no length of time"):
        asked(options("a", lifetime="soon"))
    with pytest.raises(RunError, match="asked for twice: a"):
        asked(options("a", "a"))
    assert duration("x", "2w") == 14 * DAY


def _in_turn(folder: Path, name: str) -> None:
    bring_about(folder, options("shared", name), check_mode=False)


def test_runs_at_once_share_one_authority(folder: Path) -> None:
    fork = multiprocessing.get_context("spawn")
    runs = [fork.Process(target=_in_turn, args=(folder, f"n{i}")) for i in range(4)]
    for run in runs:
        run.start()
    for run in runs:
        run.join(60)
    assert [run.exitcode for run in runs] == [0] * 4
    assert len(list(folder.glob("authorities/*"))) == 1
    assert len(list(folder.glob("certs/*"))) == 5
