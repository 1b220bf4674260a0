# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ssh_config that a person, a test and Ansible use alike, as ssh reads it."""

from __future__ import annotations

import stat
import subprocess
from pathlib import Path

from lab.ssh import ensure_key, render_config, render_known_hosts

ADDRESSES = {"web-a1": "10.100.4.21", "web-a2": "10.100.4.22"}


def seen_by_ssh(folder: Path, text: str, host: str) -> dict[str, str]:
    """Return the settings that ssh itself takes from a config."""
    config = folder / "ssh_config"
    config.write_text(text, encoding="utf-8")
    done = subprocess.run(
        ["ssh", "-G", "-F", str(config), host],
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(line.split(" ", 1) for line in done.stdout.splitlines() if " " in line)


def test_ssh_finds_address_key_and_known_hosts(tmp_path: Path) -> None:
    folder = Path("/srv/checkout/build/lab/flight")
    seen = seen_by_ssh(tmp_path, render_config(ADDRESSES, folder), "web-a2")
    assert seen["hostname"] == "10.100.4.22"
    assert seen["user"] == "root"
    assert seen["identityfile"] == f"{folder}/id_ed25519"
    assert seen["userknownhostsfile"] == f"{folder}/known_hosts"
    assert seen["hostkeyalias"] == "web-a2"
    assert seen["stricthostkeychecking"] == "true"
    assert seen["controlpath"] == f"{folder}/cm/web-a2"


def test_a_folder_with_a_blank_and_a_percent_sign_works(tmp_path: Path) -> None:
    folder = Path("/srv/my sites/100%/lab")
    seen = seen_by_ssh(tmp_path, render_config(ADDRESSES, folder), "web-a1")
    assert seen["controlpath"].replace("%%", "%") == f"{folder}/cm/web-a1"
    assert seen["identityfile"].replace("%%", "%") == f"{folder}/id_ed25519"


def test_other_hosts_are_left_alone(tmp_path: Path) -> None:
    folder = Path("/srv/lab")
    seen = seen_by_ssh(tmp_path, render_config(ADDRESSES, folder), "example.org")
    assert seen["hostname"] == "example.org"
    assert "hostkeyalias" not in seen
    assert not seen.get("controlpath", "").startswith("/srv/lab")


def test_connections_are_not_shared_where_a_socket_path_is_too_long(
    tmp_path: Path,
) -> None:
    """A Unix socket's path holds 107 bytes; ssh would refuse to connect at all."""
    text = render_config(ADDRESSES, Path("/" + "deep/" * 20))
    assert "ControlPath" not in text
    assert seen_by_ssh(tmp_path, text, "web-a1")["controlmaster"] == "false"


def test_known_hosts_hold_the_key_without_its_comment() -> None:
    text = render_known_hosts({"b": "ssh-ed25519 BBBB b", "a": "ssh-ed25519 AAAA a\n"})
    assert text == "a ssh-ed25519 AAAA\nb ssh-ed25519 BBBB\n"


def test_a_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "id_ed25519"
    public = ensure_key(path, "the-lab")
    assert public.startswith("ssh-ed25519 ")
    assert public.endswith(" the-lab")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert ensure_key(path, "another") == public
