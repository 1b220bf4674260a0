# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""The text of a policy, read as Vault reads it: a slip is told before it is sent.

Policies are HCL: blocks of paths with attributes
(https://developer.hashicorp.com/vault/docs/concepts/policies,
https://openbao.org/docs/concepts/policies/). JSON is left to Vault.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

CAPABILITIES = (
    *("create", "read", "update", "patch", "delete", "list", "scan", "sudo", "deny"),
    *("subscribe", "recover"),
)
# Attributes and blocks of a path; those of OpenBao alone are the last.
KEYS = (
    *("capabilities", "policy", "comment"),
    *("allowed_parameters", "denied_parameters", "required_parameters"),
    *("min_wrapping_ttl", "max_wrapping_ttl", "control_group", "mfa_methods"),
    "subscribe_event_types",
    *("expiration", "pagination_limit", "response_keys_filter_path"),
    "list_scan_response_keys_filter_path",
)
_TOKEN = re.compile(
    r"(?P<space>(?:\s|\#[^\n]*|//[^\n]*|/\*.*?\*/)+)"
    r'|(?P<text>"(?:\\.|[^"\\\n])*")'
    r"|(?P<heredoc><<-?(?P<end>\w+)\n.*?\n\s*(?P=end)(?=\n|$))"
    r"|(?P<word>[A-Za-z_][\w.-]*)"
    r"|(?P<number>-?\d[\w.]*)"
    r"|(?P<sign>[{}\[\]=,:])",
    re.DOTALL,
)


class _SyntaxError(Exception):
    """Where it went wrong, and what was expected."""


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    line: int


def problem_of(policy: str) -> str:
    """What is wrong with a policy's text, in words; "" where nothing is."""
    if policy.lstrip().startswith("{"):
        return _json_problem(policy)
    try:
        _Reader(list(_tokens(policy))).policy()
    except _SyntaxError as error:
        return str(error)
    return ""


def _json_problem(policy: str) -> str:
    try:
        json.loads(policy)
    except ValueError as error:
        return f"is no JSON, though it begins like it: {error}"
    return ""


def _tokens(policy: str) -> Iterator[_Token]:
    at, line = 0, 1
    while at < len(policy):
        found = _TOKEN.match(policy, at)
        if found is None:
            here = policy[at:].split("\n", 1)[0][:30]
            raise _SyntaxError(f"line {line}: {here!r} is not understood")
        kind = found.lastgroup if found.lastgroup != "end" else "heredoc"
        if kind != "space":
            yield _Token(kind or "", found[0], line)
        line += found[0].count("\n")
        at = found.end()


class _Reader:
    """Reads tokens from left to right; each method one thing of the language."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._at = 0

    def policy(self) -> None:
        while self._at < len(self._tokens):
            word = self._take("word", "path")
            if word.text == "name":
                self._sign("=")
                self._value()
            elif word.text == "path":
                self._take("text", "the path in quotes")
                self._path()
            else:
                raise self._wrong(word, 'path "…" {')

    def _path(self) -> None:
        self._sign("{")
        while not self._is("}"):
            key = self._take("word", "an attribute, or },")
            if key.text not in KEYS:
                raise self._wrong(key, f"one of {', '.join(KEYS)}")
            if self._is("{"):
                self._mapping()
                continue
            self._sign("=")
            value = self._value()
            if key.text == "capabilities":
                self._capabilities(key, value)
        self._sign("}")

    def _capabilities(self, key: _Token, value: Any) -> None:
        given = value if isinstance(value, list) else [value]
        unknown = [one for one in given if one not in CAPABILITIES]
        if unknown:
            raise _SyntaxError(
                f"line {key.line}: {unknown[0]!r} is no capability; use"
                f" {', '.join(CAPABILITIES)}"
            )

    def _value(self) -> Any:
        if self._is("["):
            return self._list()
        if self._is("{"):
            return self._mapping()
        token = self._next("a value")
        if token.kind not in ("text", "number", "heredoc", "word"):
            raise self._wrong(token, "a value")
        return token.text[1:-1] if token.kind == "text" else token.text

    def _list(self) -> list[Any]:
        self._sign("[")
        found = []
        while not self._is("]"):
            found.append(self._value())
            if not self._is("]"):
                self._sign(",")
        self._sign("]")
        return found

    def _mapping(self) -> None:
        self._sign("{")
        while not self._is("}"):
            key = self._next("a name")
            if key.kind not in ("text", "word"):
                raise self._wrong(key, "a name")
            if not self._is("{"):
                self._sign("=", ":")
            self._value()
            if self._is(","):
                self._sign(",")
        self._sign("}")

    # -- tokens ------------------------------------------------------------------------

    def _is(self, sign: str) -> bool:
        there = self._tokens[self._at : self._at + 1]
        return bool(there) and there[0].kind == "sign" and there[0].text == sign

    def _sign(self, *signs: str) -> None:
        token = self._next(signs[0])
        if token.kind != "sign" or token.text not in signs:
            raise self._wrong(token, signs[0])

    def _take(self, kind: str, expected: str) -> _Token:
        token = self._next(expected)
        if token.kind != kind:
            raise self._wrong(token, expected)
        return token

    def _next(self, expected: str) -> _Token:
        if self._at == len(self._tokens):
            raise _SyntaxError(f"ends where {expected} was expected")
        self._at += 1
        return self._tokens[self._at - 1]

    def _wrong(self, token: _Token, expected: str) -> _SyntaxError:
        return _SyntaxError(
            f"line {token.line}: {token.text[:30]!r} where {expected} was expected"
        )
