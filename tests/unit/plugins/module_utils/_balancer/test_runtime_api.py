# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asking HAProxy over a real unix socket, and what is said when it goes wrong."""

from __future__ import annotations

import os
import socket
import threading

import pytest
from ansible_collections.vigie.run.plugins.module_utils._balancer.runtime_api import (
    RuntimeApi,
)
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.tests.unit.fakes.fake_haproxy import (
    FakeHaproxy,
    six_web_hosts,
)


@pytest.fixture
def fake(tmp_path):
    with FakeHaproxy(tmp_path / "admin.sock", six_web_hosts()) as haproxy:
        yield haproxy


def test_answers_come_one_for_each_command(fake):
    api = RuntimeApi(str(fake.path))
    answers = api.ask(
        [
            "set server portal/web-a1 state drain",
            "set server portal/nobody state drain",
            "show servers state other",
            "set server portal/web-a2 state ready",
        ]
    )
    assert answers[:2] == ["", "No such server."]
    assert answers[2].splitlines()[-1].split()[:4] == ["4", "other", "1", "x"]
    assert answers[3] == ""


def test_an_answer_with_a_second_empty_line_is_still_one(fake):
    (answer,) = RuntimeApi(str(fake.path)).ask(["show backend"])
    assert answer == "# name\nportal\nother"


def test_many_commands_are_asked_in_lines_that_fit_the_buffer(fake):
    commands = ["set server portal/web-a1 state drain"] * 600
    fake.chunk = 65536
    assert RuntimeApi(str(fake.path)).ask(commands) == [""] * 600
    assert len(fake.commands) == 600


def test_a_missing_socket_names_the_path_and_the_remedy(tmp_path):
    path = str(tmp_path / "none.sock")
    with pytest.raises(RunError, match=r"no such socket.*stats socket .* level admin"):
        RuntimeApi(path).ask(["show info"])


def test_a_socket_that_nobody_listens_on_is_refused(tmp_path):
    path = str(tmp_path / "dead.sock")
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(path)
    with pytest.raises(RunError, match=f"{path} refuses the connection.*Start HAProxy"):
        RuntimeApi(path).ask(["show info"])


def test_no_permission_says_which_user_and_what_to_do(monkeypatch, tmp_path):
    def refuse(*_args):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    text = f"no permission for user id {os.geteuid()}.*become"
    with pytest.raises(RunError, match=text):
        RuntimeApi(str(tmp_path / "x.sock")).ask(["show info"])


def test_silence_ends_at_the_time_limit(fake):
    fake.deaf = True
    with pytest.raises(RunError, match=r"did not answer within 0\.2 s"):
        RuntimeApi(str(fake.path), timeout=0.2).ask(["show info"])


def test_an_answer_that_trickles_ends_at_the_time_limit_too(tmp_path):
    """Each byte comes in time, the whole does not."""
    path, stop = str(tmp_path / "slow.sock"), threading.Event()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen()

    def trickle():
        talk, _address = listener.accept()
        with talk:
            while not stop.wait(0.05):
                try:
                    talk.sendall(b"x")
                except OSError:
                    return

    thread = threading.Thread(target=trickle)
    thread.start()
    try:
        with pytest.raises(RunError, match=r"did not answer within 0\.3 s"):
            RuntimeApi(path, timeout=0.3).ask(["show info"])
    finally:
        stop.set()
        thread.join(5)
        listener.close()


@pytest.mark.parametrize("cut_after", [0, 1, 300])
def test_an_answer_cut_short_is_never_taken_for_whole(fake, cut_after):
    fake.cut_after = cut_after
    with pytest.raises(RunError, match="in the middle of an answer"):
        RuntimeApi(str(fake.path)).ask(["show servers state", "show stat -1 4 -1"])


def test_a_socket_without_the_level_says_so(fake):
    fake.level = "operator"
    with pytest.raises(RunError, match=r"lacks the level.*level admin"):
        RuntimeApi(str(fake.path)).ask(["set server portal/web-a1 state drain"])


def test_the_lock_lets_one_in_and_names_itself_to_the_other(tmp_path):
    first, second = (RuntimeApi(str(tmp_path / "s")) for _api in range(2))
    with (
        first.lock(),
        pytest.raises(RunError, match=r"s\.lock is held by another run"),
        second.lock(wait=0.2),
    ):
        pass
    with second.lock(wait=0.2):
        pass


def test_the_lock_follows_no_link(tmp_path):
    (tmp_path / "s.lock").symlink_to(tmp_path / "elsewhere")
    with (
        pytest.raises(RunError, match="Cannot open the lock"),
        RuntimeApi(str(tmp_path / "s")).lock(),
    ):
        pass
    assert not (tmp_path / "elsewhere").exists()


def test_without_the_folder_the_missing_socket_is_the_message(tmp_path):
    path = str(tmp_path / "no" / "admin.sock")
    with (
        pytest.raises(RunError, match=f"{path}: there is no such socket"),
        RuntimeApi(path).lock(),
    ):
        pass
