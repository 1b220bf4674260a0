# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Unseal nodes of Vault or OpenBao by a quorum of key shares, or seal them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from ansible.utils.display import Display
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.module_utils._vault.login import (
    Credentials,
)
from ansible_collections.vigie.run.plugins.module_utils._vault.session import Session
from ansible_collections.vigie.run.plugins.plugin_utils._key_action import (
    CONNECTION,
    LOGIN,
    KeyAction,
    access_from,
)
from ansible_collections.vigie.run.plugins.plugin_utils._vault_keys.node import Node
from ansible_collections.vigie.run.plugins.plugin_utils._vault_keys.places import PLACES
from ansible_collections.vigie.run.plugins.plugin_utils._vault_keys.shares import Hand
from ansible_collections.vigie.run.plugins.plugin_utils._vault_keys.unseal import (
    Seen,
    look,
    seal,
    unseal,
)


class ActionModule(KeyAction):
    """The module of the same name documents it."""

    arguments: ClassVar[dict[str, dict[str, Any]]] = {
        **CONNECTION,
        **LOGIN,
        "state": {
            "type": "str",
            "choices": ["unsealed", "sealed"],
            "default": "unsealed",
        },
        "vault_urls": {"type": "list", "elements": "str", "default": []},
        "shares": {"type": "list", "elements": "str", "default": [], "no_log": True},
        "kept": {**PLACES, "default": []},
        "wait": {"type": "float", "default": 60.0},
    }

    def work(self, params: dict[str, Any], secrets: set[str]) -> dict[str, Any]:
        """Open what is sealed, or seal what is open."""
        secrets |= set(params["shares"])
        nodes = _nodes(params)
        try:
            found = look(nodes)
            hand = Hand()
            if params["state"] == "sealed":
                self._seal(params, nodes, found)
            else:
                if any(_needs_shares(seen) for seen in found):
                    hand = self.hand(params, secrets, "unseal")
                check = self._task.check_mode
                unseal(nodes, found, hand.shares, params["wait"], check)
        finally:
            for node in nodes:
                node.close()
        for seen in found:
            for warning in seen.warnings:
                Display().warning(warning)
        return _result(found, hand)

    def _seal(
        self, params: dict[str, Any], nodes: Sequence[Node], found: Sequence[Seen]
    ) -> None:
        def one(url: str) -> None:
            access = next(node.access for node in nodes if node.url == url)
            session = Session(access, credentials, patience=0.0, stay=True)
            try:
                if not self._task.check_mode:
                    session.request("PUT", "sys/seal")
            finally:
                # A sealed node takes no token back; it ends by itself.
                session.close()

        if any(seen.after is not None and not seen.after.sealed for seen in found):
            credentials = Credentials.from_params(params)
            seal(found, one)


def _needs_shares(seen: Seen) -> bool:
    return seen.after is not None and seen.after.sealed and not seen.after.recovery


def _nodes(params: dict[str, Any]) -> list[Node]:
    urls = list(dict.fromkeys(url.rstrip("/") for url in params["vault_urls"]))
    first = params["vault_url"] or (urls[0] if urls else None)
    access = access_from({**params, "vault_url": first})
    for url in urls:
        if not url.startswith(("http://", "https://")):
            raise RunError(
                f"vault_urls: {url!r} is no address; use one such as"
                " https://vault-a1.internal:8200"
            )
    return [Node(access, url) for url in urls or [access.url]]


def _result(found: Sequence[Seen], hand: Hand) -> dict[str, Any]:
    """What a task tells; it has failed where a node did not answer."""
    silent = [seen for seen in found if seen.after is None]
    known = [seen for seen in found if seen.after is not None]
    changed = [seen for seen in known if seen.changed]
    result: dict[str, Any] = {
        "changed": bool(changed),
        "sealed": any(seen.after.sealed for seen in known) or not known,
        "nodes": [seen.result() for seen in found],
        "missing": hand.missing,
        "diff": {
            "before": "".join(f"{seen.url}: {seen.before}\n" for seen in changed),
            "after": "".join(f"{seen.url}: {seen.after}\n" for seen in changed),
        },
    }
    if silent:
        result["failed"] = True
        result["msg"] = "; ".join(seen.error for seen in silent)
    return result
