# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Boots, watches and disturbs the hosts of one topology."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from lab import LabError, image, machine, network, seed
from lab.checkout import PREFIX, Clock, front_of, locked
from lab.network import Plan
from lab.podman import command, podman, podman_json
from lab.topology import Host, Topology, topology

T = TypeVar("T")
R = TypeVar("R")

BOOT_LIMIT = 120  # seconds until every host must be usable
CUT_OFF = "cut off"
# At once: more only makes podman's processes wait for each other.
PARALLEL = 6


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

    # --- names and places -------------------------------------------------------

    def container(self, name: str) -> str:
        """Return the name of a host's container."""
        return seed.container_of(self.topology.host(name))

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
        return front_of(self.topology.name) / "ssh_config"

    # --- up and down ------------------------------------------------------------

    def up(self, clock: Clock) -> None:
        """Boot what is not running and wait until every host can be used."""
        images = image.ensure(self.topology.suites, clock)
        with locked(self.topology.name):
            machine.make_room(clock.say)
            plan = network.ensure(self.topology.name)
            seed.write(self.topology, plan)
            states = self._states()
            hosts = self.topology.hosts
            work = [host for host in hosts if states.get(host.name) != "running"]
            clock.say(f"{len(hosts)} hosts in {plan.block}, {len(work)} to start")
            _each(
                work,
                lambda host: self._bring(host, states.get(host.name), plan, images),
            )
            clock.say("waiting for systemd and ssh")
            new = [host.name for host in hosts if host.name not in states]
            old = [host.name for host in hosts if host.name in states]
            self.wait(new, clock=clock)
            # Whatever failed on a host that was there before is its user's affair.
            self.wait(old, clock=clock, degraded=True)

    def down(self) -> int:
        """Remove hosts, networks, rule and state; return how many hosts there were."""
        with locked(self.topology.name):
            found = [self.container(name) for name in self._states()]
            if found:
                podman("rm", "--force", "--time", "0", *found)
            network.remove(self.topology.name)
            seed.remove(self.topology)
            return len(found)

    def _bring(
        self, host: Host, state: str | None, plan: Plan, images: dict[str, str]
    ) -> None:
        """Bring a host back from whatever state it is in."""
        if state is None:
            self._run(host, plan, images[host.suite])
        elif state == CUT_OFF:
            self.heal(host.name)
        elif state == "paused":
            self.unpause(host.name)
        else:
            self.start(host.name)

    def _run(self, host: Host, plan: Plan, built: str) -> None:
        podman(
            "run", "--detach", "--name", self.container(host.name),
            "--hostname", host.name, "--network", plan.option(host), "--no-hosts",
            "--restart", "always", "--systemd", "always", "--privileged",
            "--label", f"vigie.lab={PREFIX}",
            "--label", f"vigie.topology={self.topology.name}",
            "--label", f"vigie.host={host.name}",
            "--volume", f"{seed.folder_of(self.topology, host)}:/etc/lab:ro",
            built,
        )  # fmt: skip

    def _states(self) -> dict[str, str]:
        """Return host -> running, paused, cut off or off, for those that exist."""
        found = podman_json(
            "ps", "--all", "--format", "json", "--filter", f"label=vigie.lab={PREFIX}",
            "--filter", f"label=vigie.topology={self.topology.name}",
        )  # fmt: skip
        states = {}
        for entry in found or []:
            state = entry["State"]
            if state == "running" and not entry.get("Networks"):
                state = CUT_OFF
            elif state not in ("running", "paused"):
                state = "off"  # podman has several words for it
            states[entry["Labels"]["vigie.host"]] = state
        return states

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
        degraded: bool = False,
    ) -> None:
        """Wait until ssh answers and systemd has started every named host.

        Raises LabError after ``limit`` seconds, or at once when units failed on a host
        (unless it may be ``degraded``), and says which host and why.
        """
        deadline = time.monotonic() + limit

        def one(name: str) -> None:
            state = self._wait_for(name, deadline)
            if state == "degraded":
                state += f" ({', '.join(self._failed(name))} failed)"
                if not degraded:
                    raise LabError(f"{name} is {state}")
            if clock:
                clock.say(f"{name} is {state}")

        _each(list(names), one)

    def _wait_for(self, name: str, deadline: float) -> str:
        argv = self.ssh_argv(
            name, "-o", "ConnectTimeout=2", "systemctl is-system-running --wait"
        )
        while True:
            done = command(argv)
            state = done.stdout.strip()
            if state in ("running", "degraded"):
                return state
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
