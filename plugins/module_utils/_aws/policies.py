# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Policies as AWS gives them back: one spelling of what says the same."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

# Lists in which order and repetition mean nothing, and a single entry may stand bare.
_SETS = ("Action", "NotAction", "Resource", "NotResource")
_ROOT = re.compile(r"arn:aws[a-z-]*:iam::(\d{12}):root")


def normal_policy(policy: Any) -> Any:
    """A policy document whose equivalent spellings compare as equal."""
    if not isinstance(policy, Mapping):
        return policy
    statements = policy.get("Statement", [])
    if isinstance(statements, Mapping):
        statements = [statements]
    return {**policy, "Statement": [_statement(each) for each in statements]}


def _statement(statement: Any) -> Any:
    if not isinstance(statement, Mapping):
        return statement
    shown = dict(statement)
    for name in _SETS:
        if name in shown:
            shown[name] = _several(shown[name])
    for name in ("Principal", "NotPrincipal"):
        if name in shown:
            shown[name] = _principal(shown[name])
    if isinstance(shown.get("Condition"), Mapping):
        shown["Condition"] = {
            operator: {key: _several(value) for key, value in keys.items()}
            for operator, keys in shown["Condition"].items()
        }
    return shown


def _principal(principal: Any) -> Any:
    if principal == "*":
        principal = {"AWS": "*"}
    if not isinstance(principal, Mapping):
        return principal
    return {
        kind: sorted({_ROOT.sub(r"\1", one) for one in _several(names)})
        for kind, names in principal.items()
    }


def _several(value: Any) -> list[str]:
    """Texts, sorted: policies hold numbers and flags as text."""
    entries = value if isinstance(value, (list, tuple)) else [value]
    return sorted({one if isinstance(one, str) else json.dumps(one) for one in entries})
