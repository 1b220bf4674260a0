# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HAProxy as the role leaves it, and its members over the runtime API, for real."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

testinfra_hosts = ["ssh://deb12-a", "ssh://deb13-a"]

ROOT = Path(__file__).parents[3]
CONVERGE = Path(__file__).parents[1] / "converge.yml"
ENVIRONMENT = {
    **os.environ,
    "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "build" / "collections"),
    "ANSIBLE_HOST_KEY_CHECKING": "false",
    "ANSIBLE_CALLBACK_RESULT_FORMAT": "json",
    "ANSIBLE_NOCOLOR": "1",
    "ANSIBLE_FORCE_COLOR": "0",
}
BASIC = "Basic bG9va291dDpvbmx5LWZvci1tb2xlY3VsZQ=="


def ansible(command, *arguments):
    """Run one of Ansible's commands on this checkout's inventory."""
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "ansible",
            command,
            "-i",
            "molecule/inventory",
            *arguments,
        ],
        cwd=ROOT,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def words(done):
    """Return all that was printed, without the line breaks of the terminal."""
    return " ".join(f"{done.stdout} {done.stderr}".split())


@pytest.fixture
def module(host):
    """Run one of the collection's modules on the host; return its result."""
    name = host.backend.get_hostname()

    def run(module_name, **options):
        done = ansible(
            "adhoc", name, "-m", f"vigie.run.{module_name}", "-a", json.dumps(options)
        )
        head, found, text = done.stdout.partition("=> ")
        assert found, head + done.stderr
        return {**json.loads(text), "failed": "FAILED" in head}

    return run


def restore(host):
    """Let both members serve, whatever was done to them."""
    host.check_output("systemctl start molecule-member@one molecule-member@two")
    for name in ("one", "two"):
        put(host, name, "ready")
    wait_for(lambda: all(serving(host).values()), 20)


@pytest.fixture(scope="module", autouse=True)
def begin_anew(host):
    """Forget what a run that was stopped left: its drains outlive even a reboot."""
    restore(host)


@pytest.fixture
def drain(host, module):
    """Set members of the backend; they are put back when the test ends."""

    def run(*members, state="drained", **options):
        options = {"timeout": 20, **options}
        return module(
            "haproxy_member",
            backend="portal",
            members=list(members),
            state=state,
            **options,
        )

    yield run
    restore(host)


@pytest.fixture
def background():
    """Run a call beside the test; return its future."""
    with ThreadPoolExecutor(2) as pool:
        yield pool.submit


def client(host, path, count=1, seconds=0.0):
    """Ask the balancer on its own host; return what came of it."""
    text = host.check_output(f"python3 /run/client.py {path} {count} {seconds}")
    return json.loads(text)


