# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible's own masking of secrets, where the version has it (2.22 and newer)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

try:
    from ansible.module_utils.secrets import register_secret
except ImportError:
    register_secret = None

# Shorter ones would garble what is no secret.
SHORTEST = 6


def mask(value: Any) -> None:
    """Have every text inside a value masked wherever Ansible shows something."""
    if register_secret is None:
        return
    for text in _texts(value):
        if len(text) >= SHORTEST:
            register_secret(text)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for entry in value.values():
            yield from _texts(entry)
    elif isinstance(value, (list, tuple, set)):
        for entry in value:
            yield from _texts(entry)
