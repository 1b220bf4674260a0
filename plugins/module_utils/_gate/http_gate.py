# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Gate on HTTP: status, body, speed, several good answers in a row."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field

from ansible_collections.vigie.run.plugins.module_utils._gate.model import Seen, short
from ansible_collections.vigie.run.plugins.module_utils._http import (
    Answer,
    Connection,
    HttpError,
    parse_url,
    tls_context,
)

_MAX_BODY = 1 << 20


@dataclass
class HttpGate:
    """Passes when `count` requests in a row are answered as expected.

    The requests go over one connection that is kept between looks; a look ends
    at the first wrong answer. `max_ms` (0: no limit) holds for each of them. Of
    the body, the first MiB is read; `body` is in it as it is written, or matches
    there as a regular expression, `^` and `$` at each line.
    """

    name: str
    url: str
    method: str = "GET"
    headers: dict[str, str] = field(default_factory=dict)
    status: tuple[int, ...] = (200,)
    body: str = ""
    count: int = 1
    max_ms: int = 0
    validate_certs: bool = True
    ca_path: str = ""
    attempt_timeout: float = 5.0
    type: str = field(default="http", init=False)

    def __post_init__(self) -> None:
        """Raises RunError for an address or a CA file that cannot be used."""
        endpoint, self._target = parse_url(self.url)
        tls = None
        if endpoint.scheme == "https":
            tls = tls_context(self.ca_path, validate=self.validate_certs)
        self._connection = Connection(endpoint, tls)
        self._pattern = re.compile(self.body, re.MULTILINE)
        self.target = self.url
        self.reads_only = self.method in ("GET", "HEAD", "OPTIONS")

    def look(self, limit: float) -> Seen:
        deadline = time.monotonic() + limit
        seen = Seen(False, "nothing")
        for number in range(self.count):
            left = deadline - time.monotonic()
            if number and left <= 0:
                return Seen(False, f"{seen.saw}, only {number} of {self.count} in time")
            seen = self._ask(min(self.attempt_timeout, max(left, 0.001)))
            if not seen.ok:
                break
        return seen

    def close(self) -> None:
        self._connection.close()

    def _ask(self, limit: float) -> Seen:
        try:
            answer = self._connection.request(
                self.method,
                self._target,
                headers=self.headers,
                timeout=limit,
                max_bytes=_MAX_BODY,
            )
        except HttpError as error:
            return Seen(False, str(error))
        return self._judge(answer)

    def _judge(self, answer: Answer) -> Seen:
        text = answer.text
        saw = f"{answer.status} {short(text)!r}" if text.strip() else f"{answer.status}"
        if answer.status not in self.status:
            return Seen(False, saw)
        if self.body not in text and not self._pattern.search(text):
            return Seen(False, f"{saw}, without {self.body!r}")
        took = answer.seconds * 1000
        if self.max_ms and took > self.max_ms:
            return Seen(False, f"{saw} in {took:.0f} ms, slower than {self.max_ms} ms")
        return Seen(True, saw)
