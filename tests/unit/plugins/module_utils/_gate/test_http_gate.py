# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTTP gate against a real server on loopback."""

from __future__ import annotations

import itertools
import time

from ansible_collections.vigie.run.plugins.module_utils._gate.http_gate import HttpGate
from ansible_collections.vigie.run.tests.unit.fakes.answering import Answering


def test_count_wants_good_answers_in_a_row_over_one_connection():
    answers = itertools.chain([(200, "")] * 2, [(500, "")], itertools.repeat((200, "")))
    with Answering(lambda *_request: next(answers)) as app:
        gate = HttpGate("warm", app.url, count=4)
        assert not gate.look(5).ok
        assert len(app.requests) == 3
        assert gate.look(5).ok
        assert len(app.requests) == 7
        assert app.connections == 1
        gate.close()


def test_body_is_text_or_a_regular_expression():
    with Answering(lambda *_request: (200, "portal 1.0.0 (web-a1)\n")) as app:

        def ok(body):
            return HttpGate("body", app.url, body=body).look(5).ok

        assert ok("1.0.0 (web-a1)")
        assert ok(r"^portal \d\.0\.0 ")
        assert not ok("portal 2")
        seen = HttpGate("body", app.url, body="portal 2").look(5)
        assert seen.saw == "200 'portal 1.0.0 (web-a1)', without 'portal 2'"


def test_too_slow_and_no_answer_at_all_are_told_apart():
    def slowly(*_request):
        time.sleep(0.2)
        return 200, "late"

    with Answering(slowly) as app:
        slow = HttpGate("slow", app.url, max_ms=50).look(5)
        assert not slow.ok
        assert slow.saw.endswith("ms, slower than 50 ms")
        hung = HttpGate("hung", app.url, attempt_timeout=0.1).look(5)
        assert hung.saw == "no answer within 0.1 s"


def test_a_kept_connection_that_was_closed_is_opened_again():
    closing = iter([False, True, False])
    with Answering(lambda *_request: None if next(closing) else (200, "ok")) as app:
        gate = HttpGate("health", app.url)
        assert gate.look(5).ok
        assert gate.look(5).ok
        assert app.connections == 2
        gate.close()


def test_a_server_that_only_closes_is_seen_as_that():
    with Answering(lambda *_request: None) as app:
        seen = HttpGate("health", app.url).look(5)
    assert seen.saw == "connection closed without an answer"


def test_redirections_are_seen_and_not_followed():
    with Answering(lambda *_request: (302, "")) as app:
        assert HttpGate("home", app.url).look(5).saw == "302"
        assert HttpGate("home", app.url, status=(302,)).look(5).ok
        assert len(app.requests) == 2