def wait_for(condition, seconds=10.0):
    """Return the first true value of the condition; fail at the limit."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(AssertionError):
            if value := condition():
                return value
        time.sleep(0.1)
    raise AssertionError(f"not so within {seconds:g} s: {condition}")


def runtime(host, command):
    """Ask the runtime API without the code under test."""
    script = (
        "import socket,sys;s=socket.socket(socket.AF_UNIX);s.settimeout(5);"
        "s.connect('/run/haproxy/admin.sock');s.sendall(sys.argv[1].encode()+b'\\n');"
        "sys.stdout.write(s.makefile().read())"
    )
    return host.check_output("python3 -c %s %s", script, command)


def members(host):
    """Return HAProxy's own table of the backend's members, by name."""
    states = runtime(host, "show servers state portal").splitlines()[1:]
    names = states[0][2:].split()
    rows = [dict(zip(names, row.split(), strict=True)) for row in states[1:] if row]
    return {row["srv_name"]: row for row in rows}


def serving(host):
    """Return whether each member is up and ready."""
    return {
        name: (row["srv_op_state"], row["srv_admin_state"]) == ("2", "0")
        for name, row in members(host).items()
    }


def admin_state(host, name):
    """Return HAProxy's own word on a member's administrative state."""
    return int(members(host)[name]["srv_admin_state"])


def put(host, name, state):
    """Set a member as another tool would, where the module is not the subject."""
    assert runtime(host, f"set server portal/{name} state {state}").strip() == ""


def busy_member(host):
    """Return the member that serves a session now, if any."""
    stats = runtime(host, "show stat -1 4 -1").splitlines()
    names = stats[0].lstrip("# ").split(",")
    rows = [dict(zip(names, row.split(","), strict=False)) for row in stats[1:]]
    busy = (
        r["svname"] for r in rows if r.get("pxname") == "portal" and r["scur"] > "0"
    )
    return next(busy, "")


def stats_status(host, header):
    """Return the status that the statistics page answers with."""
    script = (
        "import http.client,sys;"
        "c=http.client.HTTPConnection('127.0.0.1',8404,timeout=5);"
        "c.request('GET','/stats;csv',headers={'Authorization':sys.argv[1]});"
        "r=c.getresponse();print(r.status,r.read(8).decode()[:8])"
    )
    return host.check_output("python3 -c %s %s", script, header)


def test_it_runs_now_and_at_boot(host):
    service = host.service("haproxy")
    assert service.is_running
    assert service.is_enabled
    assert set(client(host, "/", 10)["bodies"]) == {"one", "two"}
    assert client(host, "/other", 4)["bodies"] == {"two": 4}
    assert client(host, "/balancer")["failures"] == []


def test_the_runtime_socket_is_for_its_group_only(host):
    socket = host.file("/run/haproxy/admin.sock")
    assert (socket.user, socket.group, socket.mode) == ("root", "haproxy", 0o660)


def test_the_statistics_want_the_password(host):
    assert stats_status(host, "").startswith("401 ")
    assert stats_status(host, BASIC[:-4]).startswith("401 ")
    assert stats_status(host, BASIC) == "200 # pxname"


def test_the_password_is_in_one_file_that_only_root_reads(host):
    credentials = host.file("/etc/haproxy/stats-credentials")
    assert (credentials.user, credentials.mode) == ("root", 0o600)
    assert "only-for" not in host.file("/etc/haproxy/haproxy.cfg").content_string
    assert BASIC[6:] not in host.file("/etc/haproxy/haproxy.cfg").content_string


def test_draining_waits_for_the_last_request(host, drain, background):
    slow: Future = background(client, host, "/slow/8")
    name = wait_for(lambda: busy_member(host))
    out = drain(name, on_timeout="fail")
    assert slow.done() or not busy_member(host)
    assert slow.result(10) == {"requests": 1, "failures": [], "bodies": {name: 1}}
    assert (out["sessions_left"], out["up"]) == (0, 1)
    other = {"one": "two", "two": "one"}[name]
    assert client(host, "/", 6)["bodies"] == {other: 6}
    again = drain(name)
    assert not again["changed"]


def test_sessions_left_at_the_limit_fail_and_are_put_back(host, drain, background):
    slow = background(client, host, "/slow/9")
    name = wait_for(lambda: busy_member(host))
    out = drain(name, timeout=0.5, on_timeout="fail")
    assert out["failed"]
    assert f"still sessions on {name} (1). Put back: {name} to ready." in out["msg"]
    assert admin_state(host, name) == 0
    assert slow.result(20)["failures"] == []


def test_the_live_limit_refuses_and_touches_nothing(host, drain):
    put(host, "one", "drain")
    out = drain("two", max_unavailable="50%")
    assert out["failed"]
    assert "would leave 2 of 2 members away" in out["msg"]
    assert "Away now: one (drain)" in out["msg"]
    assert admin_state(host, "two") == 0


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"backend": "portal"}, "no member three. Its members are: one, two."),
        ({"backend": "shop"}, "Its backends are: "),
    ],
)
def test_unknown_names_are_answered_with_those_that_exist(module, options, text):
    out = module("haproxy_member", members=["three"], state="drained", **options)
    assert out["failed"]
    assert text in out["msg"]


def test_a_refused_socket_says_which_and_what_to_do(host, module):
    script = "import socket;socket.socket(socket.AF_UNIX).bind('/run/dead.sock')"
    host.check_output("rm -f /run/dead.sock; python3 -c %s", script)
    out = module("haproxy_member_info", socket="/run/dead.sock")
    assert out["failed"]
    assert "/run/dead.sock refuses the connection" in out["msg"]
    assert "Start HAProxy" in out["msg"]


def test_a_failed_health_check_is_told_and_waited_for(host, module, drain):
    put(host, "one", "drain")
    host.check_output("systemctl stop molecule-member@one.service")
    out = drain("one", state="ready", timeout=6)
    assert out["failed"]
    assert "one (down: L4CON: Layer4 connection problem" in out["msg"]
    seen = module("haproxy_member_info", backend="portal")
    assert (seen["up"], seen["total"]) == (1, 2)
    assert [member["up"] for member in seen["members"]] == [False, True]
    host.check_output("systemctl start molecule-member@one.service")
    assert drain("one", state="ready")["up"] == 2


@pytest.mark.usefixtures("drain")
@pytest.mark.parametrize("verb", ["reload", "restart"])
def test_members_stay_as_they_were_set(host, verb):
    put(host, "one", "drain")
    put(host, "two", "maint")
    host.check_output(f"systemctl {verb} haproxy")
    assert admin_state(host, "one") & 8
    assert admin_state(host, "two") & 1
    put(host, "one", "ready")
    wait_for(lambda: serving(host)["one"])
    assert client(host, "/", 6)["bodies"] == {"one": 6}
    host.check_output(f"systemctl {verb} haproxy")
    assert (admin_state(host, "one"), admin_state(host, "two") & 1) == (0, 1)


@pytest.mark.usefixtures("drain")
def test_a_crash_does_not_bring_back_an_old_state(host):
    """What the last reload saved is not what holds now."""
    put(host, "one", "drain")
    host.check_output("systemctl reload haproxy")
    put(host, "one", "ready")
    former = runtime(host, "show info").splitlines()
    host.check_output("systemctl kill --signal=KILL haproxy")
    wait_for(lambda: runtime(host, "show info").splitlines()[6] != former[6], 20)
    assert admin_state(host, "one") == 0


@pytest.mark.usefixtures("drain")
def test_reloads_drop_no_request(host, background):
    slow = background(client, host, "/slow/8")
    wait_for(lambda: busy_member(host))
    many = background(client, host, "/", 600, 8)
    for _number in range(3):
        host.check_output("systemctl reload haproxy")
    put(host, "one", "drain")
    assert not many.done()
    assert many.result(20)["failures"] == []
    assert slow.result(20)["failures"] == []


@pytest.mark.usefixtures("drain")
def test_a_member_that_dies_costs_no_request(host, background):
    many = background(client, host, "/slow/0.02", 240, 8)
    wait_for(lambda: busy_member(host))
    for _number in range(2):
        host.check_output("systemctl kill --signal=KILL molecule-member@one.service")
        wait_for(lambda: host.service("molecule-member@one").is_running)
    assert not many.done()
    assert many.result(20)["failures"] == []


def test_a_broken_configuration_never_replaces_the_one_that_serves(host):
    name = host.backend.get_hostname()
    before = host.file("/etc/haproxy/haproxy.cfg").content_string
    broken = json.dumps({"haproxy_global_extra": ["no-such-keyword"]})
    done = ansible("playbook", str(CONVERGE), "-l", name, "-e", broken)
    assert done.returncode != 0
    assert "unknown keyword 'no-such-keyword' in 'global' section" in words(done)
    assert host.file("/etc/haproxy/haproxy.cfg").content_string == before
    assert client(host, "/", 4)["failures"] == []


def test_statistics_without_a_password_are_refused(host):
    name = host.backend.get_hostname()
    options = json.dumps({"haproxy_stats_password": ""})
    done = ansible("playbook", str(CONVERGE), "-l", name, "-e", options)
    assert done.returncode != 0
    assert "the statistics page is never served without a password" in words(done)


def test_check_mode_works_where_nothing_is_installed_yet(host):
    """On the partner of the host, which no scenario installs HAProxy on."""
    name = host.backend.get_hostname().replace("-a", "-b")
    done = ansible(
        "playbook", str(CONVERGE), "-e", f"molecule_hosts={name}", "--check", "--diff"
    )
    assert done.returncode == 0, done.stdout
    assert "failed=0" in done.stdout
    assert "only-for-molecule" not in words(done)
