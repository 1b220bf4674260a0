# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server that another cluster opens."""

from __future__ import annotations

import json

testinfra_hosts = ["ssh://deb12-c"]
ASK = """
import ssl, urllib.request
url = "https://127.0.0.1:8210/v1/sys/seal-status"
trust = ssl.create_default_context(cafile="/etc/openbao-sealed/tls/ca.pem")
print(urllib.request.urlopen(url, context=trust).read().decode())
"""


def test_it_opens_itself(cluster):
    cluster.succeed("seal.yml")
    kept = json.loads((cluster.kept / "recovery.json").read_text())
    assert (kept["kind"], len(kept["shares"])) == ("recovery", 3)
    [name] = cluster.group("vault_sealed")
    host = cluster.host(name)

    def status():
        done = host.run("python3 -c %s", ASK)
        return json.loads(done.stdout) if done.rc == 0 else {"sealed": True}

    assert status()["type"] == "transit"
    assert not status()["sealed"]
    host.check_output("systemctl restart openbao-sealed")
    cluster.await_true("the server to open itself", lambda: not status()["sealed"])
    host.check_output("systemctl disable --now openbao-sealed")
