# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong with packages, made to go wrong on real hosts.

Each step runs on both hosts at once: most of its time is Ansible's own start.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

testinfra_hosts = ["ssh://deb13-a"]

HERE = Path(__file__).parents[1]
ROOT = HERE.parents[1]
# Another pair of hosts may be named, to try these tests beside other scenarios.
HOSTS = os.environ.get("PATCH_TEST_HOSTS", "deb12-a,deb13-a")
INVENTORY = os.environ.get("PATCH_TEST_INVENTORY", str(ROOT / "molecule" / "inventory"))
SSH = os.environ.get("PATCH_TEST_SSH", str(ROOT / "build/lab/molecule/ssh_config"))
RESULT = re.compile(r"^(\S+) \| (?:[A-Z]+!?) => (?=\{)", re.M)


def ansible(module: str, **options: object) -> list[dict]:
    """Run a module on the hosts; return their results."""
    env = {
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "build" / "collections"),
        "ANSIBLE_CALLBACK_RESULT_FORMAT": "json",
        # Molecule asks for colours, which would be in the midst of the JSON.
        "ANSIBLE_FORCE_COLOR": "0",
        "ANSIBLE_NOCOLOR": "1",
    }
    argv = ["ansible", HOSTS, "-i", INVENTORY, "-m", module, "-a", json.dumps(options)]
    out = subprocess.run(
        argv, env=env, capture_output=True, text=True, check=False
    ).stdout
    decode = json.JSONDecoder().raw_decode
    found = [decode(out, match.end())[0] for match in RESULT.finditer(out)]
    assert len(found) == HOSTS.count(",") + 1, out
    return found


def start(command: str, script: str = "") -> list[subprocess.Popen]:
    """Start a command on the hosts at once, with a script on its input."""
    pipe = subprocess.PIPE
    runs = []
    for host in HOSTS.split(","):
        argv = ["ssh", "-F", SSH, host, command]
        run = subprocess.Popen(argv, stdin=pipe, stdout=pipe, stderr=pipe, text=True)
        run.stdin.write(script)
        run.stdin.close()
        runs.append(run)
    return runs


def finish(runs: list[subprocess.Popen]) -> list[str]:
    """Return what the commands printed; each must have succeeded."""
    said = [(run.stdout.read(), run.stderr.read(), run.wait(180)) for run in runs]
    assert all(rc == 0 for _out, _err, rc in said), said
    return [out for out, _err, _rc in said]


def shell(command: str, script: str = "") -> list[str]:
    """Run a command on the hosts; return what it printed on each."""
    return finish(start(command, script))


def own_script(name: str) -> str:
    return (HERE / "files" / name).read_text(encoding="utf-8")


def archive(*words: str) -> None:
    shell("sh -s -- " + " ".join(words), own_script("repository.sh"))


def patch(**options: object) -> list[dict]:
    """Run os_patch on the tests' own packages; return the results."""
    given = {"only": ["patch-test-*"], "cache_valid_time": 0, "lock_timeout": 30}
    return ansible("vigie.run.os_patch", **{**given, **options})


@pytest.fixture(autouse=True)
def own_archive():
    archive("start")
    yield
    archive("stop")


def install(*names: str) -> None:
    """Install version 1 of the packages, which does nothing."""
    for name in names:
        archive("add", name, "1", "true")
    shell(
        "apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -y -qq install "
        + " ".join(names)
    )


def test_a_failing_package_is_named_and_the_reboot_still_reported():
    install("patch-test-a", "patch-test-b")
    archive("add", "patch-test-a", "2", "'touch /run/reboot-required'")
    archive(
        "add", "patch-test-b", "2", "'echo the disk of the archive is gone; exit 3'"
    )
    for result in patch():
        assert result["failed_packages"] == ["patch-test-b"]
        assert "the disk of the archive is gone" in result["msg"]
        assert "exit status 3" in result["msg"]
        assert {"name": "patch-test-a", "before": "1", "after": "2"} in result[
            "upgraded"
        ]
        assert result["reboot_required"] is True
    shell("rm /run/reboot-required")


def test_an_interrupted_installation_is_repaired_first():
    install("patch-test-c")
    once = "'[ -e /run/patch-test-c ] || { touch /run/patch-test-c; kill -9 $PPID; }'"
    shell("rm -f /run/patch-test-c")
    archive("add", "patch-test-c", "2", once)
    shell(
        "apt-get -qq update; apt-get -y -qq install patch-test-c; dpkg --audit | grep ."
    )
    for result in ansible("vigie.run.os_patch_info", only=["patch-test-*"]):
        assert result.get("interrupted") is True, result
        assert result["unfinished"][0]["name"] == "patch-test-c"
    for result in patch():
        assert result["repaired"] is True
        assert result["repaired_packages"] == ["patch-test-c"]
    shell('test -z "$(dpkg --audit)"; rm /run/patch-test-c')
    for result in patch():
        assert result["changed"] is False


