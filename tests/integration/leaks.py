# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs of Ansible at their most talkative, and the search for planted secrets.

Every way of showing something is on: `-vvvv`, `--diff`, tracebacks, a log, the journal
and its report, what modules tell the system's log. A secret is found by a random core
that it has on each of its lines, so that an escaped, wrapped or encoded one is found.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import re
import secrets
import sys
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.unit.plugins.action.plays import play

TALKATIVE = {
    "ANSIBLE_VERBOSITY": "4",
    "ANSIBLE_DIFF_ALWAYS": "1",
    "ANSIBLE_INJECT_INVOCATION": "1",
    "ANSIBLE_DISPLAY_TRACEBACK": "always",
    "ANSIBLE_DISPLAY_ARGS_TO_STDOUT": "1",
    "ANSIBLE_CALLBACKS_ENABLED": "vigie.run.journal",
    "ANSIBLE_KEEP_REMOTE_FILES": "0",
}
# Modules that are sent to a host tell its system's log what they were called with.
SYSLOG = """\
import syslog
def told(*words):
    with open({path!r}, "a") as file:
        print(*words, file=file)
syslog.syslog = told
"""
LOOK = 0.05  # seconds between two looks at the processes
# What Vault and OpenBao make up themselves, for whoever logs in.
TOKEN = re.compile(rb"\b(?:hv)?[sb]\.[A-Za-z0-9]{24}")


@dataclass
class Watch:
    """One folder where plays are run, the secrets, and where they may be.

    allowed: files and folders that the user told to hold secrets.
    """

    folder: Path
    values: dict[str, str] = field(default_factory=dict)
    cores: dict[str, str] = field(default_factory=dict)
    allowed: list[str] = field(default_factory=lambda: ["planted.json"])
    said: dict[str, str] = field(default_factory=dict)
    _processes: set[bytes] = field(default_factory=set)

    def plant(self, name: str, form: str = "{}", core: str = "") -> str:
        """A new secret, given to plays as a variable: how they write it.

        form: the whole secret, where `{}` is its core; core: where it is not to be
        random letters and digits.
        """
        self.cores[name] = core or secrets.token_hex(12)
        self.values[name] = form.replace("{}", self.cores[name])
        return "{{ " + name + " }}"

    def learn(self, name: str, value: str) -> None:
        """A secret that a server made up, of which only this is looked for."""
        self.cores[name] = value

    def run(self, hosts: dict[str, dict[str, Any]], *tasks: Any) -> dict[str, Any]:
        """The registered results of a play, by name, of each host.

        At its end the report of its journal is drawn.
        """
        self._write_files()
        every = [one["register"] for one in tasks if "register" in one]
        named = ", ".join(f"{one!r}: {one}" for one in every)
        results = {
            "ansible.builtin.copy": {
                "content": f"{{{{ {{{named}}} | to_json }}}}",
                "dest": "results-{{ inventory_hostname }}.json",
                "mode": "0600",
            }
        }
        draw = {"journals": ["journal"], "dest": "report.html"}
        report = {"vigie.run.journal_report": draw, "run_once": True}
        with self._looking():
            code, said = play(
                self.folder, hosts, *tasks, results, report, vars_files=["planted.json"]
            )
        self.said[f"output {len(self.said)}"] = said
        assert code == 0, said[-4000:]
        return {
            name: json.loads((self.folder / f"results-{name}.json").read_text())
            for name in hosts
        }

    def elsewhere(self) -> dict[str, Any]:
        """Variables of a host that modules are sent to: another program is Python."""
        return {"ansible_python_interpreter": str(self.folder / "python")}

    def leaks(self) -> list[str]:
        """Which secret was seen where, in all that a run leaves and shows."""
        return self._seen(self._places())

    def told_by(self, *logs: Path) -> list[str]:
        """Which secret is in the logs of servers."""
        return self._seen((str(path), path.read_bytes()) for path in logs)

    def _seen(self, places: Iterable[tuple[str, bytes]]) -> list[str]:
        found = []
        for place, content in places:
            told = {name for name, core in self.cores.items() if _is_in(core, content)}
            tokens = {one.decode() for one in TOKEN.findall(content)}
            found += [f"{name} in {place}" for name in sorted(told | tokens)]
        return found

    def _places(self) -> Iterator[tuple[str, bytes]]:
        for name, said in self.said.items():
            yield name, said.encode()
        for told in self._processes:
            yield f"the processes, {told[:60]!r}", told
        files = (path for path in self.folder.rglob("*") if path.is_file())
        for path in files:
            name = str(path.relative_to(self.folder))
            if not name.startswith(tuple(self.allowed)):
                yield name, name.encode() + b"\n" + path.read_bytes()

    def _write_files(self) -> None:
        (self.folder / "planted.json").write_text(json.dumps(self.values))
        hook = self.folder / "hook"
        hook.mkdir(exist_ok=True)
        text = SYSLOG.format(path=str(self.folder / "syslog"))
        (hook / "sitecustomize.py").write_text(text)
        script = f'#!/bin/sh\nPYTHONPATH={hook} exec {sys.executable} "$@"\n'
        (self.folder / "python").write_text(script)
        (self.folder / "python").chmod(0o755)

    def _told_by_process(self, process: str) -> set[bytes]:
        """Its arguments; its environment, if it comes from here.

        What this test did not start (it names no `HOME` here) may be told a token so.
        """
        environment = Path("/proc", process, "environ").read_bytes()
        own = str(self.folder).encode() in environment
        arguments = Path("/proc", process, "cmdline").read_bytes()
        return {arguments, environment} if own else {arguments}

    @contextlib.contextmanager
    def _looking(self) -> Iterator[None]:
        """Keep what every new process of the machine shows of itself."""
        over, before = threading.Event(), set(os.listdir("/proc"))

        def look() -> None:
            while not over.wait(LOOK):
                for process in {*os.listdir("/proc")} - before:
                    with contextlib.suppress(OSError):
                        self._processes |= self._told_by_process(process)

        thread = threading.Thread(target=look)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


def _is_in(core: str, content: bytes) -> bool:
    """Whether it is there, as it is or encoded."""
    spelled = [core.encode(), core.encode().hex().encode()]
    for before in range(3):
        # In Base64 it depends on what precedes it; its ends are its neighbours' too.
        text = base64.b64encode(b"." * before + core.encode())
        whole = (before + len(core)) * 8 // 6
        spelled.append(text[-(-before * 8 // 6) : whole])
    return any(one in content for one in spelled)


def talkative(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Watch:
    """A folder in which runs say all they can, and write nowhere else."""
    places = {
        "ANSIBLE_LOG_PATH": "run.log",
        "ANSIBLE_HOME": "home",
        "HOME": "home",
        # Short: Ansible listens on a socket there, whose path has 107 letters at most.
        "TMPDIR": "t",
        "VIGIE_JOURNAL_DIR": "journal",
    }
    for name, value in TALKATIVE.items():
        monkeypatch.setenv(name, value)
    for name, place in places.items():
        monkeypatch.setenv(name, str(folder / place))
    for place in ("home", "t"):
        (folder / place).mkdir()
    return Watch(folder)
