# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes models of well-formed input, for the tests of the planner's parts."""

from __future__ import annotations

from ansible_collections.vigie.run.plugins.module_utils._rotation.checks import (
    resolve_limits,
)
from ansible_collections.vigie.run.plugins.module_utils._rotation.model import (
    build_model,
)
from ansible_collections.vigie.run.plugins.module_utils._rotation.policy import (
    read_hosts,
    read_policy,
)


def host(name, services="web", zone="", **more):
    return {"name": name, "services": services.split(), "zone": zone, **more}


def modelled(raw_hosts, raw_policy=None):
    problems = []
    hosts = read_hosts(raw_hosts, problems)
    policy = read_policy(raw_policy or {}, problems)
    limits = resolve_limits(hosts, policy, problems)
    assert problems == []
    return build_model(hosts, policy, limits)


def spelled(model, runs):
    """Runs with the first name of each class instead of its number."""
    return [
        ({model.classes[i].members[0].name: n for i, n in picks}, times)
        for picks, times in runs
    ]
