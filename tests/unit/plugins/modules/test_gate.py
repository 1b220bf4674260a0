# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module as a play uses it: real servers on loopback, real commands."""

from __future__ import annotations

import json
import socket
import time

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.vigie.run.plugins.modules import gate
from ansible_collections.vigie.run.tests.unit.fakes.answering import Answering


@pytest.fixture
def play(capsys):
    """Run the module's main with options; return its result."""

    def run(*gates, **options):
        options = {"gates": list(gates), "interval": 0.05, **options}
        with patch_module_args(options), pytest.raises(SystemExit):
            gate.main()
        return json.loads(capsys.readouterr().out)

    return run


@pytest.fixture
def closed_port():
    """A port of loopback that nobody listens on."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        yield sock.getsockname()[1]


def test_all_must_hold_and_every_state_is_told(play):
    with Answering(lambda *_request: (200, "ok 2.0.0\n")) as app:
        out = play(
            {"name": "health", "type": "http", "url": app.url, "body": "ok 2.0.0"},
            {"type": "tcp", "port": app.port},
            {"type": "command", "argv": ["sh", "-c", "exit 3"], "rc": 3},
        )
    assert (out["passed"], out["changed"]) == (True, False)
    assert [(one["name"], one["saw"]) for one in out["gates"]] == [
        ("health", "200 'ok 2.0.0'"),
        ("tcp", "connection accepted"),
        ("command", "rc 3"),
    ]


def test_the_message_says_which_gate_and_what_it_saw(play):
    with Answering(lambda *_request: (503, "starting 3.0.0\n")) as app:
        out = play(
            {"name": "health", "type": "http", "url": f"{app.url}/health"},
            {"name": "fine", "type": "command", "argv": ["true"]},
            timeout=0.3,
        )
    attempts = out["gates"][0]["attempts"]
    assert out["msg"] == (
        f"gate 'health' (http {app.url}/health) did not hold within 0.3 s: "
        f"last saw 503 'starting 3.0.0' ({attempts} attempts)"
    )
    assert attempts > 1
    assert [one["passed"] for one in out["gates"]] == [False, True]
    assert app.connections == 1


def test_refused_and_a_command_that_hangs_end_in_time(play, closed_port):
    started = time.monotonic()
    out = play(
        {"name": "port", "type": "tcp", "port": closed_port},
        {
            "name": "slow",
            "type": "command",
            "argv": ["sleep", "60"],
            "attempt_timeout": 0.2,
        },
        timeout=0.3,
    )
    assert time.monotonic() - started < 5
    assert "last saw connection refused" in out["msg"]
    assert "gate 'slow' (command sleep 60)" in out["msg"]
    assert out["gates"][1]["saw"].startswith("no end within 0.")


def test_mistakes_are_told_together_before_anything_is_asked(play):
    with Answering(lambda *_request: (200, "")) as app:
        out = play(
            {"type": "http", "url": app.url, "unit": "portal", "body": "(", "count": 0},
            {"type": "tcp", "host": "db"},
            {"type": "consul", "service": "web", "min_passing": "120%"},
            timeout=5,
            soak=5,
        )
    fields = [problem.split(":")[0] for problem in out["problems"]]
    assert fields == [
        "soak",
        "gates[0].body",
        "gates[0].count",
        "gates[0].unit",
        "gates[1].port",
        "gates[2].min_passing",
    ]
    assert all(problem in out["msg"] for problem in out["problems"])
    assert app.requests == []


def test_check_mode_looks_once_never_fails_and_runs_no_command(play, tmp_path):
    trace = tmp_path / "trace"
    with Answering(lambda *_request: (503, "starting")) as app:
        out = play(
            {"type": "http", "url": app.url},
            {"name": "post", "type": "http", "url": app.url, "method": "POST"},
            {"type": "command", "argv": ["touch", str(trace)]},
            _ansible_check_mode=True,
        )
    assert "failed" not in out
    assert out["passed"] is False
    assert [one["saw"] for one in out["gates"]] == [
        "503 'starting'",
        "not tried in check mode",
        "not tried in check mode",
    ]
    assert app.requests == [("GET", "/")]
    assert not trace.exists()


def test_secret_headers_are_sent_and_never_shown(play):
    def answer(_method, _path, headers):
        return 403, f"no right for {headers['X-Consul-Token']}"

    with Answering(answer) as app:
        out = play(
            {
                "name": "api",
                "type": "http",
                "url": app.url,
                "secret_headers": {"X-Consul-Token": "not-for-your-eyes"},
            },
            timeout=0,
        )
    assert "no right for ****" in out["msg"]
    assert "not-for-your-eyes" not in json.dumps(out)
