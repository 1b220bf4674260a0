# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run ``ansible-test sanity`` on the checkout as it stands, without containers.

Usage: tools/sanity.py [ARGUMENT OF ansible-test sanity ...]

ansible-test insists on a path ``ansible_collections/vigie/run`` and refuses a
symbolic link there, so it gets a copy of the files that git knows or would take.
It downloads a script to install pip; ours, put where it caches that script, uses
the pip that comes with Python. Its home is ours too, so that nothing of the
user's is touched: the virtual environments it makes stay in build/sanity.

A run that passed is not repeated for the very same files, tools and arguments;
``rm build/sanity/passed`` has it run again.
"""

from __future__ import annotations

import ast
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WORK = ROOT / "build" / "sanity"
COPY = WORK / "ansible_collections" / "vigie" / "run"
HOME = WORK / "home"
PASSED = WORK / "passed"

# What the supported versions of ansible-core call the script: 2.19 and 2.20, 2.21.
PIP_SCRIPTS = ("get_pip_24_2.py", "get_pip_25_2.py")
PIP_SCRIPT = """\
import subprocess
import sys

subprocess.check_call([sys.executable, "-m", "ensurepip", "--default-pip"])
wanted = [word for word in sys.argv[1:] if not word.startswith("--no-")]
sys.exit(subprocess.call([sys.executable, "-m", "pip", "install", *wanted]))
"""


def copy_checkout(source: Path, target: Path) -> None:
    """Make ``target`` hold exactly what git tracks, or would, in ``source``.

    Files that did not change keep their modification time, on which ansible-test
    and Python rely for their caches.
    """
    listed = _output("git", "-C", source, "ls-files", "-coz", "--exclude-standard")
    wanted = {name for name in listed.split("\0") if name and (source / name).is_file()}
    for path in sorted(target.rglob("*"), reverse=True) if target.exists() else ():
        name = path.relative_to(target).as_posix()
        if name.startswith((".git/", "tests/output/")) or path.is_dir():
            continue
        if name not in wanted:
            path.unlink()
    for name in sorted(wanted):
        old, new = source / name, target / name
        if new.exists() and _stamp(new) == _stamp(old):
            continue
        new.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(old, new)
    # With a repository of its own the copy is not taken for an ignored folder.
    subprocess.run(["git", "init", "-q", target], check=True)
    subprocess.run(["git", "-C", target, "add", "-A"], check=True)


def _stamp(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_mtime_ns, status.st_size


def make_home(home: Path, settings: Mapping[str, str]) -> None:
    """Give ansible-test a home: our pip script, and the user's pip settings.

    ansible-test drops every ``PIP_…`` variable and looks for pip's files in its
    home only, so what pip would have used is written down there.
    """
    cache = home / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    for name in PIP_SCRIPTS:
        (cache / name).write_text(PIP_SCRIPT)
    config = home / ".config" / "pip" / "pip.conf"
    config.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"{key} = {value}\n" for key, value in settings.items()]
    config.write_text("[global]\n" + "".join(lines))


def pip_settings(listed: str) -> dict[str, str]:
    """Return the settings in the output of ``pip config list``, the last one wins.

    Variables of the environment count, as does each file; those of one command
    alone do not.
    """
    settings = {}
    for line in listed.splitlines():
        name, value = line.split("=", 1)
        scope, key = name.rsplit(".", 1)
        if scope in ("global", "install", ":env:"):
            settings[key] = ast.literal_eval(value).replace("\n", " ")
    return settings


def real_pythons() -> Iterator[Path]:
    """Yield the folders of pyenv's real interpreters, newest first.

    Its shims on the search path answer for versions that are not active, and
    then fail.
    """
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    for python in sorted(root.glob("versions/3.*/bin/python3"), reverse=True):
        yield python.parent


def search_path() -> str:
    """Return PATH: our environment first, then each Python by its real path."""
    folders = [Path(sys.executable).parent, *real_pythons()]
    return ":".join([*map(str, folders), os.environ.get("PATH", os.defpath)])


def fingerprint(folder: Path, *more: str) -> str:
    """Return a digest of each file's name, mode and content, and of what else counts.

    What ansible-test and git write there themselves is left out.
    """
    seen = hashlib.sha256("\0".join(more).encode())
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if name.startswith((".git/", "tests/output/")) or not path.is_file():
            continue
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        seen.update(f"\0{name}\0{path.stat().st_mode:o}\0{content}".encode())
    return seen.hexdigest()


def _output(*argv: object) -> str:
    words = [str(word) for word in argv]
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


def main(arguments: list[str]) -> int:
    copy_checkout(ROOT, COPY)
    listed = _output(sys.executable, "-m", "pip", "config", "list")
    make_home(HOME, pip_settings(listed))
    environment = dict(os.environ, HOME=str(HOME), PATH=search_path())
    argv = ["ansible-test", "sanity", "--venv", "--color", "no", *arguments]
    core = version("ansible-core")
    wanted = fingerprint(COPY, sys.version, core, environment["PATH"], *argv)
    if PASSED.exists() and PASSED.read_text() == wanted:
        print("passed before, with the very same files")
        return 0
    status = subprocess.run(argv, cwd=COPY, env=environment, check=False).returncode
    if status == 0:
        PASSED.write_text(wanted)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
