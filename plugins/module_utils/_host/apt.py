# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""apt-get: refresh the lists, plan upgrades, apply them, and word its failures.

What apt prints is read to plan and to explain. What was done is read from dpkg.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.module_utils._host import locks
from ansible_collections.vigie.run.plugins.module_utils._host.aptfail import explain
from ansible_collections.vigie.run.plugins.module_utils._host.dpkg import Package, Run
from ansible_collections.vigie.run.plugins.module_utils._host.versions import newer

ENVIRONMENT = {
    "LC_ALL": "C",
    "LANGUAGE": "C",
    "DEBIAN_FRONTEND": "noninteractive",
    "APT_LISTCHANGES_FRONTEND": "none",
    "APT_LISTBUGS_FRONTEND": "none",
    "UCF_FORCE_CONFFOLD": "1",
    # Its hook would restart services behind our back; we look after them.
    "NEEDRESTART_SUSPEND": "1",
}

LISTS = "/var/lib/apt/lists"
PREFERENCES = "/etc/apt/preferences"
STATES = "/var/lib/apt/extended_states"

# "Inst name [old] (new Origin:1/suite, Other:2/suite [amd64])", old is optional.
_INST = re.compile(r"^Inst (\S+) (?:\[([^]]*)\] )?\((\S+) ?(.*?) ?\[[^]]*\]\)")
_REMV = re.compile(r"^(?:Remv|Purg) (\S+)")
_MADISON = re.compile(r"^ *(\S+) \| +(\S+) \| (.*)$", re.M)
_PATTERN = re.compile(r"^[A-Za-z0-9+.:*?!\[\]-]+$")


@dataclass(frozen=True)
class Upgrade:
    """One package that waits: versions, where the new one comes from, its kind."""

    name: str
    before: str
    after: str
    origin: str
    security: bool


@dataclass(frozen=True)
class Selection:
    """Which of the pending upgrades to take.

    ``upgrades`` maps names to exact versions; None means all that is pending.
    ``only`` and ``exclude`` are shell patterns on package names.
    """

    upgrades: dict[str, str] | None = None
    only: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    security: bool = False

    def __post_init__(self) -> None:
        for pattern in (*self.only, *self.exclude):
            if not _PATTERN.match(pattern):
                raise RunError(
                    f"{pattern!r} is no pattern of a package name: letters, digits,"
                    " + - . : and the wildcards * ? [ ] only."
                )

    @property
    def everything(self) -> bool:
        return self.upgrades is None and not self.only and not self.security


@dataclass(frozen=True)
class Plan:
    """What apt-get would do with ``argv`` appended to its options."""

    argv: tuple[str, ...] = ()
    upgrades: tuple[Upgrade, ...] = ()
    removals: tuple[str, ...] = ()

    @property
    def only_upgrades(self) -> bool:
        """Tell whether no package is added and none removed."""
        return not self.removals and all(one.before for one in self.upgrades)


