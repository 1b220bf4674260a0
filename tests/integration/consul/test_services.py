# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The services that the guide shows are ones that Consul takes."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import yaml

from lab.consul_cluster import binary

GUIDE = Path(__file__).parents[3] / "docs" / "consul.md"


def test_the_guide_shows_what_consul_takes(tmp_path: Path) -> None:
    _before, _title, section = GUIDE.read_text("utf-8").partition("\n## Services\n")
    shown = yaml.safe_load(section.split("```yaml\n")[1].split("```")[0])
    config = {
        "data_dir": str(tmp_path / "data"),
        "bind_addr": "127.0.0.1",
        "services": shown["consul_services"],
        **shown["consul_extra_config"],
    }
    path = tmp_path / "config.json"
    path.write_text(json.dumps(config))
    argv = [str(binary()), "validate", str(path)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
