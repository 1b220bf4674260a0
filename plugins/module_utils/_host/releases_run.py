# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""What the module ``release`` does: stage, activate, remove or mark one release.

Each step changes the disk and, in the same way, the state in memory; in check
mode only the latter. So what is predicted is what would be returned.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.module_utils._host import (
    archive,
    disk,
    releases,
    service,
)
from ansible_collections.vigie.run.plugins.module_utils._host.releases import (
    Release,
    State,
)
from ansible_collections.vigie.run.plugins.module_utils._host.releases_request import (
    Request,
)
from ansible_collections.vigie.run.plugins.module_utils._host.releases_store import (
    Store,
)


def perform(
    request: Request,
    run: service.Run,
    check: bool = False,
    warn: Callable[[str], None] = print,
) -> dict[str, Any]:
    """Do what is asked, or in check mode find out what would be done.

    Returns the module's result with its diff. Raises RunError.
    """
    store = Store(request.path)
    try:
        store.refuse_folder()
        if check:
            return Job(request, store, run, True, warn).perform()
        job = Job(request, store, run, False, warn)
        job.changed = store.prepare()
        with store.lock(request.lock_timeout):
            store.clean()
            return job.perform()
    except OSError as error:
        raise disk.explain(error, store.path) from error


class Job:
    """One call: the request, the host, and what has been done so far."""

    def __init__(
        self,
        request: Request,
        store: Store,
        run: service.Run,
        check: bool,
        warn: Callable[[str], None],
    ) -> None:
        self.request = request
        self.store = store
        self.run = run
        self.check = check
        self.warn = warn
        self.owner = self._owner(request.owner, request.group)
        self.shared_owner = self._owner(
            request.shared_owner or request.owner, request.shared_group or request.group
        )
        self.state = State()
        self.unit: service.Unit | None = None
        self.changed = False
        self.staged = False
        self.switched = False
        self.restart = ""
        self.pruned: tuple[str, ...] = ()

    def _owner(self, user: str, group: str) -> disk.Owner:
        try:
            return disk.Owner.find(user, group)
        except RunError as error:
            self._may_come(error)
            return disk.Owner()

    def _may_come(self, error: RunError) -> None:
        """In check mode what is missing may be the work of a task before ours."""
        if not self.check:
            raise error
        self.warn(f"{error} (check mode goes on as if it were there)")

    def perform(self) -> dict[str, Any]:
        """Run the steps of the wanted state and return the module's result."""
        self.state = self.store.read()
        self._look_at_service()
        request = self.request
        version = releases.resolve(self.state, request.version, request.mark_bad)
        started = self.state
        before = releases.summary(self.state, self._missing_links(version))
        if request.state == "absent":
            self._remove(version)
        elif request.state == "bad":
            self._mark((version,))
        else:
            self._stage(version)
            if request.state == "active":
                self._activate(version)
            self._prune(version)
        return {
            "changed": self.changed,
            "version": version,
            "former": started.active or None,
            "staged": self.staged,
            "switched": self.switched,
            "restarted": bool(self.restart),
            "restart_reason": self.restart or None,
            "pruned": list(self.pruned),
            **releases.describe(self.state),
            "diff": {"before": before, "after": releases.summary(self.state)},
        }

    def _look_at_service(self) -> None:
        if not self.request.service:
            return
        unit = service.look(self.run, self.request.service)
        if not unit.loaded:
            self._may_come(
                RunError(
                    f"service: systemd knows no {unit.name}; correct the name, or "
                    "install its unit before a release is activated."
                )
            )
            return
        self.unit = unit
        self.state = replace(self.state, running=self._running(unit))
        if self.state.active:
            self.state = replace(self.state, due=self._why_restart(self.state.active))

    def _running(self, unit: service.Unit) -> str:
        return self.store.version_at(service.working_folder(unit.pid))

    def _why_restart(self, version: str) -> str:
        if self.unit is None:
            return ""
        follow = self.request.service_state == "restarted"
        return service.why_restart(
            self.unit, version, self.state.running, self.store.due, follow
        )

    def _missing_links(self, version: str) -> tuple[str, ...]:
        tree = self.store.tree(version)
        if not tree.is_dir() or self.request.state in ("absent", "bad"):
            return ()
        return self.store.missing_links(tree, self.request.links)

    # Staging

    def _stage(self, version: str) -> None:
        """Unpack the release unless it is there; then link what is shared."""
        request = self.request
        expected = archive.parse_checksum(request.checksum) if request.checksum else ""
        need = releases.needs_staging(self.state, version, expected, request.force)
        if need or (request.src and not expected):
            self._stage_from(version, expected)
        found = self.state.find(version)
        if found is not None:
            releases.refuse_bad(found, request.force)
        self._link(version)

    def _stage_from(self, version: str, expected: str) -> None:
        request = self.request
        name = archive.public_name(request.src)
        if not request.src:
            there = ", ".join(r.version for r in self.state.releases) or "none"
            self._may_come(
                RunError(
                    f"version: {version} is not staged in {request.path} (there: "
                    f"{there}); give src, or stage it before."
                )
            )
        elif request.is_remote:
            if not self.check:
                self._fetch_and_unpack(version, expected)
        elif not Path(request.src).is_file():
            self._may_come(
                RunError(
                    f"src: {name} is missing on the host; copy it there before, or "
                    "give its http(s) address."
                )
            )
        else:
            got = archive.digest(Path(request.src))
            archive.verify(name, expected, got)
            if not releases.needs_staging(self.state, version, got, request.force):
                return
            expected = got
            self._unpack(version, Path(request.src), expected)
        self._staged(version, expected)

    def _fetch_and_unpack(self, version: str, expected: str) -> None:
        request = self.request
        handle, name = tempfile.mkstemp(dir=self.store.staging)
        os.close(handle)
        path = Path(name)
        try:
            got = archive.fetch(
                request.src,
                path,
                timeout=request.timeout,
                headers=request.headers,
                validate_certs=request.validate_certs,
                reserve=lambda size: disk.reserve(self.store.path, size),
            )
            archive.verify(archive.public_name(request.src), expected, got)
            self._unpack(version, path, expected)
        finally:
            path.unlink()

    def _unpack(self, version: str, path: Path, checksum: str) -> None:
        request = self.request
        name = archive.public_name(request.src)
        listing = archive.scan(path, request.strip, name)
        disk.reserve(self.store.path, listing.size, listing.entries)
        if self.check:
            return
        draft = self.store.draft()
        try:
            self.owner.give(draft)
            archive.unpack(path, draft, listing, self.owner, name)
            self.store.missing_links(draft, request.links)
            self.store.publish(draft, self._release(version, checksum))
        except OSError as error:
            raise disk.explain(error, self.store.path, listing.size) from error
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def _release(self, version: str, checksum: str) -> Release:
        return Release(
            version,
            checksum=checksum,
            source=archive.public_name(self.request.src),
            staged=self.state.last + 1,
            staged_at=None if self.check else round(time.time(), 3),
        )

    def _staged(self, version: str, checksum: str) -> None:
        self.state = self.state.put(self._release(version, checksum))
        self.staged = self.changed = True

    def _link(self, version: str) -> None:
        """Make the shared folders and link them into the release."""
        folders = self.store.absent_shared(self.request.shared)
        links = self._missing_links(version)
        self.changed = self.changed or bool(folders or links)
        if not self.check:
            self.store.make_shared(folders, self.shared_owner)
            self.store.link(version, links, self.owner)

    # Activating

    def _activate(self, version: str) -> None:
        """Switch to a staged release and let the service follow."""
        self._need_shared_files()
        # What is not active now has not failed now, however often it served before.
        self._mark(tuple(v for v in self.request.mark_bad if v == self.state.active))
        self.restart = self._why_restart(version)
        if self.state.active != version:
            self.restart = "the release was switched" if self.request.service else ""
            self._adopt_active()
            self._switch(version)
        elif self._is_unfinished(version):
            self._activated(version)
        if self.restart:
            self._restart(version)
        elif not self.check:
            self.store.clear_due()
        self.state = replace(self.state, due="")

    def _need_shared_files(self) -> None:
        try:
            self.store.missing_shared(self.request.shared_files)
        except RunError as error:
            self._may_come(error)

    def _is_unfinished(self, version: str) -> bool:
        """Whether a run was killed after its switch, before it wrote so down."""
        newest = max((r.activated for r in self.state.releases), default=0)
        found = self.state.find(version)
        return bool(found and (found.activated < newest or not found.activated))

    def _adopt_active(self) -> None:
        """Remember that the release we leave was active, if another tool did it."""
        found = self.state.find(self.state.active)
        if found is not None and not found.activated:
            self._activated(found.version)

    def _activated(self, version: str) -> None:
        found = self.state.find(version)
        if found is None:
            return
        done = replace(
            found,
            activated=self.state.last + 1,
            activated_at=None if self.check else round(time.time(), 3),
        )
        self._keep(done)

    def _keep(self, release: Release) -> None:
        if not self.check:
            self.store.save(release)
        self.state = self.state.put(release)
        self.changed = True

    def _switch(self, version: str) -> None:
        if not self.check:
            if self.request.service:
                self.store.set_due(version)
            self.store.switch(version)
        found = self.state.find(version)
        if found is not None and found.bad:
            self.state = self.state.put(
                replace(found, bad=False, reason="", instead="")
            )
        self.state = replace(self.state, active=version)
        self._activated(version)
        self.switched = True

    def _restart(self, version: str) -> None:
        self.changed = True
        if self.check or self.unit is None:
            return
        request = self.request
        follow = request.service_state == "restarted"
        self.unit = service.bring(
            self.run,
            self.unit,
            request.service_state,
            request.service_timeout,
            lambda unit: not follow or self._running(unit) in ("", version),
        )
        self.store.clear_due()
        self.state = replace(self.state, running=self._running(self.unit))

    # Removing and marking

    def _prune(self, version: str) -> None:
        self.pruned = releases.prunable(self.state, self.request.keep, version)
        self._drop(self.pruned)

    def _remove(self, version: str) -> None:
        releases.refuse_removal(self.state, version)
        if self.state.find(version) is not None:
            self._drop((version,))

    def _drop(self, versions: tuple[str, ...]) -> None:
        for version in versions:
            if not self.check:
                self.store.remove(version)
            self.changed = True
        self.state = self.state.drop(versions)

    def _mark(self, versions: tuple[str, ...]) -> None:
        """Mark releases bad; one that is bad already keeps its first reason."""
        for version in versions:
            found = self.state.find(version)
            if found is None:
                self.warn(
                    f"version: there is no release {version} in {self.request.path}, "
                    "so nothing was marked bad."
                )
                continue
            reason = found.reason if found.bad else self.request.reason
            instead = self.request.instead or found.instead
            marked = replace(found, bad=True, reason=reason, instead=instead)
            if marked != found:
                self._keep(marked)
