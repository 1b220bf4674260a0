# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stale code: a made-up /proc, and what is decided about it."""

from __future__ import annotations

import pytest
from ansible_collections.vigie.run.plugins.module_utils._host import processes, stale
from ansible_collections.vigie.run.plugins.module_utils._host.processes import Process
from ansible_collections.vigie.run.plugins.module_utils._host.stale import Unit

SSL = "/usr/lib/x86_64-linux-gnu/libssl.so.3"
LINE = "7f00-7f01 {perms} 00000000 00:2f 12345      {path}\n"
UNIFIED = "0::/system.slice/{unit}\n"


class Proc:
    """Builds a /proc with the files that are read of it."""

    def __init__(self, root):
        self.root = root
        self.add("self", [], "0::/user.slice/user-0.slice/session-1.scope\n")

    def add(self, pid, maps, cgroup, started=100, namespace="pid:[1]", name="a) (b"):
        folder = self.root / str(pid)
        (folder / "ns").mkdir(parents=True)
        lines = [LINE.format(perms=perms, path=path) for perms, path in maps]
        (folder / "maps").write_text("".join(lines))
        (folder / "cgroup").write_text(cgroup)
        (folder / "stat").write_text(
            f"{pid} ({name}) S {' '.join(['0'] * 18)} {started} 0\n"
        )
        (folder / "ns" / "pid").symlink_to(namespace)

    def stale(self):
        return processes.stale_processes(str(self.root))


@pytest.fixture
def proc(tmp_path):
    return Proc(tmp_path)


def gone(path=SSL):
    return [("r-xp", f"{path} (deleted)")]


def test_replaced_code_is_found_with_unit_and_start(proc):
    proc.add(7, gone(), UNIFIED.format(unit="web.service"), started=4242)
    assert proc.stale() == [Process(7, "web.service", 4242, (SSL,))]


@pytest.mark.parametrize(
    ("perms", "path"),
    [
        ("r--p", "/usr/lib/locale/locale-archive (deleted)"),
        ("r-xp", "/memfd:jit (deleted)"),
        ("r-xp", "/tmp/build.so (deleted)"),
        ("r-xp", SSL),
    ],
)
def test_data_scratch_files_and_present_code_do_not_count(proc, perms, path):
    proc.add(7, [(perms, path)], UNIFIED.format(unit="web.service"))
    assert proc.stale() == []


def test_processes_of_a_container_are_left_out(proc):
    proc.add(7, gone(), UNIFIED.format(unit="web.service"), namespace="pid:[2]")
    assert proc.stale() == []


def test_a_process_that_ends_meanwhile_is_no_error(proc):
    proc.add(7, gone(), UNIFIED.format(unit="web.service"))
    (proc.root / "7" / "stat").unlink()
    assert proc.stale() == []


@pytest.mark.parametrize(
    ("cgroup", "unit"),
    [
        ("0::/system.slice/ssh.service\n", "ssh.service"),
        ("0::/\n1:name=systemd:/system.slice/ssh.service\n", "ssh.service"),
        ("0::/machine.slice/x.scope/system.slice/ssh.service\n", "ssh.service"),
        ("0::/user.slice/user-0.slice/session-3.scope\n", "session-3.scope"),
        ("0::/user.slice/user@0.service/init.scope\n", "user@0.service"),
        ("0::/user.slice/user@0.service/app.slice/x.service\n", "user@0.service"),
        ("0::/\n", ""),
    ],
)
def test_the_unit_is_read_from_the_control_group(proc, cgroup, unit):
    proc.add(7, gone(), cgroup)
    assert proc.stale()[0].unit == unit


def unit(name, main=7, started=100, **fields):
    given = {
        "loaded": True,
        "active": True,
        "can_reload": True,
        "keeps_children": False,
        "can_restart": True,
        "fragment": f"/lib/systemd/system/{name}",
    }
    return Unit(name=name, main_pid=main, main_started=started, **{**given, **fields})


def decide(name, *, pid=7, started=100, has=None, **options):
    found = [Process(pid, name, started, (SSL,))]
    return stale.sort_out(found, {name: has or unit(name)}, **options)


def test_a_service_is_restarted():
    assert decide("web.service").restart == ["web.service"]


