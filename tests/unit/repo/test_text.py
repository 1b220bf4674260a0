# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files and functions stay small, and no file knows the machine it was written on."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

CODE = {".py", ".sh", ".yml", ".yaml", ".j2"}
FILE_LINES = 400
FUNCTION_LINES = 60
LICENCE_TEXTS = {"LICENSE", "GPL-3.0-or-later.txt"}
# Where build machines keep checkouts. A host's /root/.ssh, or the /home/ada of an
# example, is no path of ours.
MACHINE_PATH = re.compile(r"(?<![\w.}\"'/-])/(?:work|workspace|builds)/")
# Written in pieces, lest this file break the rule it checks.
REGISTRIES = ["pypi." + "org", "python" + "hosted", "deb.debian" + ".org"]


def test_files_are_short(root, files):
    long = {
        str(path): lines
        for path in files
        if path.suffix in CODE
        and (lines := len((root / path).read_text().splitlines())) >= FILE_LINES
    }
    assert not long


def test_functions_are_short(root, files):
    long = [
        f"{path}:{node.lineno}: {node.name}, {node.end_lineno - node.lineno + 1} lines"
        for path in files
        if path.suffix == ".py"
        for node in ast.walk(ast.parse((root / path).read_text()))
        if isinstance(node, ast.FunctionDef)
        and node.end_lineno - node.lineno + 1 >= FUNCTION_LINES
    ]
    assert not long


def test_no_variable_has_a_name_that_ansible_test_forbids(root, files):
    """It takes ansible-test minutes to say so."""
    forbidden = [
        f"{path}:{node.lineno}: {node.id}"
        for path in files
        if path.suffix == ".py"
        for node in ast.walk(ast.parse((root / path).read_text()))
        if isinstance(node, ast.Name)
        and isinstance(node.ctx, ast.Store)
        and node.id in ("_", "bar")
    ]
    assert not forbidden


def test_no_file_knows_this_machine(root, files):
    known = {"checkout": re.escape(str(root)), "path": MACHINE_PATH.pattern}
    hosts = {host: re.escape(host) for host in [*REGISTRIES, *machine_hosts()]}
    assert not found({**known, **hosts}, root, files)


def found(patterns: dict[str, str], root: Path, files: list[Path]) -> list[str]:
    """Every file and line that a pattern matches."""
    return [
        f"{path}:{number}: {name}"
        for path in files
        if path.name not in LICENCE_TEXTS
        for number, line in enumerate(text_of(root / path).splitlines(), 1)
        for name, pattern in patterns.items()
        if re.search(pattern, line)
    ]


def text_of(path: Path) -> str:
    data = path.read_bytes()
    return "" if b"\0" in data else data.decode()


def machine_hosts() -> set[str]:
    """The hosts that this machine gets packages from, as apt and pip know them."""
    sources = [
        Path("/etc/apt/sources.list"),
        *Path("/etc/apt").glob("sources.list.d/*"),
    ]
    text = "".join(path.read_text() for path in sources if path.is_file())
    argv = [sys.executable, "-m", "pip", "config", "list"]
    text += subprocess.run(argv, capture_output=True, text=True, check=False).stdout
    return set(re.findall(r"https?://(?:[^@/\s]+@)?([\w-]+(?:\.[\w-]+)+)", text))


def test_a_machine_path_would_be_found(tmp_path):
    path = tmp_path / "note.md"
    path.write_text("see /" + "work/main/x\nand /root/.ssh\n")
    hits = found({"path": MACHINE_PATH.pattern}, tmp_path, [Path("note.md")])
    assert hits == ["note.md:1: path"]
