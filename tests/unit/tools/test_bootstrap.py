# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""tools/bootstrap.sh on machines that lack this or that, with fake interpreters."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
TOOLS = {
    *("cat", "cp", "dirname", "env", "flock", "grep", "mkdir", "rm", "sed"),
    *("sh", "sha256sum", "sort", "tail", "timeout", "tr"),
}

# Proves itself when the proof asks for its own version; makes environments whose
# python writes down what pip was asked to do.
PYTHON = """\
#!/bin/sh
here={home}
case "$1 $2" in
-c*"'{version}'"*) echo "{path}" ;;
"-m venv")
    echo venv >>"$here/log"
    mkdir -p "$4/bin" && cp "$here/pip" "$4/bin/python"
    ;;
*) exit 1 ;;
esac
"""
PIP = """\
#!/bin/sh
[ "$1" = -c ] && exit 0
echo "pip $*" >>{home}/log
[ ! -e {home}/offline ] || {{ echo "Connection refused"; exit 1; }}
"""
APT = """\
#!/bin/sh
echo "apt-get $*" >>{home}/log
[ ! -e {home}/offline ] || {{ echo "Could not resolve the mirror"; exit 100; }}
for word in "$@"; do echo "$word" >>{home}/installed; done
"""
DPKG = """\
#!/bin/sh
for package in "$@"; do :; done
grep -qx -- "$package" {home}/installed && printf installed
"""


