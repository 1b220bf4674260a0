# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""One result of one host as an event of the journal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.vigie.run.plugins.module_utils._journal import events, mask

_DETAIL_OF_LOOP = 3  # failed entries of a loop whose messages are kept


def event(
    run: str,
    result: Any,
    status: str,
    span: tuple[float, float],
    secrets: Iterable[str] = (),
) -> dict[str, Any]:
    """The event of a `CallbackTaskResult`; `span` is its start and end (epoch s).

    Reads the task's name, action, role and delegation; of what the module returned
    only what `events.detail` allows, and the message of a failure. With `no_log`
    neither, and the name as it is written in the play.
    """
    task = result.task
    action = str(getattr(task, "resolved_action", None) or task.action)
    bad = status not in ("ok", "changed")
    ours = action in events.DETAIL_FIELDS
    returned = result.result if bad or ours else {}
    hidden = bool(task.no_log or returned.get("_ansible_no_log"))
    known = set(secrets)
    if bad or ours:
        known |= mask.environment_values(task.environment)
        known |= mask.secret_values(task.args)
    masked = mask.masker(known)
    entry: dict[str, Any] = {
        "event": events.TASK,
        "at": round(span[1], 3),
        "run": run,
        "host": result.host.get_name(),
        "task": masked(_written_name(task) if hidden else task.get_name()),
        "action": action,
        "start": round(span[0], 3),
        "end": round(span[1], 3),
        "status": status,
    }
    role = getattr(task, "_role", None)
    if role is not None:
        entry["role"] = role.get_name()
    if task.delegate_to and task.delegate_to != entry["host"]:
        entry["delegated_to"] = masked(str(task.delegate_to))
    if hidden:
        entry["no_log"] = True
        return entry
    if bad:
        message = failure_message(returned, _environment_unknown(task))
        entry["msg"] = events.shorten(masked(message))
    detail = events.detail(action, task.args or {}, returned, masked)
    if detail:
        entry["detail"] = detail
    return entry


def failure_message(returned: Mapping[str, Any], summary_only: bool = False) -> str:
    """What a module said of its failure; of a loop, what its entries said too."""
    said = str(returned.get("msg") or "")
    entries = returned.get("results")
    if not isinstance(entries, list) or summary_only:
        return said or "The task failed without a message."
    bad = [
        str(one["msg"])
        for one in entries
        if isinstance(one, Mapping)
        and (one.get("failed") or one.get("unreachable"))
        and one.get("msg")
        and not one.get("_ansible_no_log")
    ]
    kept = bad[:_DETAIL_OF_LOOP]
    if len(bad) > len(kept):
        kept.append(f"and {len(bad) - len(kept)} more")
    return "; ".join([said, *kept] if said else kept)


def is_rescued(task: Any) -> bool:
    """Whether a failure of this task enters a `rescue`: a block around it has one,
    and the task is in the block's own tasks, not in its rescue or always part."""
    child = task
    parent = getattr(child, "_parent", None)
    while parent is not None:
        inside = {entry._uuid for entry in getattr(parent, "block", ())}
        if getattr(parent, "rescue", None) and child._uuid in inside:
            return True
        child, parent = parent, getattr(parent, "_parent", None)
    return False


def _written_name(task: Any) -> str:
    """The name as it stands in the play: a template's values may be secret."""
    source = task.get_ds()
    name = source.get("name") if isinstance(source, Mapping) else None
    return str(name or task.action)


def _environment_unknown(task: Any) -> bool:
    """In the summary of a loop the environment is not templated, so its values are
    not known, and cannot be masked in what the entries said."""
    return "{{" in str(task.environment or "")
