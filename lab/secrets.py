# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's own secrets: made once for each checkout, never in the repository."""

from __future__ import annotations

import base64
import json
import os
import secrets
import uuid
from pathlib import Path


def ensure_secrets(path: Path) -> dict[str, str]:
    """Read the secrets at ``path``; make them first when there are none (mode 0600)."""
    if path.exists():
        return json.loads(path.read_text())
    made = {
        "consul_gossip_key": base64.b64encode(secrets.token_bytes(32)).decode(),
        "consul_management_token": str(uuid.uuid4()),
        "consul_agent_token": str(uuid.uuid4()),
        "haproxy_stats_password": secrets.token_urlsafe(18),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(made, file, indent=2)
    return made