class Machine:
    """A machine with nothing but a shell's tools, and what a test puts there."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.bin = home / "bin"
        self.bin.mkdir(parents=True)
        for name in TOOLS:
            found = shutil.which(name, path="/usr/bin:/bin")
            assert found, name
            (self.bin / name).symlink_to(found)
        self.checkout = home / "checkout"
        shutil.copytree(ROOT / "requirements", self.checkout / "requirements")
        (self.checkout / "tools").mkdir()
        shutil.copy(ROOT / "tools" / "bootstrap.sh", self.checkout / "tools")
        (home / "installed").touch()
        self.script(home / "pip", PIP)
        self.script(self.bin / "dpkg-query", DPKG)
        self.script(self.bin / "apt-get", APT)
        self.become(0)

    def script(self, path: Path, text: str, **values: str) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.format(home=self.home, path=path, **values))
        path.chmod(0o755)
        return path

    def become(self, uid: int) -> None:
        self.script(self.bin / "id", f"#!/bin/sh\necho {uid}\n")

    def python(self, version: str, path: Path | None = None) -> Path:
        path = path or self.bin / f"python{version}"
        return self.script(path, PYTHON, version=version)

    def run(self, *parts: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.checkout / "tools" / "bootstrap.sh", *parts],
            env={"PATH": str(self.bin), "HOME": str(self.home), **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    @property
    def log(self) -> list[str]:
        path = self.home / "log"
        return path.read_text().splitlines() if path.exists() else []


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path / "home")


def chosen(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0, done.stderr
    (line,) = [line for line in done.stderr.splitlines() if "making build/venv" in line]
    return line.rpartition(" ")[2]


def test_the_newest_python_wins(machine):
    for version in ("3.11", "3.13", "3.12"):
        machine.python(version)
    assert chosen(machine.run("venv")) == str(machine.bin / "python3.13")


def test_a_shim_that_does_not_run_is_passed_over(machine):
    machine.script(machine.bin / "python3.14", "#!/bin/sh\nexit 127\n")
    expected = machine.python("3.12")
    assert chosen(machine.run("venv")) == str(expected)


def test_an_interpreter_of_another_version_than_its_name_is_passed_over(machine):
    machine.python("3.10", machine.bin / "python3.14")
    expected = machine.python("3.11")
    assert chosen(machine.run("venv")) == str(expected)


def test_pyenv_interpreters_are_found_by_their_real_path(machine):
    machine.script(machine.bin / "python3.13", "#!/bin/sh\nexit 127\n")
    real = machine.home / ".pyenv" / "versions" / "3.13.2" / "bin" / "python"
    machine.python("3.13", real)
    assert chosen(machine.run("venv")) == str(real)


def test_a_plain_python3_will_do(machine):
    expected = machine.python("3.12", machine.bin / "python3")
    assert chosen(machine.run("venv")) == str(expected)


def test_the_named_python_is_used(machine):
    machine.python("3.13")
    named = machine.python("3.11", machine.home / "mine" / "python")
    assert chosen(machine.run("venv", VIGIE_PYTHON=str(named))) == str(named)


def test_a_named_python_that_does_not_run_is_an_error(machine):
    machine.python("3.13")
    done = machine.run("venv", VIGIE_PYTHON="/nowhere/python")
    assert done.returncode == 1
    assert "VIGIE_PYTHON=/nowhere/python does not run" in done.stderr


def test_without_python_debian_is_asked_for_one_and_the_remedy_is_told(machine):
    done = machine.run("venv")
    assert any("install" in line and "python3-venv" in line for line in machine.log)
    assert done.returncode == 1
    assert "no Python of 3.14 3.13 3.12 3.11" in done.stderr
    assert "VIGIE_PYTHON=" in done.stderr


def test_a_second_run_does_nothing(machine):
    machine.python("3.13")
    machine.run("tools", "venv", "lab")
    before = machine.log
    done = machine.run("tools", "venv", "lab")
    assert (done.returncode, done.stderr) == (0, "")
    assert machine.log == before


def test_changed_requirements_make_the_environment_anew(machine):
    machine.python("3.13")
    machine.run("venv")
    with open(machine.checkout / "requirements" / "test.txt", "a") as file:
        file.write("# another\n")
    machine.run("venv")
    assert machine.log.count("venv") == 2


def test_an_environment_that_was_not_finished_is_made_anew(machine):
    machine.python("3.13")
    (machine.home / "offline").touch()
    assert machine.run("venv").returncode == 1
    (machine.home / "offline").unlink()
    assert machine.run("venv").returncode == 0
    assert machine.log.count("venv") == 2


def test_only_missing_packages_are_installed(machine):
    (machine.home / "installed").write_text("git\nopenssh-client\n")
    done = machine.run("tools")
    assert "installing Debian packages: shellcheck" in done.stderr
    installs = [line for line in machine.log if " install " in line]
    assert [line.split()[-1] for line in installs] == ["shellcheck"]
    assert not any("git" in line.split() for line in installs)


def test_without_root_the_missing_packages_are_named(machine):
    machine.become(1000)
    done = machine.run("lab")
    assert done.returncode == 1
    assert "podman" in done.stderr
    assert "sudo apt-get install" in done.stderr
    assert machine.log == []


def test_without_apt_the_message_says_what_to_install(machine):
    (machine.bin / "apt-get").unlink()
    done = machine.run("lab")
    assert done.returncode == 1
    assert "no apt-get here" in done.stderr
    assert "podman" in done.stderr
    assert machine.run("lab", VIGIE_SKIP_PACKAGES="1").returncode == 0


def test_without_a_network_apt_says_why(machine):
    (machine.home / "offline").touch()
    done = machine.run("tools")
    assert done.returncode == 1
    assert "Could not resolve the mirror" in done.stderr
    assert "is the Debian mirror of this machine reachable?" in done.stderr


def test_without_a_network_pip_says_why(machine):
    machine.python("3.13")
    (machine.home / "offline").touch()
    done = machine.run("venv")
    assert done.returncode == 1
    assert "Connection refused" in done.stderr
    assert "is the Python package index reachable" in done.stderr


def test_benchmarks_get_their_rivals_beside_the_environment(machine):
    machine.python("3.13")
    machine.run("bench")
    machine.run("bench")
    rivals = [line for line in machine.log if "--target" in line]
    assert len(rivals) == 1
    assert f"--target {machine.checkout}/build/bench/site" in rivals[0]


def test_an_unknown_part_is_refused(machine):
    done = machine.run("vnev")
    assert done.returncode == 1
    assert "unknown part: vnev" in done.stderr
