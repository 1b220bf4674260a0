# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The secrets of `vault_lookup` read one after the other, with nothing around it.

    python -m tests.bench.bare_reads GIVEN

One login, one connection of the standard library's, one request for each secret: what
the server and TLS take by themselves, below which no sequence of lookups can come.
"""

from __future__ import annotations

import http.client
import json
import ssl
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit


def main() -> None:
    given = json.loads(Path(sys.argv[1]).read_text())
    tls = ssl.create_default_context(cafile=given["vault_ca_path"])
    server = urlsplit(given["vault_url"]).netloc
    line = http.client.HTTPSConnection(server, context=tls)
    headers: dict[str, str] = {}

    def ask(method: str, path: str, body: Any = None) -> Any:
        line.request(method, f"/v1/{path}", json.dumps(body) if body else None, headers)
        return json.loads(line.getresponse().read())

    login = {name: given[f"vault_{name}"] for name in ("role_id", "secret_id")}
    answer = ask("POST", "auth/approle/login", login)
    headers["X-Vault-Token"] = answer["auth"]["client_token"]
    for name in given["bench_names"]:
        if ask("GET", f"bench/data/{name}")["data"]["data"]["name"] != name:
            raise RuntimeError(f"{name} is another one")


if __name__ == "__main__":
    main()
