# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One application on a make-believe host: real folders, a real process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible_collections.vigie.run.plugins.module_utils._host.releases_info import info
from ansible_collections.vigie.run.plugins.module_utils._host.releases_request import (
    from_options,
)
from ansible_collections.vigie.run.plugins.module_utils._host.releases_run import (
    perform,
)
from ansible_collections.vigie.run.plugins.module_utils._host.releases_store import (
    Store,
)
from ansible_collections.vigie.run.tests.unit.fakes.fake_systemd import FakeSystemd
from ansible_collections.vigie.run.tests.unit.fakes.tarballs import build


class AppHost:
    """Calls what the modules call, and knows what to look at afterwards."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "app"
        self.folder = folder
        self.systemd = FakeSystemd(self.path / "current")
        self.store = Store(str(self.path))
        self.warnings: list[str] = []

    def archive(self, version: str, *names: str) -> tuple[str, str]:
        """Build an archive of a version; its path and checksum."""
        path = self.folder / f"app-{version}.tar.gz"
        files = {f"app-{version}/{name}": version.encode() for name in names or ["app"]}
        return str(path), build(path, files)

    def call(
        self, version: str, *, check: bool = False, **options: Any
    ) -> dict[str, Any]:
        """Run the module with these options."""
        request = from_options({"path": str(self.path), "version": version, **options})
        return perform(request, self.systemd, check, self.warnings.append)

    def stage(self, version: str, **options: Any) -> dict[str, Any]:
        """Build an archive and stage it."""
        src, checksum = self.archive(version)
        return self.call(
            version, **{"state": "staged", "src": src, "checksum": checksum, **options}
        )

    def deploy(self, version: str, **options: Any) -> dict[str, Any]:
        """Build an archive, stage and activate it with its service."""
        return self.stage(version, **{"state": "active", "service": "app", **options})

    def info(self, version: str = "", checksum: str = "") -> dict[str, Any]:
        """Run the info module."""
        return info(str(self.path), "app", version, checksum, self.systemd)

    @property
    def current(self) -> str:
        """What the link says."""
        return str((self.path / "current").readlink())

    @property
    def listed(self) -> list[str]:
        """All entries of the folder of releases, hidden ones but our own too."""
        return sorted(
            p.name for p in self.store.releases.iterdir() if p.name != ".vigie"
        )

    @property
    def leftovers(self) -> list[str]:
        """What is half done: there must be nothing of it after a run."""
        places = (self.store.staging, self.store.trash)
        found = [p for place in places if place.is_dir() for p in place.rglob("*")]
        found += self.store.private.glob("*.new")
        return sorted(str(p.relative_to(self.store.private)) for p in found)