@dataclass
class Apt:
    """apt-get with our options. ``folder`` makes a private place for a pin file."""

    run: Run
    folder: Callable[[], str]
    lock_timeout: float = 60.0
    allow_removals: bool = False
    lock_files: Sequence[str] = locks.LOCKS
    preferences: str = PREFERENCES
    states: str = STATES
    options: list[str] = field(default_factory=list)

    def pin(self, selection: Selection, packages: Iterable[Package]) -> None:
        """Keep excluded packages where they are, for this run of apt-get only.

        A pin leaves the resolver room to keep back what needs an excluded
        package; a hold would survive us if we were killed.
        """
        if not selection.exclude:
            return
        text, theirs = pins(selection.exclude, packages), Path(self.preferences)
        if theirs.exists():
            text += "\n" + theirs.read_text(encoding="utf-8")
        path = Path(self.folder()) / "vigie-run-preferences"
        path.write_text(text, encoding="utf-8")
        self.options = ["-o", f"Dir::Etc::Preferences={path}"]

    def simulate(self, argv: Sequence[str]) -> tuple[list[Upgrade], list[str]]:
        """Return the upgrades and removals that *argv* would bring."""
        command = ["apt-get", "-s", "-q", *self.options, *argv]
        rc, out, err = self.run(command)
        if rc != 0:
            raise explain("plan the upgrade", out, err)
        return parse_simulation(out)

    def plan(
        self, selection: Selection, packages: dict[str, Package], broken: bool = False
    ) -> Plan:
        """Return the plan for *selection*. Raises RunError when there is none.

        *broken* says that packages are half done and are to be planned around,
        as if they had been repaired before.
        """
        self.pin(selection, packages.values())
        if broken:
            self.options = [*self.options, "--fix-broken"]
        if selection.upgrades is not None:
            return self._plan_exact(selection, packages)
        pending, removals = self.simulate(["dist-upgrade"])
        if selection.everything:
            argv = ["dist-upgrade"] if pending or removals else []
            return Plan(
                tuple(argv), tuple(self.mark_security(pending)), tuple(removals)
            )
        if selection.security:
            pending = [one for one in self.mark_security(pending) if one.security]
        chosen = [one for one in pending if wanted(selection, one.name)]
        return self._plan_named({one.name: one.after for one in chosen if one.before})

    def _plan_exact(self, selection: Selection, packages: dict[str, Package]) -> Plan:
        """Plan a given list: nothing else may come with it."""
        planned = selection.upgrades or {}
        chosen = {
            name: version
            for name, version in planned.items()
            if name in packages
            and not packages[name].held
            and newer(version, packages[name].version)
            and wanted(selection, name)
        }
        plan = self._plan_named(chosen)
        for one in plan.upgrades:
            if planned.get(one.name) != one.after:
                asked = planned.get(one.name)
                what = f"as {asked}" if asked else "not at all"
                raise RunError(
                    f"These upgrades bring along {one.name} {one.after}, which the"
                    f" list names {what}. Plan again from what is available now"
                    " (os_patch_info).",
                    package=one.name,
                )
        return plan

    def _plan_named(self, chosen: dict[str, str]) -> Plan:
        if not chosen:
            return Plan()
        names = [f"{name}={version}" for name, version in sorted(chosen.items())]
        argv = ("install", "--only-upgrade", *names)
        pending, removals = self.simulate(argv)
        return Plan(argv, tuple(self.mark_security(pending)), tuple(removals))

    def mark_security(self, pending: Sequence[Upgrade]) -> list[Upgrade]:
        """Mark upgrades that pass over a security fix, whichever suite they name.

        A point release may bring a version newer than the fix: its origin is
        then the main suite, though the fix is part of it.
        """
        open_names = {one.name: one for one in pending if not one.security}
        asked = [name for name, one in open_names.items() if one.before]
        fixes: set[str] = set()
        if asked:
            _rc, out, _err = self.run(["apt-cache", "madison", *asked])
            for name, version, source in _MADISON.findall(out):
                one = open_names.get(name)
                if one and "-security" in source and newer(version, one.before):
                    fixes.add(name)
        return [
            Upgrade(one.name, one.before, one.after, one.origin, True)
            if one.name in fixes
            else one
            for one in pending
        ]

    def refresh(self, valid_for: float = 0.0, lists: str = LISTS) -> bool:
        """Fetch the package lists unless they are younger than *valid_for* seconds."""
        if valid_for > 0 and lists_age(lists) < valid_for:
            return False
        # Planning renews apt's cache when the lists changed. When nothing was new,
        # apt-get would spend half of its time on writing the same cache again.
        options = ["APT::Update::Error-Mode=any", "pkgCacheFile::Generate=false"]
        argv = ["apt-get", "-q", *(w for one in options for w in ("-o", one)), "update"]
        self._locked("refresh the package lists", argv)
        # apt-get leaves the time alone when nothing was new; lists_age reads it.
        os.utime(lists)
        return True

    def apply(self, plan: Plan, download_only: bool = False) -> None:
        """Carry *plan* out. apt-get fetches every archive before it unpacks any."""
        extra = ["--download-only"] if download_only else []
        doing = "download the upgrades" if download_only else "upgrade"
        if plan.only_upgrades and not download_only:
            extra = self._other_states()
        automatic = auto_installed(self.states)
        try:
            self._locked(doing, [*self._writing(), *extra, *plan.argv])
        finally:
            # Also when it failed: what it named may have been installed before.
            lost = sorted(automatic - auto_installed(self.states))
            if lost and not download_only:
                self.run(["apt-mark", "auto", *lost])

    def _other_states(self) -> list[str]:
        """Have apt-get keep its marks in a copy, which nobody reads.

        Naming a dependency to apt-get makes it "manually installed", so that it would
        never be removed with what needed it. Where nothing is added or removed there
        is nothing else to write down, and no apt-mark needed to undo it.
        """
        copy = Path(self.folder()) / "vigie-run-extended-states"
        try:
            copy.write_bytes(Path(self.states).read_bytes())
        except FileNotFoundError:
            return []
        return ["-o", f"Dir::State::extended_states={copy}"]

    def fix_broken(self) -> None:
        """Finish what a killed or failed dpkg left. Raises RunError when it cannot."""
        force = ["--force-confdef", "--force-confold"]
        argv = ["dpkg", *force, "--configure", "-a"]
        locks.wait_free(self._deadline(), self.lock_files)
        # Packages may wait for one that apt must fetch: apt has the last word.
        self.run(argv)
        _pending, removals = self.simulate(["-f", "install"])
        if removals and not self.allow_removals:
            raise RunError(
                "Repairing the interrupted installation would remove"
                f" {', '.join(removals)}. Set allow_removals, or repair by hand:"
                " apt-get -f install.",
                removals=removals,
            )
        self._locked(
            "repair the interrupted installation", [*self._writing(), "-f", "install"]
        )

    def _writing(self) -> list[str]:
        argv = ["apt-get", "-y", "-q", "-o", "Dpkg::Use-Pty=0"]
        for option in ("--force-confdef", "--force-confold"):
            argv += ["-o", f"Dpkg::Options::={option}"]
        argv += ["-o", f"DPkg::Lock::Timeout={int(self.lock_timeout)}"]
        if not self.allow_removals:
            argv.append("--no-remove")
        return argv + self.options

    def _deadline(self) -> float:
        return time.monotonic() + self.lock_timeout

    def _locked(self, doing: str, argv: Sequence[str]) -> None:
        """Run *argv* once the locks are free; again when someone was faster."""
        deadline = self._deadline()
        while True:
            locks.wait_free(deadline, self.lock_files)
            rc, out, err = self.run(argv)
            if rc == 0:
                return
            failure = explain(doing, out, err)
            if "lock" not in failure.details or time.monotonic() >= deadline:
                raise failure


