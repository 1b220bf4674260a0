# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Fields that many types share: names, mounts, and what a login's token may do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from .._converge.fields import Field, flag, many, number, text
from .durations import duration


def named(what: str, **more: Any) -> Field:
    """The name of a thing in its mount."""
    return text(f"{what}'s name.", required=True, immutable=True, **more)


def mount(kind: str, default: str = "") -> Field:
    """Where an engine or a method is mounted; `default` where nothing is said."""
    without = f" Without it, `{default}`." if default else ""
    return text(
        f"The path of the {kind}, such as ${{resource.path}}.{without}",
        required=True,
        immutable=True,
        check=_check_mount,
    )


def secret(doc: str, **more: Any) -> Field:
    """A value that Vault never gives back; its type names it in `kept_secret`."""
    return text(f"{doc} Vault never gives it back.", sensitive=True, **more)


def texts(each: str, doc: str, **more: Any) -> Field:
    """Texts whose order says nothing."""
    return many(text(each), doc, order="set", **more)


def once(given: Field) -> Field:
    """What counts at the creation only, and is not compared."""
    return replace(given, doc=f"{given.doc} At its creation.", write_only=True)


def pem(doc: str, **more: Any) -> Field:
    """A certificate or a public key."""
    return text(doc, normal=str.strip, **more)


def statements(doc: str) -> Field:
    """SQL, statement by statement."""
    return many(text("A statement."), doc)


def address(given: str) -> str:
    """One spelling of an address block: a single address has no mask."""
    return given.removesuffix("/32").removesuffix("/128")


def cidrs(doc: str) -> Field:
    """Address blocks."""
    inner = text("Such as 10.0.0.0/8.", normal=address)
    return many(inner, doc, order="set")


def token_fields() -> dict[str, Field]:
    """What every login's role says of the tokens that it gives."""
    return {
        "token_policies": texts("A policy.", "Policies of its tokens, by name."),
        "token_ttl": duration("How long a token lives, until it is renewed."),
        "token_max_ttl": duration("How long it lives at most, however often renewed."),
        "token_explicit_max_ttl": duration("The same, whatever the mount allows."),
        "token_period": duration("Renewed within this time, a token lives for ever."),
        "token_bound_cidrs": cidrs("From where a token may be used."),
        "token_no_default_policy": flag(
            "Leave the policy `default` out.", default=False
        ),
        "token_num_uses": number("How often it may be used; 0 for ever.", default=0),
        "token_type": text(
            "Which kind of token.",
            default="default",
            choices=(
                "default",
                "service",
                "batch",
                "default-service",
                "default-batch",
            ),
        ),
    }


def _check_mount(given: str) -> str | None:
    if not given.strip("/") or given.startswith("auth/"):
        return f"is {given!r}; say the path alone, such as approle or commerce-db"
    return None
