# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""apt-get: plans, pins, lists, and what is run when."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.module_utils._host.apt import (
    Apt,
    Plan,
    Selection,
    Upgrade,
    is_security,
    lists_age,
    parse_simulation,
    pins,
    wanted,
)
from ansible_collections.vigie.run.plugins.module_utils._host.dpkg import Package

SECURITY = "Debian-Security:12/oldstable-security"
SIMULATION = f"""\
NOTE: This is only a simulation!
Inst libssl3 [3.0.20-1] (3.0.22-1 {SECURITY} [amd64])
Inst openssl [3.0.20-1] (3.0.22-1 Debian:12.15/oldstable, {SECURITY} [amd64]) []
Inst tzdata [2026b-0] (2026f-0 Debian:12-updates/oldstable-updates [all])
Inst linux-image-6.1.0-40-amd64 (6.1.153-1 Debian:12.15/oldstable [amd64])
Inst libc6:i386 [2.36-9] (2.36-10 Debian:12.15/oldstable [i386])
Remv exim4 [4.96-15]
Conf libssl3 (3.0.22-1 {SECURITY} [amd64])
"""
INSTALLED = {
    name: Package(name, version, "ii ")
    for name, version in {
        "libssl3": "3.0.20-1",
        "openssl": "3.0.20-1",
        "tzdata": "2026b-0",
        "bash": "5.2",
    }.items()
}


class Shell:
    """Answers commands from a table of words to look for; keeps what was run."""

    def __init__(self, *answers):
        self.answers, self.ran = list(answers), []

    def __call__(self, argv):
        self.ran.append(list(argv))
        for words, answer in self.answers:
            if set(words.split()) <= set(argv):
                return answer
        return 0, "", ""

    def lines(self, word):
        return [" ".join(argv) for argv in self.ran if word in argv]


def apt(shell, tmp_path, **options):
    return Apt(shell, lambda: str(tmp_path), lock_files=(), **options)


def test_the_simulation_gives_versions_origins_and_removals():
    pending, removals = parse_simulation(SIMULATION)
    by_name = {one.name: one for one in pending}
    assert [one.name for one in pending] == sorted(by_name)
    assert (by_name["libssl3"].before, by_name["libssl3"].after) == (
        "3.0.20-1",
        "3.0.22-1",
    )
    assert by_name["openssl"].origin == f"Debian:12.15/oldstable, {SECURITY}"
    assert by_name["openssl"].security
    assert not by_name["tzdata"].security
    assert by_name["linux-image-6.1.0-40-amd64"].before == ""
    assert by_name["libc6:i386"].after == "2.36-10"
    assert removals == ["exim4"]


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        ("Ubuntu:24.04/noble-security", True),
        ("Ubuntu:24.04/noble-updates", False),
        ("Debian:12.15/oldstable, Debian-Security:12/oldstable-security", True),
        ("", False),
    ],
)
def test_security_is_read_from_the_suite(origin, expected):
    assert is_security(origin) is expected


def test_everything_is_a_dist_upgrade(tmp_path):
    shell = Shell(("dist-upgrade", (0, SIMULATION, "")))
    plan = apt(shell, tmp_path).plan(Selection(), INSTALLED)
    assert plan.argv == ("dist-upgrade",)
    assert plan.removals == ("exim4",)
    assert len(plan.upgrades) == 5


def test_nothing_pending_needs_no_command(tmp_path):
    assert apt(Shell(), tmp_path).plan(Selection(), INSTALLED) == Plan()


def test_only_names_versions_and_marks_nothing_as_manual(tmp_path):
    shell = Shell(("dist-upgrade", (0, SIMULATION, "")))
    selection = Selection(only=("*ssl*",))
    plan = apt(shell, tmp_path).plan(selection, INSTALLED)
    assert plan.argv == (
        "install",
        "--only-upgrade",
        "libssl3=3.0.22-1",
        "openssl=3.0.22-1",
    )


def test_security_takes_a_fix_that_a_point_release_passed_over(tmp_path):
    madison = (
        "    tzdata | 2026c-0 | http://host bookworm-security/main amd64 Packages\n"
    )
    shell = Shell(
        ("dist-upgrade", (0, SIMULATION, "")),
        ("madison", (0, madison, "")),
    )
    plan = apt(shell, tmp_path).plan(Selection(security=True), INSTALLED)
    assert "tzdata=2026f-0" in plan.argv
    assert not any(word.startswith("libc6") for word in plan.argv)


def test_security_leaves_what_has_the_fix_already(tmp_path):
    madison = (
        "    tzdata | 2026a-0 | http://host bookworm-security/main amd64 Packages\n"
    )
    shell = Shell(
        ("dist-upgrade", (0, SIMULATION, "")),
        ("madison", (0, madison, "")),
    )
    plan = apt(shell, tmp_path).plan(Selection(security=True), INSTALLED)
    assert "tzdata=2026f-0" not in plan.argv


def test_a_list_passes_over_absent_held_and_newer_packages(tmp_path):
    packages = {**INSTALLED, "bash": Package("bash", "5.2", "hi ")}
    listed = {"absent": "1", "bash": "5.3", "tzdata": "2026a-0"}
    shell = Shell()
    assert apt(shell, tmp_path).plan(Selection(upgrades=listed), packages) == Plan()
    assert shell.ran == []


def test_a_list_refuses_what_it_does_not_name(tmp_path):
    shell = Shell(("install", (0, SIMULATION, "")))
    selection = Selection(upgrades={"openssl": "3.0.22-1"})
    with pytest.raises(RunError, match=r"bring along libc6:i386 2\.36-10"):
        apt(shell, tmp_path).plan(selection, INSTALLED)