def parse_simulation(text: str) -> tuple[list[Upgrade], list[str]]:
    """Return upgrades (new packages have an empty ``before``) and removals."""
    pending, removals = [], []
    for line in text.splitlines():
        inst, remv = _INST.match(line), _REMV.match(line)
        if inst:
            name, old, new, origin = inst.groups()
            pending.append(Upgrade(name, old or "", new, origin, is_security(origin)))
        elif remv:
            removals.append(remv.group(1))
    return sorted(pending, key=lambda one: one.name), sorted(removals)


def is_security(origin: str) -> bool:
    """Tell from apt's ``Label:version/suite`` list whether a security suite has it."""
    return any("-security" in part.lower() for part in origin.split(","))


def wanted(selection: Selection, name: str) -> bool:
    """Tell whether the patterns let *name* through."""
    kept = not selection.only or _matches(name, selection.only)
    return kept and not _matches(name, selection.exclude)


def pins(patterns: Sequence[str], packages: Iterable[Package]) -> str:
    """Return apt_preferences(5) text that keeps matching packages as they are."""
    text = []
    for one in packages:
        if _matches(one.name, patterns):
            text.append(
                f"Package: {one.name}\nPin: version {one.version}\nPin-Priority: 1001\n"
            )
    for pattern in patterns:
        text.append(f"Package: {pattern}\nPin: release *\nPin-Priority: -1\n")
    return "\n".join(text)


def auto_installed(states: str = STATES) -> set[str]:
    """Return the packages, as name:architecture, that came as a dependency only."""
    try:
        text = Path(states).read_text(encoding="utf-8")
    except FileNotFoundError:
        return set()
    found = set()
    for block in text.split("\n\n"):
        row = dict(line.partition(": ")[::2] for line in block.strip().splitlines())
        if row.get("Auto-Installed") == "1" and "Package" in row:
            found.add(f"{row['Package']}:{row.get('Architecture', '')}".rstrip(":"))
    return found


def lists_age(lists: str = LISTS, clock: float | None = None) -> float:
    """Return the age of the package lists in seconds; endless when there are none."""
    folder = Path(lists)
    try:
        if not any(one.name.endswith("Release") for one in folder.iterdir()):
            return float("inf")
        stamp = folder.stat().st_mtime
    except OSError:
        return float("inf")
    return max(0.0, (time.time() if clock is None else clock) - stamp)


def _matches(name: str, patterns: Sequence[str]) -> bool:
    return any(
        fnmatchcase(name.partition(":")[0], one) or fnmatchcase(name, one)
        for one in patterns
    )
