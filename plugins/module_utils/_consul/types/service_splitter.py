# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""How requests to a service are split, by weight, among subsets and services."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..._converge.fields import group, many, number, text
from ..._converge.provider import UNKNOWN
from ..config_entry import META, NAME, SERVICE_RULE, ConfigEntry
from ..mesh_fields import headers


class ServiceSplitter(ConfigEntry):
    name = "service_splitter"
    kind = "service-splitter"
    since = "1.6"
    rule = SERVICE_RULE
    fields = {
        "name": NAME,
        "splits": many(
            group(
                {
                    "weight": number("Per cent, in hundredths.", required=True),
                    "service": text("The service; this one."),
                    "service_subset": text("Its subset."),
                    "request_headers": headers("requests"),
                    "response_headers": headers("answers"),
                },
                "A share.",
            ),
            "The shares; 100 per cent together.",
            required=True,
        ),
        "meta": META,
    }

    def check(self, properties: Mapping[str, Any]) -> Sequence[str]:
        splits = properties.get("splits") or ()
        if splits is UNKNOWN or any(not _weighed(split) for split in splits):
            return ()
        weight = sum(split["weight"] for split in splits)
        if splits and abs(weight - 100) > 0.01:
            return [f"splits: weigh {weight:g} together; they must weigh 100"]
        return ()


def _weighed(split: Any) -> bool:
    weight = split.get("weight") if isinstance(split, Mapping) else None
    return isinstance(weight, (int, float))


TYPE = ServiceSplitter
