# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Keeps secrets out of text that is written down.

Three nets, since none is whole: what ansible-core itself registered as secret
(2.22 and later), values that the task carried in its environment or in options and
variables with a telling name, and text that looks like a credential.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Callable

MASK = "***"
SHORTEST = 4  # a shorter value would blot out innocent text

_TELLING = re.compile(
    r"pass(word|wd|phrase)?(?![a-z])|secret|token|api_?key|access_?key|private_?key"
    r"|credential|authori[sz]ation|bearer|cookie|gossip|\bkey\b|_key$|_auth$",
    re.IGNORECASE,
)
_HARMLESS_ENVIRONMENT = re.compile(
    r"PATH|HOME|LANG|LANGUAGE|LC_[A-Z]+|SHELL|TERM|TZ|USER|LOGNAME|PWD|TMPDIR"
    r"|DEBIAN_[A-Z]+|NEEDRESTART_[A-Z]+|APT_[A-Z_]+|PYTHONUNBUFFERED",
)
_QUOTED = r"""(?:"[^"]*"|'[^']*'|[^\s,;&"'}\])]+)"""
_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    # user:password@ in a URL
    (re.compile(r"(\b[a-z][a-z0-9+.-]*://)[^\s/@'\"]+@", re.IGNORECASE), r"\1***@"),
    # Authorization: Basic …, Bearer …
    (re.compile(r"\b(bearer|basic)\s+[\w+/=.~-]{8,}", re.IGNORECASE), r"\1 ***"),
    # password=…, "token": "…", X-Consul-Token: …, --secret …
    (
        re.compile(
            r"""([\w-]*(?:password|passwd|passphrase|secret|token|api[_-]?key"""
            r"""|access[_-]?key|private[_-]?key|credential|authorization)[\w-]*"""
            r"""["']?\s*[=:]\s*)""" + _QUOTED,
            re.IGNORECASE,
        ),
        r"\1***",
    ),
    # -----BEGIN … PRIVATE KEY----- to its end
    (
        re.compile(
            r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?"
            r"(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)",
            re.DOTALL,
        ),
        MASK,
    ),
)

try:  # ansible-core 2.22 and later know registered secrets
    from ansible.module_utils.secrets import (  # type: ignore[import-not-found]
        mask_secrets as _mask_registered,
    )
except ImportError:

    def _mask_registered(value: str) -> str:
        return value


def telling(name: str) -> bool:
    """Whether an option or variable with this name holds a secret, by its name."""
    return bool(_TELLING.search(name))


def secret_values(*mappings: Any) -> set[str]:
    """Values under telling names, however deep, in options or variables."""
    found: set[str] = set()
    for mapping in mappings:
        found.update(_under_telling_names(mapping, False, 0))
    return found


def environment_values(environment: Any) -> set[str]:
    """Every value of a task's environment but those of well known harmless names."""
    layers = environment if isinstance(environment, (list, tuple)) else [environment]
    found: set[str] = set()
    for layer in layers:
        if isinstance(layer, Mapping):
            found.update(
                str(value)
                for name, value in layer.items()
                if not _HARMLESS_ENVIRONMENT.fullmatch(str(name))
            )
    return found


def masker(secrets: Iterable[str] = ()) -> Callable[[str], str]:
    """A function that masks these secrets, registered ones and look-alikes."""
    values = {value for value in secrets if len(value) >= SHORTEST}
    # A secret of several lines is printed line by line, or with escapes.
    for value in list(values):
        values.update(line for line in value.splitlines() if len(line) >= SHORTEST)
    longest_first = sorted(values, key=len, reverse=True)
    known = re.compile("|".join(map(re.escape, longest_first))) if values else None

    def mask(text: str) -> str:
        text = _mask_registered(text)
        if known is not None:
            text = known.sub(MASK, text)
        for pattern, replacement in _PATTERNS:
            text = pattern.sub(replacement, text)
        return text

    return mask


def _under_telling_names(value: Any, inside: bool, depth: int) -> Iterator[str]:
    if depth > 6:
        return
    if isinstance(value, Mapping):
        for name, item in value.items():
            told = inside or telling(str(name))
            yield from _under_telling_names(item, told, depth + 1)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _under_telling_names(item, inside, depth + 1)
    elif inside and isinstance(value, (str, int)) and not isinstance(value, bool):
        yield str(value)