def test_a_version_that_is_gone_is_named(tmp_path):
    err = "E: Version '3.0.21-1' for 'openssl' was not found\n"
    shell = Shell(("install", (100, "", err)))
    selection = Selection(upgrades={"openssl": "3.0.21-1"})
    with pytest.raises(RunError, match=r"openssl 3\.0\.21-1 is no longer") as caught:
        apt(shell, tmp_path).plan(selection, INSTALLED)
    assert caught.value.details["vanished"] == [
        {"name": "openssl", "version": "3.0.21-1"}
    ]


def test_exclude_pins_for_this_run_and_keeps_the_hosts_own_pins(tmp_path):
    theirs = tmp_path / "preferences"
    theirs.write_text("Package: *\nPin: release n=sid\nPin-Priority: -1\n")
    shell = Shell()
    one = apt(shell, tmp_path, preferences=str(theirs))
    one.plan(Selection(exclude=("lib*",)), INSTALLED)
    (option,) = [word for word in shell.ran[0] if word.startswith("Dir::Etc")]
    text = Path(option.partition("=")[2]).read_text()
    assert "Package: libssl3\nPin: version 3.0.20-1\nPin-Priority: 1001" in text
    assert "Package: lib*\nPin: release *\nPin-Priority: -1" in text
    assert text.endswith(theirs.read_text())


def test_pins_name_matching_packages_only():
    assert "bash" not in pins(["lib*"], INSTALLED.values())


def test_patterns():
    selection = Selection(only=("lib*",), exclude=("*-dev",))
    assert wanted(selection, "libc6:i386")
    assert not wanted(selection, "libc6-dev")
    assert not wanted(selection, "bash")


@pytest.mark.parametrize("pattern", ["a b", "a\nPin: x", ""])
def test_a_pattern_that_apt_would_misread_is_refused(pattern):
    with pytest.raises(RunError, match="no pattern of a package name"):
        Selection(exclude=(pattern,))


def test_applying_keeps_configuration_files_and_removes_nothing(tmp_path):
    shell = Shell()
    apt(shell, tmp_path).apply(Plan(("dist-upgrade",)))
    (line,) = shell.lines("dist-upgrade")
    assert "-y" in line
    assert "--no-remove" in line
    assert "Dpkg::Options::=--force-confold" in line
    apt(shell, tmp_path, allow_removals=True).apply(Plan(("dist-upgrade",)))
    assert "--no-remove" not in shell.lines("dist-upgrade")[1]


def test_someone_who_takes_the_lock_first_is_waited_for(tmp_path):
    err = "E: Could not get lock /var/lib/apt/lists/lock. It is held by process 7 (apt)"
    answers = [(100, "", err), (0, "", "")]
    ran = []

    def run(argv):
        ran.append(argv)
        return answers.pop(0)

    apt(run, tmp_path).refresh(lists=str(tmp_path))
    assert len(ran) == 2


def test_lists_that_are_young_enough_are_left_alone(tmp_path):
    shell, lists = Shell(), str(tmp_path)
    assert lists_age(lists) == float("inf")
    (tmp_path / "host_dists_InRelease").touch()
    os.utime(tmp_path, (1000, 1000))
    assert lists_age(lists, clock=1060) == 60
    assert apt(shell, tmp_path).refresh(3600, lists)
    assert not apt(shell, tmp_path).refresh(3600, lists)
    assert len(shell.ran) == 1


def test_a_repair_that_would_remove_packages_is_refused(tmp_path):
    shell = Shell(("-s -f install", (0, "Remv exim4 [4.96-15]\n", "")))
    with pytest.raises(RunError, match="would remove exim4"):
        apt(shell, tmp_path).fix_broken()
    assert shell.ran[0][0] == "dpkg"
    assert shell.ran[-1][1] == "-s"


class Marks:
    """An apt-get that loses the automatic mark of libssl3, wherever it keeps marks."""

    BLOCK = "Package: {}\nArchitecture: amd64\nAuto-Installed: {}\n"

    def __init__(self, states, answer):
        self.states, self.answer, self.ran = states, answer, []
        states.write_text("\n".join(self.BLOCK.format(n, 1) for n in ("libssl3", "a")))

    def __call__(self, argv):
        self.ran.append(" ".join(argv))
        if argv[0] == "apt-mark":
            return 0, "", ""
        key = "Dir::State::extended_states="
        given = [word.partition("=")[2] for word in argv if word.startswith(key)]
        Path(given[0] if given else self.states).write_text(self.BLOCK.format("a", 1))
        return self.answer


def test_a_dependency_that_is_named_to_apt_stays_a_dependency(tmp_path):
    states = tmp_path / "extended_states"
    run = Marks(states, (100, "", "E: something failed"))
    new = Upgrade("libnew", "", "1", "", security=False)
    with pytest.raises(RunError, match="something failed"):
        apt(run, tmp_path, states=str(states)).apply(
            Plan(("install", "libssl3=2"), (new,))
        )
    assert run.ran[1:] == ["apt-mark auto libssl3:amd64"]


def test_its_mark_is_never_lost_where_nothing_is_added(tmp_path):
    states = tmp_path / "extended_states"
    run = Marks(states, (0, "", ""))
    before = states.read_text()
    apt(run, tmp_path, states=str(states)).apply(
        Plan(
            ("install", "libssl3=2"),
            (Upgrade("libssl3", "1", "2", "", security=False),),
        )
    )
    assert states.read_text() == before
    assert len(run.ran) == 1
