# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Boots, watches and disturbs the hosts of one topology."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from lab import LabError, image, network, ssh
from lab.checkout import PREFIX, Clock, front_of, locked, state_of
from lab.network import Plan
from lab.podman import command, podman, podman_json
from lab.topology import Host, Topology, topology

T = TypeVar("T")
R = TypeVar("R")

BOOT_LIMIT = 120  # seconds until every host must be usable
# At once: more only makes podman's processes wait for each other.
PARALLEL = 6
NO_REBOOT = """\
# This host's upgrades must not ask for a reboot.
Package: vigie-lab-kernel
Pin: release *
Pin-Priority: -1
"""


@dataclass(frozen=True)
class Status:
    """What one host looks like from outside."""

    host: Host
    address: str
    state: str
    failed: tuple[str, ...] = ()


class Lab:
    """The hosts of one topology of this checkout.

    The methods that disturb hosts (:meth:`kill`, :meth:`pause`, :meth:`cut`…) return
    when podman has done it; those that bring back do not wait for the host to answer.
    """

    def __init__(self, name: str = "flight") -> None:
        self.topology: Topology = topology(name)
        self.folder = state_of(name)
        self.front = front_of(name)

    # --- names and places -------------------------------------------------------

    def container(self, name: str) -> str:
        """Return the name of a host's container."""
        return f"{PREFIX}-{self.topology.host(name).name}"

    def plan(self) -> Plan:
        """Return the addresses in use; LabError when the lab is not up."""
        plan = network.current(self.topology.name)
        if plan is None:
            raise LabError(
                f"the lab is not up; 'python -m lab up --topology {self.topology.name}'"
                " boots it"
            )
        return plan

    @property
    def ssh_config(self) -> Path:
        """Where the topology's ssh_config is."""
        return self.front / "ssh_config"

    # --- up and down ------------------------------------------------------------

    def up(self, clock: Clock) -> None:
        """Boot what is not running and wait until every host can be used."""
        images = image.ensure(self.topology.suites, clock)
        with locked(self.topology.name):
            plan = network.ensure(self.topology.name)
            self._write_state(plan)
            states = self._states()
            hosts = self.topology.hosts
            work = [host for host in hosts if states.get(host.name) != "running"]
            clock.say(f"{len(hosts)} hosts in {plan.block}, {len(work)} to start")
            _each(work, lambda host: self._start(host, states, plan, images))
            clock.say("waiting for systemd and ssh")
            self.wait((host.name for host in hosts), clock=clock)

    def down(self) -> int:
        """Remove hosts, networks, rule and state; return how many hosts there were."""
        with locked(self.topology.name):
            found = [self.container(name) for name in self._states()]
            if found:
                podman("rm", "--force", "--time", "0", *found)
            network.remove(self.topology.name)
            for path in (self.ssh_config, self.front / "lab.json"):
                path.unlink(missing_ok=True)
            shutil.rmtree(self.folder, ignore_errors=True)
            return len(found)

    def _start(
        self, host: Host, states: dict[str, str], plan: Plan, images: dict[str, str]
    ) -> None:
        state = states.get(host.name)
        if state == "paused":
            podman("unpause", self.container(host.name))
        elif state is not None:
            podman("start", self.container(host.name))
        else:
            podman(
                "run", "--detach", "--name", self.container(host.name),
                "--hostname", host.name, "--network", plan.option(host), "--no-hosts",
                "--restart", "always", "--systemd", "always", "--privileged",
                "--label", f"vigie.lab={PREFIX}",
                "--label", f"vigie.topology={self.topology.name}",
                "--label", f"vigie.host={host.name}",
                "--volume", f"{self._seed(host)}:/etc/lab:ro",
                images[host.suite],
            )  # fmt: skip

    def _states(self) -> dict[str, str]:
        """Return host -> podman's state, for the hosts that have a container."""
        found = podman_json(
            "ps", "--all", "--format", "json", "--filter", f"label=vigie.lab={PREFIX}",
            "--filter", f"label=vigie.topology={self.topology.name}",
        )  # fmt: skip
        return {entry["Labels"]["vigie.host"]: entry["State"] for entry in found or []}

    # --- what the hosts and the controller are told -----------------------------

    def _seed(self, host: Host) -> Path:
        return self.folder / "hosts" / host.name

    def _write_state(self, plan: Plan) -> None:
        addresses = {host.name: plan.address(host) for host in self.topology.hosts}
        names = "".join(f"{address}\t{name}\n" for name, address in addresses.items())
        public = ssh.ensure_key(self.folder / "id_ed25519", PREFIX)
        keys = {}
        for host in self.topology.hosts:
            seed = self._seed(host)
            seed.mkdir(parents=True, exist_ok=True)
            keys[host.name] = ssh.ensure_key(seed / "ssh_host_ed25519_key", host.name)
            (seed / "authorized_keys").write_text(f"{public}\n", encoding="utf-8")
            (seed / "hosts").write_text(
                f"127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost\n{names}",
                encoding="utf-8",
            )
            if not host.reboots:
                (seed / "preferences").write_text(NO_REBOOT, encoding="utf-8")
        (self.folder / "cm").mkdir(mode=0o700, exist_ok=True)
        (self.folder / "known_hosts").write_text(
            ssh.render_known_hosts(keys), encoding="utf-8"
        )
        self.ssh_config.write_text(
            ssh.render_config(addresses, self.folder), encoding="utf-8"
        )
        (self.front / "lab.json").write_text(
            json.dumps(self._description(plan), indent=2) + "\n", encoding="utf-8"
        )

    def _description(self, plan: Plan) -> dict[str, object]:
        return {
            "topology": self.topology.name,
            "prefix": PREFIX,
            "subnet": str(plan.block),
            "ssh_config": str(self.ssh_config),
            "hosts": {
                host.name: {
                    "address": plan.address(host),
                    "zone": host.zone,
                    "groups": list(host.groups),
                    "suite": host.suite,
                    "container": self.container(host.name),
                }
                for host in self.topology.hosts
            },
        }

    # --- looking ----------------------------------------------------------------

    def ssh_argv(self, name: str, *argv: str) -> list[str]:
        """Return the command line that reaches a host over ssh."""
        if not self.ssh_config.exists():
            self.plan()
        host = self.topology.host(name)
        return ["ssh", "-F", str(self.ssh_config), host.name, *argv]

    def wait(
        self,
        names: Iterable[str],
        limit: float = BOOT_LIMIT,
        clock: Clock | None = None,
    ) -> None:
        """Wait until ssh answers and systemd says ``running`` on every named host.

        Raises LabError after ``limit`` seconds, or at once when a host is degraded, and
        says which host and why.
        """
        deadline = time.monotonic() + limit

        def one(name: str) -> None:
            self._wait_for(name, deadline)
            if clock:
                clock.say(f"{name} is running")

        _each(list(names), one)

    def _wait_for(self, name: str, deadline: float) -> None:
        argv = self.ssh_argv(
            name, "-o", "ConnectTimeout=2", "systemctl is-system-running --wait"
        )
        while True:
            done = command(argv)
            state = done.stdout.strip()
            if state == "running":
                return
            if state == "degraded":
                failed = ", ".join(self._failed(name))
                raise LabError(f"{name} is degraded: {failed or 'no unit is named'}")
            if time.monotonic() > deadline:
                saw = state or done.stderr.strip() or "no answer"
                raise LabError(
                    f"{name} is not usable: {saw};"
                    f" 'podman logs {self.container(name)}' may say why"
                )
            time.sleep(0.3)

    def _failed(self, name: str) -> tuple[str, ...]:
        done = command(self.ssh_argv(name, "systemctl --failed --plain --no-legend"))
        lines = (line.split() for line in done.stdout.splitlines())
        return tuple(words[0] for words in lines if words)

    def status(self) -> list[Status]:
        """Return what every host looks like; hosts that do not exist are ``absent``."""
        states = self._states()
        plan = network.current(self.topology.name)

        def one(host: Host) -> Status:
            address = plan.address(host) if plan else "-"
            state = states.get(host.name, "absent")
            if state != "running":
                return Status(host, address, state)
            argv = self.ssh_argv(
                host.name, "-o", "ConnectTimeout=2", "systemctl is-system-running"
            )
            answer = command(argv).stdout.strip()
            failed = self._failed(host.name) if answer == "degraded" else ()
            return Status(host, address, answer or "no answer", failed)

        return _each(self.topology.hosts, one)

    def run(
        self, name: str, argv: Sequence[str], limit: float = 60
    ) -> subprocess.CompletedProcess[str]:
        """Run a command on a host past the network (works on hosts that are cut off).

        The caller judges the exit code. Raises LabError after ``limit`` seconds.
        """
        done = podman(
            "exec", self.container(name), "timeout", str(limit), *argv, check=False
        )
        if done.returncode == 124:
            raise LabError(f"{name}: {' '.join(argv)} did not end in {limit} s")
        return done

    # --- disturbing -------------------------------------------------------------

    def kill(self, name: str) -> None:
        """Cut a host's power: it stays off until :meth:`start`."""
        podman("kill", "--signal", "KILL", self.container(name))

    def start(self, name: str) -> None:
        """Switch a killed host on again."""
        podman("start", self.container(name))

    def pause(self, name: str) -> None:
        """Hang a host: its kernel accepts connections, nothing answers."""
        podman("pause", self.container(name))

    def unpause(self, name: str) -> None:
        """Let a hung host go on."""
        podman("unpause", self.container(name))

    def cut(self, name: str) -> None:
        """Cut a host off the network."""
        network.cut(self.plan(), self.topology.host(name), self.container(name))

    def heal(self, name: str) -> None:
        """Connect a host again that was cut off."""
        network.heal(self.plan(), self.topology.host(name), self.container(name))


def _each(values: Iterable[T], work: Callable[[T], R]) -> list[R]:
    """Do the work for all values at once; raise all that went wrong as one LabError."""
    values = list(values)
    if not values:
        return []
    with ThreadPoolExecutor(max_workers=min(PARALLEL, len(values))) as pool:
        futures = [pool.submit(work, value) for value in values]
    errors = [future.exception() for future in futures]
    told = [str(error) for error in errors if isinstance(error, LabError)]
    if told:
        raise LabError("\n".join(told))
    return [future.result() for future in futures]
