# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Patching a host from one end to the other, on a host that is made up."""

from __future__ import annotations

import re

import pytest
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.module_utils._host import (
    locks,
    patch,
    policy,
    reboot,
    stale,
)
from ansible_collections.vigie.run.plugins.module_utils._host.apt import Selection
from ansible_collections.vigie.run.plugins.module_utils._host.patch import Host, Wish
from ansible_collections.vigie.run.plugins.module_utils._host.processes import Process

SHOW = """\
LoadState={load}
ActiveState=active
MainPID=7
CanReload={reload}
KillMode=mixed
FragmentPath=/lib/systemd/system/{name}
"""


class Debian:
    """A Debian host: what is installed, what waits, which services are stale."""

    def __init__(self):
        self.installed = {"dpkg": "1.21", "openssl": "3.0.20", "tzdata": "2026b"}
        self.status = {}
        self.waiting = {"openssl": "3.0.22", "tzdata": "2026f"}
        self.fails = ""
        self.lies = False
        self.stale = {}
        self.units = {}
        self.ran = []

    def __call__(self, argv):
        self.ran.append(" ".join(argv))
        handler = {
            "dpkg-query": self.query,
            "dpkg": self.dpkg,
            "apt-get": self.apt_get,
            "systemctl": self.systemctl,
        }.get(argv[0])
        return handler(argv) if handler else (0, "", "")

    def query(self, argv):
        if "-S" in argv:
            package = re.sub(r".*/([a-z]+)\.service", r"\1", argv[-1])
            return 0, f"{package}: {argv[-1]}\n", ""
        lines = [
            f"{name}\tamd64\t{version}\t{self.status.get(name, 'ii ')}\n"
            for name, version in self.installed.items()
        ]
        return 0, "".join(lines), ""

    def dpkg(self, argv):
        self.status.clear()
        return 0, "", ""

    def apt_get(self, argv):
        names = [w.partition("=")[0] for w in argv if "=" in w and "::" not in w]
        chosen = {
            name: version
            for name, version in self.waiting.items()
            if "dist-upgrade" in argv or name in names
        }
        if "-s" in argv:
            lines = [
                f"Inst {name} [{self.installed[name]}] ({version} D:1/x [amd64])\n"
                for name, version in chosen.items()
                if self.installed[name] != version
            ]
            return 0, "".join(lines), ""
        if "--download-only" in argv or self.lies:
            return 0, "", ""
        for name, version in chosen.items():
            self.installed[name] = version
            if name == self.fails:
                self.status[name] = "iF "
                return 100, "", f"dpkg: error processing package {name} (--configure):"
        return 0, "", ""

    def systemctl(self, argv):
        if "show" in argv:
            blocks = [
                SHOW.format(
                    name=name,
                    **self.units.get(name, {"load": "loaded", "reload": "yes"}),
                )
                for name in argv[argv.index("--") + 1 :]
            ]
            return 0, "\n".join(blocks), ""
        if argv[-1] in self.stale and not self.stale[argv[-1]]:
            return 1, "", "Job failed."
        if {"reload", "try-restart"} & set(argv):
            self.stale.pop(argv[-1], None)
        return 0, "", ""

    def processes(self, proc):
        return [Process(7, name, 0, ("/usr/lib/libssl.so.3",)) for name in self.stale]

    def did(self, words):
        return [line for line in self.ran if words in line]


@pytest.fixture
def debian(monkeypatch):
    made = Debian()
    monkeypatch.setattr(stale.processes, "stale_processes", made.processes)
    monkeypatch.setattr(stale.processes, "unit_of", lambda proc, pid: "")
    monkeypatch.setattr(stale, "stale_mains", lambda run, units, proc: set())
    monkeypatch.setattr(reboot, "reboot_reasons", lambda packages: [])
    monkeypatch.setattr(reboot, "uptime", lambda proc: 1.0)
    return made


