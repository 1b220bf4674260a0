# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""tls_authority in a play: beside the playbook, foreseen, once, and no key is shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible_collections.vigie.run.tests.unit.plugins.action.plays import play


def issue(**more: Any) -> dict[str, Any]:
    """A task that asks for one certificate, in a folder beside the playbook."""
    asked = {"dir": "pki", "certificates": [{"name": "a", "dns": ["a.example.org"]}]}
    return {"vigie.run.tls_authority": {**asked, **more}, "register": "tls"}


def test_it_is_issued_once_and_what_is_told_leads_there(tmp_path: Path) -> None:
    reads = {
        "ansible.builtin.assert": {
            "that": [
                "lookup('file', tls.bundle) is match('-----BEGIN CERTIFICATE-----')",
                "lookup('file', tls.certificates.a.path) is search('PRIVATE KEY')",
                "tls.pending == ['a']",
            ],
            "quiet": True,
        }
    }
    shows = {"ansible.builtin.debug": {"var": "tls"}}
    code, output = play(tmp_path, {"h": {}}, issue(), reads, issue(), shows)
    assert code == 0, output
    assert "ok=4 changed=1" in output
    assert "PRIVATE KEY" not in output
    assert (tmp_path / "pki" / "certs" / "a.pem").exists()


def test_check_mode_makes_nothing(tmp_path: Path) -> None:
    code, output = play(tmp_path, {"h": {}}, {**issue(), "check_mode": True})
    assert code == 0, output
    assert "ok=1 changed=1" in output
    assert not (tmp_path / "pki").exists()


def test_one_call_for_all_hosts_or_one_for_each(tmp_path: Path) -> None:
    each = issue(certificates=[{"name": "{{ inventory_hostname }}", "dns": ["x"]}])
    code, output = play(tmp_path, {"a": {}, "b": {}, "c": {}}, each, issue())
    assert code == 0, output
    assert len(list((tmp_path / "pki" / "authorities").iterdir())) == 1


def test_bad_options_are_told_in_a_sentence(tmp_path: Path) -> None:
    code, output = play(tmp_path, {"h": {}}, issue(dir="", lifetime="1d"))
    assert code == 2
    assert "dir: name the folder on the controller" in output
    code, output = play(tmp_path, {"h": {}}, issue(lifetime="1d"))
    assert code == 2
    assert "renew_before: must be shorter than the lifetime" in output
