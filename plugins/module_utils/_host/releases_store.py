# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""The folders of an application on a host.

::

    current -> releases/2.0.0       switched with rename(2)
    releases/1.0.0/  2.0.0/         a release is a folder here
    releases/.vigie/2.0.0.json      what is known of it, outside of its tree
    releases/.vigie/staging/        half unpacked; renamed into place when whole
    releases/.vigie/trash/          renamed out of place; then deleted
    releases/.vigie/restart-due     the switch was made, the restart not yet
    shared/                         what all releases have in common
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from contextlib import AbstractContextManager, suppress
from dataclasses import asdict
from pathlib import Path

from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.module_utils._host import disk
from ansible_collections.vigie.run.plugins.module_utils._host.releases import (
    Release,
    State,
    sort_releases,
)


class Store:
    """Reads and changes one application's folder. Raises RunError and OSError."""

    def __init__(self, path: str) -> None:
        self.path = Path(path)
        self.current = self.path / "current"
        self.shared = self.path / "shared"
        self.releases = self.path / "releases"
        self.private = self.releases / ".vigie"
        self.staging = self.private / "staging"
        self.trash = self.private / "trash"
        self.due_file = self.private / "restart-due"

    def tree(self, version: str) -> Path:
        """The folder of a release."""
        return self.releases / version

    def prepare(self) -> bool:
        """Make the folders; True if the application's own was missing."""
        made = disk.make_folder(self.releases)
        for folder in (self.staging, self.trash):
            disk.make_folder(folder)
        return made

    def lock(self, timeout: int) -> AbstractContextManager[None]:
        """The lock of this application on this host."""
        return disk.locked(self.private / "lock", timeout, self.path)

    # What is there

    def read(self) -> State:
        """The releases and which is active; nothing is changed."""
        found = []
        if self.releases.is_dir():
            for entry in self.releases.iterdir():
                if entry.name[0] != "." and entry.is_dir() and not entry.is_symlink():
                    found.append(self._release(entry.name))
        return State(releases=sort_releases(found), active=self.active())

    def _release(self, version: str) -> Release:
        path = self._record(version)
        try:
            known = json.loads(path.read_text(encoding="utf-8"))
            fields = Release.__dataclass_fields__
            return Release(**{k: v for k, v in known.items() if k in fields})
        except FileNotFoundError:
            return Release(version)
        except (ValueError, TypeError, AttributeError) as error:
            raise RunError(
                f"{path} cannot be read ({error}); remove it, the release then "
                "counts as one of unknown origin."
            ) from error

    def _record(self, version: str) -> Path:
        return self.private / f"{version}.json"

    def active(self) -> str:
        """The version that ``current`` points to; empty if none that is there."""
        if not self.current.is_symlink():
            return ""
        version = self.version_at(os.path.realpath(self.current))
        return version if version and self.tree(version).is_dir() else ""

    def version_at(self, folder: str) -> str:
        """The version whose tree is, or holds, a folder; empty if none."""
        top = os.path.realpath(self.releases) + "/"
        if not folder.startswith(top):
            return ""
        name = folder[len(top) :].split("/")[0]
        return "" if name.startswith(".") else name

    def refuse_folder(self) -> None:
        """Raise RunError when something that is no link is called ``current``."""
        if self.current.exists() and not self.current.is_symlink():
            raise RunError(
                f"path: {self.current} is no link and would be lost; move it away."
            )

    # Changes, each of them atomic

    def save(self, release: Release) -> None:
        """Keep what is known of a release."""
        disk.write_json(self._record(release.version), asdict(release))

    def draft(self) -> Path:
        """A new empty folder that does not count as a release."""
        folder = Path(tempfile.mkdtemp(dir=self.staging))
        folder.chmod(0o755)
        return folder

    def publish(self, draft: Path, release: Release) -> None:
        """Turn a finished draft into a release: durable first, then visible."""
        disk.sync_tree(draft)
        if self.tree(release.version).is_dir():
            self._discard(release.version)
        self.save(release)
        draft.rename(self.tree(release.version))
        disk.sync_folder(self.releases)

    def switch(self, version: str) -> None:
        """Point ``current`` to a release."""
        disk.replace_link(self.current, f"releases/{version}")

    def remove(self, version: str) -> None:
        """Remove a release and what is known of it."""
        self._discard(version)
        self._record(version).unlink(missing_ok=True)
        self._empty(self.trash)

    def _discard(self, version: str) -> None:
        """Rename a release away: half deleted it must not count as one."""
        hole = Path(tempfile.mkdtemp(dir=self.trash))
        self.tree(version).rename(hole / version)
        disk.sync_folder(self.releases)

    @staticmethod
    def _empty(folder: Path) -> None:
        for entry in list(folder.iterdir()):
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()

    def clean(self) -> None:
        """Remove what a killed run left behind; call with the lock held."""
        self._empty(self.staging)
        self._empty(self.trash)
        for entry in list(self.private.iterdir()):
            orphan = entry.suffix == ".json" and not self.tree(entry.stem).is_dir()
            if orphan or entry.suffix == ".new":
                entry.unlink()
        self.current.with_name(".current.new").unlink(missing_ok=True)

    # The restart that a switch makes due

    @property
    def due(self) -> bool:
        """Whether a run was killed between its switch and its restart."""
        return self.due_file.exists()

    def set_due(self, version: str) -> None:
        """Remember that the service has to be restarted, whatever happens to us."""
        disk.write_json(self.due_file, {"version": version})

    def clear_due(self) -> None:
        """Forget it: the restart was made."""
        self.due_file.unlink(missing_ok=True)

    # Shared folders and files

    def missing_links(self, tree: Path, entries: tuple[str, ...]) -> tuple[str, ...]:
        """The shared entries that a tree does not link to yet.

        Raises RunError where a link would hide what the release brought along.
        """
        return tuple(e for e in entries if not self._is_linked(tree, e))

    def _is_linked(self, tree: Path, entry: str) -> bool:
        place = tree / entry
        for above in place.parents:
            if above == tree:
                break
            if above.is_symlink() or (above.exists() and not above.is_dir()):
                raise RunError(
                    f"shared: {above} is no folder, so {entry} cannot be linked there; "
                    "leave it out of the archive."
                )
        if place.is_symlink():
            # A draft is not where the release will be: count from the latter.
            final = (self.tree("any") / entry).parent
            same = os.path.realpath(place) == os.path.realpath(self.shared / entry)
            if same or str(place.readlink()) == self._target(final, entry):
                return True
        elif not place.exists() or (place.is_dir() and not any(place.iterdir())):
            return False
        raise RunError(
            f"shared: {place} holds data that the link would hide; leave {entry} out "
            f"of the archive, or move it to {self.shared / entry} and "
            "remove it from the release."
        )

    def _target(self, folder: Path, entry: str) -> str:
        return os.path.relpath(self.shared / entry, folder)

    def missing_shared(self, files: tuple[str, ...]) -> None:
        """Raise RunError for a shared file that is not there."""
        for entry in files:
            path = self.shared / entry
            if not path.is_file():
                raise RunError(
                    f"shared_files: {path} is missing; put it there before "
                    "a release that needs it is activated."
                )

    def absent_shared(self, folders: tuple[str, ...]) -> tuple[str, ...]:
        """The shared folders that are still to be made."""
        return tuple(f for f in folders if not (self.shared / f).is_dir())

    def make_shared(self, folders: tuple[str, ...], owner: disk.Owner) -> None:
        """Make shared folders."""
        for folder in folders:
            disk.make_folder(self.shared / folder, owner)

    def link(self, version: str, entries: tuple[str, ...], owner: disk.Owner) -> None:
        """Link shared entries into a release, where missing_links found room."""
        for entry in entries:
            place = self.tree(version) / entry
            disk.make_folder(place.parent, owner)
            with suppress(FileNotFoundError):
                place.rmdir()
            disk.replace_link(place, self._target(place.parent, entry), owner)
