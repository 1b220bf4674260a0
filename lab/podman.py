# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls podman with the lab's own configuration, which no other user of podman sees."""

from __future__ import annotations

import json
import os
import resource
import subprocess
from collections.abc import Mapping, Sequence
from typing import Any

from lab import LabError
from lab.checkout import BUILD

CONFIGURATION = """\
# Written by the lab. Only the lab's own calls of podman read it.
[containers]
default_ulimits = ["nofile={nofile}:{nofile}", "nproc={nproc}:{nproc}"]
log_driver = "k8s-file"
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
[network]
network_backend = "netavark"
"""


def configuration(nofile: int, nproc: int) -> str:
    """Render containers.conf for a machine with these hard limits (-1: unlimited).

    Podman's own defaults lie above what a root without CAP_SYS_RESOURCE may set.
    """

    def limit(hard: int, wanted: int) -> int:
        return wanted if hard < 0 else min(hard, wanted)

    return CONFIGURATION.format(nofile=limit(nofile, 20000), nproc=limit(nproc, 4096))


def _environment() -> Mapping[str, str]:
    BUILD.mkdir(parents=True, exist_ok=True)
    path = BUILD / "containers.conf"
    text = configuration(
        resource.getrlimit(resource.RLIMIT_NOFILE)[1],
        resource.getrlimit(resource.RLIMIT_NPROC)[1],
    )
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
    # Newer netavark prefers nftables; the lab's own rule speaks to iptables.
    return {**os.environ, "CONTAINERS_CONF": str(path), "NETAVARK_FW": "iptables"}


def podman(
    *argv: str, check: bool = True, stdin: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run podman and return the finished process; LabError with its words."""
    done = subprocess.run(
        ["podman", *argv],
        env=_environment(),
        input=stdin,
        stdin=subprocess.DEVNULL if stdin is None else None,
        capture_output=True,
        text=True,
        check=False,
    )
    if check and done.returncode != 0:
        raise LabError(
            f"'podman {' '.join(argv[:2])}' failed with code {done.returncode}:"
            f" {done.stderr.strip() or done.stdout.strip()}"
        )
    return done


def podman_json(*argv: str) -> Any:
    """Run podman and return its JSON answer."""
    return json.loads(podman(*argv).stdout or "null")


def command(argv: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run another command; the caller judges its exit code."""
    return subprocess.run(
        argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
