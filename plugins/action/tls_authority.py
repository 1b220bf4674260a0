# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small private certificate authority in a folder of the controller."""

from __future__ import annotations

import contextlib
import datetime
import re
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.plugin_utils import _private_files as files
from ansible_collections.vigie.run.plugins.plugin_utils._tls.authority import (
    Asked,
    Authority,
    Outcome,
    Receipt,
    Terms,
)
from ansible_collections.vigie.run.plugins.plugin_utils._tls.certificates import (
    Request,
    require,
)

NAMES = {"type": "list", "elements": "str", "default": []}
USAGE = {"type": "str", "choices": ["server", "client", "both"], "default": "both"}
CERTIFICATE = {
    "name": {"type": "str", "required": True},
    "dns": NAMES,
    "ip": NAMES,
    "usage": {
        "type": "str",
        "choices": ["server", "client", "both"],
        "default": "both",
    },
}
RECEIPT = {
    "name": {"type": "str", "required": True},
    "certificate": {"type": "str", "required": True},
    "authorities": {"type": "list", "elements": "str", "required": True},
}
ARGUMENTS = {
    "dir": {"type": "str", "required": True},
    "passphrase": {"type": "str", "default": "", "no_log": True},
    "certificates": {
        "type": "list",
        "elements": "dict",
        "options": CERTIFICATE,
        "default": [],
    },
    "installed": {
        "type": "list",
        "elements": "dict",
        "options": RECEIPT,
        "default": [],
    },
    "lifetime": {"type": "str", "default": "365d"},
    "renew_before": {"type": "str", "default": "120d"},
    "ca_name": {"type": "str", "default": "Private authority"},
    "ca_lifetime": {"type": "str", "default": "3650d"},
    "ca_renew_before": {"type": "str", "default": "730d"},
}
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class ActionModule(ActionBase):
    """Needs no connection: the folder is the controller's own."""

    _requires_connection = False

    def run(
        self, tmp: str | None = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Read the options, see to the folder, tell what it holds."""
        result = super().run(tmp, task_vars)
        _checked, options = self.validate_argument_spec(argument_spec=ARGUMENTS)
        try:
            if not options["dir"]:
                raise RunError("dir: name the folder on the controller")
            folder = Path(self._loader.path_dwim(options["dir"]))
            result.update(bring_about(folder, options, self._task.check_mode))
        except RunError as error:
            result.update(failed=True, msg=str(error), **error.details)
        return result


def bring_about(
    folder: Path, options: dict[str, Any], check_mode: bool
) -> dict[str, Any]:
    """Do what the options ask for; the action's result.

    Raises RunError for options and files that cannot be used.
    """
    require()
    authority = Authority(
        folder, asked(options), datetime.datetime.now(datetime.timezone.utc), check_mode
    )
    with contextlib.ExitStack() as held:
        if not check_mode:
            files.make_folder(folder)
            held.enter_context(files.locked(folder))
        outcome = authority.run()
    for warning in outcome.warnings:
        Display().warning(warning)
    names = [one["name"] for one in options["certificates"]]
    return result_of(authority, outcome, names)


def asked(options: dict[str, Any]) -> Asked:
    """The options in the words of the authority. Raises RunError."""
    requests = [
        Request(one["name"], tuple(one["dns"]), tuple(one["ip"]), one["usage"])
        for one in options["certificates"]
    ]
    names = [request.name for request in requests]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise RunError(f"certificates: asked for twice: {', '.join(twice)}")
    receipts = [
        Receipt(one["name"], one["certificate"], frozenset(one["authorities"]))
        for one in options["installed"]
    ]
    return Asked(
        requests=requests,
        receipts=receipts,
        terms=_terms(options, ""),
        ca_terms=_terms(options, "ca_"),
        ca_name=options["ca_name"],
        passphrase=options["passphrase"],
    )


def result_of(
    authority: Authority, outcome: Outcome, names: list[str]
) -> dict[str, Any]:
    """What a task tells; no key is in it."""
    return {
        "changed": bool(outcome.changed),
        "bundle": str(authority.bundle_path),
        "authorities": [
            {
                "fingerprint": one.fingerprint,
                "ends": one.ends.isoformat(),
                "signs": one.fingerprint == outcome.signer,
            }
            for one in reversed(outcome.authorities)
        ],
        "certificates": {
            name: {
                "path": str(authority.leaf_path(name)),
                "fingerprint": leaf.fingerprint,
                "ends": leaf.ends.isoformat(),
                "renewed": name in outcome.changed,
            }
            for name in names
            if (leaf := outcome.leaves.get(name)) is not None
        },
        "pending": outcome.pending,
        "diff": {"before": outcome.before, "after": outcome.after},
    }


def _terms(options: dict[str, Any], prefix: str) -> Terms:
    return Terms(
        duration(f"{prefix}lifetime", options[f"{prefix}lifetime"]),
        duration(f"{prefix}renew_before", options[f"{prefix}renew_before"]),
        f"{prefix}renew_before",
    )


def duration(field: str, text: str) -> datetime.timedelta:
    """A length of time such as `90d`. Raises RunError naming the field."""
    match = re.fullmatch(r"(\d+)([mhdw])", text)
    if not match or not int(match[1]):
        raise RunError(
            f"{field}: {text!r} is no length of time; write 30m, 12h, 90d or 8w"
        )
    try:
        return datetime.timedelta(**{_UNITS[match[2]]: int(match[1])})
    except OverflowError as error:
        raise RunError(f"{field}: {text!r} is too long") from error
