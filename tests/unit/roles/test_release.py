# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role release, played for real on folders of this machine, without a service."""

from __future__ import annotations

import getpass
import grp
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import ansible_collections
import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template
from ansible_collections.vigie.run.tests.unit.fakes.app_host import AppHost
from ansible_collections.vigie.run.tests.unit.fakes.tarballs import build

CHECKOUT = Path(__file__).parents[3]


class Site:
    """Hosts that are folders; plays steps of the role on them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.roots = [str(Path(p).parent) for p in ansible_collections.__path__]
        self.env = {
            **os.environ,
            "ANSIBLE_COLLECTIONS_PATH": ":".join(self.roots),
            "ANSIBLE_LOCAL_TEMP": str(folder / "local"),
            "ANSIBLE_REMOTE_TEMP": str(folder / "remote"),
            "ANSIBLE_PIPELINING": "1",
            "ANSIBLE_NOCOLOR": "1",
        }

    def hold(self, host: str, *versions: str) -> None:
        """Let a host have these releases, each activated in its turn."""
        folder = self.folder / host
        folder.mkdir()
        for version in versions:
            AppHost(folder).stage(version, state="active")

    def path(self, host: str) -> Path:
        """The application's folder of a host."""
        return self.folder / host / "app"

    def play(self, hosts: dict[str, dict[str, Any]], *steps: Any) -> str:
        """Play tasks on hosts (name: variables); what Ansible said, or a failure."""
        common = {
            "ansible_connection": "local",
            "ansible_python_interpreter": sys.executable,
            "release_app": "app",
            "release_path": str(self.folder / "{{ inventory_hostname }}" / "app"),
            "release_archive": str(self.folder / "app-{{ release_version }}.tar.gz"),
            "release_service": "",
            "release_owner": getpass.getuser(),
            "release_user": getpass.getuser(),
            "release_group": grp.getgrgid(os.getgid()).gr_name,
        }
        inventory = {"all": {"hosts": hosts, "vars": common}}
        plays = [{"hosts": "all", "gather_facts": False, "tasks": list(steps)}]
        (self.folder / "hosts.yml").write_text(json.dumps(inventory))
        (self.folder / "play.yml").write_text(json.dumps(plays))
        argv = [sys.executable, "-m", "ansible", "playbook"]
        done = subprocess.run(
            [*argv, "-i", "hosts.yml", "play.yml"],
            cwd=self.folder,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(done.stdout + done.stderr)
        return done.stdout

    def current(self, host: str) -> str:
        """What the link of a host names."""
        return (self.path(host) / "current").readlink().name

    def bad(self, host: str) -> list[str]:
        """The releases marked bad on a host."""
        records = (self.path(host) / "releases" / ".vigie").glob("*.json")
        known = [json.loads(path.read_text()) for path in records]
        return sorted(one["version"] for one in known if one["bad"])


def step(name: str, version: str = "", **variables: Any) -> dict[str, Any]:
    """One entry point of the role as a task."""
    wanted = {"release_version": version} if version else {}
    return {
        "ansible.builtin.import_role": {
            "name": "vigie.run.release",
            "tasks_from": name,
            "rolespec_validate": False,
        },
        "vars": {**wanted, **variables},
    }


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_each_host_gets_its_own_archive(site: Site) -> None:
    for host in ("amd", "arm"):
        build(site.folder / f"app-{host}.tar.gz", {"app": host.encode()})
    hosts = {
        host: {"release_archive": str(site.folder / f"app-{host}.tar.gz")}
        for host in ("amd", "arm")
    }
    site.play(hosts, step("stage", "1"))
    for host in hosts:
        assert (site.path(host) / "releases" / "1" / "app").read_text() == host


def test_restoring_marks_what_was_tried_only_if_it_is_active(site: Site) -> None:
    """`again` was killed after its switch and looks again; `early` failed before its
    switch to a release that had served before.
    """
    hosts: dict[str, dict[str, Any]] = {
        "plain": {},
        "again": {"looks_again": True},
        "early": {},
    }
    for host in hosts:
        site.hold(host, "1", "2", *(["1"] if host == "early" else []))
    again = {**step("look", "2"), "when": "looks_again | default(false)"}
    # `plain` knows what was active before the switch; `again` does not.
    before = {
        "ansible.builtin.set_fact": {
            "release_state": {"active": "1", "previous": None, "restart_due": None}
        },
        "when": "not looks_again | default(false)",
    }
    site.play(hosts, again, before, step("restore", "2"))
    assert {host: site.current(host) for host in hosts} == dict.fromkeys(hosts, "1")
    assert {host: site.bad(host) for host in hosts} == {
        "plain": ["2"],
        "again": ["2"],
        "early": [],
    }


def test_nothing_to_go_back_to_is_said(site: Site) -> None:
    site.hold("fresh", "1")
    with pytest.raises(RuntimeError) as caught:
        site.play({"fresh": {}}, step("look", "1"), step("restore", "1"))
    said = " ".join(str(caught.value).split())
    assert "app had no good release active on this host before 1, so there is" in said


@pytest.mark.parametrize(
    ("active", "running", "due", "done"),
    [
        ("1", "1", None, True),
        ("1", None, None, True),  # PHP-FPM works in no release's folder
        ("1", "2", "the process still runs 2", False),
        ("2", "2", None, False),
    ],
)
def test_a_rollback_passes_over_hosts_that_are_done(
    active: str, running: str | None, due: str | None, done: bool
) -> None:
    plays = yaml.safe_load((CHECKOUT / "playbooks" / "rollback.yml").read_text())
    (plan,) = (t for t in plays[0]["tasks"] if t["name"] == "Plan the waves")
    variables = {
        "release_state": {"active": active, "running": running, "restart_due": due},
        "release_rollback": {"version": "1"},
    }
    templar = Templar(loader=DataLoader(), variables=variables)
    expression = trust_as_template(plan["vars"]["rotation_done"])
    assert templar.template(expression) is done