def test_a_lock_is_waited_for_and_its_holder_named():
    """The archive folder's lock: apt itself never waits for it."""
    hold = (
        "systemd-run -q --collect --unit=patch-lock python3 -c 'import fcntl, time;"
        ' f = open("/var/cache/apt/archives/lock", "w"); fcntl.lockf(f, fcntl.LOCK_EX);'
        " time.sleep({})'"
    )
    install("patch-test-d")
    archive("add", "patch-test-d", "2", "true")
    shell(hold.format(120))
    try:
        results = patch(lock_timeout=1)
    finally:
        shell("systemctl stop patch-lock.service")
    for result in results:
        assert "/var/cache/apt/archives/lock is held by process" in result["msg"]
        assert "python3" in result["msg"]
        assert result["lock"]["pid"] > 1
    shell(hold.format(4))
    for result in patch():
        assert [one["after"] for one in result["upgraded"]] == ["2"]


def test_a_version_that_is_gone_and_one_that_was_never_planned():
    install("patch-test-e")
    archive("add", "patch-test-e", "3", "true")
    for result in patch(upgrades=[{"name": "patch-test-e", "version": "2"}]):
        assert "patch-test-e 2 is no longer available" in result["msg"]
    for result in patch(upgrades=[]):
        assert result["changed"] is False
    for result in patch(upgrades=[{"name": "patch-test-e", "version": "3"}]):
        assert result["upgraded"] == [
            {"name": "patch-test-e", "before": "1", "after": "3"}
        ]


def test_no_space_and_an_unreachable_source():
    install("patch-test-f")
    archive("add", "patch-test-f", "2", "true", "3000")
    shell("mount -t tmpfs -o size=1m tmpfs /var/cache/apt/archives")
    try:
        results = patch()
    finally:
        shell("umount /var/cache/apt/archives")
    for result in results:
        assert "not enough disk space" in result["msg"]
        assert result["upgraded"] == []
    shell("systemctl stop patch-archive.service")
    for result in patch():
        assert "these sources failed" in result["msg"]
        assert "http://127.0.0.1:18099" in result["msg"]


def test_a_package_script_cannot_restart_what_must_go_on():
    unit = (
        "printf '[Service]\\nExecStart=/usr/bin/sleep 600\\nExecReload=/bin/true\\n'"
        " > /run/systemd/system/patch-front.service; systemctl daemon-reload;"
        " systemctl start patch-front"
    )
    shell(unit)
    install("patch-test-g")
    pid = "systemctl show -P MainPID patch-front"
    restart = "deb-systemd-invoke restart patch-front.service"
    for version, guarded in (("2", ["patch-front"]), ("3", [])):
        archive("add", "patch-test-g", version, f"'{restart}'")
        shell(f"{pid} > /run/patch-front.pid")
        for result in patch(reload_services=guarded):
            assert result["upgraded"][0]["after"] == version
        same = f'test "$({pid})" = "$(cat /run/patch-front.pid)"'
        shell(same if guarded else f"! {same}")
    shell("test ! -e /usr/sbin/policy-rc.d; systemctl stop patch-front")


def test_a_foreign_policy_is_left_alone():
    install("patch-test-h")
    archive("add", "patch-test-h", "2", "true")
    shell("printf '#!/bin/sh\\nexit 0\\n' > /usr/sbin/policy-rc.d")
    try:
        for result in patch(reload_services=["ssh"]):
            assert "/usr/sbin/policy-rc.d is there already" in result["msg"]
            assert result["upgraded"] == []
        shell("grep -q 'exit 0' /usr/sbin/policy-rc.d")
    finally:
        shell("rm /usr/sbin/policy-rc.d")


def test_haproxy_goes_on_serving_while_it_is_upgraded():
    """Real package scripts, a real reload, requests all the while."""
    archive("add", "patch-test-i", "1", "true")
    shell("sh -s start", own_script("balancer.sh"))
    archive("add", "patch-test-i", "2", "true")
    running = "readlink /proc/$(systemctl show -P MainPID haproxy)/exe; " + (
        "systemctl show -P ActiveEnterTimestampMonotonic haproxy"
    )
    before = shell(running)
    load = start(
        "cat > /run/patch-test.py; python3 /run/patch-test.py",
        own_script("requests.py"),
    )
    try:
        results = patch(only=["haproxy"], reload_services=["haproxy"])
    finally:
        shell("touch /run/patch-test.stop")
        counts = [json.loads(out) for out in finish(load)]
    after = shell(running)
    shell("sh -s stop", own_script("balancer.sh"))
    for result in results:
        assert result["upgraded"][0]["after"].endswith("+patch.test"), result
        assert result["reloaded"] == ["haproxy.service"]
        assert "haproxy.service" not in result["restarted"]
    # The same start, no restart; and its program is the new file, not a deleted one.
    assert after == before
    for count in counts:
        assert count["requests"] > 20
        assert count["failures"] == {}
