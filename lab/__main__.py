# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line: ``python -m lab COMMAND``; ``--help`` lists the commands."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from lab import LabError, image, machine, releases
from lab.checkout import BUILD, Clock
from lab.hosts import Lab, Status
from lab.secrets import ensure_secrets
from lab.topology import TOPOLOGIES, home_of

SECRETS = BUILD / "secrets.json"


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    main = argparse.ArgumentParser(
        prog="python -m lab", description="Hosts to try things on."
    )
    commands = main.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text)
        sub.add_argument(
            "--topology",
            choices=tuple(TOPOLOGIES),
            default="flight",
            help="which hosts (default: %(default)s)",
        )
        return sub

    add("up", "boot the hosts that are not running and wait until they can be used")
    down = add("down", "remove the hosts, their networks and their state")
    down.add_argument(
        "--images", action="store_true", help="remove the host images too"
    )
    add("status", "show every host")
    shell = add("ssh", "open a shell on a host, or run a command there")
    shell.set_defaults(topology=None)
    shell.add_argument("host")
    shell.add_argument("argv", nargs=argparse.REMAINDER, metavar="command")
    add("image", "build the host images that do not exist yet")
    flight = commands.add_parser("flight", help="boot the lab and fly the whole flight")
    flight.set_defaults(topology="flight")
    commands.add_parser("cloud", help="the AWS portal's life on the emulators")
    commands.add_parser("releases", help="build the releases of the sample application")
    return main


def table(found: Sequence[Status]) -> str:
    """Render the hosts as a table."""
    rows = [("HOST", "ZONE", "SUITE", "ADDRESS", "STATE", "FAILED")]
    for one in found:
        host, failed = one.host, ", ".join(one.failed)
        rows.append((host.name, host.zone, host.suite, one.address, one.state, failed))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [map(str.ljust, row, widths) for row in rows]
    return "\n".join("  ".join(line).rstrip() for line in lines)


def _up(lab: Lab, clock: Clock) -> None:
    """Boot the hosts; the flight also needs something to deploy, and secrets."""
    if lab.topology.name == "flight":
        ensure_secrets(SECRETS)
        releases.build()
    lab.up(clock)
    clock.say(f"all {len(lab.topology.hosts)} hosts are usable")


def _flight(lab: Lab, clock: Clock) -> int:
    _up(lab, clock)
    from lab import flight  # only here: it needs the tools of the whole checkout

    return flight.fly()


def _down(lab: Lab, clock: Clock, images: bool) -> None:
    clock.say(f"removed {lab.down()} hosts, their networks and their state")
    if lab.topology.name == "flight":
        SECRETS.unlink(missing_ok=True)
    if images:
        image.remove(lab.topology.suites, clock)


def _status(lab: Lab) -> int:
    found = lab.status()
    print(table(found))
    return 0 if all(status.state == "running" for status in found) else 1


def run(options: argparse.Namespace) -> int:
    """Do what the command line asks for; return the exit code."""
    if options.command == "releases":
        for path in releases.build():
            print(path)
        return 0
    if options.command == "cloud":
        from lab import cloud_flight  # only here: it needs boto and the emulators

        return cloud_flight.fly()
    machine.check()
    clock = Clock()
    if options.command == "ssh":
        lab = Lab(options.topology or home_of(options.host))
        argv = lab.ssh_argv(options.host, *options.argv)
        os.execvp(argv[0], argv)
    lab = Lab(options.topology)
    if options.command == "flight":
        return _flight(lab, clock)
    if options.command == "status":
        return _status(lab)
    if options.command == "up":
        _up(lab, clock)
    elif options.command == "down":
        _down(lab, clock, options.images)
    else:
        image.ensure(lab.topology.suites, clock)
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; problems the user can solve are told in plain words."""
    try:
        return run(parser().parse_args(argv))
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