@pytest.fixture
def host(debian, tmp_path):
    return Host(
        run=debian,
        folder=lambda: str(tmp_path),
        journal=str(tmp_path / "updates"),
        lock_files=(),
        policy_path=str(tmp_path / "policy-rc.d"),
        proc=str(tmp_path),
    )


def wish(**options):
    return Wish(**{"refresh": False, **options})


def test_the_result_is_what_dpkg_has(host):
    result = patch.patch(host, wish())
    assert result["changed"]
    assert result["upgraded"] == [
        {"name": "openssl", "before": "3.0.20", "after": "3.0.22"},
        {"name": "tzdata", "before": "2026b", "after": "2026f"},
    ]
    assert {"name": "openssl", "version": "3.0.22"} in result["upgrades"]


def test_a_second_run_changes_nothing(host, debian):
    patch.patch(host, wish())
    debian.ran.clear()
    assert not patch.patch(host, wish())["changed"]
    assert debian.did("apt-get -y") == []


def test_check_mode_says_the_same_and_does_nothing(host, debian):
    told = patch.patch(host, wish(check=True))
    assert debian.did("apt-get -y") == []
    done = patch.patch(host, wish())
    for key in ("changed", "upgraded", "upgrades", "repaired"):
        assert told[key] == done[key], key
    assert patch.diff(told["upgraded"])["after"] == "openssl 3.0.22\ntzdata 2026f\n"


def test_downloading_alone_changes_nothing(host, debian):
    result = patch.patch(host, wish(download_only=True))
    assert not result["changed"]
    assert [one["name"] for one in result["downloaded"]] == ["openssl", "tzdata"]
    assert debian.installed["openssl"] == "3.0.20"
    assert debian.did("--download-only dist-upgrade")


def test_the_exact_list_of_another_host(host, debian):
    listed = Selection(upgrades={"openssl": "3.0.22", "nginx": "1.22"})
    result = patch.patch(host, wish(selection=listed))
    assert result["upgrades"] == [{"name": "openssl", "version": "3.0.22"}]
    assert debian.installed["tzdata"] == "2026b"


def test_a_success_that_did_nothing_is_an_error(host, debian):
    debian.lies = True
    with pytest.raises(RunError, match=r"success, but openssl is at 3\.0\.20, planned"):
        patch.patch(host, wish())


def test_a_failure_still_reports_upgrades_and_the_reboot(host, debian, monkeypatch):
    monkeypatch.setattr(reboot, "reboot_reasons", lambda packages: ["a new kernel"])
    debian.fails = "tzdata"
    with pytest.raises(RunError, match="tzdata failed") as caught:
        patch.patch(host, wish())
    details = caught.value.details
    assert details["changed"]
    assert details["failed_packages"] == ["tzdata"]
    assert details["upgraded"][0]["name"] == "openssl"
    assert details["reboot_required"]
    assert details["reboot_reasons"] == ["a new kernel"]


def test_an_interrupted_installation_is_repaired_and_reported(host, debian):
    debian.status["openssl"] = "iF "
    told = patch.patch(host, wish(check=True))
    assert debian.did("--configure -a") == []
    result = patch.patch(host, wish())
    for answer in (told, result):
        assert answer["repaired"]
        assert answer["repaired_packages"] == ["openssl"]
    assert debian.did("--configure -a")


def test_a_repair_that_does_not_help_names_the_package(host, debian, monkeypatch):
    debian.status["openssl"] = "iF "
    monkeypatch.setattr(debian, "dpkg", lambda argv: (1, "", ""))
    with pytest.raises(RunError, match=r"openssl \(half configured\)"):
        patch.patch(host, wish())
    assert debian.installed["tzdata"] == "2026b"


def test_removals_are_refused_before_anything_is_done(host, debian, monkeypatch):
    def simulate(argv):
        return 0, "Remv exim4 [4.96]\n", ""

    monkeypatch.setattr(debian, "apt_get", simulate)
    with pytest.raises(RunError, match="would remove exim4"):
        patch.patch(host, wish())
    assert debian.did("apt-get -y") == []


