# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The journal of real runs of ansible-playbook on made-up local hosts."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.vigie.run.plugins.module_utils._journal import events

COLLECTIONS = Path(events.__file__).parents[6]
WORDS = ("nolog", "option", "url", "query", "said", "env", "var")
SECRETS = [f"hunter-{word}-7f3a" for word in WORDS]
INVENTORY = """
all:
  vars:
    ansible_connection: local
    ansible_python_interpreter: "{{ ansible_playbook_python }}"
    ansible_ssh_args: -o ConnectTimeout=2 -o BatchMode=yes
  hosts: {h1: , h2: , h3: , gone: {ansible_connection: ssh, ansible_host: 127.0.0.1,
          ansible_port: 1}, lb: }
"""
WAVES = """
- name: Waves
  hosts: h1:h2:h3:gone
  gather_facts: false
  serial: [1, 2]
  tasks:
    - name: Say hello
      ansible.builtin.debug: {msg: "a secret place"}
      delegate_to: lb
    - name: Skipped everywhere
      ansible.builtin.debug: {msg: no}
      when: false
    - name: Fragile
      when: inventory_hostname == 'h2'
      block:
        - name: Break
          ansible.builtin.fail: {msg: "the gate saw 503"}
      rescue:
        - name: Pick up the pieces
          ansible.builtin.debug: {msg: rescued}
    - name: Look the other way
      ansible.builtin.fail: {msg: "not that bad"}
      ignore_errors: true
      when: inventory_hostname == 'h1'
    - name: Reach the host
      ansible.builtin.ping:
      when: inventory_hostname == 'gone'
    - name: Break for good
      ansible.builtin.fail: {msg: "h3 is lost"}
      when: inventory_hostname == 'h3'
"""
LEAKY = """
- name: Leaky
  hosts: h1
  gather_facts: false
  vars:
    env_secret: hunter-env-7f3a
    hidden: hunter-nolog-7f3a
  tasks:
    - name: "Hidden {{ hidden }}"
      ansible.builtin.command: echo hunter-nolog-7f3a
      no_log: true
      failed_when: true
      ignore_errors: true
    - name: Hidden loop
      ansible.builtin.fail: {msg: "{{ item }}"}
      loop: [hunter-nolog-7f3a]
      no_log: true
      ignore_errors: true
    - name: Ask a server that is not there
      ansible.builtin.uri:
        url: http://op:hunter-url-7f3a@127.0.0.1:1/x?token=hunter-query-7f3a
        url_password: hunter-option-7f3a
        headers: {X-Consul-Token: hunter-option-7f3a}
      ignore_errors: true
    - name: A message that tells
      ansible.builtin.fail:
        msg: >-
          GET http://op:hunter-url-7f3a@db/?token=hunter-query-7f3a said
          password=hunter-said-7f3a, Authorization: Bearer hunter-said-7f3a
      ignore_errors: true
    - name: A command that prints its environment
      ansible.builtin.command: sh -c 'echo $DB; echo $DB >&2; exit 3'
      environment: &env {DB: "{{ env_secret }}"}
      ignore_errors: true
    - name: A message with a value of the environment
      ansible.builtin.fail: {msg: "cannot log in with {{ env_secret }}"}
      environment: *env
      ignore_errors: true
    - name: A loop with a value of the environment
      ansible.builtin.fail: {msg: "cannot log in with {{ env_secret }}"}
      loop: [1]
      environment: *env
      ignore_errors: true
    - name: "A name and message with a secret variable {{ api_token }}"
      ansible.builtin.fail: {msg: "the server refused {{ api_token }}"}
      ignore_errors: true
"""


