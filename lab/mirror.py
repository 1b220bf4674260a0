# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds the machine's own Debian mirror: the repository names none."""

from __future__ import annotations

import os
import re
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from lab import LabError
from lab.podman import command

APT = Path("/etc/apt")
HELP = (
    "set VIGIE_LAB_MIRROR (and VIGIE_LAB_SECURITY_MIRROR) to the address of a Debian"
    " mirror"
)


@dataclass(frozen=True)
class Mirror:
    """Where packages come from; ``security`` and ``proxy`` may be empty."""

    main: str
    security: str
    proxy: str


def one_line(text: str) -> Iterator[tuple[str, str]]:
    """Yield (address, suite) of each binary source in a sources.list."""
    for line in text.splitlines():
        match = re.match(r"\s*deb\s+(?:\[[^]]*\]\s+)?(\S+)\s+(\S+)", line)
        if match:
            yield match[1], match[2]


def deb822(text: str) -> Iterator[tuple[str, str]]:
    """Yield (address, suite) of each binary source in a .sources file."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    for stanza in re.split(r"\n\s*\n", "\n".join(lines)):
        unfolded = re.sub(r"\n[ \t]+", " ", stanza)
        fields = dict(re.findall(r"^([\w-]+):[ \t]*(.*)$", unfolded, re.MULTILINE))
        fields = {name.lower(): value for name, value in fields.items()}
        wanted = "deb" in fields.get("types", "").split()
        if not wanted or fields.get("enabled", "yes").strip().lower() == "no":
            continue
        for address in fields.get("uris", "").split():
            for suite in fields.get("suites", "").split():
                yield address, suite


def pick(sources: Iterable[tuple[str, str]], codename: str) -> tuple[str, str]:
    """Return (main, security) addresses of the release, '' where there is none."""
    main = security = ""
    for address, suite in sources:
        if suite in (codename, "stable") and "debian" in address and not main:
            main = address
        elif suite.startswith(f"{codename}-security") and not security:
            security = address
    return main.rstrip("/"), security.rstrip("/")


def _direct(address: str) -> str:
    """Follow apt's mirror+file:, a list that hosts do not have, to its first entry."""
    if not address.startswith("mirror+file:"):
        return address
    text = Path(address.removeprefix("mirror+file:")).read_text(encoding="utf-8")
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            return line.split()[0].rstrip("/")
    return ""


def _codename() -> str:
    text = Path("/etc/os-release").read_text(encoding="utf-8")
    match = re.search(r"^VERSION_CODENAME=\"?(\w+)", text, re.MULTILINE)
    return match[1] if match else ""


def _sources() -> Iterator[tuple[str, str]]:
    for path in [APT / "sources.list", *sorted(APT.glob("sources.list.d/*"))]:
        if path.suffix == ".list" and path.is_file():
            yield from one_line(path.read_text(encoding="utf-8"))
        elif path.suffix == ".sources" and path.is_file():
            yield from deb822(path.read_text(encoding="utf-8"))


def find() -> Mirror:
    """Return the machine's mirror; LabError tells how to name one otherwise."""
    main, security = pick(_sources(), _codename())
    main = os.environ.get("VIGIE_LAB_MIRROR", _direct(main))
    security = os.environ.get("VIGIE_LAB_SECURITY_MIRROR", _direct(security))
    if not main:
        raise LabError(f"the machine's apt sources name no Debian mirror; {HELP}")
    done = command(["apt-config", "shell", "PROXY", "Acquire::http::Proxy"])
    match = re.search(r"PROXY='([^']+)'", done.stdout)
    return Mirror(main, security, match[1] if match else "")


def check(mirror: Mirror, suite: str) -> None:
    """Raise LabError, with what to do, unless the mirror answers for the suite."""
    if not mirror.main.startswith(("http://", "https://")):
        return
    address = f"{mirror.main}/dists/{suite}/InRelease"
    proxies = {"http": mirror.proxy} if mirror.proxy else None
    opener = urllib.request.build_opener(urllib.request.ProxyHandler(proxies))
    try:
        with opener.open(urllib.request.Request(address, method="HEAD"), timeout=30):
            return
    except (urllib.error.URLError, OSError) as error:
        raise LabError(
            f"the host image needs Debian's packages, but {address} does not answer"
            f" ({error}); check the network, or {HELP}"
        ) from error