def test_stale_services_are_restarted(host, debian):
    debian.stale["web.service"] = True
    result = patch.patch(host, wish())
    assert result["restarted"] == ["web.service"]
    assert result["stale"] == []
    assert not patch.patch(host, wish())["changed"]


def test_a_reboot_that_follows_spares_the_restarts(host, debian):
    debian.stale.update({"web.service": True, "dbus.service": True})
    told = patch.patch(host, wish(reboot_follows=True, check=True))
    result = patch.patch(host, wish(reboot_follows=True))
    assert told["restarted"] == result["restarted"] == []
    assert result["reboot_reasons"] == [
        "dbus.service uses replaced files (libssl.so.3), no restart is safe"
    ]
    assert patch.patch(host, wish())["restarted"] == ["web.service"]


def test_a_service_that_does_not_come_back_is_an_error(host, debian):
    debian.stale["web.service"] = False
    with pytest.raises(RunError, match=r"web\.service: Job failed") as caught:
        patch.patch(host, wish())
    assert len(caught.value.details["upgraded"]) == 2


def test_what_must_go_on_is_reloaded_for_its_code_or_its_package(host, debian):
    debian.stale["haproxy.service"] = True
    result = patch.patch(host, wish(reload_services=("haproxy",)))
    assert (result["reloaded"], result["restarted"]) == (["haproxy.service"], [])
    debian.installed["haproxy"], debian.waiting = "1", {"haproxy": "2"}
    result = patch.patch(host, wish(reload_services=("haproxy",)))
    assert result["reloaded"] == ["haproxy.service"]


def test_it_is_left_alone_when_neither_changed(host, debian):
    result = patch.patch(host, wish(reload_services=("haproxy",)))
    assert result["upgraded"]
    assert result["reloaded"] == []


def test_the_policy_holds_during_the_upgrade_only(host, debian, monkeypatch):
    seen = []
    plain = debian.apt_get

    def watch(argv):
        if "-y" in argv:
            with open(host.policy_path, encoding="utf-8") as file:
                seen.append(file.read())
        return plain(argv)

    monkeypatch.setattr(debian, "apt_get", watch)
    patch.patch(host, wish(reload_services=("haproxy",)))
    assert '"haproxy") exit 101' in seen[0]
    assert not policy.remove_left_over(host.policy_path)


def test_a_unit_that_cannot_reload_is_refused_first(host, debian):
    debian.units["web.service"] = {"load": "loaded", "reload": "no"}
    with pytest.raises(RunError, match=r"web\.service in reload_services cannot"):
        patch.patch(host, wish(reload_services=("web",)))
    assert debian.did("apt-get -y") == []


def test_a_unit_that_is_not_there_is_a_warning(host, debian):
    debian.units["web.service"] = {"load": "not-found", "reload": "no"}
    said = []
    host.warn = said.append
    patch.patch(host, wish(reload_services=("web",)))
    assert "no unit web.service" in said[0]


def test_the_survey_hands_over_what_patch_then_installs(host, debian):
    state = patch.survey(host, wish())
    assert state["pending"][0]["before"] == "3.0.20"
    assert debian.did("apt-get -y") == []
    listed = {one["name"]: one["version"] for one in state["upgrades"]}
    result = patch.patch(host, wish(selection=Selection(upgrades=listed)))
    assert result["upgrades"] == state["upgrades"]
    assert patch.survey(host, wish())["pending"] == []


def test_the_locks_are_waited_for_before_anything_is_read(host, debian, monkeypatch):
    def held(deadline, files):
        raise RunError("held")

    monkeypatch.setattr(locks, "wait_free", held)
    with pytest.raises(RunError, match="held"):
        patch.patch(host, wish())
    assert debian.ran == []
