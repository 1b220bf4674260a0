# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""The choice of one release that a whole fleet goes back to. Pure."""

from __future__ import annotations

from typing import Any

from ansible_collections.vigie.run.plugins.module_utils._errors import RunError

Host = dict[str, Any]


def choose(hosts: list[Host], name: str = "") -> dict[str, Any]:
    """Which version to activate everywhere, and which to mark bad before.

    ``hosts`` are results of ``release_info``; ``name`` is the wanted version or
    empty. Returns ``{"version": str, "bad": [str], "note": str}``; the note says
    why nothing is left when a rollback is asked for again. Raises RunError when
    no release will do, with the reason for each.
    """
    if not hosts:
        raise RunError("rollback: there are no hosts to roll back.")
    if name:
        problem = _why_not(hosts, name, _reasons(hosts), named=True)
        if problem:
            raise RunError(f"rollback: cannot go back to {name}: it {problem}.")
        return {"version": name, "bad": [], "note": ""}
    bad = _reasons(hosts)
    reached = _reached(hosts, bad)
    if reached:
        note = (
            f"{reached} is active everywhere since the last rollback; name an older "
            "release with -e app_version=… to go further."
        )
        return {"version": reached, "bad": [], "note": note}
    if not any(h["active"] in bad for h in hosts if h["active"]):
        left = max(
            (h["active"] for h in hosts if h["active"]),
            key=lambda version: _activated(hosts, version),
            default="",
        )
        if left:
            bad[left] = "is what is being left"
    versions = {r["version"] for h in hosts for r in h["releases"]}
    ordered = sorted(versions, key=lambda v: (_activated(hosts, v), v), reverse=True)
    reasons = {v: _why_not(hosts, v, bad) for v in ordered}
    fit = [v for v in ordered if not reasons[v]]
    if not fit:
        seen = "; ".join(f"{v} {why}" for v, why in reasons.items())
        raise RunError(
            "rollback: there is no release to go back to: "
            f"{seen or 'no host holds any'}. Deploy a new one."
        )
    return {"version": fit[0], "bad": sorted(bad), "note": ""}


def _reached(hosts: list[Host], bad: dict[str, str]) -> str:
    """The release a rollback went back to, if that is what is active; else empty.

    A mark that a rollback made names its goal. One that a failed deployment made
    does not: then what is active may well be what is to be left.
    """
    active = {h["active"] for h in hosts if h["active"]}
    goals = {r.get("instead") for h in hosts for r in h["releases"] if r["bad"]}
    (only,) = active if len(active) == 1 else ("",)
    return str(only) if only in goals and only not in bad else ""


def _reasons(hosts: list[Host]) -> dict[str, str]:
    """Each version that is bad on a host, with the first reason found."""
    bad: dict[str, str] = {}
    for host in hosts:
        for release in host["releases"]:
            if release["bad"]:
                why = release.get("reason") or "no reason given"
                bad.setdefault(release["version"], f"is bad on {_name(host)} ({why})")
    return bad


def _why_not(
    hosts: list[Host], version: str, bad: dict[str, str], named: bool = False
) -> str:
    if version in bad:
        return bad[version]
    lacking = [_name(h) for h in hosts if _release(h, version) is None]
    if lacking:
        return f"is not staged on {', '.join(lacking)}"
    if not named and not _activated(hosts, version):
        return "was never active"
    return ""


def _activated(hosts: list[Host], version: str) -> float:
    """When a version was activated last on any host; 0 if never."""
    found = (_release(h, version) for h in hosts)
    return max((float(r.get("activated_at") or 0) for r in found if r), default=0.0)


def _release(host: Host, version: str) -> dict[str, Any] | None:
    return next((r for r in host["releases"] if r["version"] == version), None)


def _name(host: Host) -> str:
    return str(host.get("host") or host.get("path") or "a host")
