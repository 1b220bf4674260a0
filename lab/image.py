# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds the host image of a Debian suite, once for each content of its recipe."""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from lab import LabError, mirror
from lab.checkout import BUILD, Clock, locked
from lab.podman import podman

REPOSITORY = "localhost/vigie-lab-host"
RECIPE = Path(__file__).resolve().parent / "recipe"
MERGED_USR = "/usr/share/mmdebstrap/hooks/merged-usr"
# The last Debian that ships consul.
CONSUL_SUITE = "bullseye"
# Lean on purpose: each package that is not here need not be upgraded on each host.
PACKAGES = (
    "dbus", "iproute2", "libpam-systemd", "openssh-server", "procps", "python3",
    "python3-apt", "systemd", "systemd-sysv",
)  # fmt: skip
# The hook that merges /usr wants a package that only later ones have.
UNMERGED = ("bullseye",)
APT_OPTIONS = ('Acquire::Languages "none"', 'APT::Install-Recommends "false"')
# Unpacking takes about 0.6 GB; memory makes it twice as fast as a disk.
SPACE = 2 * 1024**3


def packages_of(suite: str) -> tuple[str, ...]:
    """Return the packages of the suite's image, its base system aside."""
    return PACKAGES if suite in UNMERGED else (*PACKAGES, "usr-is-merged")


def fingerprint(suite: str, source: mirror.Mirror, recipe: Path = RECIPE) -> str:
    """Return the hash of all that decides what is in the image."""
    digest = hashlib.sha256()
    head = (suite, source, packages_of(suite), APT_OPTIONS, CONSUL_SUITE)
    digest.update(repr(head).encode())
    for path in sorted(recipe.rglob("*")):
        if path.is_file():
            name = path.relative_to(recipe)
            executable = bool(path.stat().st_mode & 0o100)
            digest.update(f"{name}\0{executable}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def tag(suite: str, source: mirror.Mirror) -> str:
    """Return the name of the suite's image for the recipe of this checkout."""
    return f"{REPOSITORY}:{suite}-{fingerprint(suite, source)}"


def exists(name: str) -> bool:
    """Return whether podman's storage holds the image."""
    return podman("image", "exists", name, check=False).returncode == 0


def bootstrap_argv(suite: str, source: mirror.Mirror, target: str) -> list[str]:
    """Return mmdebstrap's command line; its customize hook does the rest."""
    packages = list(packages_of(suite))
    if source.main.startswith("https:") or source.security.startswith("https:"):
        packages.append("ca-certificates")
    options = list(APT_OPTIONS)
    if source.proxy:
        options.append(f'Acquire::http::Proxy "{source.proxy}"')
    hooks = [] if suite in UNMERGED else [f"--hook-dir={MERGED_USR}"]
    return [
        "mmdebstrap", "--mode=root", "--variant=minbase", *hooks,
        f"--include={','.join(packages)}",
        *(f"--aptopt={option}" for option in options),
        "--dpkgopt=force-unsafe-io", "--skip=cleanup/apt",
        f'--customize-hook={shlex.quote(str(RECIPE / "customize.sh"))} "$1"',
        suite, target, source.main,
    ]  # fmt: skip


def _workspace() -> str:
    """Return a folder with room to unpack in, in memory where there is enough."""
    memory = Path("/dev/shm")
    if memory.is_dir() and shutil.disk_usage(memory).free > SPACE:
        return str(memory)
    return str(BUILD)


def _bootstrap(suite: str, source: mirror.Mirror, target: Path, log: Path) -> None:
    environment = {
        **os.environ,
        "TMPDIR": str(target.parent),
        "LAB_SUITE": suite,
        "LAB_MIRROR": source.main,
        "LAB_SECURITY_MIRROR": source.security,
        "LAB_CONSUL_SUITE": CONSUL_SUITE,
        # mmdebstrap sets younger files back to this moment; apt would take its cache
        # for stale on every host. In the future, so that no file is younger.
        "SOURCE_DATE_EPOCH": str(int(time.time()) + 3600),
    }
    with open(log, "w", encoding="utf-8") as handle:
        done = subprocess.run(
            bootstrap_argv(suite, source, str(target)),
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=handle,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode != 0:
        tail = log.read_text(encoding="utf-8", errors="replace").splitlines()[-12:]
        words = "\n  ".join(tail)
        raise LabError(
            f"building the {suite} image failed; the end of {log}:\n  {words}"
        )


def build(suite: str, source: mirror.Mirror, name: str) -> None:
    """Build the suite's image under ``name``; LabError with the log's end."""
    mirror.check(source, suite)
    with tempfile.TemporaryDirectory(prefix="vigie-lab-", dir=_workspace()) as folder:
        os.chmod(folder, 0o755)
        target = Path(folder) / "root.tar"
        _bootstrap(suite, source, target, BUILD / f"image-{suite}.log")
        podman(
            "import", "--quiet",
            "--change", 'CMD ["/usr/local/sbin/init-host"]',
            "--change", "STOPSIGNAL SIGRTMIN+3",
            str(target), name,
        )  # fmt: skip


def ensure(suites: Iterable[str], clock: Clock) -> dict[str, str]:
    """Build the images that do not exist; return suite -> image."""
    source = mirror.find()
    names = {suite: tag(suite, source) for suite in suites}
    with locked("image"):
        for suite, name in names.items():
            if exists(name):
                clock.say(f"image {name} is there")
                continue
            clock.say(f"building image {name} (once)")
            build(suite, source, name)
            clock.say(f"image {name} is built")
    return names


def remove(suites: Iterable[str], clock: Clock) -> None:
    """Remove the suites' images, of former recipes too; those that hosts use stay."""
    wanted = tuple(f"{REPOSITORY}:{suite}-" for suite in suites)
    listing = podman("images", "--format", "{{.Repository}}:{{.Tag}}", REPOSITORY)
    for name in sorted(listing.stdout.split()):
        if not name.startswith(wanted):
            continue
        done = podman("image", "rm", name, check=False)
        said = "removed" if done.returncode == 0 else "kept: hosts of it still exist"
        clock.say(f"image {name} {said}")
