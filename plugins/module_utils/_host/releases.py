# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Releases as values: what is on a host, and every decision about it.

Nothing here touches a disk or a process, so each rule can be tested by itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.vigie.run.plugins.module_utils._errors import RunError

PREVIOUS = "previous"
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+~-]{0,127}")


@dataclass(frozen=True)
class Release:
    """One version on a host.

    ``staged`` and ``activated`` are numbers from one counter of the host: they
    give the order even when its clock was set back. 0 means never; a release
    with neither was put there by something else. Times are seconds since 1970.
    ``instead`` is the release that a rollback left a bad one for, if one did.
    """

    version: str
    checksum: str = ""
    source: str = ""
    staged: int = 0
    staged_at: float | None = None
    activated: int = 0
    activated_at: float | None = None
    bad: bool = False
    reason: str = ""
    instead: str = ""

    @property
    def order(self) -> int:
        """Its place among the releases of the host: the higher, the newer."""
        return max(self.staged, self.activated)


@dataclass(frozen=True)
class State:
    """The releases of a host, oldest first, and which one is in use.

    ``due`` says why the service has to be restarted, or is empty.
    """

    releases: tuple[Release, ...] = ()
    active: str = ""
    running: str = ""
    due: str = ""

    def find(self, version: str) -> Release | None:
        """The release of that version, if it is there."""
        return next((r for r in self.releases if r.version == version), None)

    @property
    def last(self) -> int:
        """The highest number given out so far."""
        return max((r.order for r in self.releases), default=0)

    @property
    def previous(self) -> str:
        """The newest formerly active release that is not bad, or nothing."""
        former = [r for r in self.releases if not why_not_previous(self, r)]
        return max(former, key=lambda r: r.activated).version if former else ""

    def put(self, release: Release) -> State:
        """This state with one release added or changed."""
        rest = [r for r in self.releases if r.version != release.version]
        return replace(self, releases=sort_releases([*rest, release]))

    def drop(self, versions: tuple[str, ...]) -> State:
        """This state without some releases."""
        kept = tuple(r for r in self.releases if r.version not in versions)
        return replace(self, releases=kept)


def sort_releases(releases: list[Release]) -> tuple[Release, ...]:
    """Oldest first by staging or activation, whichever came later."""
    return tuple(sorted(releases, key=lambda r: (r.order, r.version)))


def check_version(version: str, relative: bool = False) -> None:
    """Refuse what cannot be the name of a release's folder.

    ``relative`` admits ``previous``. Raises RunError.
    """
    if version == PREVIOUS:
        if relative:
            return
        raise RunError(
            "version: 'previous' names a release only with state=active; "
            "give the version itself."
        )
    if not _VERSION.fullmatch(version):
        raise RunError(
            f"version: {version!r} cannot be a release; use at most 128 letters, "
            "digits and the characters . _ + ~ - beginning with a letter or a digit."
        )


def check_path(path: str) -> str:
    """The path without a trailing slash; RunError unless absolute and below /."""
    if not path.startswith("/"):
        raise RunError(f"path: {path!r} is not absolute; begin it with a slash.")
    clean = "/" + "/".join(p for p in path.split("/") if p not in ("", "."))
    if clean == "/" or ".." in clean.split("/"):
        raise RunError(f"path: {path!r} cannot hold releases; name one folder.")
    return clean


def check_shared(name: str, entries: tuple[str, ...]) -> tuple[str, ...]:
    """Shared entries in their plain form; RunError for one that leads outside."""
    clean = []
    for entry in entries:
        parts = [p for p in entry.split("/") if p not in ("", ".")]
        if entry.startswith("/") or ".." in parts or not parts:
            raise RunError(
                f"{name}: {entry!r} must be a relative path below the release."
            )
        clean.append("/".join(parts))
    return tuple(clean)


def check_overlap(entries: tuple[str, ...]) -> None:
    """Refuse a shared entry inside another or named twice. Raises RunError."""
    ordered = sorted(entries)
    for first in ordered:
        if ordered.count(first) > 1:
            raise RunError(f"shared: {first!r} is named twice; name it once.")
        inner = next((e for e in ordered if e.startswith(first + "/")), "")
        if inner:
            raise RunError(
                f"shared: {inner!r} lies inside {first!r}, which is shared already; "
                "leave one of them out."
            )