def test_what_must_go_on_is_reloaded_and_never_restarted():
    todo = decide("haproxy.service", reload_units=["haproxy.service"])
    assert (todo.reload, todo.restart) == (["haproxy.service"], [])


def test_old_workers_of_a_reloaded_service_are_left_to_end():
    todo = decide("haproxy.service", pid=8, reload_units=["haproxy.service"])
    assert not todo.work
    assert "old workers" in todo.left["haproxy.service"]


@pytest.mark.parametrize("name", ["dbus.service", "systemd-logind.service"])
def test_what_carries_sessions_asks_for_a_reboot(name):
    todo = decide(name)
    assert not todo.work
    assert name in todo.reboot


def test_a_unit_that_refuses_restarts_asks_for_a_reboot():
    name = "auditd.service"
    todo = decide(name, has=unit(name, can_restart=False))
    assert not todo.work
    assert name in todo.reboot


@pytest.mark.parametrize(
    "name", ["session-3.scope", "user@0.service", "getty@tty1.service", ""]
)
def test_sessions_are_neither_restarted_nor_a_reason(name):
    todo = decide(name)
    assert not todo.work
    assert todo.reboot == {}


def test_process_1_runs_itself_again():
    assert decide("init.scope", pid=1).reexec


def test_an_excluded_unit_is_left_without_a_reason_to_reboot():
    todo = decide("postgresql@15-main.service", exclude=["postgresql@*"])
    assert not todo.work
    assert todo.reboot == {}


def test_processes_that_outlived_a_restart_do_not_cause_another():
    name = "ssh.service"
    todo = decide(name, pid=8, started=50, has=unit(name, started=100))
    assert not todo.work


def test_a_stale_child_of_a_current_main_process_causes_a_restart():
    """A wrapper script that maps nothing replaced, and the program it started."""
    name = "app.service"
    todo = decide(name, pid=8, started=150, has=unit(name, started=100))
    assert todo.restart == [name]


def test_our_own_unit_is_restarted_only_if_that_does_not_end_us():
    name = "agent.service"
    assert not decide(name, own_unit=name).work
    todo = decide(name, has=unit(name, keeps_children=True), own_unit=name)
    assert todo.restart == [name]


SHOW = """\
Id=haproxy.service
LoadState=loaded
ActiveState=active
MainPID=0
CanReload=yes
KillMode=mixed
RefuseManualStop=no
FragmentPath=/lib/systemd/system/haproxy.service

Id=nothing.service
LoadState=not-found
ActiveState=inactive
MainPID=0
"""


def test_units_are_read_in_one_call():
    ran = []

    def run(argv):
        ran.append(argv)
        return 0, SHOW, ""

    names = ["haproxy.service", "nothing.service"]
    units = stale.read_units(run, names)
    assert len(ran) == 1
    assert units["haproxy.service"].can_reload
    assert units["haproxy.service"].active
    assert not units["nothing.service"].loaded


def test_names_without_a_type_are_services():
    given = ["haproxy", "app@1.2", "x.socket", "app@one"]
    assert stale.with_suffix(given) == [
        "haproxy.service",
        "app@1.2.service",
        "x.socket",
        "app@one.service",
    ]


def test_settling_waits_for_the_boot_to_end():
    states = ["initializing\n", "starting\n", "degraded\n"]
    state = stale.settle(lambda argv: (1, states.pop(0), ""), 60, sleep=lambda s: None)
    assert state == "degraded"


def test_a_boot_that_does_not_end_names_its_jobs():
    def run(argv):
        jobs = "12 slow.service start running\n"
        return (0, jobs, "") if "list-jobs" in argv else (1, "starting\n", "")

    with pytest.raises(stale.RunError, match=r"still starting .* slow\.service"):
        stale.settle(run, 0, sleep=lambda s: None)


def test_a_reload_that_takes_a_moment_is_waited_for():
    seen = [{"a"}, {"a"}, set()]
    args = {"sleep": lambda s: None}
    assert stale.wait_renewed(lambda: seen.pop(0), ["a"], **args) == []
    assert stale.wait_renewed(lambda: {"a"}, ["a"], limit=0, **args) == ["a"]
