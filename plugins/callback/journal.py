# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the journal of each run: thin, the format lives in module_utils/_journal."""

from __future__ import annotations

DOCUMENTATION = r"""
name: journal
type: notification
short_description: Write a journal of each run, one JSON object a line
version_added: 0.1.0
author: the vigie.run authors (@vigie-run)
description:
  - Writes one file for each playbook run, named C(<UTC stamp>-<playbook>-<short id>.jsonl), with mode C(0600).
  - It tells who ran what where, each wave with its hosts, each result of each host with its start and end,
    what the modules of this collection did, and how the run ended. P(vigie.run.journal_report#module) draws a report from it.
  - Each line is written at once, so the journal of a run that was killed can be read up to its last moment.
  - It holds no secrets. Of results only the message of a failure and an allow-list of fields of the modules of this
    collection are kept; of extra variables only the names; of a task with C(no_log) only that it ran and how it ended.
    What looks like a credential in a message is masked, and so are values of the task's environment and of variables
    and options whose names tell that they are secret.
  - An error in this plugin never breaks the run. It warns once and stops writing.
requirements:
  - Enable it with C(callbacks_enabled = vigie.run.journal) in the section C([defaults]) of C(ansible.cfg).
options:
  journal_dir:
    description:
      - The folder of the journals, made with mode C(0700) when missing.
    type: path
    default: ~/.local/state/vigie.run/journal
    env:
      - name: VIGIE_JOURNAL_DIR
    ini:
      - section: journal
        key: path
"""

import atexit
import functools
import getpass
import os
import platform
import secrets
import time
from collections import Counter
from pathlib import Path
from typing import Any, Callable

from ansible import context
from ansible.plugins.callback import CallbackBase
from ansible.release import __version__ as ansible_version
from ansible_collections.vigie.run.plugins.module_utils._journal import (
    events,
    mask,
    task,
)
from ansible_collections.vigie.run.plugins.module_utils._journal.writer import Writer

INCLUDES = frozenset(
    f"{prefix}include_{what}"
    for prefix in ("ansible.builtin.", "ansible.legacy.", "")
    for what in ("tasks", "role")
)


def guarded(method: Callable[..., None]) -> Callable[..., None]:
    """The run goes on whatever happens here: one warning, then silence."""

    @functools.wraps(method)
    def wrapper(self: CallbackModule, *args: Any, **kwargs: Any) -> None:
        try:
            method(self, *args, **kwargs)
        except Exception as error:
            self.disabled = True
            self._display.warning(
                f"The journal of this run stops here: {type(error).__name__}: {error}"
            )

    return wrapper


class CallbackModule(CallbackBase):
    """Turns what Ansible tells its callbacks into events of the journal."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "vigie.run.journal"
    CALLBACK_NEEDS_ENABLED = True
    # The first beta of ansible-core 2.22 gave results with secrets to plugins that say
    # True here; later ones always mask, and ignore this. This plugin wants them masked.
    ANSIBLE_SUPPORTS_MASKING = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._writer: Writer | None = None
        self._run = ""
        self._started = 0.0
        self._secrets: set[str] = set()
        self._mask = mask.masker()
        self._waves: Counter[str] = Counter()
        self._begun: dict[tuple[str, str], float] = {}
        self._pid = os.getpid()
        atexit.register(self._stopped)

    @guarded
    def v2_playbook_on_start(self, playbook: Any) -> None:
        self._run, self._started = secrets.token_hex(8), _now()
        self._waves.clear()
        variables = self._extra_vars(playbook)
        self._know(mask.secret_values(variables))
        name = Path(playbook._file_name).name
        file_name = events.file_name(name, self._run, self._started)
        self._writer = Writer(Path(self.get_option("journal_dir")), file_name)
        facts = {
            "playbook": name,
            "user": getpass.getuser(),
            "controller": platform.node(),
            "ansible": ansible_version,
            **self._command_line(),
            "extra_vars": sorted(map(str, variables)),
        }
        clean = events.clean(facts, self._mask)
        self._write(events.run_event(self._run, self._started, clean))

    def set_play_context(self, play_context: Any) -> None:
        self._know({str(word) for word in vars_of_passwords(play_context) if word})

    @guarded
    def v2_playbook_on_play_start(self, play: Any) -> None:
        manager = play.get_variable_manager()
        known = manager.get_vars(play=play, include_hostvars=False)
        hosts = [str(name) for name in known.get("ansible_play_batch", ())]
        everyone = known.get("ansible_play_hosts_all", ())
        waves = events.count_waves(play.serial, len(everyone))
        self._waves[play._uuid] += 1
        wave = self._waves[play._uuid] if waves else 0
        name = self._mask(play.get_name())
        event = events.play_event(self._run, _now(), name, hosts, wave, waves)
        self._begun.clear()
        self._write(event, sync=True)  # so what came before this wave is on the disk

    @guarded
    def v2_runner_on_start(self, host: Any, task: Any) -> None:
        self._begun[(host.get_name(), task._uuid)] = _now()

    @guarded
    def v2_runner_on_ok(self, result: Any) -> None:
        if result.task.action in INCLUDES:
            return  # what was included tells its own story
        self._task(result, "changed" if result.is_changed() else "ok")

    @guarded
    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        if ignore_errors:
            self._task(result, "ignored")
        else:
            self._task(result, "rescued" if task.is_rescued(result.task) else "failed")

    @guarded
    def v2_runner_on_unreachable(self, result: Any) -> None:
        ignored = result.task.ignore_unreachable
        self._task(result, "ignored" if ignored else "unreachable")

    @guarded
    def v2_playbook_on_stats(self, stats: Any) -> None:
        hosts = {str(host): stats.summarize(host) for host in sorted(stats.processed)}
        lost = any(one["failures"] or one["unreachable"] for one in hosts.values())
        self._end("failed" if lost else "ok", hosts)

    def _task(self, result: Any, status: str) -> None:
        now = _now()
        begun = self._begun.pop((result.host.get_name(), result.task._uuid), now)
        event = task.event(self._run, result, status, (begun, now), self._secrets)
        self._write(event, sync=status in events.LOST)

    def _write(self, event: dict[str, Any], sync: bool = False) -> None:
        if self._writer is not None:
            self._writer.write(event, sync)

    def _end(self, outcome: str, stats: dict[str, Any]) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            now = _now()
            event = events.end_event(self._run, now, self._started, outcome, stats)
            writer.write(event, sync=True)
            writer.close()

    @guarded
    def _stopped(self) -> None:
        """Interrupted, or an error outside any task: the run has no statistics."""
        if os.getpid() == self._pid and not self.disabled:
            self._end("stopped", {})

    def _know(self, values: set[str]) -> None:
        if not values <= self._secrets:
            self._secrets |= values
            self._mask = mask.masker(self._secrets)

    @staticmethod
    def _extra_vars(playbook: Any) -> dict[str, Any]:
        plays = playbook.get_plays()
        return dict(plays[0].get_variable_manager().extra_vars) if plays else {}

    @staticmethod
    def _command_line() -> dict[str, Any]:
        said = context.CLIARGS
        tags = [tag for tag in said.get("tags") or () if tag != "all"]
        return {
            "check": bool(said.get("check")),
            "limit": said.get("subset") or "",
            "tags": tags,
            "skip_tags": list(said.get("skip_tags") or ()),
        }


def _now() -> float:
    return round(time.time(), 3)


def vars_of_passwords(play_context: Any) -> list[Any]:
    """The passwords of the connection and of become, when the user typed them."""
    names = ("password", "become_pass")
    return [getattr(play_context, name, None) for name in names]