def why_not_previous(state: State, release: Release) -> str:
    """Why ``previous`` passes a release over; empty when it does not."""
    if release.version == state.active:
        return "is active"
    if release.bad:
        return f"is bad ({release.reason or 'no reason given'})"
    if not release.activated:
        return "was never active"
    return ""


def resolve(state: State, version: str, mark_bad: tuple[str, ...] = ()) -> str:
    """The version that a name stands for.

    ``previous`` leaves the active release. Where the releases to be marked bad
    are given and the active one is none of them, the host has been rolled back
    already and stays where it is, so that a rollback can be run again.
    Raises RunError when there is nothing to go back to.
    """
    if version != PREVIOUS:
        return version
    if mark_bad and state.active and state.active not in mark_bad:
        return state.active
    marked = tuple(
        replace(r, bad=True, reason=r.reason or "to be marked")
        if r.version in mark_bad
        else r
        for r in state.releases
    )
    left = replace(state, releases=marked)
    if left.previous:
        return left.previous
    seen = [f"{r.version} {why_not_previous(left, r)}" for r in left.releases]
    raise RunError(
        "version: there is no previous release to go back to: "
        + ("; ".join(seen) or "there are no releases")
        + ". Name a version, or deploy a new one.",
        skipped=seen,
    )


def refuse_bad(release: Release, force: bool) -> None:
    """Raise RunError for a release marked bad, unless forced."""
    if release.bad and not force:
        raise RunError(
            f"version: {release.version} is marked bad "
            f"({release.reason or 'no reason given'}); take another release, or use "
            "force=true to activate it all the same, which clears the mark."
        )


def needs_staging(state: State, version: str, checksum: str, force: bool) -> bool:
    """Whether a version has to be unpacked.

    False when it is there with the same checksum, or when none was given.
    Raises RunError when another content is there and may not be replaced.
    """
    found = state.find(version)
    if found is None:
        return True
    if not checksum or found.checksum == checksum:
        return False
    seen = f"sha256:{found.checksum}" if found.checksum else "an unknown origin"
    clash = (
        f"version: {version} is staged already from other content ({seen}, "
        f"now sha256:{checksum})"
    )
    if version in (state.active, state.running):
        raise RunError(f"{clash} and it is in use; give the new content a new version.")
    if not force:
        raise RunError(
            f"{clash}; give it a new version, or use force=true to replace it."
        )
    return True


def prunable(state: State, keep: int, also: str = "") -> tuple[str, ...]:
    """The releases to remove so that ``keep`` remain; 0 keeps all.

    Bad ones go first, then the oldest. The active, the running and the previous
    release stay, as does ``also``, and whatever something else put there.
    """
    surplus = len(state.releases) - keep
    if keep <= 0 or surplus <= 0:
        return ()
    protected = {state.active, state.running, state.previous, also}
    candidates = [r for r in state.releases if r.order and r.version not in protected]
    candidates.sort(key=lambda r: (not r.bad, r.order))
    return tuple(r.version for r in candidates[:surplus])


def refuse_removal(state: State, version: str) -> None:
    """Raise RunError when a release is in use and may not be removed."""
    for use, holder in (("active", state.active), ("still running", state.running)):
        if version == holder:
            raise RunError(
                f"version: {version} is {use} and cannot be removed; "
                "activate another release first."
            )


def describe(state: State) -> dict[str, Any]:
    """A state as the modules return it; versions that are not there are None."""
    return {
        "active": state.active or None,
        "running": state.running or None,
        "previous": state.previous or None,
        "releases": [
            {
                "version": r.version,
                "active": r.version == state.active,
                "running": r.version == state.running,
                "bad": r.bad,
                "reason": r.reason,
                "instead": r.instead or None,
                "checksum": f"sha256:{r.checksum}" if r.checksum else None,
                "source": r.source or None,
                "staged_at": r.staged_at,
                "activated_at": r.activated_at,
            }
            for r in state.releases
        ],
    }


def summary(state: State, links: tuple[str, ...] = ()) -> dict[str, Any]:
    """What a diff shows of a state: no times, so that a prediction can be exact."""
    return {
        "active": state.active or None,
        "previous": state.previous or None,
        "releases": [r.version for r in state.releases],
        "bad": {r.version: r.reason for r in state.releases if r.bad},
        "left_for": {r.version: r.instead for r in state.releases if r.instead},
        "missing_links": list(links),
        "restart_due": state.due or None,
    }
