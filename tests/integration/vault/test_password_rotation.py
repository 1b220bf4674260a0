# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guide's play, as printed: a database's password changes, and no login fails."""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab import LabError
from lab.postgres import Postgres
from lab.processes import await_true
from tests.integration.vault.states import State
from tests.integration.vault.test_database import connected
from tests.unit.plugins.action.plays import environment

GUIDE = Path(__file__).parents[3] / "docs" / "secrets.md"
TITLE = "## A database's password, rotated without downtime"
PAUSE = 0.1  # seconds between two logins of an application
# What a user has: write the file, and have the application read it.
TASKS = """\
- ansible.builtin.copy:
    content: "{{ in_use.username }} {{ in_use.password }}"
    dest: "{{ home }}/database"
    mode: "0600"
  no_log: true
- ansible.builtin.shell: date +%s%N > {{ home }}/reload
"""


def printed() -> list[str]:
    """What the guide prints: the two accounts, and the play."""
    section = GUIDE.read_text("utf-8").split(TITLE)[1].split("\n## ")[0]
    return re.findall(r"```yaml\n(.*?)```", section, re.DOTALL)


@dataclass
class App:
    """An application of one host: logs in all the time, and reads when told to."""

    home: Path
    database: Postgres
    users: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def run(self, over: threading.Event) -> None:
        """Until it is over."""
        told, user, password = "", "", ""
        reload = self.home / "reload"
        reload.touch()
        while not over.wait(PAUSE):
            if reload.read_text() not in ("", told):
                told = reload.read_text()
                user, password = (self.home / "database").read_text().split()
            if user:
                self._log_in(user, password)

    def _log_in(self, user: str, password: str) -> None:
        try:
            self.users.append(self.database.ask("SELECT current_user", user, password))
        except LabError as error:
            self.failures.append(f"{time.monotonic():.1f} {user}: {error}")

    def uses(self, user: str) -> None:
        """Wait until it logs in as somebody."""
        await_true(user, lambda: self.users[-1:] == [user])


@dataclass
class Site:
    """Two hosts that are this machine, an application on each."""

    folder: Path
    state: State
    apps: dict[str, App]

    def rotate(self) -> tuple[int, str]:
        """Exit code and output of the guide's play."""
        argv = [str(Path(sys.executable).with_name("ansible-playbook"))]
        access = self.state.access()
        done = subprocess.run(
            [*argv, "-i", "hosts.yml", "rotate.yml"],
            cwd=self.folder,
            env={
                **environment(self.folder),
                "VAULT_ADDR": access["vault_url"],
                "VAULT_TOKEN": access["vault_token"],
                "VAULT_CACERT": access["vault_ca_path"],
            },
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    def write(self, play: str) -> None:
        """The inventory, the guide's play and the user's own tasks."""
        local = {
            "ansible_connection": "local",
            "ansible_python_interpreter": sys.executable,
        }
        hosts = {name: {"home": str(app.home)} for name, app in self.apps.items()}
        group = {"hosts": hosts, "vars": local}
        (self.folder / "hosts.yml").write_text(yaml.safe_dump({"web": group}))
        (self.folder / "rotate.yml").write_text(play)
        (self.folder / "orders_database.yml").write_text(TASKS)


@contextlib.contextmanager
def running(apps: Iterator[App]) -> Iterator[None]:
    """The applications, logging in."""
    over = threading.Event()
    threads = [threading.Thread(target=app.run, args=(over,)) for app in apps]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


@pytest.fixture
def site(state: State, database: Postgres, tmp_path: Path) -> Iterator[Site]:
    """The accounts as the guide declares them, and two hosts that know none yet."""
    for user in ("orders_a", "orders_b"):
        database.ask(f"DROP ROLE IF EXISTS {user}")
        database.ask(f"CREATE ROLE {user} LOGIN PASSWORD 'first'")
    accounts, play = printed()
    declared: dict[str, Any] = {
        "commerce-kv": {"type": "secret_engine", "engine": "kv-v2"},
        **connected(database, allowed_roles=["*"]),
        **yaml.safe_load(accounts),
    }
    state.apply(declared)
    apps = {name: App(tmp_path / name, database) for name in ("web-a1", "web-b1")}
    for app in apps.values():
        app.home.mkdir()
    made = Site(tmp_path, state, apps)
    made.write(play)
    yield made
    state.apply(declared, state="absent")


def test_no_login_fails_while_passwords_change(site: Site) -> None:
    first, second = site.apps.values()
    with running(iter(site.apps.values())):
        code, said = site.rotate()
        assert code == 0, said
        first.uses("orders_a")
        second.uses("orders_a")
        _a_host_is_lost_on_the_way(site, second)
        second.uses("orders_a")
        code, said = site.rotate()
        assert code == 0, said
        first.uses("orders_a")
        second.uses("orders_a")
    assert first.failures + second.failures == []
    assert [*dict.fromkeys(first.users)] == ["orders_a", "orders_b"]
    # It came by way of the account that it had missed.
    assert [*dict.fromkeys(second.users)] in (["orders_a"], ["orders_a", "orders_b"])


def _a_host_is_lost_on_the_way(site: Site, lost: App) -> None:
    """It keeps its account, which is left alone until the host is back."""
    tasks = site.folder / "orders_database.yml"
    ill = f"home == '{lost.home}' and in_use.account == 'orders-b'"
    tasks.write_text(
        f"- ansible.builtin.fail: {{msg: It is ill}}\n  when: {ill}\n{TASKS}"
    )
    code, said = site.rotate()
    assert code == 2
    assert "It is ill" in said
    next(iter(site.apps.values())).uses("orders_b")
    code, said = site.rotate()
    assert code == 2
    assert "web-b1 may still use orders-a: nothing was changed" in said
    tasks.write_text(TASKS)
