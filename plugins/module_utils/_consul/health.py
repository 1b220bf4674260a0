# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""What checks say of a node or of an instance of a service, in Consul's own words.

Consul keeps a maintenance as a critical check with a name of its own; its libraries
tell it apart from other critical checks, and so does this
(https://pkg.go.dev/github.com/hashicorp/consul/api#HealthChecks.AggregatedStatus).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

# From good to bad.
STATUSES = ("passing", "warning", "critical", "maintenance")
_RANK = {status: rank for rank, status in enumerate(STATUSES)}


def is_maintenance(check_id: str) -> bool:
    """Whether Consul made this check for a maintenance."""
    return check_id == "_node_maintenance" or check_id.startswith(
        "_service_maintenance:"
    )


def status_of(check: Mapping[str, Any]) -> str:
    """One of STATUSES for a check as the catalog has it."""
    return "maintenance" if is_maintenance(check["CheckID"]) else check["Status"]


def worst(statuses: Iterable[str]) -> str:
    """The worst of several; none at all is passing, as for Consul."""
    return max(statuses, key=lambda status: _RANK.get(status, 2), default="passing")