def play(folder, text, *options, **environment):
    """Run a playbook; returns the process and the journals' paths."""
    (folder / "hosts.yml").write_text(INVENTORY)
    (folder / "my play.yml").write_text(text)
    config = "[defaults]\ncallbacks_enabled = vigie.run.journal\n"
    config += "retry_files_enabled = false\n[journal]\npath = ./journals\n"
    (folder / "ansible.cfg").write_text(config)
    command = [sys.executable, "-m", "ansible", "playbook", "-i", "hosts.yml"]
    done = subprocess.run(
        [*command, "my play.yml", *options],
        cwd=folder,
        env={
            **os.environ,
            "ANSIBLE_CONFIG": str(folder / "ansible.cfg"),
            "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
            "ANSIBLE_NOCOLOR": "1",
            **environment,
        },
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    return done, sorted((folder / "journals").glob("*"))


def read(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture(scope="module")
def waves(tmp_path_factory):
    folder = tmp_path_factory.mktemp("waves")
    options = ["--limit", "all", "-e", "colour=blue", "--skip-tags", "never"]
    done, journals = play(folder, WAVES, *options)
    return done, journals[0], read(journals[0])


def test_one_private_file_a_run(waves):
    _done, path, told = waves
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    stamp, name, short = path.stem.split("-")
    assert (len(stamp), name) == (len("20261122T100300Z"), "my_play")
    assert told[0]["run"].startswith(short)
    assert {event["run"] for event in told} == {told[0]["run"]}
    assert all(isinstance(event["at"], float) for event in told)


def test_the_first_event_says_who_runs_what(waves):
    event = waves[2][0]
    assert event["event"] == "run"
    assert event["playbook"] == "my play.yml"
    assert event["extra_vars"] == ["colour"]
    assert "blue" not in json.dumps(event)
    assert (event["check"], event["limit"]) == (False, "all")
    assert event["skip_tags"] == ["never"]
    assert event["user"]
    assert event["controller"]
    assert event["ansible"].startswith("2.")


def test_each_batch_is_a_wave_with_its_hosts(waves):
    plays = [event for event in waves[2] if event["event"] == "play"]
    assert [(p["wave"], p["waves"], p["hosts"]) for p in plays] == [
        (1, 3, ["h1"]),
        (2, 3, ["h2", "h3"]),
        (3, 3, ["gone"]),
    ]


def test_results_carry_status_message_and_span(waves):
    tasks = [event for event in waves[2] if event["event"] == "task"]
    found = {(t["host"], t["task"]): t for t in tasks}
    statuses = {key: t["status"] for key, t in found.items()}
    assert statuses["h1", "Say hello"] == "ok"
    assert statuses["h2", "Break"] == "rescued"
    assert statuses["h2", "Pick up the pieces"] == "ok"
    assert statuses["h1", "Look the other way"] == "ignored"
    assert statuses["gone", "Reach the host"] == "unreachable"
    assert statuses["h3", "Break for good"] == "failed"
    assert found["h2", "Break"]["msg"] == "the gate saw 503"
    assert "onnect" in found["gone", "Reach the host"]["msg"]
    assert found["h1", "Say hello"]["delegated_to"] == "lb"
    assert found["h1", "Say hello"]["action"] == "ansible.builtin.debug"
    assert all(t["start"] <= t["end"] for t in tasks)
    assert all(t["task"] != "Skipped everywhere" for t in tasks)


def test_results_of_other_modules_are_not_kept(waves):
    assert "a secret place" not in waves[1].read_text()
    assert all("detail" not in event for event in waves[2])


def test_the_last_event_says_how_it_ended(waves):
    done, _path, told = waves
    end = told[-1]
    assert done.returncode != 0
    assert (end["event"], end["outcome"]) == ("end", "failed")
    assert end["seconds"] == pytest.approx(end["at"] - told[0]["at"], abs=0.01)
    assert end["stats"]["h2"]["rescued"] == 1
    assert end["stats"]["gone"]["unreachable"] == 1
    assert end["stats"]["h1"]["skipped"] == 4


def test_no_secret_reaches_the_journal(tmp_path):
    options = ["-e", "api_token=hunter-var-7f3a"]
    done, journals = play(tmp_path, LEAKY, *options)
    text = journals[0].read_text()
    assert done.returncode == 0, done.stdout
    told = [event for event in read(journals[0]) if event["event"] == "task"]
    assert len(told) == 8  # every task is there
    assert [secret for secret in SECRETS if secret in text] == []
    hidden = [event for event in told if event.get("no_log")]
    assert len(hidden) == 2
    assert all("msg" not in event and "detail" not in event for event in hidden)
    assert "cannot log in with ***" in text
    assert "the server refused ***" in text


def test_an_error_warns_once_and_the_run_goes_on(tmp_path):
    (tmp_path / "file").write_text("")
    done, journals = play(
        tmp_path, WAVES, VIGIE_JOURNAL_DIR=str(tmp_path / "file" / "x")
    )
    assert journals == []
    output = " ".join((done.stdout + done.stderr).split())
    assert output.count("The journal of this run stops here") == 1
    assert "NotADirectoryError" in output
    assert "h3 is lost" in output


def test_a_run_that_breaks_outside_its_tasks_is_marked_stopped(tmp_path):
    text = "- hosts: h1\n  gather_facts: false\n  tasks: [{ansible.builtin.ping: }]\n"
    text += "- hosts: h1\n  gather_facts: false\n  serial: ['{{ nothing }}']\n"
    done, journals = play(tmp_path, text)
    assert done.returncode != 0
    end = read(journals[0])[-1]
    assert (end["event"], end["outcome"], end["stats"]) == ("end", "stopped", {})


def test_the_report_is_drawn_from_the_folder_of_the_journals(waves):
    path = waves[1]
    folder = path.parent.parent
    done = subprocess.run(
        [sys.executable, "-m", "ansible", "playbook", "vigie.run.report"],
        cwd=folder,
        env={
            **os.environ,
            "ANSIBLE_CONFIG": str(folder / "ansible.cfg"),
            "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    page = (folder / "report.html").read_text("utf-8")
    assert "<h1>my play.yml</h1>" in page
    assert "h3 is lost" in page
    assert page.count("<section ") == 1  # not the run that draws
